namespace TinySD.Tools.Analysis;

/// <summary>How much is looked at.</summary>
internal sealed record AnalysisSettings
{
    /// <summary>Components that states are shown along.</summary>
    public const int Shown = 3;

    /// <summary>The most states that components are found of.</summary>
    public int MaxStates { get; init; } = 50_000;

    /// <summary>States from which slow points are looked for.</summary>
    public int Starts { get; init; } = 128;

    /// <summary>Slow points whose eigenvalues are found.</summary>
    public int Points { get; init; } = 8;

    /// <summary>The most words whose deflections are found.</summary>
    public int MaxWords { get; init; } = 10_000;

    /// <summary>States that a picture shows.</summary>
    public int DrawnStates { get; init; } = 3000;

    /// <summary>Sequences whose way through the states a picture shows, of each class.</summary>
    public int PathsPerClass { get; init; } = 3;

    /// <summary>Steps of such a sequence.</summary>
    public int LongestPath { get; init; } = 400;

    /// <summary>When a search for slow points ends.</summary>
    public SlowPointSettings Search { get; init; } = new();
}

/// <summary>A network to be looked at.</summary>
/// <param name="Model">Its parameters.</param>
/// <param name="Outputs">Names of its outputs.</param>
/// <param name="Classes">Names of the classes of sequences; empty where they have none.</param>
/// <param name="IsSoftmax">Whether the outputs compete, so that only differences between them count.</param>
/// <param name="Words">Names of its tokens; empty where it has none.</param>
internal sealed record AnalysedModel(
    SequenceModel Model, IReadOnlyList<string> Outputs, IReadOnlyList<string> Classes, bool IsSoftmax, IReadOnlyList<string> Words);
