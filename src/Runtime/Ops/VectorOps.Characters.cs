using System.Diagnostics;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Ops;

/// <summary>The shape of a convolution over characters.</summary>
/// <param name="Alphabet">Characters C.</param>
/// <param name="Embedding">Width E of a character's embedding.</param>
/// <param name="Width">Characters that a filter sees, W, odd.</param>
/// <param name="Filters">F, at most <see cref="MostFilters"/>.</param>
internal readonly record struct FilterShape(int Alphabet, int Embedding, int Width, int Filters)
{
    /// <summary>A window's sums stand on the stack.</summary>
    public const int MostFilters = 4096;

    /// <summary>Floats from one row of F to the next, in whole registers: what is beyond F is 0.</summary>
    public int FilterStride => AlignedBuffer.RoundUp(Filters);

    /// <summary>The same of rows of E.</summary>
    public int EmbeddingStride => AlignedBuffer.RoundUp(Embedding);
}

/// <content>Convolutions over characters.</content>
internal sealed unsafe partial class VectorOps
{
    // Words, or rows of a table, that are worth another thread.
    private const int CharacterGrain = 16;

    /// <summary>tables [W][C][stride of F] = embedding [C][E] times each of the W parts [E][F] of the filters, of some characters; the
    /// others' rows are left alone. Wide [W E][stride of F] receives the filters.</summary>
    public void FilterTables(
        FilterShape shape, ReadOnlySpan<int> used, ReadOnlySpan<float> embedding, ReadOnlySpan<float> filters, Span<float> wide,
        Span<float> tables)
    {
        wide.Clear();
        for (int row = 0; row < shape.Width * shape.Embedding; row++)
            filters.Slice(row * shape.Filters, shape.Filters).CopyTo(wide[(row * shape.FilterStride)..]);
        fixed (float* pe = embedding, pf = wide, pt = tables)
        fixed (int* pu = used)
        {
            var body = new FilterTablesBody(_kernels, shape, pu, pe, pf, pt);
            _runner.For(used.Length, CharacterGrain, ref body);
        }
    }

    /// <summary>largest [N][F] = bias plus the largest sum of rows of the tables over a word's positions, at [N][F] the first position that
    /// has it. A word [starts[n], starts[n + 1]) without characters has the bias, and -1.</summary>
    public void LargestOfFilters(
        FilterShape shape, ReadOnlySpan<float> tables, ReadOnlySpan<float> bias, ReadOnlySpan<int> starts, ReadOnlySpan<int> characters,
        Span<float> largest, Span<int> at)
    {
        int words = starts.Length - 1;
        Debug.Assert(largest.Length >= words * shape.Filters && at.Length >= words * shape.Filters);
        fixed (float* pt = tables, pb = bias, pl = largest)
        fixed (int* ps = starts, pc = characters, pa = at)
        {
            var body = new LargestBody
            {
                Kernels = _kernels, Shape = shape, Tables = pt, Bias = pb, Starts = ps, Characters = pc, Largest = pl, At = pa,
            };
            _runner.For(words, CharacterGrain, ref body);
        }
    }

    /// <summary>dTables [W][C][stride of F] = what d [N][F] gives to the rows that were summed; it is added to dBias [F]. Words in their
    /// order.</summary>
    public void LargestOfFiltersBackward(
        FilterShape shape, ReadOnlySpan<float> d, ReadOnlySpan<int> starts, ReadOnlySpan<int> characters, ReadOnlySpan<int> at,
        Span<float> dTables, Span<float> dBias)
    {
        fixed (float* pd = d, pt = dTables, pb = dBias)
        fixed (int* ps = starts, pc = characters, pa = at)
        {
            var body = new LargestBackwardBody
            {
                Shape = shape, D = pd, Starts = ps, Words = starts.Length - 1, Characters = pc, At = pa, DTables = pt, DBias = pb,
            };
            _runner.For(shape.Filters, CharacterGrain, ref body);
        }
    }

    /// <summary>Adds to dEmbedding [C][E] and dFilters [W E][F] what dTables [W][C][stride of F] gives, which is 0 but for some characters.
    /// Turned [W][F][stride of E] is scratch.</summary>
    public void FilterTablesBackward(
        FilterShape shape, ReadOnlySpan<int> used, ReadOnlySpan<float> embedding, ReadOnlySpan<float> filters, Span<float> turned,
        ReadOnlySpan<float> dTables, Span<float> dEmbedding, Span<float> dFilters)
    {
        int rows = shape.Width * shape.Embedding;
        turned.Clear();
        for (int row = 0; row < rows; row++)
        {
            (int k, int e) = int.DivRem(row, shape.Embedding);
            Span<float> column = turned[((k * shape.Filters * shape.EmbeddingStride) + e)..];
            for (int f = 0; f < shape.Filters; f++) column[f * shape.EmbeddingStride] = filters[(row * shape.Filters) + f];
        }

        fixed (float* pe = embedding, pf = turned, pt = dTables, pde = dEmbedding, pdf = dFilters)
        fixed (int* pu = used)
        {
            var body = new FilterTablesBackwardBody
            {
                Kernels = _kernels, Shape = shape, Used = pu, UsedCount = used.Length, Embedding = pe, Turned = pf, DTables = pt,
                DEmbedding = pde, DFilters = pdf,
            };
            _runner.For(used.Length + rows, CharacterGrain, ref body);
        }
    }

    private readonly struct FilterTablesBody(
        KernelSet kernels, FilterShape shape, int* used, float* embedding, float* filters, float* tables) : IRangeBody
    {
        public void Run(int part, int start, int end)
        {
            for (int k = 0; k < shape.Width; k++)
            {
                for (int i = start; i < end; i++)
                {
                    int c = used[i];
                    float* row = tables + ((((nint)k * shape.Alphabet) + c) * shape.FilterStride);
                    new Span<float>(row, shape.FilterStride).Clear();
                    for (int e = 0; e < shape.Embedding; e++)
                    {
                        float* filter = filters + ((((nint)k * shape.Embedding) + e) * shape.FilterStride);
                        kernels.AddScaled(filter, shape.FilterStride, embedding[((nint)c * shape.Embedding) + e], row);
                    }
                }
            }
        }
    }

    private struct LargestBody : IRangeBody
    {
        public KernelSet Kernels;
        public FilterShape Shape;
        public float* Tables, Bias, Largest;
        public int* Starts, Characters, At;

        [SkipLocalsInit]
        public readonly void Run(int part, int start, int end)
        {
            int filters = Shape.Filters;
            float* sum = stackalloc float[Shape.FilterStride];
            for (int word = start; word < end; word++)
            {
                float* largest = Largest + ((nint)word * filters);
                int* at = At + ((nint)word * filters);
                int length = Starts[word + 1] - Starts[word];
                new Span<float>(largest, filters).Fill(length == 0 ? 0f : float.NegativeInfinity);
                new Span<int>(at, filters).Fill(-1);
                for (int p = 0; p < length; p++)
                {
                    Sum(Characters + Starts[word], p, length, sum);
                    for (int f = 0; f < filters; f++)
                    {
                        if (!(sum[f] > largest[f])) continue;
                        largest[f] = sum[f];
                        at[f] = p;
                    }
                }

                Kernels.AddScaled(Bias, filters, 1f, largest);
            }
        }

        private readonly void Sum(int* word, int p, int length, float* sum)
        {
            int stride = Shape.FilterStride;
            new Span<float>(sum, stride).Clear();
            for (int k = 0; k < Shape.Width; k++)
            {
                int position = p + k - (Shape.Width / 2);
                if ((uint)position >= (uint)length) continue;
                Kernels.AddScaled(Tables + ((((nint)k * Shape.Alphabet) + word[position]) * stride), stride, 1f, sum);
            }
        }
    }

    private struct LargestBackwardBody : IRangeBody
    {
        public FilterShape Shape;
        public float* D, DTables, DBias;
        public int* Starts, Characters, At;
        public int Words;

        public readonly void Run(int part, int start, int end)
        {
            int filters = Shape.Filters, stride = Shape.FilterStride, rows = Shape.Width * Shape.Alphabet;
            int cleared = end == filters ? stride : end;
            for (int row = 0; row < rows; row++) new Span<float>(DTables + ((nint)row * stride) + start, cleared - start).Clear();
            for (int word = 0; word < Words; word++)
            {
                int first = Starts[word], length = Starts[word + 1] - first;
                for (int f = start; f < end; f++)
                {
                    float d = D[((nint)word * filters) + f];
                    int at = At[((nint)word * filters) + f];
                    DBias[f] += d;
                    for (int k = 0; k < Shape.Width && at >= 0; k++)
                    {
                        int position = at + k - (Shape.Width / 2);
                        if ((uint)position >= (uint)length) continue;
                        DTables[((((nint)k * Shape.Alphabet) + Characters[first + position]) * stride) + f] += d;
                    }
                }
            }
        }
    }

    // First the rows of the embedding, then those of the filters.
    private struct FilterTablesBackwardBody : IRangeBody
    {
        public KernelSet Kernels;
        public FilterShape Shape;
        public int* Used;
        public int UsedCount;
        public float* Embedding, Turned, DTables, DEmbedding, DFilters;

        public readonly void Run(int part, int start, int end)
        {
            for (int row = start; row < end; row++)
            {
                if (row < UsedCount) EmbeddingRow(Used[row]);
                else FilterRow(row - UsedCount);
            }
        }

        [SkipLocalsInit]
        private readonly void EmbeddingRow(int c)
        {
            int stride = Shape.EmbeddingStride;
            float* sum = stackalloc float[stride];
            new Span<float>(sum, stride).Clear();
            for (int k = 0; k < Shape.Width; k++)
            {
                float* d = DTables + ((((nint)k * Shape.Alphabet) + c) * Shape.FilterStride);
                float* filters = Turned + ((nint)k * Shape.Filters * stride);
                for (int f = 0; f < Shape.Filters; f++) Kernels.AddScaled(filters + ((nint)f * stride), stride, d[f], sum);
            }

            Kernels.AddScaled(sum, Shape.Embedding, 1f, DEmbedding + ((nint)c * Shape.Embedding));
        }

        [SkipLocalsInit]
        private readonly void FilterRow(int row)
        {
            (int k, int e) = int.DivRem(row, Shape.Embedding);
            int stride = Shape.FilterStride;
            float* sum = stackalloc float[stride];
            new Span<float>(sum, stride).Clear();
            for (int i = 0; i < UsedCount; i++)
            {
                int c = Used[i];
                float* d = DTables + ((((nint)k * Shape.Alphabet) + c) * stride);
                Kernels.AddScaled(d, stride, Embedding[((nint)c * Shape.Embedding) + e], sum);
            }

            Kernels.AddScaled(sum, Shape.Filters, 1f, DFilters + ((nint)row * Shape.Filters));
        }
    }
}
