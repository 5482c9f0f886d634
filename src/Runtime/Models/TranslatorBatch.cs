using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Models;

/// <summary>Up to B pairs of sentences, of unequal length. Filling it again allocates nothing.</summary>
/// <remarks>Inside, sources and targets stand in orders of their own, by decreasing length, and no step is padding. Every source ends in
/// <see cref="TranslatorConfig.End"/>; the decoder reads each target behind <see cref="TranslatorConfig.Begin"/> and is to write it with
/// <see cref="TranslatorConfig.End"/>.</remarks>
public sealed class TranslatorBatch
{
    private readonly SequencePacking _sources, _targets;
    private readonly int[] _sourceLengths, _targetLengths, _places, _targetPlaces;
    private readonly Workspace.Slice _sourceUnits, _inputs, _outputs;

    /// <summary>Room for a batch.</summary>
    /// <param name="batchSize">The most pairs B.</param>
    /// <param name="longestSource">The most units of a source, its end mark not counted.</param>
    /// <param name="longestTarget">The most units of a target, marks not counted.</param>
    /// <exception cref="ArgumentException">A size is out of range, or the numbers would pass 2^31.</exception>
    public TranslatorBatch(int batchSize, int longestSource, int longestTarget)
        : this(batchSize, longestSource, longestTarget, new Workspace(), isAlone: true)
    {
    }

    /// <summary>Reserves room for a batch in memory that is taken later, but for what is one number a sentence or a step.</summary>
    internal TranslatorBatch(int batchSize, int longestSource, int longestTarget, Workspace workspace)
        : this(batchSize, longestSource, longestTarget, workspace, isAlone: false)
    {
    }

    private TranslatorBatch(int batchSize, int longestSource, int longestTarget, Workspace workspace, bool isAlone)
    {
        if (batchSize < 1) Throw.OutOfRange(nameof(batchSize), batchSize, "at least 1");
        Check(nameof(longestSource), longestSource);
        Check(nameof(longestTarget), longestTarget);
        (BatchSize, LongestSource, LongestTarget) = (batchSize, longestSource, longestTarget);
        _sources = new SequencePacking(batchSize, longestSource + 1);
        _targets = new SequencePacking(batchSize, longestTarget + 1);
        (_sourceLengths, _targetLengths) = (new int[batchSize], new int[batchSize]);
        (_places, _targetPlaces) = (new int[batchSize], new int[batchSize]);
        _sourceUnits = workspace.Reserve(batchSize * (longestSource + 1L));
        _inputs = workspace.Reserve(batchSize * (longestTarget + 1L));
        _outputs = workspace.Reserve(batchSize * (longestTarget + 1L));
        if (isAlone) workspace.Allocate();
    }

    /// <summary>The most pairs B.</summary>
    public int BatchSize { get; }

    /// <summary>The most units of a source, its end mark not counted.</summary>
    public int LongestSource { get; }

    /// <summary>The most units of a target, marks not counted.</summary>
    public int LongestTarget { get; }

    /// <summary>Pairs in it.</summary>
    public int Count { get; private set; }

    /// <summary>Units that are to be written, end marks counted.</summary>
    public int TargetUnits => TargetRows.Total;

    internal StepRows SourceRows { get; private set; }

    internal StepRows TargetRows { get; private set; }

    /// <summary>Units of all sources, packed.</summary>
    internal ReadOnlySpan<int> Sources => _sourceUnits.Integers[..SourceRows.Total];

    /// <summary>What the decoder reads, packed.</summary>
    internal ReadOnlySpan<int> Inputs => _inputs.Integers[..TargetRows.Total];

    /// <summary>What it is to write, packed.</summary>
    internal ReadOnlySpan<int> Outputs => _outputs.Integers[..TargetRows.Total];

    /// <summary>For each place among the targets that of its source, [B].</summary>
    internal ReadOnlySpan<int> Places => _places;

    /// <summary>Where a pair's target stands.</summary>
    internal int TargetPlaceOf(int pair) => _targetPlaces[pair];

    /// <summary>Writes pairs.</summary>
    /// <param name="pairs">From which.</param>
    /// <param name="which">Their numbers, at most B.</param>
    /// <exception cref="ArgumentException">There are too many, or one is longer than there is room for.</exception>
    public void Fill(SentencePairs pairs, ReadOnlySpan<int> which)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        Fill(pairs, which, pairs.HasTargets);
    }

    /// <summary>Writes sources alone, to be translated; the target of each is empty.</summary>
    /// <inheritdoc cref="Fill(SentencePairs, ReadOnlySpan{int})"/>
    public void FillSources(SentencePairs pairs, ReadOnlySpan<int> which)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        Fill(pairs, which, hasTargets: false);
    }

    private void Fill(SentencePairs pairs, ReadOnlySpan<int> which, bool hasTargets)
    {
        if (which.Length > BatchSize) Throw.Argument($"there are {Throw.Counted(which.Length, "pair")} for a batch of at most {BatchSize}");
        _sourceLengths.AsSpan().Clear();
        _targetLengths.AsSpan().Clear();
        for (int i = 0; i < which.Length; i++)
        {
            int source = pairs.SourceOf(which[i]).Length, target = hasTargets ? pairs.TargetOf(which[i]).Length : 0;
            if (source > LongestSource) Throw.Argument($"source {which[i]} has {source} units; there is room for {LongestSource}");
            if (target > LongestTarget) Throw.Argument($"target {which[i]} has {target} units; there is room for {LongestTarget}");
            (_sourceLengths[i], _targetLengths[i]) = (source + 1, target + 1);
        }

        Count = which.Length;
        SourceRows = _sources.Pack(_sourceLengths, LongestSource + 1);
        TargetRows = _targets.Pack(_targetLengths, LongestTarget + 1);
        for (int place = 0; place < BatchSize; place++) _targetPlaces[_targets.Order[place]] = place;
        for (int place = 0; place < BatchSize; place++)
        {
            int pair = _sources.Order[place];
            _places[_targetPlaces[pair]] = place;
            if (pair >= Count) continue;
            ReadOnlySpan<int> source = pairs.SourceOf(which[pair]);
            for (int s = 0; s <= source.Length; s++)
                _sourceUnits.Integers[SourceRows.Before(s) + place] = s < source.Length ? source[s] : TranslatorConfig.End;
            ReadOnlySpan<int> target = hasTargets ? pairs.TargetOf(which[pair]) : default;
            for (int t = 0; t <= target.Length; t++)
            {
                int row = TargetRows.Before(t) + _targetPlaces[pair];
                _inputs.Integers[row] = t == 0 ? TranslatorConfig.Begin : target[t - 1];
                _outputs.Integers[row] = t < target.Length ? target[t] : TranslatorConfig.End;
            }
        }
    }

    private static void Check(string name, int value)
    {
        if (value is < 0 or > 65535) Throw.OutOfRange(name, value, "0 to 65535");
    }
}
