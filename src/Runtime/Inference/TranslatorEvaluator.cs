using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>What was measured of a translator.</summary>
public sealed record TranslationResult
{
    /// <summary>Mean loss of a unit of the targets, end marks counted, in nats; not a number where there are no targets.</summary>
    public required double Loss { get; init; }

    /// <summary>Units of the targets, end marks counted.</summary>
    public required long Units { get; init; }

    /// <summary>e^loss.</summary>
    public double Perplexity => EvaluationResult.PerplexityOf(Loss);

    /// <summary>Of the translations' words against the references', neither cut nor changed.</summary>
    public required BleuResult Bleu { get; init; }

    /// <summary>The words of the translations, in the order of the sentences.</summary>
    public required IReadOnlyList<string[]> Hypotheses { get; init; }
}

/// <summary>Measures a translator: the loss of given translations, and BLEU of its own. A sentence has the bits that a
/// <see cref="TranslatorSession"/> gives it.</summary>
public sealed class TranslatorEvaluator
{
    private readonly Translator _translator;
    private readonly IParallelRunner _runner;
    private readonly HardwareProfile? _hardware;
    private readonly SentenceDecoders _decoders;
    private readonly Memory<float> _room;
    private readonly Part _usual;
    private Part? _long;

    /// <summary>Plans and allocates.</summary>
    /// <param name="translator">The translator; its model may be trained further between evaluations.</param>
    /// <param name="beams">The most translations of a sentence that are followed.</param>
    /// <param name="longest">Units of sentences that are done in batches. Longer ones are done too, one at a time.</param>
    /// <param name="batchSize">Sentences at once; no effect on the result.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <exception cref="ArgumentException">A size is out of range, or the profile does not run here.</exception>
    public TranslatorEvaluator(
        Translator translator, int beams = 1, int longest = 64, int batchSize = 32, IParallelRunner? runner = null,
        HardwareProfile? hardware = null)
        : this(Throw.IfNull(translator), beams, longest, batchSize, runner, hardware, default)
    {
    }

    /// <summary>One that works in memory of the caller's, on fewer sentences at a time where it is little; where it is too little, or none,
    /// in its own.</summary>
    internal TranslatorEvaluator(
        Translator translator, int beams, int longest, int batchSize, IParallelRunner? runner, HardwareProfile? hardware,
        Memory<float> room)
    {
        (_translator, _runner, _hardware, _room) = (translator, runner ?? SingleThread.Instance, hardware, room);

        // One is done before the other begins, so that both have the same room.
        _usual = NewPart(batchSize, longest, longest, room);
        _decoders = new SentenceDecoders(translator.Model, beams, batchSize, longest, runner, hardware, sharesCopies: false, room);
    }

    /// <summary>The summed loss of the given translations, in nats.</summary>
    /// <param name="pairs">Sentences with their translations.</param>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at between batches.</param>
    /// <returns>The loss of each pair.</returns>
    /// <exception cref="ArgumentException">They have no translations, or one is longer than 65535 units.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public double[] Losses(SentencePairs pairs, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        if (!pairs.HasTargets) Throw.Argument("the sentences have no translations to score");
        int[] order = LongestFirst.Order(pairs.Count, pair => LongerOf(pair));
        int longest = order.Length == 0 ? 0 : LongerOf(order[0]);
        if (longest > _usual.Batch.LongestSource && !(_long?.Batch.LongestSource >= longest))
            _long = NewPart(1, longest, longest, default);
        _room.Span.Clear();
        _usual.Network.Begin(default);
        _long?.Network.Begin(default);
        double[] losses = new double[pairs.Count], some = new double[_usual.Batch.BatchSize];
        for (int done = 0; done < order.Length;)
        {
            cancellation.ThrowIfCancellationRequested();
            Part part = LongerOf(order[done]) > _usual.Batch.LongestSource ? _long! : _usual;
            ReadOnlySpan<int> which = order.AsSpan(done, Math.Min(part.Batch.BatchSize, order.Length - done));
            part.Batch.Fill(pairs, which);
            part.Network.SizeOf(part.Batch);
            part.Network.Losses(part.Batch, some);
            for (int i = 0; i < which.Length; i++) losses[which[i]] = some[i];
            done += which.Length;
            progress?.Invoke((double)done / order.Length);
        }

        return losses;

        int LongerOf(int pair) => Math.Max(pairs.SourceOf(pair).Length, pairs.TargetOf(pair).Length);
    }

    /// <summary>Translates sentences and compares with their references.</summary>
    /// <param name="pairs">Sentences with references; the loss is that of their translations, where they have any.</param>
    /// <param name="options">How translations are looked for; <see langword="null"/> for the likeliest unit at every step.</param>
    /// <param name="bleu">How BLEU is counted; <see langword="null"/> for multi-bleu's way.</param>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at now and then.</param>
    /// <exception cref="ArgumentException">There is no sentence, or they have no references, or more beams are asked for than there is room
    /// for.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public TranslationResult Evaluate(
        SentencePairs pairs, DecodingOptions? options = null, BleuOptions? bleu = null, Action<double>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        if (pairs.Count == 0) Throw.Argument("there is no sentence to judge by");
        if (!pairs.HasReferences) Throw.Argument("the sentences have no references to compare with");

        // Scoring a sentence takes some tenths of what writing its translation takes.
        const double scoring = 0.2;
        double loss = double.NaN;
        long units = 0;
        if (pairs.HasTargets)
        {
            loss = Losses(pairs, progress is null ? null : share => progress(scoring * share), cancellation).Sum();
            units = pairs.TargetUnits + pairs.Count;
        }

        string[][] hypotheses = new string[pairs.Count][];
        _room.Span.Clear();
        _decoders.Update();
        _decoders.Decode(
            pairs, options ?? new DecodingOptions(), withAttention: false,
            (number, translations) => hypotheses[number] = _translator.Form.ToWords(translations[0].Units),
            progress is null ? null : share => progress(scoring + ((1 - scoring) * share)), cancellation);
        var scorer = new BleuScorer(bleu);
        for (int i = 0; i < hypotheses.Length; i++) scorer.Add(hypotheses[i], pairs.ReferenceOf(i));
        return new TranslationResult
        {
            Loss = units == 0 ? double.NaN : loss / units, Units = units, Bleu = scorer.ToResult(), Hypotheses = hypotheses,
        };
    }

    private Part NewPart(int batchSize, int longestSource, int longestTarget, Memory<float> room)
    {
        (TranslatorNetwork network, TranslatorBatch batch) = NetworkPlan.Within(room, batchSize, count => TranslatorNetwork.Declare(
            _translator.Model, new TranslatorShape(count, longestSource, longestTarget, Training: false),
            new NetworkPlan(_runner, KernelChoice.For(_hardware))));
        return new Part(network, batch);
    }

    private sealed record Part(TranslatorNetwork Network, TranslatorBatch Batch);
}
