using System.CommandLine;
using TinySD.Runtime.Training;
using TinySD.Tools.Errors;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>The options of what is dropped beside units: whole words, and recurrent weights.</summary>
internal sealed class WordAndWeightOptions
{
    private readonly Option<float?> _words = Ranged.Rate("--rate-word",
        "Drop rate of whole words of the embedding, wherever they stand in a window; with any --dropout.");

    private readonly Option<bool?> _bySequence = Ranged.Switch("--rate-word-by-sequence",
        "Every sequence of the batch drops words of its own (Gal's code), or all the same ones (AWD-LSTM's).");

    private readonly Option<float?> _weights = Ranged.Rate("--weight-drop",
        "DropConnect: drop rate of the recurrent weights themselves; 0 for none. With any --dropout, beside --rate-recurrent or in its place.");

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All => [_words, _bySequence, _weights];

    /// <summary>Those of them that a command line gives.</summary>
    public IReadOnlyList<string> Given(ParseResult parsed) => Ranged.Given(parsed, _words, _bySequence, _weights);

    /// <summary>Whether a command line gives DropConnect's rate itself.</summary>
    public bool GivesWeights(ParseResult parsed) => parsed.GetValue(_weights) is not null;

    /// <summary>A recipe with what a command line asks for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="own">The recipe without it.</param>
    /// <param name="warnings">Told where words are to be dropped by sequence, and there is no rate for it.</param>
    public LanguageModelRecipe Apply(ParseResult parsed, LanguageModelRecipe own, Warnings warnings)
    {
        float words = parsed.GetValue(_words) ?? own.WordDrop;
        bool? bySequence = Ranged.IsOn(parsed, _bySequence);
        warnings.NoEffect(bySequence == true && words == 0f, _bySequence.Name, $" without {_words.Name}");
        return own with
        {
            WordDrop = words,
            WordDropBySequence = words > 0f && (bySequence ?? own.WordDropBySequence),
            WeightDrop = parsed.GetValue(_weights) ?? own.WeightDrop,
        };
    }
}
