namespace TinySD.Runtime.Models;

/// <summary>Sentences and their translations as numbers, without marks; or sentences alone, to be translated.</summary>
public sealed class SentencePairs
{
    private readonly IReadOnlyList<int[]> _sources;
    private readonly IReadOnlyList<int[]>? _targets;
    private readonly IReadOnlyList<string[]>? _references;

    /// <summary>Puts them together.</summary>
    /// <param name="sources">Unit ids of each source, <see cref="TranslatorConfig.Unknown"/> for a unit that is not known; one may be
    /// empty.</param>
    /// <param name="targets">Those of its translation; <see langword="null"/> where there are none.</param>
    /// <param name="references">The translation's words, to compare with; <see langword="null"/> where there are none.</param>
    /// <exception cref="ArgumentException">The lists are of other numbers of sentences.</exception>
    public SentencePairs(
        IReadOnlyList<int[]> sources, IReadOnlyList<int[]>? targets = null, IReadOnlyList<string[]>? references = null)
    {
        ArgumentNullException.ThrowIfNull(sources);
        (_sources, _targets, _references) = (sources, targets, references);
        if ((targets is not null && targets.Count != Count) || (references is not null && references.Count != Count))
        {
            string found = $"{targets?.Count ?? Count} targets and {references?.Count ?? Count} references";
            Throw.Argument($"there are {Throw.Counted(Count, "source")}, but {found}");
        }

        for (int i = 0; i < Count; i++)
        {
            LongestSource = Math.Max(LongestSource, sources[i].Length);
            if (targets is null) continue;
            LongestTarget = Math.Max(LongestTarget, targets[i].Length);
            TargetUnits += targets[i].Length;
        }
    }

    /// <summary>Pairs.</summary>
    public int Count => _sources.Count;

    /// <summary>Units of the longest source, its end mark not counted.</summary>
    public int LongestSource { get; }

    /// <summary>Units of the longest target, marks not counted.</summary>
    public int LongestTarget { get; }

    /// <summary>Units of all targets, marks not counted.</summary>
    public long TargetUnits { get; }

    /// <summary>Whether there are targets.</summary>
    public bool HasTargets => _targets is not null;

    /// <summary>Whether there are words to compare with.</summary>
    public bool HasReferences => _references is not null;

    /// <summary>A source.</summary>
    public ReadOnlySpan<int> SourceOf(int pair) => _sources[pair];

    /// <summary>A target.</summary>
    /// <exception cref="InvalidOperationException">There are none.</exception>
    public ReadOnlySpan<int> TargetOf(int pair) => (_targets ?? throw NothingThere("targets"))[pair];

    /// <summary>A target's words.</summary>
    /// <exception cref="InvalidOperationException">There are none.</exception>
    public string[] ReferenceOf(int pair) => (_references ?? throw NothingThere("words to compare with"))[pair];

    private static InvalidOperationException NothingThere(string what) => new($"the sentences have no {what}");
}
