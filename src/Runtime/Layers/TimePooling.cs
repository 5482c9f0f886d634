using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Layers;

/// <summary>Mean or maximum over each sequence's own steps: x [T][K][B] to y [K][B]. A sequence without steps has 0.</summary>
/// <remarks>Steps are summed in order, so that a sequence has the bits that it has alone.</remarks>
internal sealed class TimePooling
{
    private readonly bool _isMaximum;
    private readonly int _units;
    private readonly Workspace.Slice _pooled, _steps, _sofar;
    private readonly long[]? _seen;
    private StepRows _rows;

    /// <param name="isMaximum">The maximum, whose gradient goes to the first step that has it; or else the mean.</param>
    /// <param name="units">K.</param>
    /// <param name="shape">The window.</param>
    /// <param name="plan">The network's.</param>
    public TimePooling(bool isMaximum, int units, WindowShape shape, NetworkPlan plan)
    {
        _isMaximum = isMaximum;
        _units = units;
        _pooled = plan.Scratch.Reserve((long)units * shape.Batch);
        _steps = plan.Scratch.Reserve(isMaximum ? (long)units * shape.Batch : shape.Batch);
        if (!shape.GoesOn) return;
        _sofar = plan.Scratch.Reserve((long)units * shape.Batch);
        _seen = new long[shape.Batch];
    }

    /// <summary>Sums or maxima over all windows so far, [K][B], where windows go on; may be written.</summary>
    public Span<float> SoFar => _sofar.Span;

    /// <summary>Steps of all windows so far, [B], where windows go on; may be written.</summary>
    public Span<long> Seen => _seen;

    /// <summary>Pools a window, or all so far.</summary>
    public ReadOnlySpan<float> Forward(ReadOnlySpan<float> x, StepRows rows)
    {
        _rows = rows;
        Span<float> pooled = _pooled.Span[..(_units * rows.Batch)];
        if (_seen is null) pooled.Clear();
        else SoFar.CopyTo(pooled);
        for (int t = 0; t < rows.Steps; t++)
        {
            int count = rows.At(t);
            for (int unit = 0; unit < _units; unit++)
            {
                ReadOnlySpan<float> step = x.Slice((rows.Before(t) * _units) + (unit * count), count);
                Span<float> row = pooled.Slice(unit * rows.Batch, count);
                if (_isMaximum) Maximum(step, t, row, _steps.Integers.Slice(unit * rows.Batch, count), _seen);
                else for (int b = 0; b < step.Length; b++) row[b] += step[b];
            }
        }

        if (_seen is not null) GoOn(pooled);
        if (_isMaximum) return pooled;
        Span<float> shares = Shares();
        for (int i = 0; i < pooled.Length; i++) pooled[i] *= shares[i % rows.Batch];
        return pooled;
    }

    /// <summary>Writes dx [T][K][B], the gradient of x, for dy [K][B].</summary>
    public void Backward(ReadOnlySpan<float> dy, Span<float> dx)
    {
        for (int t = 0; t < _rows.Steps; t++)
        {
            int count = _rows.At(t);
            for (int unit = 0; unit < _units; unit++)
            {
                Span<float> step = dx.Slice((_rows.Before(t) * _units) + (unit * count), count);
                int row = unit * _rows.Batch;
                for (int b = 0; b < count; b++)
                    step[b] = !_isMaximum ? dy[row + b] * _steps.Span[b] : _steps.Integers[row + b] == t ? dy[row + b] : 0f;
            }
        }
    }

    private void GoOn(ReadOnlySpan<float> pooled)
    {
        pooled.CopyTo(SoFar);
        foreach (ref long seen in Seen) seen += _rows.Steps;
    }

    private static void Maximum(ReadOnlySpan<float> step, int t, Span<float> row, Span<int> steps, long[]? seen)
    {
        for (int b = 0; b < step.Length; b++)
        {
            if ((t > 0 || seen?[b] > 0) && !(step[b] > row[b])) continue;
            row[b] = step[b];
            steps[b] = t;
        }
    }

    // 1 over each sequence's steps.
    private Span<float> Shares()
    {
        Span<float> shares = _steps.Span[.._rows.Batch];
        if (_seen is not null)
        {
            for (int b = 0; b < shares.Length; b++) shares[b] = 1f / _seen[b];
            return shares;
        }

        shares.Clear();
        for (int t = 0; t < _rows.Steps; t++) foreach (ref float steps in shares[.._rows.At(t)]) steps++;
        foreach (ref float steps in shares) steps = steps > 0f ? 1f / steps : 0f;
        return shares;
    }
}
