using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>Tags sentences by batches of like length, and measures how well. A sentence has the bits that a
/// <see cref="TaggerSession"/> gives it.</summary>
public sealed class TaggerEvaluator
{
    private readonly Tagger _tagger;
    private readonly IParallelRunner? _runner;
    private readonly HardwareProfile? _hardware;
    private readonly bool _isConstrained;
    private readonly Part _usual;
    private Part? _long;

    /// <summary>Plans and allocates.</summary>
    /// <param name="tagger">The tagger; its model may be trained further between evaluations.</param>
    /// <param name="longest">Tokens of sentences that are done in batches. Longer ones are done too, one at a time.</param>
    /// <param name="batchSize">Sentences at once; no effect on the result.</param>
    /// <param name="isConstrained">Whether tags that the scheme forbids after one another are never given.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <exception cref="ArgumentException">A size is out of range, or the profile does not run here.</exception>
    public TaggerEvaluator(
        Tagger tagger, int longest = 128, int batchSize = 32, bool isConstrained = true, IParallelRunner? runner = null,
        HardwareProfile? hardware = null)
        : this(Throw.IfNull(tagger), longest, batchSize, isConstrained, runner, hardware, default)
    {
    }

    /// <summary>One that works in memory of the caller's, on fewer sentences at a time where it is little; where it is too little, or none,
    /// in its own.</summary>
    internal TaggerEvaluator(
        Tagger tagger, int longest, int batchSize, bool isConstrained, IParallelRunner? runner, HardwareProfile? hardware,
        Memory<float> room)
    {
        (_tagger, _isConstrained, _runner, _hardware) = (tagger, isConstrained, runner, hardware);
        _usual = NewPart(batchSize, longest, room);
    }

    /// <summary>What is told a sentence's tags.</summary>
    /// <param name="sentence">Which.</param>
    /// <param name="tags">The numbers of its tags, [T].</param>
    /// <param name="probabilities">Of every tag at each token, [T][K]; empty unless asked for.</param>
    public delegate void Told(int sentence, ReadOnlySpan<int> tags, ReadOnlySpan<double> probabilities);

    /// <summary>Tags sentences.</summary>
    /// <param name="sentences">The sentences; their own tags are not looked at.</param>
    /// <param name="told">Told the tags of each, in an order of its own.</param>
    /// <param name="withProbabilities">Whether probabilities are told, too.</param>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at between batches.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Predict(
        TaggedSentences sentences, Told told, bool withProbabilities = false, Action<double>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        ArgumentNullException.ThrowIfNull(told);
        Walk(sentences, Tag, progress, cancellation);

        void Tag(TagDecoder decoder, int sentence)
        {
            int length = sentences.LengthOf(sentence);
            int[] tags = new int[length];
            double[] probabilities = new double[withProbabilities ? length * _tagger.Form.Tags.Length : 0];
            decoder.Decode(tags);
            if (withProbabilities) decoder.Marginals(length, probabilities);
            told(sentence, tags, probabilities);
        }
    }

    /// <summary>Tags sentences and compares with their own tags.</summary>
    /// <param name="sentences">The sentences.</param>
    /// <param name="rule">Which entities there are.</param>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at between batches.</param>
    /// <returns>What was measured, in the scheme of the sentences' own tags.</returns>
    /// <exception cref="ArgumentException">There is no sentence, or they have no tags.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public TaggingResult Evaluate(
        TaggedSentences sentences, EntityRule rule = EntityRule.Conlleval, Action<double>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        if (sentences.Count == 0) Throw.Argument("there is no sentence to judge by");
        if (!sentences.HasGold) Throw.Argument("the sentences have no tags to compare with");
        string[][] predicted = new string[sentences.Count][];
        double loss = 0;
        int judged = 0;
        Walk(sentences, Judge, progress, cancellation);
        var scorer = new EntityScorer(sentences.GoldScheme, rule);
        for (int i = 0; i < predicted.Length; i++) scorer.Add(sentences.GoldOf(i), predicted[i]);
        return scorer.ToResult() with { Loss = judged == 0 ? double.NaN : loss / judged };

        void Judge(TagDecoder decoder, int sentence)
        {
            int[] tags = new int[sentences.LengthOf(sentence)];
            decoder.Decode(tags);
            predicted[sentence] = NamesOf(tags, sentences.GoldScheme);

            // A tag that the tagger does not have has no probability.
            if (!sentences.HasTags || sentences.TagsOf(sentence).Contains(-1)) return;
            loss += decoder.Loss(sentences.TagsOf(sentence));
            judged++;
        }
    }

    private string[] NamesOf(ReadOnlySpan<int> tags, TagScheme scheme)
    {
        string[] names = new string[tags.Length];
        for (int t = 0; t < names.Length; t++) names[t] = _tagger.Form.Tags[tags[t]];
        return scheme == _tagger.Form.Scheme ? names : TagSchemes.Convert(names, scheme);
    }

    private void Walk(
        TaggedSentences sentences, Action<TagDecoder, int> told, Action<double>? progress, CancellationToken cancellation)
    {
        int[] order = LongestFirst.Order(sentences.Count, sentence => sentences.LengthOf(sentence));
        if (sentences.Longest > _usual.Batch.Longest && _long?.Batch.Longest < sentences.Longest) _long = null;
        if (sentences.Longest > _usual.Batch.Longest) _long ??= NewPart(1, sentences.Longest, default);
        var pieces = new TaggedPieces(sentences, Math.Max(1, sentences.Longest));
        var feeder = new TaggerFeeder(pieces, _tagger.Model.Config, _usual.Batch.BatchSize);
        _usual.Begin();
        _long?.Begin();
        for (int first = 0; first < order.Length;)
        {
            cancellation.ThrowIfCancellationRequested();
            Part part = sentences.LengthOf(order[first]) > _usual.Batch.Longest ? _long! : _usual;
            ReadOnlySpan<int> which = order.AsSpan(first, Math.Min(part.Batch.BatchSize, order.Length - first));
            feeder.Fill(which, part.Batch);
            part.Network.SizeOf(part.Batch);
            part.Network.Run(part.Batch);
            for (int i = 0; i < which.Length; i++)
            {
                part.Decoder.Read(part.Network, part.Batch, i);
                told(part.Decoder, which[i]);
            }

            first += which.Length;
            progress?.Invoke((double)first / order.Length);
        }
    }

    private Part NewPart(int batchSize, int longest, Memory<float> room)
    {
        (TaggerNetwork network, TaggerBatch batch) = NetworkPlan.Within(room, batchSize, count => TaggerNetwork.Declare(
            _tagger.Model, new(count, longest, Training: false),
            new NetworkPlan(_runner ?? SingleThread.Instance, KernelChoice.For(_hardware))));
        return new Part(network, batch, new TagDecoder(_tagger, longest, _isConstrained));
    }

    private sealed record Part(TaggerNetwork Network, TaggerBatch Batch, TagDecoder Decoder)
    {
        public void Begin()
        {
            Network.Begin(default);
            Decoder.Update();
        }
    }
}
