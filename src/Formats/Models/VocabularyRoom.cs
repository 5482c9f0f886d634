using TinySD.Formats.Container;
using TinySD.Formats.Text;

namespace TinySD.Formats.Models;

/// <summary>Whether vocabularies go into a model file, whose header has a limit.</summary>
public static class VocabularyRoom
{
    // What the header takes at most beside its tokens and epochs, and for an epoch.
    private const long BytesOfOthers = 1 << 20, BytesOfEpoch = 256;

    /// <summary>Whether a file, of any task, has room for its vocabularies beside the record of so many epochs; worth asking before they
    /// are trained.</summary>
    public static bool IsEnough(int epochs, params ReadOnlySpan<Vocabulary> vocabularies)
    {
        long room = TsdPrologue.MaxHeaderBytes - BytesOfOthers - (epochs * BytesOfEpoch);
        foreach (Vocabulary vocabulary in vocabularies)
        {
            foreach (string token in vocabulary.Tokens)
            {
                // And its quotes and comma.
                room -= JsonEncodedText.Encode(token, TsdWriter.Encoder).EncodedUtf8Bytes.Length + 3;
                if (room < 0) return false;
            }
        }

        return room >= 0;
    }
}
