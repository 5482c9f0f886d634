using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>Predicts as rows come, one at a time and without end.</summary>
/// <remarks>Allocates in the constructor only. The same rows give the same bits as an evaluation of them, for every number of threads and
/// every register width. Not thread-safe; any number of sessions may share a regressor.</remarks>
public sealed class RegressorSession
{
    private readonly SeriesForm _form;
    private readonly SequenceNetwork _network;
    private readonly SequenceBatch _batch;
    private readonly float[] _rows, _linear;
    private readonly double[] _predictions, _lastTargets;
    private readonly LastValue[] _last;
    private readonly int[] _inputsOfTargets;
    private readonly int _window;
    private long _seen;

    /// <summary>Prepares the model's weights.</summary>
    /// <param name="regressor">The regressor; make a new session when its parameters have changed.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone, which is best for small models.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="memory">Gives the host's memory for the network's floats and is asked once, here, for how many; <see langword="null"/>
    /// to allocate.</param>
    /// <exception cref="ArgumentException">The profile does not run here, or the host gives too little memory.</exception>
    public RegressorSession(
        Regressor regressor, IParallelRunner? runner = null, HardwareProfile? hardware = null, Func<int, Memory<float>>? memory = null)
    {
        _form = regressor.Form;
        _window = Math.Max(1, _form.Window);
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware));
        _network = SequenceNetwork.OnItsOwn(regressor.Model, new(1, _window, Training: false), plan, memory: memory);
        _batch = new SequenceBatch(regressor.Model.Config, 1, _window);
        _rows = new float[_window * _form.Inputs.Length];
        _linear = new float[regressor.Model.Config.LinearInputs];
        _predictions = new double[_form.OutputCount];
        _inputsOfTargets = [.. _form.InputsOfTargets];
        _lastTargets = new double[_form.Targets.Length];
        _last = new LastValue[_form.Inputs.Length];
        _network.Begin(default);
        Reset();
    }

    /// <summary>Rows that must come before the next one is predicted from; 0 once it is.</summary>
    public int RowsMissing => (int)Math.Max(0, _window - 1 - _seen);

    /// <summary>Forgets all rows.</summary>
    public void Reset()
    {
        _seen = 0;
        _linear.AsSpan().Clear();
        for (int i = 0; i < _last.Length; i++) _last[i] = _form.Before(i);
        _network.ResetState();
    }

    /// <summary>Takes a row and predicts.</summary>
    /// <param name="row">[I], the inputs in the form's order, in their own units. One that is missing is <see cref="double.NaN"/> and
    /// repeats the column's last value.</param>
    /// <returns>[S][targets] in the targets' own units, valid until the next call; all <see cref="double.NaN"/> while a window is not
    /// full.</returns>
    /// <exception cref="ArgumentException">The row is of another width.</exception>
    /// <exception cref="NotFiniteNumberException">A number is infinite; the state is as it was.</exception>
    public ReadOnlySpan<double> Step(ReadOnlySpan<double> row)
    {
        int width = _form.Inputs.Length;
        if (row.Length != width) Throw.Argument($"the row holds {Throw.Counted(row.Length, "number")}; {width} were expected");
        for (int i = 0; i < width; i++)
        {
            // What single precision cannot hold would be infinite inside.
            if (double.IsNaN(row[i]) || float.IsFinite((float)_form.InputScales[i].Normalise(row[i]))) continue;
            Throw.NotANumber((float)row[i], $"'{_form.Inputs[i]}' is {row[i]}; a finite number was expected. The state is as it was");
        }

        bool isFull = _seen >= _window - 1;
        if (_seen >= _window) _rows.AsSpan(width).CopyTo(_rows);
        Span<float> newest = _rows.AsSpan((int)Math.Min(_seen, _window - 1) * width, width);
        for (int i = 0; i < width; i++) newest[i] = _form.Feed(i, ref _last[i], row[i]);
        if (_linear.Length > 0)
        {
            _linear.AsSpan(0, _linear.Length - width).CopyTo(_linear.AsSpan(width));
            newest.CopyTo(_linear);
        }

        for (int i = 0; i < _lastTargets.Length; i++)
        {
            int input = _inputsOfTargets[i];
            _lastTargets[i] = input < 0 ? 0 : _form.TargetScales[i].Normalise(_last[input].Current);
        }

        _seen++;
        if (isFull) Predict();
        else _predictions.AsSpan().Fill(double.NaN);
        return _predictions;
    }

    private void Predict()
    {
        int width = _form.Inputs.Length;
        _batch.Begin([_window]);
        for (int t = 0; t < _window; t++) _batch.SetStep(0, t, _rows.AsSpan(t * width, width));
        if (_linear.Length > 0) _batch.SetLinear(0, _window - 1, _linear);
        _network.Run(_batch);
        if (_form.Window == 0) _network.Carry();
        ReadOnlySpan<float> outputs = _network.OutputsOf(_batch.OutputRowOf(0, _window - 1));
        for (int output = 0; output < _predictions.Length; output++)
        {
            int target = output % _form.Targets.Length;
            _predictions[output] = _form.TargetScales[target].Restore(_form.Predict(output, outputs[output], _lastTargets[target]));
        }
    }
}
