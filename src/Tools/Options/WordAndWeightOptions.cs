using System.CommandLine;
using TinySD.Runtime.Training;

namespace TinySD.Tools.Options;

/// <summary>The options of what is dropped beside units: whole words, and recurrent weights.</summary>
internal sealed class WordAndWeightOptions
{
    private readonly Option<float?> _words = Ranged.Rate("--rate-word",
        "Drop rate of whole words of the embedding, wherever they stand in a window; with any --dropout.");

    private readonly Option<float?> _weights = Ranged.Rate("--weight-drop",
        "DropConnect: drop rate of the recurrent weights themselves; 0 for none. With any --dropout, beside --rate-recurrent or in its place.");

    /// <summary>Both.</summary>
    public IReadOnlyList<Option> All => [_words, _weights];

    /// <summary>The first of them that a command line gives, or null.</summary>
    public string? Given(ParseResult parsed) =>
        parsed.GetValue(_words) is not null ? _words.Name : parsed.GetValue(_weights) is not null ? _weights.Name : null;

    /// <summary>Whether a command line gives DropConnect's rate itself.</summary>
    public bool GivesWeights(ParseResult parsed) => parsed.GetValue(_weights) is not null;

    /// <summary>The rates that a command line asks for beside a recipe.</summary>
    public (float Words, float Weights) Read(ParseResult parsed, LanguageModelRecipe own) =>
        (parsed.GetValue(_words) ?? own.WordDrop, parsed.GetValue(_weights) ?? own.WeightDrop);
}
