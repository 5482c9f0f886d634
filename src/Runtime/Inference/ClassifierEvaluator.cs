using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>Labels sequences by batches of like length, and measures how well. A sequence has the bits that a
/// <see cref="ClassifierSession"/> gives it.</summary>
public sealed class ClassifierEvaluator
{
    private readonly Classifier _classifier;
    private readonly SequenceNetwork _network;
    private readonly SequenceBatch _batch;
    private readonly SequenceFeeder _feeder;

    /// <summary>Plans and allocates.</summary>
    /// <param name="classifier">The classifier; its model may be trained further between evaluations.</param>
    /// <param name="longest">Steps after which a sequence is cut.</param>
    /// <param name="batchSize">Sequences at once; no effect on the result.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <exception cref="ArgumentException">A size is out of range, or the profile does not run here.</exception>
    public ClassifierEvaluator(
        Classifier classifier, int longest, int batchSize = 32, IParallelRunner? runner = null, HardwareProfile? hardware = null)
        : this(Throw.IfNull(classifier), longest, batchSize, runner, hardware, default)
    {
    }

    /// <summary>One that works in memory of the caller's, on fewer sequences at a time where it is little; where it is too little, or none,
    /// in its own.</summary>
    internal ClassifierEvaluator(
        Classifier classifier, int longest, int batchSize, IParallelRunner? runner, HardwareProfile? hardware, Memory<float> room)
    {
        _classifier = classifier;
        (_network, _batch) = NetworkPlan.Within(room, batchSize, count => SequenceNetwork.Declare(
            classifier.Model, new(count, longest, Training: false),
            new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware))));
        _feeder = new SequenceFeeder(classifier.Form, _batch.BatchSize);
    }

    /// <summary>Labels sequences.</summary>
    /// <param name="sequences">The sequences; their labels are not looked at.</param>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at between batches.</param>
    /// <returns>The probability of every label, [sequences][labels]: they sum to 1, or with several labels at once stand each for
    /// itself.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public double[] Predict(LabelledSequences sequences, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        int labels = _classifier.Form.Labels.Length;
        double[] probabilities = new double[checked(sequences.Count * labels)];
        int[] order = [.. Enumerable.Range(0, sequences.Count).OrderByDescending(sequences.LengthOf)];
        _network.Begin(default);
        for (int first = 0; first < order.Length; first += _batch.BatchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<int> which = order.AsSpan(first, Math.Min(_batch.BatchSize, order.Length - first));
            _feeder.Fill(sequences, which, _batch);
            _network.SizeOf(_batch);
            _network.Run(_batch);
            for (int i = 0; i < which.Length; i++)
            {
                ReadOnlySpan<float> outputs = _network.OutputsOf(_batch.OutputRowOf(i));
                _classifier.ToProbabilities(outputs, probabilities.AsSpan(which[i] * labels, labels));
            }

            progress?.Invoke((double)(first + which.Length) / order.Length);
        }

        return probabilities;
    }

    /// <summary>Labels sequences and compares with their own labels.</summary>
    /// <inheritdoc cref="Predict"/>
    /// <returns>What was measured.</returns>
    /// <exception cref="ArgumentException">There is no sequence, or a label is none of the classifier's.</exception>
    public ClassificationResult Evaluate(
        LabelledSequences sequences, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        if (sequences.Count == 0) Throw.Argument("there is no sequence to judge by");

        // Labels are looked at before anything is run.
        long[] counts = sequences.CountLabels(_classifier.Form.Labels.Length);
        return ResultOf(_classifier, sequences, Predict(sequences, progress, cancellation), counts);
    }

    /// <summary>What predictions, [sequences][labels], are worth; <see cref="LabelledSequences.CountLabels"/> has counted.</summary>
    internal static ClassificationResult ResultOf(
        Classifier classifier, LabelledSequences sequences, double[] probabilities, long[] counts) =>
        classifier.Form.IsMultiLabel ? OfSeveral(sequences, probabilities, counts) : OfOne(sequences, probabilities, counts);

    private static ClassificationResult OfOne(LabelledSequences sequences, double[] probabilities, long[] counts)
    {
        int labels = counts.Length;
        long[] confusion = new long[labels * labels];
        double loss = 0;
        for (int i = 0; i < sequences.Count; i++)
        {
            ReadOnlySpan<double> own = probabilities.AsSpan(i * labels, labels);
            int best = 0, label = sequences.LabelsOf(i)[0];
            for (int other = 1; other < labels; other++) best = own[other] > own[best] ? other : best;
            confusion[(label * labels) + best]++;
            loss -= LogOf(own[label]);
        }

        var figures = new LabelFigures[labels];
        long right = 0;
        for (int label = 0; label < labels; label++)
        {
            long predicted = 0, hits = confusion[(label * labels) + label];
            for (int row = 0; row < labels; row++) predicted += confusion[(row * labels) + label];
            figures[label] = new LabelFigures(counts[label], predicted, hits);
            right += hits;
        }

        return new ClassificationResult(sequences.Count, loss / sequences.Count, (double)right / sequences.Count, figures, confusion);
    }

    private static ClassificationResult OfSeveral(LabelledSequences sequences, double[] probabilities, long[] counts)
    {
        int labels = counts.Length;
        long[] predicted = new long[labels], hits = new long[labels];
        long right = 0;
        double loss = 0;
        for (int i = 0; i < sequences.Count; i++)
        {
            bool isRight = true;
            for (int label = 0; label < labels; label++)
            {
                double probability = probabilities[(i * labels) + label];
                bool isSaid = probability > 0.5, isSo = sequences.LabelsOf(i).Contains(label);
                loss -= LogOf(isSo ? probability : 1 - probability);
                isRight &= isSaid == isSo;
                predicted[label] += isSaid ? 1 : 0;
                hits[label] += isSaid && isSo ? 1 : 0;
            }

            right += isRight ? 1 : 0;
        }

        var figures = new LabelFigures[labels];
        for (int label = 0; label < labels; label++) figures[label] = new(counts[label], predicted[label], hits[label]);
        return new ClassificationResult(
            sequences.Count, loss / ((double)sequences.Count * labels), (double)right / sequences.Count, figures, []);
    }

    // A certainty that was wrong costs much and not without end: a loss is a finite number.
    private static double LogOf(double probability) => PortableMath.Log(Math.Max(probability, 1e-300));
}
