using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>Labels one sequence at a time: whole, or, of a classifier that reads forward and by the last state, as its steps come, with an
/// answer after each.</summary>
/// <remarks>Allocates in the constructor only. The same bits for every number of threads, every register width, and whole or step by step.
/// Not thread-safe; any number of sessions may share a classifier.</remarks>
public sealed class ClassifierSession
{
    private readonly Classifier _classifier;
    private readonly SequenceNetwork _network;
    private readonly SequenceNetwork? _stepped;
    private readonly SequenceBatch _batch, _step;
    private readonly SequenceFeeder _feeder;
    private readonly LastValue[] _last;
    private readonly float[] _row;
    private readonly double[] _probabilities;

    /// <summary>Prepares the model's weights.</summary>
    /// <param name="classifier">The classifier; make a new session when its parameters have changed.</param>
    /// <param name="longest">Steps after which a whole sequence is cut. Memory grows with it.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone, which is best for small models.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="memory">Gives the host's memory for the network's floats and is asked here, for how many, at most twice;
    /// <see langword="null"/> to allocate.</param>
    /// <exception cref="ArgumentException">A size is out of range, the profile does not run here, or the host gives too little
    /// memory.</exception>
    public ClassifierSession(
        Classifier classifier, int longest = 400, IParallelRunner? runner = null, HardwareProfile? hardware = null,
        Func<int, Memory<float>>? memory = null)
    {
        _classifier = classifier;
        SequenceModelConfig config = classifier.Model.Config;
        _network = NetworkOf(longest);
        _batch = new SequenceBatch(config, 1, longest);
        _step = new SequenceBatch(config, 1, 1);
        if (config.ReadOut == ReadOut.Last && config.Body.Direction == RecurrentDirection.Forward) _stepped = NetworkOf(1);
        _feeder = new SequenceFeeder(classifier.Form, 1);
        _last = new LastValue[classifier.Form.Inputs.Length];
        _row = new float[_last.Length];
        _probabilities = new double[classifier.Form.Labels.Length];
        Reset();

        SequenceNetwork NetworkOf(int steps)
        {
            var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware));
            SequenceNetwork network = SequenceNetwork.OnItsOwn(classifier.Model, new(1, steps, Training: false), plan, memory: memory);
            network.Begin(default);
            return network;
        }
    }

    /// <summary>Forgets the steps so far.</summary>
    public void Reset()
    {
        _stepped?.ResetState();
        _classifier.Form.Begin(_last);
    }

    /// <summary>Labels a whole sequence of tokens, apart from any steps.</summary>
    /// <returns>The probability of every label, valid until the next call.</returns>
    /// <exception cref="ArgumentException">A token is not in the vocabulary, or the classifier is of numbers.</exception>
    public ReadOnlySpan<double> Classify(ReadOnlySpan<int> tokens)
    {
        RequireTokens(true);
        tokens = tokens[..Math.Min(tokens.Length, _batch.Longest)];
        _batch.Begin([tokens.Length]);
        _batch.SetTokens(0, tokens);
        return Run(_network, _batch);
    }

    /// <summary>Labels a whole sequence of rows, apart from any steps.</summary>
    /// <param name="rows">[T][I], in the columns' own units; one that is missing is <see cref="double.NaN"/>.</param>
    /// <returns>The probability of every label, valid until the next call.</returns>
    /// <exception cref="ArgumentException">It ends within a row, or the classifier is of tokens.</exception>
    /// <exception cref="NotFiniteNumberException">A number is infinite.</exception>
    public ReadOnlySpan<double> Classify(ReadOnlySpan<double> rows)
    {
        RequireTokens(false);
        if (rows.Length % _row.Length != 0)
            Throw.Argument($"the sequence holds {Throw.Counted(rows.Length, "number")}; expected a multiple of {_row.Length}");
        int length = Math.Min(rows.Length / _row.Length, _batch.Longest);
        _batch.Begin([length]);
        _feeder.SetRows(rows, 0, length, _batch);
        return Run(_network, _batch);
    }

    /// <summary>Takes a token and labels the sequence so far.</summary>
    /// <inheritdoc cref="Classify(ReadOnlySpan{int})"/>
    /// <exception cref="InvalidOperationException">The classifier does not read forward, or not by its last state.</exception>
    public ReadOnlySpan<double> Step(int token)
    {
        RequireTokens(true);
        _step.Begin([1]);
        _step.SetTokens(0, [token]);
        return Step();
    }

    /// <summary>Takes a row and labels the sequence so far.</summary>
    /// <param name="row">[I], in the columns' own units; one that is missing is <see cref="double.NaN"/> and repeats the last.</param>
    /// <returns>The probability of every label, valid until the next call.</returns>
    /// <exception cref="ArgumentException">It is of another width, or the classifier is of tokens.</exception>
    /// <exception cref="NotFiniteNumberException">A number is infinite; the state is as it was.</exception>
    /// <exception cref="InvalidOperationException">The classifier does not read forward, or not by its last state.</exception>
    public ReadOnlySpan<double> Step(ReadOnlySpan<double> row)
    {
        RequireTokens(false);
        if (row.Length != _row.Length) Throw.Argument($"the row holds {Throw.Counted(row.Length, "number")}; {_row.Length} were expected");
        foreach (double value in row)
            if (double.IsInfinity(value)) Throw.NotANumber((float)value, $"the row holds {value}; finite numbers were expected");
        _classifier.Form.Normalise(row, _last, _row);
        _step.Begin([1]);
        _step.SetStep(0, 0, _row);
        return Step();
    }

    private ReadOnlySpan<double> Step()
    {
        if (_stepped is null) Throw.Invalid("only a classifier that reads forward, and by its last state, answers after every step");
        ReadOnlySpan<double> probabilities = Run(_stepped, _step);
        _stepped.Carry();
        return probabilities;
    }

    private ReadOnlySpan<double> Run(SequenceNetwork network, SequenceBatch batch)
    {
        network.SizeOf(batch);
        network.Run(batch);
        _classifier.ToProbabilities(network.OutputsOf(batch.OutputRowOf(0)), _probabilities);
        return _probabilities;
    }

    private void RequireTokens(bool asked)
    {
        if (_classifier.Model.Config.HasTokens == asked) return;
        (string own, string other) = asked ? ("rows of numbers", "tokens") : ("tokens", "rows of numbers");
        Throw.Argument($"the classifier is of {own}, not of {other}");
    }
}
