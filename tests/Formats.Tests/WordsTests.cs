using TinySD.Formats.Text;

namespace TinySD.Formats.Tests;

/// <summary>Whatever a file holds can be shown in a message.</summary>
public sealed class WordsTests
{
    [Test]
    [Arguments("größe", "größe")]
    [Arguments("🙂", "🙂")]
    [Arguments("a\ud83d", "a\ufffd")]
    [Arguments("\ude42b", "\ufffdb")]
    [Arguments("a\0\n\u200f", "a\\u0000\\u000A\\u200F")]
    [Arguments("0123456789012345678901234567890123456789", "0123456789012345678901234567890123456789")]
    [Arguments("0123456789012345678901234567890123456789x", "0123456789012345678901234567890123456789…")]
    [Arguments("012345678901234567890123456789012345678🙂", "012345678901234567890123456789012345678…")]
    public async Task Words_are_shown_in_one_line_and_cut_between_characters(string word, string shown) =>
        await Assert.That(Words.Shown(word)).IsEqualTo(shown);

    [Test]
    [Arguments(0, "byte", "0 bytes")]
    [Arguments(1, "byte", "1 byte")]
    [Arguments(1, "axis", "1 axis")]
    [Arguments(2, "axis", "2 axes")]
    [Arguments(1234567, "time step", "1234567 time steps")]
    public async Task A_number_and_its_noun_agree(int number, string what, string told)
    {
        await Assert.That(Words.Counted(number, what)).IsEqualTo(told);
        await Assert.That(Words.Counted((ulong)number, what)).IsEqualTo(told);
        await Assert.That(Words.Count(number, what)).IsEqualTo(told.Replace("1234567", "1,234,567", StringComparison.Ordinal));
    }

    [Test]
    public async Task A_word_beyond_the_basic_plane_that_is_not_in_the_vocabulary_is_named()
    {
        FileProblem? problem = Assert.Throws<FileProblemException>(
            () => Corpus.EncodeText("a 🙂", new Vocabulary(TextLevel.Word, ["a", "<eos>"]))).Problem;
        await Assert.That(problem.Message).Contains("the word '🙂' is not in the model's vocabulary");
    }
}
