using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.Tagging;

/// <summary>What becomes of the lines that begin documents.</summary>
internal enum DocumentMarks
{
    /// <summary>They are left out.</summary>
    Drop,

    /// <summary>Each is a sentence of a word to train on, in no entity.</summary>
    Keep,
}

/// <summary>Which words with a vector get a place in the vocabulary.</summary>
internal enum VectorWords
{
    /// <summary>Those of the training file.</summary>
    Train,

    /// <summary>Those of the other files, too.</summary>
    All,
}

/// <summary>How a tagger's data are read and divided: what the options say, or else what is usual.</summary>
internal sealed record TaggerReading
{
    public ConllOptions Columns { get; init; } = new();

    /// <summary>The scheme of the files' tags; null to find it out.</summary>
    public TagScheme? DataScheme { get; init; }

    public WordReading Words { get; init; } = new();

    public VocabularyLimits Limits { get; init; } = new(1, null);

    public DocumentMarks Marks { get; init; }

    /// <summary>A file of word vectors to begin with, or null.</summary>
    public string? Vectors { get; init; }

    public VectorWords VectorWords { get; init; }

    /// <summary>The share of the training file that is validated on; null for a file of its own.</summary>
    public double? ValidFraction { get; init; }

    /// <summary>Decides what is held out.</summary>
    public ulong SplitSeed { get; init; } = 1;

    /// <summary>The model that training begins with, whose words, characters and tags are taken over; null for the data's own.</summary>
    public LoadedTagger? Start { get; init; }
}
