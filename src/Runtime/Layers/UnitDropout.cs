using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>How a network's masks are drawn.</summary>
/// <param name="Spec">The case.</param>
/// <param name="Seed">The run's.</param>
/// <param name="Source">Gives structured masks instead of the seed, or null.</param>
public sealed record MaskOrigin(DropoutSpec Spec, ulong Seed, IMaskSource? Source = null)
{
    /// <summary>None are.</summary>
    public static MaskOrigin None { get; } = new(DropoutSpec.None, 0);
}

/// <summary>Dropout of units at one place, for windows of at most T steps: draws the masks, prepares what the product reads, and takes the
/// mask back to the gradient. Structured cases gather the kept rows and hand their indices to the product.</summary>
public sealed class UnitDropout
{
    private readonly MaskSampler _sampler;
    private readonly IMaskSource? _source;
    private readonly VectorOps _ops;
    private readonly PassTimes _times;
    private readonly int _units;
    private readonly bool _structured, _locked;
    private readonly float _scale;
    private readonly Workspace.Slice _masks, _keep, _counts, _output;
    private StepRows _rows;

    /// <summary>Takes part in training and in sampling; a plain evaluation has no masks.</summary>
    /// <param name="place">Where, declared by <see cref="NetworkPlan.Place(string, int, float)"/>.</param>
    /// <param name="origin">How masks are drawn.</param>
    /// <param name="shape">The window.</param>
    /// <param name="plan">The network's.</param>
    public UnitDropout(MaskPlace place, MaskOrigin origin, WindowShape shape, NetworkPlan plan)
    {
        ArgumentNullException.ThrowIfNull(place);
        ArgumentNullException.ThrowIfNull(origin);
        ArgumentNullException.ThrowIfNull(plan);
        Place = place;
        _ops = plan.Vectors;
        _times = plan.Times;
        _units = place.Units;
        DropoutSpec spec = origin.Spec;
        IsActive = shape.Drops && spec.Kind != DropoutKind.None && place.Rate > 0f;
        if (!IsActive) return;
        _sampler = new MaskSampler(origin.Seed, spec);
        _source = origin.Source;
        _structured = spec.IsStructured;
        _locked = spec.IsLocked;
        _scale = _sampler.Scale(place);
        int masks = _locked ? 1 : shape.TimeSteps;
        if (_structured)
        {
            _source?.Check(place, spec, shape.TimeSteps);
            _keep = plan.Scratch.Reserve((long)masks * _units);
            _counts = plan.Scratch.Reserve(masks);
        }
        else
        {
            _masks = plan.Scratch.Reserve((long)masks * _units * shape.Batch);
        }

        _output = plan.Scratch.Reserve((long)shape.TimeSteps * _units * shape.Batch);
    }

    /// <summary>Where.</summary>
    public MaskPlace Place { get; }

    /// <summary>Whether anything is dropped here.</summary>
    public bool IsActive { get; }

    /// <summary>Whether the same units are dropped in all sequences.</summary>
    internal bool IsStructured => _structured;

    /// <summary>What the backward product multiplies its result by.</summary>
    internal float GradientScale => IsActive && _structured ? _scale : 1f;

    /// <summary>Draws the masks of a window. What is dropped of a sequence does not depend on the lengths of the others.</summary>
    public void Draw(Draw draw, StepRows rows)
    {
        _rows = rows;
        if (!IsActive) return;
        int masks = _locked ? 1 : rows.Steps;
        if (_structured && _source is not null) Ask(_source, _keep.Integers, _counts.Integers[..masks]);
        else if (_structured) _ops.DrawKeep(_sampler, Place, draw, _keep.Integers, _counts.Integers[..masks]);
        else _ops.FillMasks(_sampler, Place, draw, masks, _units * rows.Batch, _masks.Span);
        _times.Lap(Pass.Masks);
    }

    /// <summary>Refuses a window for which no masks are drawn.</summary>
    internal void CheckDrawn(StepRows rows)
    {
        if (!IsActive || (rows.Steps == _rows.Steps && rows.Batch == _rows.Batch && rows.Total == _rows.Total)) return;
        Throw.Argument($"the masks of '{Place.Name}' are drawn for {_rows}, and not for {rows}: draw them before the window is run");
    }

    /// <summary>The units that a product over this place uses.</summary>
    internal KeepTable Keep(Products products) => IsActive && _structured ? Kept : products.All(_units);

    /// <summary>Masks and scales the x [H][B] of step <paramref name="t"/> into this place's own copy, and returns that copy, or x where
    /// nothing is dropped. A structured copy holds the kept units only, side by side in the first rows of [H][B].</summary>
    internal ReadOnlySpan<float> Apply(int t, ReadOnlySpan<float> x)
    {
        if (!IsActive) return x;
        Span<float> output = Step(_output.Span, t);
        if (_structured) _ops.Gather(x, new KeepTable(Kept.At(t)), StepRows.Even(1, _rows.At(t)), _units, _scale, output);
        else Multiply(t, x, output);
        _times.Lap(Pass.Dropout);
        return output;
    }

    /// <summary><see cref="Apply"/> for all steps at once, x [T][H][B].</summary>
    public ReadOnlySpan<float> ApplyWindow(ReadOnlySpan<float> x)
    {
        Throw.IfShorter(x.Length, _rows.Total * _units, nameof(x));
        if (!IsActive) return x;
        Span<float> output = _output.Span[..(_rows.Total * _units)];
        if (_structured) _ops.Gather(x, Kept, _rows, _units, _scale, output);
        else if (!_locked && _rows.IsEven) _ops.Multiply(x, _masks.Span, output);
        else for (int t = 0; t < _rows.Steps; t++) Multiply(t, x.Slice(_rows.Before(t) * _units, _rows.At(t) * _units), Step(output, t));
        _times.Lap(Pass.Dropout);
        return output;
    }

    /// <summary>The copies of all steps as they were left; <paramref name="x"/> itself where nothing is dropped.</summary>
    public ReadOnlySpan<float> Window(ReadOnlySpan<float> x) => IsActive ? _output.Span : x;

    /// <summary>Takes the gradient of the copy back to that of x, in place. Structured dropout has nothing to do: the
    /// product did it.</summary>
    internal void Backward(int t, Span<float> dx)
    {
        if (!IsActive || _structured) return;
        Multiply(t, dx, dx);
        _times.Lap(Pass.Dropout);
    }

    /// <summary><see cref="Backward"/> for all steps at once, dx [T][H][B].</summary>
    public void BackwardWindow(Span<float> dx)
    {
        for (int t = 0; t < _rows.Steps; t++) Backward(t, Step(dx, t));
    }

    /// <summary>Adds to dx [T][H][B] the gradient of x by way of a copy that is masked and has all units, whose gradient d [T][H][B] is
    /// spent.</summary>
    internal void AddBackward(Span<float> d, Span<float> dx)
    {
        if (!IsActive || !_structured)
        {
            // Where nothing is dropped, nobody need have drawn.
            if (IsActive) BackwardWindow(d);
            _ops.AddScaled(d, 1f, dx[..d.Length]);
            return;
        }

        for (int t = 0; t < _rows.Steps; t++)
        {
            int count = _rows.At(t);
            Span<float> from = Step(d, t), to = Step(dx, t);
            foreach (int unit in Kept.At(t)) _ops.AddScaled(from.Slice(unit * count, count), _scale, to.Slice(unit * count, count));
        }
    }

    /// <summary>Adds <paramref name="factor"/> times half the gradient of the sum of squares of all copies to dx [T][H][B], the gradient of
    /// x: a copy is 0 or the scale times x, so that is the scale times the copy.</summary>
    internal void AddSquares(ReadOnlySpan<float> x, float factor, Span<float> dx)
    {
        dx = dx[..(_rows.Total * _units)];
        if (!IsActive) _ops.AddScaled(x, factor, dx);
        else if (_structured) _ops.ScatterAdd(_output.Span, Kept, _rows, _units, factor * _scale, dx);
        else _ops.AddScaled(_output.Span, factor * _scale, dx);
    }

    private void Ask(IMaskSource source, Span<int> keep, Span<int> counts)
    {
        for (int t = 0; t < counts.Length; t++)
        {
            Span<int> list = keep.Slice(t * _units, _units);
            counts[t] = source.Keep(Place, t, list);
            Check(list, counts[t], t);
        }
    }

    // Kernels trust the indices that they are given.
    private void Check(ReadOnlySpan<int> keep, int count, int t)
    {
        if ((uint)count > (uint)_units) Throw.OutOfRange($"the kept count of {Place.Name}, time step {t}", count, $"0 to {_units}");
        int last = -1;
        foreach (int unit in keep[..count])
        {
            if (unit <= last || unit >= _units)
            {
                string expected = $"above {last}, the one before it, and below {_units}";
                Throw.OutOfRange($"a kept unit of {Place.Name}, time step {t}", unit, expected);
            }

            last = unit;
        }
    }

    private KeepTable Kept => _locked
        ? new(_keep.Integers[..Math.Min(_units, _counts.Integers[0])])
        : new(_keep.Integers, _units, _counts.Integers);

    private Span<float> Step(Span<float> all, int t) => all.Slice(_rows.Before(t) * _units, _rows.At(t) * _units);

    // y = m x; a mask has a factor for every sequence, and x for those only that have the step.
    private void Multiply(int t, ReadOnlySpan<float> x, Span<float> y)
    {
        int batch = _rows.Batch, count = _rows.At(t), units = count == batch ? 1 : _units, length = count * (_units / units);
        ReadOnlySpan<float> mask = _masks.Part(_locked ? 0 : t, _units * batch);
        for (int unit = 0; unit < units; unit++) _ops.Multiply(x[(unit * count)..], mask[(unit * batch)..], y.Slice(unit * count, length));
    }
}
