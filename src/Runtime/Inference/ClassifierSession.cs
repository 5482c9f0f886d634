using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>Labels one sequence at a time, whole; or, of a classifier that reads forward, as the steps of a sequence or of many come, with
/// an answer after each.</summary>
/// <remarks>Allocates in the constructor only. The same bits for every number of threads, every register width, whole or step by step, and
/// of a batch those that each sequence has alone. Tokens outside the vocabulary and infinite numbers are refused; a number that is missing,
/// <see cref="double.NaN"/>, repeats the column's last and spoils nothing. Not thread-safe; any number of sessions may share a
/// classifier.</remarks>
public sealed partial class ClassifierSession : StreamingSession
{
    private readonly Classifier _classifier;
    private readonly SequenceNetwork _network;
    private readonly SequenceNetwork? _stepped;
    private readonly SequenceBatch _whole;
    private readonly SequenceBatch? _part;
    private readonly SequenceFeeder _feeder;
    private readonly LastValue[] _last;
    private readonly float[] _row;
    private readonly int[] _lengths;
    private readonly double[] _probabilities;
    private readonly int _together, _labels;

    /// <summary>Prepares the model's weights.</summary>
    /// <param name="classifier">The classifier; make a new session when its parameters have changed.</param>
    /// <param name="longest">Steps after which a whole sequence is cut. Memory grows with it. Steps that come one by one are never
    /// cut.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone, which is best for small models.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="memory">Gives the host's memory for the network's floats and is asked here, for how many, at most twice;
    /// <see langword="null"/> to allocate.</param>
    /// <param name="batch">Sequences B whose steps come at once, at least 1.</param>
    /// <param name="maxTimeSteps">Steps of a run that are computed together, 1 to 65536: longer runs are cut into pieces of so many. More
    /// are faster and take more memory.</param>
    /// <param name="delta">How much a number must have changed to be taken again; by default everything is taken at every step. With
    /// thresholds a run is computed step by step, whatever <paramref name="maxTimeSteps"/>, and the sequences of a batch one after
    /// another. Whole sequences are exact.</param>
    /// <exception cref="ArgumentException">A size or a threshold is out of range, there are thresholds and the classifier does not read
    /// forward, all together pass 2^31 floats, the profile does not run here, or the host gives too little memory.</exception>
    public ClassifierSession(
        Classifier classifier, int longest = 400, IParallelRunner? runner = null, HardwareProfile? hardware = null,
        Func<int, Memory<float>>? memory = null, int batch = 1, int maxTimeSteps = 1, DeltaThresholds delta = default)
        : base(Throw.IfNull(classifier).Model.Parameters, batch)
    {
        if (maxTimeSteps is < 1 or > 65536) Throw.OutOfRange(nameof(maxTimeSteps), maxTimeSteps, "1 to 65536");
        _classifier = classifier;
        SequenceModelConfig config = classifier.Model.Config;
        delta.Check(config.Body.Direction == RecurrentDirection.Forward ? null : "a classifier that reads a sequence from its end");
        _together = delta.IsOff ? maxTimeSteps : 1;
        NetworkPlan plan;
        ((_network, _whole), plan) = NetworkOf(new(1, longest, Training: false), default);
        if (config.Body.Direction == RecurrentDirection.Forward)
            ((_stepped, _part), plan) = NetworkOf(new(batch, _together, Training: false, GoesOn: true), delta);
        _feeder = new SequenceFeeder(classifier.Form, 1);
        _row = new float[classifier.Form.Inputs.Length];
        _last = new LastValue[checked(batch * _row.Length)];
        _labels = classifier.Form.Labels.Length;
        _probabilities = new double[checked(batch * _labels)];
        _lengths = new int[batch];
        int pooled = _stepped?.Pooling is null ? 0 : config.Body.OutputSize;
        Carry(
            StateKind.Classifier, _stepped is null ? [] : _stepped.Layers,
            (pooled * sizeof(float)) + (pooled > 0 ? sizeof(long) : 0) + (_row.Length * sizeof(double)),
            [(int)config.Body.Cell, (int)config.ReadOut, (int)config.Body.Direction, config.Body.InputSize, config.VocabularySize], plan);

        ((SequenceNetwork Network, SequenceBatch Batch), NetworkPlan) NetworkOf(WindowShape shape, DeltaThresholds carried)
        {
            var own = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware)) { SharesCopies = true, Delta = carried };
            ((SequenceNetwork Network, SequenceBatch Batch) declared, _) = SequenceNetwork.Declare(classifier.Model, shape, own);
            own.Take(memory);
            declared.Network.Begin(default);
            return (declared, own);
        }
    }

    /// <summary>Labels a whole sequence of tokens, apart from any steps.</summary>
    /// <returns>The probability of every label [L], valid until the next call.</returns>
    /// <exception cref="ArgumentException">A token is not in the vocabulary, or the classifier is of numbers.</exception>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    public ReadOnlySpan<double> Classify(scoped ReadOnlySpan<int> tokens)
    {
        RequireTokens(true);
        tokens = tokens[..Math.Min(tokens.Length, _whole.Longest)];
        CheckTokens(tokens);
        using OneThread.Use use = Look();
        _whole.Begin([tokens.Length]);
        _whole.SetTokens(0, tokens);
        return Whole();
    }

    /// <summary>Labels a whole sequence of rows, apart from any steps.</summary>
    /// <param name="rows">[T][I], in the columns' own units; one that is missing is <see cref="double.NaN"/>.</param>
    /// <returns>The probability of every label [L], valid until the next call.</returns>
    /// <exception cref="ArgumentException">It ends within a row, or the classifier is of tokens.</exception>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    /// <exception cref="NotFiniteNumberException">A number is infinite.</exception>
    public ReadOnlySpan<double> Classify(scoped ReadOnlySpan<double> rows)
    {
        RequireTokens(false);
        if (rows.Length % _row.Length != 0)
            Throw.Argument($"the sequence holds {Throw.Counted(rows.Length, "number")}; expected a multiple of {_row.Length}");
        int length = Math.Min(rows.Length / _row.Length, _whole.Longest);
        CheckFinite(rows[..(length * _row.Length)], 1);
        using OneThread.Use use = Look();
        _whole.Begin([length]);
        _feeder.SetRows(rows, 0, length, _whole);
        return Whole();
    }

    private ReadOnlySpan<double> Whole()
    {
        _network.Run(_whole);
        Span<double> probabilities = _probabilities.AsSpan(0, _labels);
        _classifier.ToProbabilities(_network.OutputsOf(_whole.OutputRowOf(0)), probabilities);
        return probabilities;
    }

    private void RequireTokens(bool asked)
    {
        if (_classifier.Model.Config.HasTokens == asked) return;
        (string own, string other) = asked ? ("rows of numbers", "tokens") : ("tokens", "rows of numbers");
        Throw.Argument($"the classifier is of {own}, not of {other}");
    }

    private void CheckTokens(ReadOnlySpan<int> tokens) => TokenChecks.All(tokens, _classifier.Model.Config.VocabularySize, "tokens");

    // What single precision cannot hold would be infinite inside. Of rows of so many sequences.
    private void CheckFinite(ReadOnlySpan<double> rows, int sequences)
    {
        for (int at = 0; at < rows.Length; at++)
        {
            int input = at % _row.Length;
            if (double.IsNaN(rows[at]) || float.IsFinite((float)_classifier.Form.InputScales[input].Normalise(rows[at]))) continue;
            (int t, int sequence) = int.DivRem(at / _row.Length, sequences);
            string step = rows.Length == _row.Length * sequences ? "" : $" at step {t}";
            string place = $"'{_classifier.Form.Inputs[input]}'{step}{(sequences == 1 ? "" : $" of sequence {sequence}")}";
            Throw.NotANumber((float)rows[at], $"{place} is {rows[at]}; a finite number was expected. The state is as it was");
        }
    }
}
