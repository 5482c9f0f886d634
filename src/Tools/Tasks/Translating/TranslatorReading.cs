namespace TinySD.Tools.Tasks.Translating;

/// <summary>How a translator's data are read and divided: what the options say, or else what is usual.</summary>
internal sealed record TranslatorReading
{
    /// <summary>Byte-pair merges to learn on both sides of the training text together; 0 for whole words.</summary>
    public int Merges { get; init; }

    /// <summary>A file of byte-pair codes in place of that, or null.</summary>
    public string? Codes { get; init; }

    public bool IsLowerCase { get; init; }

    /// <summary>Whether both sides have one vocabulary.</summary>
    public bool SharesVocabulary { get; init; }

    /// <summary>A file of the source's vocabulary, or null for one that is learnt.</summary>
    public string? SourceVocabulary { get; init; }

    /// <summary>A file of the target's.</summary>
    public string? TargetVocabulary { get; init; }

    /// <summary>The most units of the source's vocabulary, marks counted; null for all.</summary>
    public int? SourceSize { get; init; }

    /// <summary>The most units of the target's.</summary>
    public int? TargetSize { get; init; }

    /// <summary>Rarer units become the unknown one.</summary>
    public int MinimumCount { get; init; } = 1;

    /// <summary>The share of the training pairs that is validated on; null for files of their own.</summary>
    public double? ValidFraction { get; init; }

    /// <summary>Decides what is held out.</summary>
    public ulong SplitSeed { get; init; } = 1;

    /// <summary>The model that training begins with, whose vocabularies and codes are taken over; null for the data's own.</summary>
    public LoadedTranslator? Start { get; init; }

    /// <summary>Whether words are cut into pieces.</summary>
    public bool HasPieces => Merges > 0 || Codes is not null;
}
