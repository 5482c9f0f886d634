using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.Classification;

/// <summary>How a classifier's data are read and divided: what the options say, or else what is usual.</summary>
internal sealed record ClassifierReading
{
    /// <summary>What a token is.</summary>
    public TextLevel Level { get; init; }

    /// <summary>Whether upper case is made lower case.</summary>
    public bool IsLowerCase { get; init; }

    public VocabularyLimits Limits { get; init; } = new(1, null);

    /// <summary>Whether sequences are of rows of numbers, and not of tokens.</summary>
    public bool IsOfNumbers { get; init; }

    /// <summary>Where in a line the label stands; null to find it out.</summary>
    public LabelPlace? Place { get; init; }

    /// <summary>How tables are written, as far as that is said.</summary>
    public TableOptions Table { get; init; } = new();

    /// <summary>The columns of identifiers, of labels and of texts; null to find them out.</summary>
    public string? IdColumn { get; init; }

    /// <inheritdoc cref="IdColumn"/>
    public string? LabelColumn { get; init; }

    /// <inheritdoc cref="IdColumn"/>
    public string? TextColumn { get; init; }

    /// <summary>The columns of numbers that are fed; null for all others.</summary>
    public IReadOnlyList<string>? Inputs { get; init; }

    /// <summary>The share of the training file that is validated on; null for a file of its own.</summary>
    public double? ValidFraction { get; init; }

    /// <summary>Folds that the training file is cut into, and the one that is the test, from 1; null for none.</summary>
    public (int Count, int Fold)? Folds { get; init; }

    /// <summary>Decides what is held out.</summary>
    public ulong SplitSeed { get; init; } = 1;

    /// <summary>The model that training begins with, whose words, labels and columns are taken over; null for the data's own.</summary>
    public ClassifierDescription? Start { get; init; }
}
