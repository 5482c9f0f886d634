using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>Predicts as rows come, of one series or of many side by side, without end.</summary>
/// <remarks>Allocates in the constructor only. The same rows give the same bits as an evaluation of them, one by one or many at a time, for
/// every number of threads and every register width, and each series those that it has alone. A number that is missing,
/// <see cref="double.NaN"/>, repeats the column's last and spoils nothing; an infinite one is refused. Not thread-safe; any number of
/// sessions may share a regressor.</remarks>
public sealed class RegressorSession : StreamingSession
{
    private readonly SeriesForm _form;
    private readonly SequenceNetwork _network;
    private readonly SequenceBatch _batch;
    private readonly float[] _rows, _linear, _newest;
    private readonly double[] _predictions, _lastTargets;
    private readonly LastValue[] _last;
    private readonly int[] _inputsOfTargets, _lengths;
    private readonly long[] _seen;
    private readonly int _window, _together, _width, _outputs;

    /// <summary>Prepares the model's weights.</summary>
    /// <param name="regressor">The regressor; make a new session when its parameters have changed.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone, which is best for small models.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="memory">Gives the host's memory for the network's floats and is asked once, here, for how many; <see langword="null"/>
    /// to allocate.</param>
    /// <param name="batch">Series B, at least 1.</param>
    /// <param name="maxTimeSteps">Rows that are computed together, 1 to 65536: longer runs are cut into pieces of so many. More are faster
    /// and take more memory. Has no effect where every prediction looks at a window.</param>
    /// <param name="delta">How much a number must have changed to be taken again; by default everything is taken at every step. With
    /// thresholds a run is computed step by step, whatever <paramref name="maxTimeSteps"/>, and the sequences of a batch one after
    /// another.</param>
    /// <exception cref="ArgumentException">A size or a threshold is out of range, there are thresholds and every prediction looks at a
    /// window, all together pass 2^31 floats, the profile does not run here, or the host gives too little memory.</exception>
    public RegressorSession(
        Regressor regressor, IParallelRunner? runner = null, HardwareProfile? hardware = null, Func<int, Memory<float>>? memory = null,
        int batch = 1, int maxTimeSteps = 1, DeltaThresholds delta = default)
        : base(Throw.IfNull(regressor).Model.Parameters, batch)
    {
        if (maxTimeSteps is < 1 or > 65536) Throw.OutOfRange(nameof(maxTimeSteps), maxTimeSteps, "1 to 65536");
        SequenceModelConfig config = regressor.Model.Config;
        _form = regressor.Form;
        _window = Math.Max(1, _form.Window);
        delta.Check(_form.WithoutSteps);
        _together = _form.Window > 0 || !delta.IsOff ? 1 : maxTimeSteps;
        _width = _form.Inputs.Length;
        _outputs = _form.OutputCount;
        int steps = Math.Max(_window, _together);
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware)) { SharesCopies = true, Delta = delta };
        ((_network, _batch), _) = SequenceNetwork.Declare(regressor.Model, new(batch, steps, Training: false), plan);
        plan.Take(memory);
        _rows = new float[checked(batch * (_form.Window > 0 ? _window : 0) * _width)];
        _linear = new float[checked(batch * config.LinearInputs)];
        _newest = new float[_width];
        _predictions = new double[checked(batch * _outputs)];
        _inputsOfTargets = [.. _form.InputsOfTargets];
        _lastTargets = new double[checked(_together * batch * _form.Targets.Length)];
        _last = new LastValue[checked(batch * _width)];
        (_lengths, _seen) = (new int[batch], new long[batch]);
        _network.Begin(default);
        int floats = (_rows.Length + _linear.Length) / batch;
        Carry(
            StateKind.Regressor, _form.Window > 0 ? [] : _network.Layers,
            (floats * sizeof(float)) + (_width * sizeof(double)) + sizeof(long),
            [(int)config.Body.Cell, _width, _form.Window, config.LinearRows, _form.FeedsChange ? 1 : 0], plan);
    }

    /// <summary>Rows that must come before the next one is predicted from, of the series that lacks most; 0 once all are.</summary>
    public int RowsMissing
    {
        get
        {
            long least = long.MaxValue;
            foreach (long seen in _seen) least = Math.Min(least, seen);
            return (int)Math.Max(0, _window - 1 - least);
        }
    }

    /// <summary>Takes a row of every series and predicts.</summary>
    /// <param name="row">[B][I], the inputs in the form's order, in their own units. One that is missing is <see cref="double.NaN"/> and
    /// repeats the column's last value.</param>
    /// <returns>[B][S][targets] in the targets' own units, valid until the next call; all <see cref="double.NaN"/> while a window is not
    /// full.</returns>
    /// <exception cref="ArgumentException">The row is of another width.</exception>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    /// <exception cref="NotFiniteNumberException">A number is infinite, or too large; the state is as it was.</exception>
    public ReadOnlySpan<double> Step(scoped ReadOnlySpan<double> row)
    {
        StepsOf(("the row", "number"), row.Length, _width, least: 1, most: 1);
        return Run(row);
    }

    /// <inheritdoc cref="Step(ReadOnlySpan{double})"/>
    /// <param name="row">[B][I], the inputs in the form's order, in their own units. One that is missing is <see cref="double.NaN"/> and
    /// repeats the column's last value.</param>
    /// <param name="predictions">Receives [B][S][targets] in the targets' own units; all <see cref="double.NaN"/> while a window is not
    /// full.</param>
    public void Step(ReadOnlySpan<double> row, Span<double> predictions)
    {
        StepsOf(("the row", "number"), row.Length, _width, least: 1, most: 1);
        Run(row, predictions);
    }

    /// <summary>Takes T rows of every series, and predicts from the last.</summary>
    /// <param name="rows">[T][B][I]; its length gives T, at least 1, and there is no limit to it.</param>
    /// <returns>As of <see cref="Step(ReadOnlySpan{double})"/>.</returns>
    /// <exception cref="ArgumentException">There is no whole number of steps, or none.</exception>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    /// <exception cref="NotFiniteNumberException">A number is infinite, or too large; the state is as it was.</exception>
    public ReadOnlySpan<double> Run(scoped ReadOnlySpan<double> rows)
    {
        int steps = StepsOf(("the run", "number"), rows.Length, _width, least: 1);
        using OneThread.Use use = Enter();
        CheckFinite(rows, steps);
        for (int first = 0; first < steps; first += _together)
        {
            int count = Feed(rows, first, steps);
            if (first + count == steps) Answer(count - 1, _predictions);
        }

        return _predictions;
    }

    /// <summary>Takes T rows of every series, and predicts from each.</summary>
    /// <param name="rows">[T][B][I]; its length gives T, and there is no limit to it.</param>
    /// <param name="predictions">Receives [T][B][S][targets], in the targets' own units.</param>
    /// <exception cref="ArgumentException">There is no whole number of steps, or room for more or fewer predictions.</exception>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    /// <exception cref="NotFiniteNumberException">A number is infinite, or too large; the state is as it was.</exception>
    public void Run(ReadOnlySpan<double> rows, Span<double> predictions)
    {
        int steps = StepsOf(("the run", "number"), rows.Length, _width, least: 0);
        CheckRoom("the place for predictions", "number", predictions.Length, (long)steps * _predictions.Length);
        using OneThread.Use use = Enter();
        CheckFinite(rows, steps);
        for (int first = 0; first < steps; first += _together)
        {
            int count = Feed(rows, first, steps);
            for (int t = 0; t < count; t++) Answer(t, predictions.Slice((first + t) * _predictions.Length, _predictions.Length));
        }
    }

    private protected override void ResetOwn(int sequence)
    {
        _seen[sequence] = 0;
        Own(_linear, sequence).Clear();
        Own(_rows, sequence).Clear();
        for (int i = 0; i < _width; i++) _last[(sequence * _width) + i] = _form.Before(i);
    }

    private protected override void WriteOwn(int sequence, ref StateWriter to)
    {
        to.Write(Own(_rows, sequence));
        to.Write(Own(_linear, sequence));
        foreach (LastValue last in _last.AsSpan(sequence * _width, _width)) to.Write(last.Current);
        to.Write(_seen[sequence]);
    }

    private protected override void ReadOwn(int sequence, ref StateReader from)
    {
        from.Read(Own(_rows, sequence));
        from.Read(Own(_linear, sequence));
        foreach (ref LastValue last in _last.AsSpan(sequence * _width, _width)) last = new LastValue(from.ReadDouble());
        _seen[sequence] = from.ReadInt64();
    }

    private protected override string? FindFaultOfOwn(ref StateReader from)
    {
        int wrong = from.FindNotFinite((_rows.Length + _linear.Length) / Batch);
        if (wrong >= 0) return $"number {wrong} of the last rows is infinite or not a number";

        // Of changes nothing need have come before.
        for (int i = 0; i < _width; i++)
        {
            double last = from.ReadDouble();
            if (!double.IsFinite(last) && !(double.IsNaN(last) && _form.FeedsChange)) return $"the last '{_form.Inputs[i]}' is {last}";
        }

        long seen = from.ReadInt64();
        return seen < 0 ? $"it has seen {seen} rows" : null;
    }

    private Span<float> Own(float[] all, int sequence)
    {
        int own = all.Length / Batch;
        return all.AsSpan(sequence * own, own);
    }

    // What single precision cannot hold would be infinite inside.
    private void CheckFinite(ReadOnlySpan<double> rows, int steps)
    {
        for (int at = 0; at < Batch * _width; at++)
        {
            (int sequence, int input) = int.DivRem(at, _width);
            LastValue last = _last[at];
            for (int t = 0; t < steps; t++)
            {
                double value = rows[(t * Batch * _width) + at];
                if (float.IsFinite(_form.Feed(input, ref last, value)) && !double.IsInfinity(value)) continue;
                string place = $"{(steps == 1 ? "" : $" at step {t}")}{(Batch == 1 ? "" : $" of series {sequence}")}";
                Throw.NotANumber(
                    (float)value, $"'{_form.Inputs[input]}'{place} is {value}; a finite number was expected. The state is as it was");
            }
        }
    }

    // Runs the rows from the first on that are computed together, and tells how many they are.
    private int Feed(ReadOnlySpan<double> rows, int first, int steps)
    {
        int count = Math.Min(_together, steps - first);
        bool isWindowed = _form.Window > 0;
        if (!isWindowed) Begin(count);
        for (int t = 0; t < count; t++)
        {
            for (int sequence = 0; sequence < Batch; sequence++)
            {
                Take(rows.Slice((((first + t) * Batch) + sequence) * _width, _width), sequence, t);
                if (isWindowed) continue;
                _batch.SetStep(sequence, t, _newest);
                if (_linear.Length > 0) _batch.SetLinear(sequence, t, Own(_linear, sequence));
            }
        }

        if (isWindowed) SetWindows();
        if (_batch.Rows.Steps > 0) _network.Run(_batch);
        if (!isWindowed) _network.Carry();
        return count;
    }

    private void Begin(int length)
    {
        Array.Fill(_lengths, length);
        _batch.Begin(_lengths);
    }

    // A window that is not full is none yet.
    private void SetWindows()
    {
        for (int sequence = 0; sequence < Batch; sequence++) _lengths[sequence] = IsFull(sequence) ? _window : 0;
        _batch.Begin(_lengths);
        for (int sequence = 0; sequence < Batch; sequence++)
        {
            if (!IsFull(sequence)) continue;
            Span<float> rows = Own(_rows, sequence);
            for (int t = 0; t < _window; t++) _batch.SetStep(sequence, t, rows.Slice(t * _width, _width));
            if (_linear.Length > 0) _batch.SetLinear(sequence, _window - 1, Own(_linear, sequence));
        }
    }

    private bool IsFull(int sequence) => _seen[sequence] >= _window;

    // Feeds a row of a series: normalised, and what is missing filled in.
    private void Take(ReadOnlySpan<double> row, int sequence, int t)
    {
        Span<LastValue> last = _last.AsSpan(sequence * _width, _width);
        for (int i = 0; i < _width; i++) _newest[i] = _form.Feed(i, ref last[i], row[i]);
        if (_rows.Length > 0)
        {
            Span<float> rows = Own(_rows, sequence);
            if (IsFull(sequence)) rows[_width..].CopyTo(rows);
            _newest.CopyTo(rows[((int)Math.Min(_seen[sequence], _window - 1) * _width)..]);
        }

        if (_linear.Length > 0)
        {
            Span<float> linear = Own(_linear, sequence);
            linear[..^_width].CopyTo(linear[_width..]);
            _newest.CopyTo(linear);
        }

        int targets = _form.Targets.Length;
        for (int i = 0; i < targets; i++)
        {
            int input = _inputsOfTargets[i];
            double value = input < 0 ? 0 : _form.TargetScales[i].Normalise(last[input].Current);
            _lastTargets[(((t * Batch) + sequence) * targets) + i] = value;
        }

        _seen[sequence]++;
    }

    // [B][S][targets], of step t of the rows that were computed last.
    private void Answer(int t, Span<double> predictions)
    {
        int targets = _form.Targets.Length;
        for (int sequence = 0; sequence < Batch; sequence++)
        {
            Span<double> own = predictions.Slice(sequence * _outputs, _outputs);
            if (!IsFull(sequence))
            {
                own.Fill(double.NaN);
                continue;
            }

            ReadOnlySpan<float> outputs = _network.OutputsOf(_batch.OutputRowOf(sequence, _form.Window > 0 ? _window - 1 : t));
            for (int output = 0; output < own.Length; output++)
            {
                int target = output % targets;
                double last = _lastTargets[(((t * Batch) + sequence) * targets) + target];
                own[output] = _form.TargetScales[target].Restore(_form.Predict(output, outputs[output], last));
            }
        }
    }
}
