using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>A product of a step whose sums are carried from step to step, as <see cref="DeltaThresholds"/> says: only the rows of inputs
/// that have changed are read. Each sequence goes by itself, with the bits that it has alone.</summary>
internal sealed class DeltaProduct
{
    private readonly Products _products;
    private readonly VectorOps _ops;
    private readonly float _threshold;
    private readonly int _inputs, _columns, _stride;
    private readonly int[] _phases;
    private readonly Workspace.Slice _last, _sums, _changes, _keep;
    private long _steps, _taken;

    /// <param name="name">Of the product.</param>
    /// <param name="inputs">K.</param>
    /// <param name="columns">N.</param>
    /// <param name="batch">Sequences.</param>
    /// <param name="threshold">Of its inputs.</param>
    /// <param name="plan">The network's.</param>
    public DeltaProduct(string name, int inputs, int columns, int batch, float threshold, NetworkPlan plan)
    {
        Name = name;
        (_products, _ops, _threshold) = (plan.Products, plan.Vectors, threshold);
        (_inputs, _columns, _stride) = (inputs, columns, Products.RowStride(columns));
        _phases = new int[batch];
        _last = plan.Scratch.Reserve((long)batch * inputs);
        _sums = plan.Scratch.Reserve((long)batch * _stride);
        _changes = plan.Scratch.Reserve(inputs);
        _keep = plan.Scratch.Reserve(inputs);
    }

    /// <summary>As the plan's product is named.</summary>
    public string Name { get; }

    /// <summary>What it has done since <see cref="ClearCount"/>.</summary>
    public DeltaCount Count => new(Name, _inputs, _columns, _steps, _taken);

    /// <summary>Tells which sequence stands at each place of a step; null where all stand as they were given.</summary>
    public SequencePacking? Packing { get; set; }

    /// <summary>y [B][ld] = or += start + x' W of a step.</summary>
    /// <param name="w">W [K][N].</param>
    /// <param name="x">[K][B].</param>
    /// <param name="batch">Sequences that have the step.</param>
    /// <param name="start">[N], and what fills its last 16; empty for 0.</param>
    /// <param name="y">[B][ld].</param>
    /// <param name="adds">Whether it is added to y.</param>
    public void Step(Weights w, ReadOnlySpan<float> x, int batch, ReadOnlySpan<float> start, Span<float> y, bool adds)
    {
        for (int place = 0; place < batch; place++)
        {
            int sequence = Packing is null ? place : Packing.Order[place];
            Span<float> sums = _sums.Part(sequence, _stride), last = LastOf(sequence);
            bool isWhole = _phases[sequence] == 0;
            if (isWhole) Begin(start, sums, last);
            int count = Take(x, place, batch, isWhole ? 0f : _threshold, last);
            if (count > 0) _products.ForwardStep(w, _changes.Span, 1, _keep.Integers[..count], sums);
            if (++_phases[sequence] == DeltaThresholds.RenewalSteps) _phases[sequence] = 0;
            _taken += count;
            Span<float> row = y.Slice(place * _stride, _stride);
            if (adds) _ops.AddScaled(sums, 1f, row);
            else sums.CopyTo(row);
        }

        _steps += batch;
    }

    /// <summary>Begins to count anew.</summary>
    public void ClearCount() => (_steps, _taken) = (0, 0);

    /// <summary>Forgets a sequence.</summary>
    public void Reset(int sequence)
    {
        LastOf(sequence).Clear();
        SumsOf(sequence).Clear();
        _phases[sequence] = 0;
    }

    /// <summary>Forgets all sequences.</summary>
    public void Reset()
    {
        for (int sequence = 0; sequence < _phases.Length; sequence++) Reset(sequence);
    }

    /// <summary>Its inputs as they were last taken, [K]; may be written.</summary>
    public Span<float> LastOf(int sequence) => _last.Part(sequence, _inputs);

    /// <summary>Its sums, [N]; may be written.</summary>
    public Span<float> SumsOf(int sequence) => _sums.Part(sequence, _stride)[.._columns];

    /// <summary>Steps since all was taken, below <see cref="DeltaThresholds.RenewalSteps"/>; 0 where the next step takes all. May be
    /// written.</summary>
    public ref int PhaseOf(int sequence) => ref _phases[sequence];

    private void Begin(ReadOnlySpan<float> start, Span<float> sums, Span<float> last)
    {
        last.Clear();
        if (start.IsEmpty) sums.Clear();
        else start[..AlignedBuffer.RoundUp(_columns)].CopyTo(sums);
    }

    // What has changed of a sequence, side by side, and which units these are. What is not a number always has.
    private int Take(ReadOnlySpan<float> x, int place, int batch, float threshold, Span<float> last)
    {
        Span<float> changes = _changes.Span;
        Span<int> keep = _keep.Integers;
        int count = 0;
        for (int k = 0; k < last.Length; k++)
        {
            float now = x[(k * batch) + place], change = now - last[k];
            if (MathF.Abs(change) <= threshold) continue;
            changes[count] = change;
            keep[count++] = k;
            last[k] = now;
        }

        return count;
    }
}
