using System.Diagnostics;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Ops;

/// <summary>Rows of memory that an attention looks at: keys and values of all sequences, and which of them are whose.</summary>
/// <param name="keys">[rows][<paramref name="keyStride"/>], zero beyond the query's width.</param>
/// <param name="keyStride">A multiple of 16.</param>
/// <param name="values">[rows][<paramref name="valueStride"/>], zero beyond the memory's width.</param>
/// <param name="valueStride">A multiple of 16.</param>
/// <param name="numbers">The numbers of each sequence's rows, in order, one sequence after another.</param>
/// <param name="starts">Where each sequence's begin in <paramref name="numbers"/>, and where the last one's end.</param>
internal readonly ref struct AttentionMemory(
    ReadOnlySpan<float> keys, int keyStride, ReadOnlySpan<float> values, int valueStride, ReadOnlySpan<int> numbers,
    ReadOnlySpan<int> starts)
{
    public ReadOnlySpan<float> Keys { get; } = keys;

    public int KeyStride { get; } = keyStride;

    public ReadOnlySpan<float> Values { get; } = values;

    public int ValueStride { get; } = valueStride;

    public ReadOnlySpan<int> Numbers { get; } = numbers;

    public ReadOnlySpan<int> Starts { get; } = starts;
}

/// <summary>What an attention makes of one step's queries.</summary>
/// <param name="queries">[B][key stride].</param>
/// <param name="sequences">Whose rows each query looks at, [B].</param>
/// <param name="scores">Receives scores before they are scaled, [B][<paramref name="stride"/>]; empty where nobody wants them.</param>
/// <param name="weights">Receives a weight for every row that is looked at, [B][<paramref name="stride"/>].</param>
/// <param name="stride">At least the rows of the longest sequence.</param>
internal readonly ref struct AttentionStep(
    ReadOnlySpan<float> queries, ReadOnlySpan<int> sequences, Span<float> scores, Span<float> weights, int stride)
{
    public ReadOnlySpan<float> Queries { get; } = queries;

    public ReadOnlySpan<int> Sequences { get; } = sequences;

    public Span<float> Scores { get; } = scores;

    public Span<float> Weights { get; } = weights;

    public int Stride { get; } = stride;
}

/// <summary>Where the gradients of an attention's step go.</summary>
/// <param name="queries">Receives those of the queries, [B][key stride].</param>
/// <param name="vectors">For each query, to what is there is added that of the vector, [B][key stride]; empty where there is none.</param>
/// <param name="scales">The same of the scale, [B]; empty where there is none.</param>
/// <param name="keys">Laid out as the keys; added to.</param>
/// <param name="values">Laid out as the values; added to.</param>
internal readonly ref struct AttentionGradients(
    Span<float> queries, Span<float> vectors, Span<float> scales, Span<float> keys, Span<float> values)
{
    public Span<float> Queries { get; } = queries;

    public Span<float> Vectors { get; } = vectors;

    public Span<float> Scales { get; } = scales;

    public Span<float> Keys { get; } = keys;

    public Span<float> Values { get; } = values;
}

/// <content>Attention: one query, all rows of a sequence; a query a thread.</content>
internal sealed unsafe partial class VectorOps
{
    // Smaller weights are 0: beside the others they are lost in rounding, and gradients that they scale become subnormal numbers, with
    // which a CPU is many times slower.
    private const float LeastWeight = 1f / (1L << 40);

    // Multiply-adds, some to a register, that are worth another thread.
    private const int AttentionGrain = 65_536;

    /// <summary>x [T][units][B] to rows [T*B][stride]; what lies beyond a row's units is left alone.</summary>
    public void ToRows(ReadOnlySpan<float> x, StepRows steps, int units, Span<float> rows, int stride)
    {
        Debug.Assert(x.Length >= steps.Total * units && rows.Length >= steps.Total * stride && stride >= units);
        fixed (float* px = x, pr = rows)
        {
            var body = new TurnBody(_kernels, px, steps, units, pr, stride, toRows: true);
            _runner.For(steps.Steps, 1 + (Grain / (units * steps.Batch)), ref body);
        }
    }

    /// <summary>Rows [T*B][stride] to x [T][units][B].</summary>
    public void ToUnits(ReadOnlySpan<float> rows, int stride, StepRows steps, int units, Span<float> x)
    {
        Debug.Assert(x.Length >= steps.Total * units && rows.Length >= steps.Total * stride && stride >= units);
        fixed (float* px = x, pr = rows)
        {
            var body = new TurnBody(_kernels, px, steps, units, pr, stride, toRows: false);
            _runner.For(steps.Steps, 1 + (Grain / (units * steps.Batch)), ref body);
        }
    }

    /// <summary>Weights = softmax(scale * scores), scores the dot products of a query with keys or, with a vector v, the sums of
    /// v tanh(query + key); contexts [B][value stride] = the weighted sums of values. Weights below 2^-40 are 0.</summary>
    public void Attend(AttentionMemory memory, AttentionStep step, ReadOnlySpan<float> vector, float scale, Span<float> contexts)
    {
        Debug.Assert(step.Queries.Length >= step.Sequences.Length * memory.KeyStride);
        Debug.Assert(contexts.Length >= step.Sequences.Length * memory.ValueStride);
        fixed (float* pk = memory.Keys, pv = memory.Values, pq = step.Queries, ps = step.Scores, pw = step.Weights)
        fixed (float* pc = contexts, pt = vector)
        fixed (int* pn = memory.Numbers, pb = memory.Starts, pi = step.Sequences)
        {
            var body = new AttendBody
            {
                Kernels = _kernels, Keys = pk, Values = pv, KeyStride = memory.KeyStride, ValueStride = memory.ValueStride,
                Numbers = pn, Starts = pb, Sequences = pi, Queries = pq, Scores = ps, Weights = pw, Stride = step.Stride,
                Vector = pt, Scale = scale, Contexts = pc,
            };
            _runner.For(step.Sequences.Length, AttentionPieces(memory, step), ref body);
        }
    }

    /// <summary>The gradient of <see cref="Attend"/>, for that of its contexts. No two queries of a step may look at the same sequence. The
    /// weights are spent.</summary>
    /// <param name="memory">As in the forward pass.</param>
    /// <param name="step">As the forward pass left it.</param>
    /// <param name="vector">As in the forward pass.</param>
    /// <param name="scale">As in the forward pass.</param>
    /// <param name="dContexts">[B][value stride], zero beyond the memory's width.</param>
    /// <param name="spare">Room for [B][stride].</param>
    /// <param name="gradients">Where they go.</param>
    public void AttendBackward(
        AttentionMemory memory, AttentionStep step, ReadOnlySpan<float> vector, float scale, ReadOnlySpan<float> dContexts,
        Span<float> spare, AttentionGradients gradients)
    {
        Debug.Assert(spare.Length >= step.Sequences.Length * step.Stride);
        fixed (float* pk = memory.Keys, pv = memory.Values, pq = step.Queries, ps = step.Scores, pw = step.Weights)
        fixed (float* pd = dContexts, pt = vector, pa = spare, gq = gradients.Queries, gv = gradients.Vectors, gs = gradients.Scales)
        fixed (float* gk = gradients.Keys, gx = gradients.Values)
        fixed (int* pn = memory.Numbers, pb = memory.Starts, pi = step.Sequences)
        {
            var body = new AttendBackwardBody
            {
                Step = new AttendBody
                {
                    Kernels = _kernels, Keys = pk, Values = pv, KeyStride = memory.KeyStride, ValueStride = memory.ValueStride,
                    Numbers = pn, Starts = pb, Sequences = pi, Queries = pq, Scores = ps, Weights = pw, Stride = step.Stride,
                    Vector = pt, Scale = scale, Contexts = pd,
                },
                Spare = pa, DQueries = gq, DVectors = gv, DScales = gs, DKeys = gk, DValues = gx,
            };
            _runner.For(step.Sequences.Length, AttentionPieces(memory, step), ref body);
        }
    }

    private static int AttentionPieces(AttentionMemory memory, AttentionStep step)
    {
        long all = (long)memory.Numbers.Length * (memory.KeyStride + memory.ValueStride);
        return (int)Math.Clamp(AttentionGrain * (long)step.Sequences.Length / Math.Max(1, all), 1, int.MaxValue);
    }

    private readonly struct TurnBody(
        KernelSet kernels, float* x, StepRows steps, int units, float* rows, int stride, bool toRows) : IRangeBody
    {
        public void Run(int part, int start, int end)
        {
            for (int t = start; t < end; t++)
            {
                nint before = steps.Before(t);
                int batch = steps.At(t);
                if (toRows) kernels.TurnToRows(x + (before * units), batch, units, batch, rows + (before * stride), stride);
                else kernels.TurnToUnits(rows + (before * stride), stride, units, batch, x + (before * units), batch);
            }
        }
    }

    private struct AttendBody : IRangeBody
    {
        public KernelSet Kernels;
        public float* Keys, Values, Queries, Scores, Weights, Vector, Contexts;
        public int KeyStride, ValueStride, Stride;
        public int* Numbers, Starts, Sequences;
        public float Scale;

        public readonly void Run(int part, int start, int end)
        {
            for (int b = start; b < end; b++)
            {
                int* rows = RowsOf(b, out int count);
                float* weights = Weights + ((nint)b * Stride), query = Queries + ((nint)b * KeyStride);
                if (Vector == null) Kernels.RowDots(query, Keys, KeyStride, rows, count, KeyStride, weights);
                else Kernels.RowTanhDots(query, Vector, Keys, KeyStride, rows, count, KeyStride, weights);
                if (Scores != null) new ReadOnlySpan<float>(weights, count).CopyTo(new Span<float>(Scores + ((nint)b * Stride), count));
                if (Scale != 1f) Kernels.Scale(weights, count, Scale, weights);
                float sum = Kernels.SoftmaxExponentials(weights, count, out _);
                Kernels.Scale(weights, count, 1f / sum, weights);
                for (int i = 0; i < count; i++) weights[i] = weights[i] < LeastWeight ? 0f : weights[i];
                Kernels.RowSum(weights, Values, ValueStride, rows, count, ValueStride, Contexts + ((nint)b * ValueStride));
            }
        }

        public readonly int* RowsOf(int b, out int count)
        {
            int start = Starts[Sequences[b]];
            count = Starts[Sequences[b] + 1] - start;
            return Numbers + start;
        }
    }

    private struct AttendBackwardBody : IRangeBody
    {
        // Its contexts are their gradients.
        public AttendBody Step;
        public float* Spare, DQueries, DVectors, DScales, DKeys, DValues;

        public readonly void Run(int part, int start, int end)
        {
            KernelSet kernels = Step.Kernels;
            int keys = Step.KeyStride, values = Step.ValueStride;
            for (int b = start; b < end; b++)
            {
                int* rows = Step.RowsOf(b, out int count);
                nint at = (nint)b * Step.Stride, query = (nint)b * keys;
                float* weights = Step.Weights + at, d = Spare + at, dContext = Step.Contexts + ((nint)b * values);
                kernels.RowDots(dContext, Step.Values, values, rows, count, values, d);
                kernels.AddToRows(weights, dContext, values, DValues, values, rows, count);
                float mean = 0f, dScale = 0f;
                for (int i = 0; i < count; i++) mean += weights[i] * d[i];
                for (int i = 0; i < count; i++) d[i] = weights[i] * (d[i] - mean);
                if (DScales != null)
                {
                    float* scores = Step.Scores + at;
                    for (int i = 0; i < count; i++) dScale += d[i] * scores[i];
                    DScales[b] += dScale;
                }

                if (Step.Scale != 1f) kernels.Scale(d, count, Step.Scale, d);
                if (Step.Vector == null)
                {
                    kernels.RowSum(d, Step.Keys, keys, rows, count, keys, DQueries + query);
                    kernels.AddToRows(d, Step.Queries + query, keys, DKeys, keys, rows, count);
                    continue;
                }

                new Span<float>(DQueries + query, keys).Clear();
                kernels.RowTanhBackward(
                    d, Step.Queries + query, Step.Vector, Step.Keys, keys, rows, count, keys, DQueries + query, DVectors + query, DKeys);
            }
        }
    }
}
