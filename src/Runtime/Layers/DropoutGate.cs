using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Numerics;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>
/// One dropout site of one layer, for windows of at most T steps: draws the masks, prepares what the product reads, and takes the mask back to the
/// gradient. Structured cases gather the kept rows and hand their indices to the product.
/// </summary>
internal sealed class DropoutGate
{
    private readonly MaskSchedule _schedule;
    private readonly IMaskSource? _source;
    private readonly VectorOps _ops;
    private readonly PassTimes _times;
    private readonly DropoutSite _site;
    private readonly int _layer, _units, _batch;
    private readonly bool _structured, _locked;
    private readonly float _scale;
    private readonly Workspace.Slice _masks, _keep, _counts, _output;
    private int _steps;

    /// <param name="spec">Case and rates.</param>
    /// <param name="seed">Of the masks.</param>
    /// <param name="source">Gives structured masks instead of the seed.</param>
    /// <param name="site">Where.</param>
    /// <param name="layer">The layer whose input this is; the layer count for the output site.</param>
    /// <param name="units">Rows of x.</param>
    /// <param name="batch">Columns of x.</param>
    /// <param name="timeSteps">The most steps of a window.</param>
    /// <param name="drops">A plain evaluation has no masks.</param>
    /// <param name="context">Elementwise passes, and memory for the masks.</param>
    public DropoutGate(
        DropoutSpec spec, ulong seed, IMaskSource? source, DropoutSite site, int layer, int units, int batch, int timeSteps, bool drops,
        LayerContext context)
    {
        Workspace workspace = context.Workspace;
        _ops = context.Vectors;
        _times = context.Times;
        _site = site;
        _layer = layer;
        _units = units;
        _batch = batch;
        _steps = timeSteps;
        IsActive = drops && spec.RateOf(site) > 0f;
        if (!IsActive) return;
        _schedule = new MaskSchedule(seed, spec);
        _source = source;
        _structured = spec.IsStructured;
        _locked = spec.IsLocked;
        _scale = _schedule.Scale(site, units);
        int masks = _locked ? 1 : timeSteps;
        if (_structured)
        {
            _keep = workspace.Reserve((long)masks * units);
            _counts = workspace.Reserve(masks);
        }
        else
        {
            _masks = workspace.Reserve((long)masks * units * batch);
        }

        _output = workspace.Reserve((long)timeSteps * units * batch);
    }

    /// <summary>Whether anything is dropped here.</summary>
    public bool IsActive { get; }

    /// <summary>What the backward product multiplies its result by.</summary>
    public float GradientScale => IsActive && _structured ? _scale : 1f;

    /// <summary>Draws the masks of a window of <paramref name="steps"/> steps.</summary>
    public void Draw(int epoch, int step, int steps)
    {
        _steps = steps;
        if (!IsActive) return;
        int masks = _locked ? 1 : steps;
        if (_structured && _source is not null) Ask(_source, _keep.Integers, _counts.Integers[..masks]);
        else if (_structured) _ops.DrawKeep(_schedule, _site, _layer, epoch, step, _units, _keep.Integers, _counts.Integers[..masks]);
        else _ops.FillMasks(_schedule, _site, _layer, epoch, step, masks, _masks.Span, _units * _batch);
        _times.Lap(Pass.Masks);
    }

    /// <summary>The units that a product over this site uses.</summary>
    public KeepTable Keep(Products products) => IsActive && _structured ? Kept : products.All(_units);

    /// <summary>
    /// Masks and scales the x [H][B] of step <paramref name="t"/> into this site's own copy, and returns that copy, or x where nothing is dropped. A
    /// structured copy holds the kept units only, side by side in the first rows of [H][B].
    /// </summary>
    public ReadOnlySpan<float> Apply(int t, ReadOnlySpan<float> x)
    {
        if (!IsActive) return x;
        Span<float> output = _output.Part(t, _units * _batch);
        if (_structured) _ops.Gather(x, new KeepTable(Kept.At(t)), 1, _units, _batch, _scale, output);
        else _ops.Multiply(x, Mask(t), output);
        _times.Lap(Pass.Dropout);
        return output;
    }

    /// <summary><see cref="Apply"/> for all steps at once, x [T][H][B].</summary>
    public ReadOnlySpan<float> ApplyWindow(ReadOnlySpan<float> x)
    {
        if (!IsActive) return x;
        Span<float> output = _output.Span[..(_steps * _units * _batch)];
        if (_structured) _ops.Gather(x, Kept, _steps, _units, _batch, _scale, output);
        else if (!_locked) _ops.Multiply(x, _masks.Span, output);
        else for (int t = 0; t < _steps; t++) Apply(t, x.Slice(t * _units * _batch, _units * _batch));
        _times.Lap(Pass.Dropout);
        return output;
    }

    /// <summary>The copies of all steps as they were left; <paramref name="x"/> itself where nothing is dropped.</summary>
    public ReadOnlySpan<float> Window(ReadOnlySpan<float> x) => IsActive ? _output.Span : x;

    /// <summary>Takes the gradient of the copy back to that of x, in place. Structured sites have nothing to do: the product did it.</summary>
    public void Backward(int t, Span<float> dx)
    {
        if (!IsActive || _structured) return;
        _ops.Multiply(dx, Mask(t), dx);
        _times.Lap(Pass.Dropout);
    }

    /// <summary><see cref="Backward"/> for all steps at once, dx [T][H][B].</summary>
    public void BackwardWindow(Span<float> dx)
    {
        int length = _units * _batch;
        for (int t = 0; t < _steps; t++) Backward(t, dx.Slice(t * length, length));
    }

    /// <summary>
    /// Adds <paramref name="factor"/> times half the gradient of the sum of squares of all copies to dx [T][H][B], the gradient of x: a copy is 0 or the
    /// scale times x, so that is the scale times the copy.
    /// </summary>
    public void AddSquares(ReadOnlySpan<float> x, float factor, Span<float> dx)
    {
        dx = dx[..(_steps * _units * _batch)];
        if (!IsActive) _ops.AddScaled(x, dx, factor);
        else if (_structured) _ops.ScatterAdd(_output.Span, Kept, _steps, _units, _batch, factor * _scale, dx);
        else _ops.AddScaled(_output.Span, dx, factor * _scale);
    }

    private void Ask(IMaskSource source, Span<int> keep, Span<int> counts)
    {
        for (int t = 0; t < counts.Length; t++)
        {
            Span<int> list = keep.Slice(t * _units, _units);
            counts[t] = source.Keep(_site, _layer, t, list);
            Check(list, counts[t], t);
        }
    }

    // Kernels trust the indices that they are given.
    private void Check(ReadOnlySpan<int> keep, int count, int t)
    {
        if ((uint)count > (uint)_units) Throw.OutOfRange($"the kept count of {_site}, layer {_layer}, time step {t}", count, $"0 to {_units}");
        int last = -1;
        foreach (int unit in keep[..count])
        {
            if (unit <= last || unit >= _units)
                Throw.OutOfRange($"a kept unit of {_site}, layer {_layer}, time step {t}", unit, $"above {last}, the one before it, and below {_units}");
            last = unit;
        }
    }

    private KeepTable Kept => _locked ? new(_keep.Integers[..Math.Min(_units, _counts.Integers[0])]) : new(_keep.Integers, _units, _counts.Integers);

    private Span<float> Mask(int t) => _masks.Part(_locked ? 0 : t, _units * _batch);
}
