using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>Beam search over a batch of sentences: in every step the likeliest ways on of all translations of a sentence that are followed,
/// as many of them as there are beams. A sentence is done when as many translations have ended, or when those that are followed are as long
/// as they may be.</summary>
/// <remarks>A way on that ends a translation counts if it is among the first as many as there are beams; so one beam is the greedy choice.
/// A sentence's translations do not depend on the others'.</remarks>
internal sealed class BeamDecoder
{
    private readonly TranslatorModel _model;
    private readonly TranslatorLayers _layers;
    private readonly TranslatorBatch _batch;
    private readonly VectorOps _ops;
    private readonly int _stride, _mostChoices;
    private readonly Workspace.Slice _embedded, _logits;
    private readonly int[] _tokens, _sequences, _from, _best;
    private readonly double[] _bestLogs;
    private readonly BeamSentence[] _sentences;
    private readonly List<BeamSentence> _live = [];
    private readonly BeamPaths _paths = new();
    private readonly BeamCandidate[] _candidates;

    /// <param name="model">The model.</param>
    /// <param name="sentences">The most sentences at a time.</param>
    /// <param name="longest">The most units of a source.</param>
    /// <param name="beams">The most translations of a sentence that are followed.</param>
    /// <param name="plan">The network's.</param>
    public BeamDecoder(TranslatorModel model, int sentences, int longest, int beams, NetworkPlan plan)
    {
        (_model, _ops) = (model, plan.Vectors);
        TranslatorConfig config = model.Config;
        int rows = checked(sentences * beams);
        WindowShape source = new(sentences, longest + 1, Training: false, IsUneven: sentences > 1);
        _layers = new TranslatorLayers(model, source, new(rows, 1, Training: false), MaskOrigin.None, default, plan);
        _batch = new TranslatorBatch(sentences, longest, 0, plan.Scratch);
        _stride = Products.RowStride(config.TargetVocabularySize);
        _mostChoices = ChoicesOf(beams);
        _embedded = plan.Scratch.Reserve((long)rows * config.EmbeddingSize);
        _logits = plan.Scratch.Reserve((long)rows * _stride);
        (_tokens, _sequences, _from) = (new int[rows], new int[rows], new int[rows]);
        (_best, _bestLogs) = (new int[checked(rows * _mostChoices)], new double[checked(rows * _mostChoices)]);
        _candidates = new BeamCandidate[checked(beams * _mostChoices)];
        _sentences = new BeamSentence[sentences];
        for (int i = 0; i < sentences; i++) _sentences[i] = new BeamSentence(_paths, beams);
    }

    /// <summary>The most sentences at a time.</summary>
    public int SentenceCount => _batch.BatchSize;

    /// <summary>The most units of a source.</summary>
    public int Longest => _batch.LongestSource;

    /// <summary>A decoder on a plan whose memory is not taken.</summary>
    public static (BeamDecoder Declared, NetworkPlan Plan) Declare(
        TranslatorModel model, int sentences, int longest, int beams, NetworkPlan plan) =>
        (new BeamDecoder(model, sentences, longest, beams, plan), plan);

    /// <summary>Takes notice of new parameters.</summary>
    public void Update() => _layers.Update();

    /// <summary>Translates sentences.</summary>
    /// <param name="sources">From which.</param>
    /// <param name="which">Their numbers; at most as many as there is room for.</param>
    /// <param name="options">At most as many beams as there is room for.</param>
    /// <param name="withAttention">Whether translations have weights.</param>
    /// <param name="told">Told the translations of each, in an order of its own.</param>
    /// <param name="cancellation">Looked at between steps.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Decode(
        SentencePairs sources, ReadOnlySpan<int> which, DecodingOptions options, bool withAttention,
        Action<int, IReadOnlyList<Translation>> told, CancellationToken cancellation)
    {
        Begin(sources, which, options);
        int choices = ChoicesOf(options.Beam), rows = which.Length;
        for (int length = 1; rows > 0; length++)
        {
            cancellation.ThrowIfCancellationRequested();
            Run(rows, choices);
            int first = 0, next = 0;
            foreach (BeamSentence sentence in _live)
            {
                int had = sentence.Count;
                Choose(sentence, first, choices, options, length, withAttention);
                for (int i = 0; i < sentence.Count; i++)
                {
                    (_from[next], _tokens[next], _sequences[next]) = (first + sentence.From[i], sentence.UnitOf(i), sentence.Place);
                    next++;
                }

                if (sentence.Count == 0) told(sentence.Number, sentence.ToTranslations(withAttention));
                first += had;
            }

            _live.RemoveAll(static sentence => sentence.Count == 0);
            _layers.Decoder.CarryFrom(_from.AsSpan(0, next));
            rows = next;
            if (_paths.HasGrown) ForgetOthers();
        }
    }

    // Of long sentences most memory is attention's weights, and most of what was followed once is followed no more.
    private void ForgetOthers()
    {
        ReadOnlySpan<int> moved = _paths.Keep(_live.SelectMany(static sentence => sentence.Paths));
        foreach (BeamSentence sentence in _live) sentence.Renumber(moved);
    }

    private void Begin(SentencePairs sources, ReadOnlySpan<int> which, DecodingOptions options)
    {
        _batch.FillSources(sources, which);
        TokenChecks.All(_batch.Sources, _model.Config.SourceVocabularySize, "sources");
        _layers.Encode(_batch.Sources, _batch.SourceRows);
        _paths.Clear();
        _live.Clear();
        for (int i = 0; i < which.Length; i++)
        {
            BeamSentence sentence = _sentences[i];
            int target = _batch.TargetPlaceOf(i);
            sentence.Begin(which[i], _batch.Places[target], sources.SourceOf(which[i]).Length, options);
            _live.Add(sentence);
            (_sequences[i], _tokens[i]) = (sentence.Place, TranslatorConfig.Begin);
        }

        _layers.Cross(_sequences.AsSpan(0, which.Length));
        _layers.Decoder.CarriedOutput.Clear();
    }

    // A step of all rows, and the likeliest units of each.
    private void Run(int rows, int choices)
    {
        StepRows one = StepRows.Even(1, rows);
        _layers.TargetEmbedding.Forward(_model.Parameters, _tokens.AsSpan(0, rows), one, _embedded.Span);
        _layers.Decoder.Forward(_model.Parameters, _embedded.Span, one, _sequences.AsSpan(0, rows), isFed: true);
        _layers.Classifier.Forward(_model.Parameters, _layers.Decoder.Outputs, one, _logits.Span);
        var body = new BestBody(this, choices);
        _ops.For(rows, 1, ref body);
    }

    private void FindBest(int row, int choices)
    {
        Span<float> logits = _logits.Part(row, _stride)[.._model.Config.TargetVocabularySize];
        Span<int> best = _best.AsSpan(row * _mostChoices, choices);
        Span<double> logs = _bestLogs.AsSpan(row * _mostChoices, choices);
        int found = BestUnits.Find(logits, TranslatorConfig.Begin, best);
        best[found..].Fill(-1);
        for (int i = 0; i < found; i++) logs[i] = logits[best[i]];
        float sum = _ops.ExponentialsFromLargest(logits, out float largest);
        double log = PortableMath.Log(sum) + largest;
        for (int i = 0; i < found; i++) logs[i] -= log;
    }

    private void Choose(BeamSentence sentence, int first, int choices, DecodingOptions options, int length, bool withAttention)
    {
        int count = 0;
        for (int row = 0; row < sentence.Count; row++)
        {
            sentence.Cover(row, _layers.Decoder.WeightsOf(0, first + row));
            for (int i = 0; i < choices; i++)
            {
                int at = ((first + row) * _mostChoices) + i;
                if (_best[at] < 0) break;
                _candidates[count++] = new BeamCandidate(sentence.LogOf(row) + _bestLogs[at], row, _best[at]);
            }
        }

        Span<BeamCandidate> candidates = _candidates.AsSpan(0, count);
        candidates.Sort(BeamCandidate.Compare);
        int next = 0;
        for (int rank = 0; rank < count && next < options.Beam; rank++)
        {
            BeamCandidate candidate = candidates[rank];
            ReadOnlySpan<float> weights = withAttention ? _layers.Decoder.WeightsOf(0, first + candidate.Row) : default;
            next = sentence.Take(candidate, rank, length - 1, next, weights);
        }

        sentence.Leave(next, length);
    }

    // One that ends, or one that goes on, for each beam, and the mark that never comes.
    private int ChoicesOf(int beams) => (int)Math.Min(_model.Config.TargetVocabularySize - 1L, 2L * beams);

    private readonly struct BestBody(BeamDecoder owner, int choices) : IRangeBody
    {
        public void Run(int part, int start, int end)
        {
            for (int row = start; row < end; row++) owner.FindBest(row, choices);
        }
    }
}
