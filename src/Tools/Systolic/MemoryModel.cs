namespace TinySD.Tools.Systolic;

/// <summary>What a product costs on an array.</summary>
/// <param name="ComputeCycles">By <see cref="FoldModel"/>.</param>
/// <param name="StallCycles">Cycles in which the array waits for memory, by <see cref="MemoryModel"/>.</param>
/// <param name="MovedBytes">Between the on-chip memories and the memory beyond, both directions.</param>
internal readonly record struct GemmCost(long ComputeCycles, long StallCycles, long MovedBytes)
{
    public long TotalCycles => ComputeCycles + StallCycles;

    /// <summary>How many times as fast another way is, compute cycles alone.</summary>
    public string Ratio(GemmCost faster) => Figures.Fixed((double)ComputeCycles / faster.ComputeCycles, 2);

    public static GemmCost operator +(GemmCost a, GemmCost b) =>
        new(a.ComputeCycles + b.ComputeCycles, a.StallCycles + b.StallCycles, a.MovedBytes + b.MovedBytes);
}

/// <summary>Words moved and cycles waited for them: double-buffered on-chip memories behind one channel of so many words a cycle.</summary>
/// <remarks>
/// <para>
/// Order of folds: output-stationary goes through the blocks of N within each block of M; weight-stationary through the blocks of K within
/// each block of N, input-stationary through those of K within each block of M, so that partial sums are finished before the next begin.
/// </para>
/// <para>
/// Loads: a fold needs one block of the input and one of the filter. An operand that fits into its memory as a whole is fetched once, each
/// block when it is first needed. Of any other, a block is fetched for every fold, except where it is the one the fold before used and fits
/// into half of the memory.
/// </para>
/// <para>
/// Outputs: an output-stationary fold's results are written once. The others add up a block of the output over the blocks of K: where that
/// block fits into half of the output memory it is written once, after its last fold; otherwise every fold writes it, and every fold but
/// the block's first reads it back.
/// </para>
/// <para>
/// Time: while a fold computes, the channel carries the next fold's loads and the results of the fold before; the array stalls for max(0,
/// transfer cycles - compute cycles). A block that does not fit into half of its memory cannot be moved ahead or behind; it is streamed
/// through that memory in parts while its own fold computes, and counts as that fold's transfer. The first fold's loads and the last one's
/// results are stalls too. Nothing stays on chip from one product to the next. Lists of kept indices are taken as free: some words for each
/// product. Another order of folds, or blocks cut smaller, may stall less, dense ones more so; so a ratio with stalls can exceed that of
/// the multiply-adds.
/// </para>
/// </remarks>
internal static class MemoryModel
{
    /// <summary>Compute cycles, stall cycles and bytes of a product; nothing for an empty one.</summary>
    public static GemmCost Cost(SystolicArray array, GemmShape shape)
    {
        if (shape.MultiplyAdds == 0) return default;
        var channel = new Channel(array.WordsPerCycle, FoldModel.CyclesPerFold(array, shape));
        if (array.Dataflow == SystolicDataflow.OutputStationary) OutputStationary(array, shape, ref channel);
        else Accumulating(array, shape, ref channel);
        channel.Finish();
        return new GemmCost(FoldModel.Cycles(array, shape), channel.StallCycles, channel.MovedWords * array.WordBytes);
    }

    private static void OutputStationary(SystolicArray array, GemmShape shape, ref Channel channel)
    {
        var input = new Operand(array.InputBytes / array.WordBytes, (long)shape.M * shape.K);
        var filter = new Operand(array.WeightBytes / array.WordBytes, (long)shape.K * shape.N);
        var output = new Operand(array.OutputBytes / array.WordBytes, (long)shape.M * shape.N);
        for (int m = 0; m < shape.M; m += array.Rows)
        {
            long rows = Math.Min(array.Rows, shape.M - m);
            for (int n = 0; n < shape.N; n += array.Columns)
            {
                long columns = Math.Min(array.Columns, shape.N - n);
                Transfer loads = input.Load(m, rows * shape.K, isFirstUse: n == 0) + filter.Load(n, columns * shape.K, isFirstUse: m == 0);
                channel.Fold(loads, output.Move(rows * columns));
            }
        }
    }

    // Input-stationary is weight-stationary with the operands' places exchanged: the streamed one is the filter, and M is cut by columns.
    private static void Accumulating(SystolicArray array, GemmShape shape, ref Channel channel)
    {
        GemmMapping mapping = GemmMapping.Of(array.Dataflow, shape);
        bool keepsWeights = array.Dataflow == SystolicDataflow.WeightStationary;
        long inputWords = array.InputBytes / array.WordBytes, filterWords = array.WeightBytes / array.WordBytes;
        var kept = new Operand(keepsWeights ? filterWords : inputWords, (long)mapping.AlongRows * mapping.AlongColumns);
        var streamed = new Operand(keepsWeights ? inputWords : filterWords, (long)mapping.AlongRows * mapping.Streamed);
        var output = new Operand(array.OutputBytes / array.WordBytes, (long)shape.M * shape.N);
        for (int column = 0; column < mapping.AlongColumns; column += array.Columns)
        {
            long columns = Math.Min(array.Columns, mapping.AlongColumns - column);
            for (int k = 0; k < shape.K; k += array.Rows)
            {
                long rows = Math.Min(array.Rows, shape.K - k);
                Transfer loads = kept.Move(rows * columns) + streamed.Load(k, rows * mapping.Streamed, isFirstUse: column == 0);
                Transfer sums = output.Move(columns * mapping.Streamed);
                bool isSpilled = sums.Streamed > 0, isLast = k + array.Rows >= shape.K;
                if (isSpilled && k > 0) loads += sums;
                channel.Fold(loads, isSpilled || isLast ? sums : default);
            }
        }
    }

    /// <summary>Words that move while a neighbouring fold computes, and words that move while their own does.</summary>
    private readonly record struct Transfer(long Buffered, long Streamed)
    {
        public static Transfer operator +(Transfer a, Transfer b) => new(a.Buffered + b.Buffered, a.Streamed + b.Streamed);
    }

    /// <summary>One operand and the memory it goes through.</summary>
    private struct Operand(long memoryWords, long words)
    {
        private readonly bool _isResident = words <= memoryWords;
        private int _last = -1;

        /// <summary>A block that nothing on chip can stand in for.</summary>
        public readonly Transfer Move(long blockWords) =>
            _isResident || blockWords <= memoryWords / 2 ? new(blockWords, 0) : new(0, blockWords);

        /// <summary>A block that may be on chip still.</summary>
        public Transfer Load(int block, long blockWords, bool isFirstUse)
        {
            bool isThere = _isResident ? !isFirstUse : block == _last && blockWords <= memoryWords / 2;
            _last = block;
            return isThere ? default : Move(blockWords);
        }
    }

    /// <summary>The timeline: folds in their order, and what moves beside them.</summary>
    private struct Channel(double wordsPerCycle, long foldCycles)
    {
        private Transfer _before, _last;
        private long _streamed;
        private bool _hasFold;

        public long StallCycles { get; private set; }

        public long MovedWords { get; private set; }

        /// <summary>A fold with these loads before it and these results after it.</summary>
        public void Fold(Transfer loads, Transfer results)
        {
            MovedWords += loads.Buffered + loads.Streamed + results.Buffered + results.Streamed;
            if (_hasFold) Wait(loads.Buffered + _before.Buffered + _streamed);
            else StallCycles += Cycles(loads.Buffered);
            _hasFold = true;
            _before = _last;
            _last = results;
            _streamed = loads.Streamed + results.Streamed;
        }

        /// <summary>After the last fold.</summary>
        public void Finish()
        {
            Wait(_before.Buffered + _streamed);
            StallCycles += Cycles(_last.Buffered);
        }

        private void Wait(long words) => StallCycles += Math.Max(0, Cycles(words) - foldCycles);

        private readonly long Cycles(long words) => (long)Math.Ceiling(words / wordsPerCycle);
    }
}
