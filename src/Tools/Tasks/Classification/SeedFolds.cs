namespace TinySD.Tools.Tasks.Classification;

/// <summary>The data of each seed of a grid: the same for all, or a fold of its own to test on.</summary>
/// <param name="source">The files.</param>
/// <param name="options">The options that say how they are read and divided, and their values.</param>
/// <param name="reading">The same with what is usual.</param>
internal sealed class SeedFolds(ClassifierSource source, IReadOnlyDictionary<string, string> options, ClassifierReading reading)
{
    private readonly Dictionary<int, (ClassifierData Data, RunSequences Run)> _known = [];

    /// <summary>How many folds the seeds have between them; null where all have the same data.</summary>
    public int? Count { get; } = ClassifierDataOptions.NamesNoFold(options) ? reading.Folds!.Value.Count : null;

    /// <summary>The files undivided.</summary>
    public (ClassifierPart Train, ClassifierPart? Valid) Whole => source.Whole();

    /// <summary>The fold that a seed tests on, from 1: as many seeds as folds that follow each other have each fold once.</summary>
    public int FoldOf(ulong seed) => Count is { } count ? (int)((seed % (ulong)count + (ulong)count - 1) % (ulong)count) + 1 : 1;

    /// <summary>A seed's data.</summary>
    public ClassifierData DataOf(ulong seed) => Of(seed).Data;

    /// <summary>What checkpoints say of them.</summary>
    public RunSequences RunOf(ulong seed) => Of(seed).Run;

    // Several cells have one fold, one after the other.
    private (ClassifierData Data, RunSequences Run) Of(ulong seed)
    {
        int fold = FoldOf(seed);
        if (_known.TryGetValue(fold, out (ClassifierData, RunSequences) known)) return known;
        ClassifierReading own = Count is { } count ? reading with { Folds = (count, fold) } : reading;
        ClassifierData data = source.Divide(own);
        return _known[fold] = (data, data.ToRunSequences(Count is null ? options : ClassifierDataOptions.WithFold(options, fold), own));
    }
}
