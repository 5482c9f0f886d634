using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>Measures what delta thresholds save and cost: a model on data as a streaming session runs it, exactly and with
/// them.</summary>
public static class DeltaEvaluator
{
    // Steps of an exact network that are computed together; no effect on the result beyond the rounding of its sum.
    private const int PieceSteps = 32;

    /// <summary>Runs a text through a language model in one stream.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokens">At least 2 tokens.</param>
    /// <param name="delta">The thresholds.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone. No effect on the result.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at now and then.</param>
    /// <exception cref="ArgumentException">A threshold is out of range, there are fewer than 2 tokens, or a token is outside the
    /// vocabulary.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static DeltaComparison<EvaluationResult> Compare(
        LanguageModel model, ITokenSource tokens, DeltaThresholds delta, IParallelRunner? runner = null, HardwareProfile? hardware = null,
        Action<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokens);
        delta.Check();
        var scorer = new TextScorer(NetworkOf(default), NetworkOf(delta));
        var loop = new EvaluationLoop(model.Config.VocabularySize, 1, PieceSteps);
        EvaluationResult exact = loop.Run(tokens, scorer, progress, cancellation);
        return new(exact, exact with { NegativeLogLikelihood = scorer.Sum }, scorer.Error, scorer.Delta.Plan.CountDelta());

        LanguageModelNetwork NetworkOf(DeltaThresholds thresholds)
        {
            var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware)) { Delta = thresholds };
            return LanguageModelNetwork.OnItsOwn(model, new(1, PieceSteps, Training: false), plan);
        }
    }

    /// <summary>Predicts from every row of a part, the state carried through.</summary>
    /// <param name="regressor">The regressor, which looks at no window.</param>
    /// <param name="part">The rows; those before it are history.</param>
    /// <param name="delta">The thresholds.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone. No effect on the result.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at now and then.</param>
    /// <exception cref="ArgumentException">A threshold is out of range, there is one and the regressor looks at a window, a column is not
    /// there, or not one prediction can be judged.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static DeltaComparison<RegressionResult> Compare(
        Regressor regressor, SeriesPart part, DeltaThresholds delta, IParallelRunner? runner = null, HardwareProfile? hardware = null,
        Action<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(regressor);
        SeriesForm form = regressor.Form;
        var evaluator = new RegressorEvaluator(regressor, runner, hardware, delta);
        var predicted = new List<double>();
        RegressionResult exact = new RegressorEvaluator(regressor, runner, hardware).Evaluate(
            part, (_, predictions) => predicted.AddRange(predictions), HalfOf(progress, 0), cancellation);
        var error = default(DeltaError);
        int at = 0;
        RegressionResult found = evaluator.Evaluate(part, Compare, HalfOf(progress, 1), cancellation);
        return new(exact, found, error, evaluator.CountDelta());

        void Compare(int row, ReadOnlySpan<double> predictions)
        {
            for (int output = 0; output < predictions.Length; output++)
            {
                ColumnScale scale = form.TargetScales[output % form.Targets.Length];
                error = error.With(scale.Normalise(predictions[output]), scale.Normalise(predicted[at++]));
            }
        }
    }

    /// <summary>Labels sequences, each as its steps come.</summary>
    /// <param name="classifier">The classifier, which reads forward.</param>
    /// <param name="sequences">The sequences; at least one.</param>
    /// <param name="longest">Steps after which a sequence is cut.</param>
    /// <param name="delta">The thresholds.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone. No effect on the result.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at now and then.</param>
    /// <exception cref="ArgumentException">A threshold is out of range, there is one and the classifier does not read forward, there is no
    /// sequence, or a label is none of the classifier's.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static DeltaComparison<ClassificationResult> Compare(
        Classifier classifier, LabelledSequences sequences, int longest, DeltaThresholds delta, IParallelRunner? runner = null,
        HardwareProfile? hardware = null, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentNullException.ThrowIfNull(sequences);
        if (sequences.Count == 0) Throw.Argument("there is no sequence to judge by");
        int labels = classifier.Form.Labels.Length;
        long[] counts = sequences.CountLabels(labels);
        var session = new ClassifierSession(classifier, longest, runner, hardware, delta: delta);
        var evaluator = new ClassifierEvaluator(classifier, longest, runner: runner, hardware: hardware);
        double[] exact = evaluator.Predict(sequences, HalfOf(progress, 0), cancellation), found = new double[exact.Length];
        Action<double>? second = HalfOf(progress, 1);
        for (int i = 0; i < sequences.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            session.Reset();
            Label(session, sequences, i, Math.Min(longest, sequences.LengthOf(i))).CopyTo(found.AsSpan(i * labels));
            second?.Invoke((i + 1.0) / sequences.Count);
        }

        var error = default(DeltaError);
        for (int i = 0; i < exact.Length; i++) error = error.With(found[i], exact[i]);
        return new(
            ClassifierEvaluator.ResultOf(classifier, sequences, exact, counts),
            ClassifierEvaluator.ResultOf(classifier, sequences, found, counts), error, session.CountDelta());
    }

    // Without thresholds, or steps, it is labelled as a whole: the classifier need not read forward then.
    private static ReadOnlySpan<double> Label(ClassifierSession session, LabelledSequences sequences, int sequence, int length)
    {
        bool isWhole = session.Delta.IsOff || length == 0;
        if (sequences.HasTokens)
        {
            ReadOnlySpan<int> tokens = sequences.TokensOf(sequence)[..length];
            return isWhole ? session.Classify(tokens) : session.Run(tokens);
        }

        ReadOnlySpan<double> rows = sequences.RowsOf(sequence)[..(length * sequences.Width)];
        return isWhole ? session.Classify(rows) : session.Run(rows);
    }

    private static Action<double>? HalfOf(Action<double>? progress, int half) =>
        progress is null ? null : share => progress((half + share) / 2);

    // Two networks over one stream, and their probabilities side by side.
    private sealed class TextScorer(LanguageModelNetwork exact, LanguageModelNetwork delta) : IWindowScorer
    {
        public LanguageModelNetwork Delta => delta;

        public double Sum { get; private set; }

        public DeltaError Error { get; private set; }

        public void Begin()
        {
            foreach (LanguageModelNetwork network in (LanguageModelNetwork[])[exact, delta])
            {
                network.Begin(default);
                network.ResetState();
            }
        }

        public double Score(long window, ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets)
        {
            // Behind the text's end there is nothing to skip.
            int count = targets.LastIndexOfAnyExcept(-1) + 1;
            if (count == 0) return 0;
            inputs = inputs[..count];
            targets = targets[..count];
            exact.Forward(inputs);
            delta.Forward(inputs);

            // With a scale of 1 logits become probabilities, of the target 1 less.
            double sum = exact.Loss(targets, 1f);
            Sum += delta.Loss(targets, 1f);
            DeltaError error = Error;
            for (int row = 0; row < count; row++)
            {
                ReadOnlySpan<float> expected = exact.Logits(row), found = delta.Logits(row);
                for (int token = 0; token < found.Length; token++) error = error.With(found[token], expected[token]);
            }

            Error = error;
            exact.Carry();
            delta.Carry();
            return sum;
        }
    }
}
