using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Hosts.OwnNetwork;

/// <summary>An encoder-decoder of one's own, composed of the runtime's layers: an LSTM each way reads a word, its last state goes over a
/// bridge, and a decoder with attention and input feeding writes letter by letter. It trains on whole windows, and writes by windows of
/// one step each, whose state it carries.</summary>
internal sealed class WordReverser : Network<Words>
{
    private const int Embedding = 12, Half = 16, Hidden = 2 * Half, Count = Words.Count, Longest = Words.Longest;

    private static readonly RecurrentStackConfig _reader = new()
    {
        Cell = CellKind.Lstm, InputSize = Embedding, HiddenSize = Half, LayerCount = 1, Direction = RecurrentDirection.Bidirectional,
    };

    private static readonly RecurrentStackConfig _writer =
        new() { Cell = CellKind.Lstm, InputSize = Embedding, HiddenSize = Hidden, LayerCount = 1 };

    // Words stand at one place on both sides.
    private static readonly int[] _places = [.. Enumerable.Range(0, Count)];

    private readonly Slots _slots;
    private readonly EmbeddingLayer _letters, _written;
    private readonly RecurrentEncoder _encoder;
    private readonly AttentionDecoder _decoder;
    private readonly StateBridge _bridge;
    private readonly LinearLayer _head;
    private readonly float[] _x, _dx, _y, _dy, _dMemory, _scores, _dOutputs;
    private Draw _draw;

    private WordReverser(Slots slots, ParameterBlock parameters, bool isTraining, NetworkPlan plan)
        : base(plan, parameters)
    {
        _slots = slots;
        int steps = isTraining ? Longest + 1 : 1;
        WindowShape source = new(Count, Longest, isTraining, IsUneven: true), target = new(Count, steps, isTraining, IsUneven: isTraining);
        var masks = new MaskOrigin(new() { Kind = DropoutKind.Structured, Output = 0.1f }, Seed: 1);
        _letters = new EmbeddingLayer(slots.Letters, tied: false, source, plan);
        _encoder = new RecurrentEncoder(slots.Reader, 2, isReverse: false, source, masks, plan, "reader.", hasStateGradients: true);
        _written = new EmbeddingLayer(slots.Written, tied: false, target, plan);
        _decoder = new AttentionDecoder(slots.Writer, source, target, masks, new AttentionRates(Context: 0.1f), plan, "writer.");
        _bridge = new StateBridge(_encoder, 0, _decoder, 0, slots: null, plan);
        _head = new LinearLayer(slots.Weight, slots.Bias, target, _decoder.OutputDropout, plan);
        (_x, _dx, _dMemory) = (New(Longest * Embedding), New(Longest * Embedding), New(Longest * Hidden));
        (_y, _dy, _dOutputs, _scores) = (New(steps * Embedding), New(steps * Embedding), New(steps * Hidden), New(steps * _head.Stride));
        plan.Take();

        static float[] New(int floats) => new float[Count * floats];
    }

    /// <summary>A network to train, of parameters drawn anew.</summary>
    public static WordReverser Create()
    {
        var layout = new ParameterLayout();
        var slots = new Slots(
            layout.Add("letters", Words.Signs, Embedding), RecurrentStack.Declare(_reader, layout, "reader."),
            layout.Add("written", Words.Signs, Embedding), DecoderSlots.Add(
                layout, RecurrentStack.Declare(_writer, layout, "writer."), AttentionKind.General, Hidden, Hidden, prefix: "writer."),
            layout.Add("head.weight", Hidden, Words.Signs), layout.Add("head.bias", Words.Signs));
        var parameters = new ParameterBlock(layout);
        var random = new Random(1);
        foreach (ref float value in parameters.Values) value = 0.3f * ((2f * random.NextSingle()) - 1f);
        return new WordReverser(slots, parameters, isTraining: true, Trainer.NewPlan());
    }

    /// <summary>One of the same parameters that drops nothing and writes.</summary>
    public WordReverser ToUse() => new(_slots, Parameters, isTraining: false, Trainer.NewPlan());

    public override BatchSize SizeOf(Words batch) => new(batch.TargetRows.Total, Count);

    public override void Begin(Draw draw)
    {
        _draw = draw;
        _encoder.Update(Parameters);
        _decoder.Update(Parameters);
        _bridge.Update(Parameters);
        _head.Update(Parameters);
    }

    public override double Forward(Words batch, float gradientScale)
    {
        StepRows rows = batch.TargetRows;
        Read(batch, rows);
        _written.Forward(Parameters, batch.Input, rows, _y);
        _decoder.Forward(Parameters, _y, rows, _places);
        _head.Forward(Parameters, _decoder.OutputDropout.ApplyWindow(_decoder.Outputs), rows, _scores);
        double loss = 0;
        int[] wanted = batch.Output;
        for (int row = 0; row < wanted.Length; row++)
        {
            // Scores become their gradient: that of the cross-entropy.
            Span<float> scores = ScoresOf(row);
            double most = 0, sum = 0;
            foreach (float score in scores) most = Math.Max(most, score);
            foreach (float score in scores) sum += Math.Exp(score - most);
            loss += Math.Log(sum) + most - scores[wanted[row]];
            foreach (ref float score in scores) score = gradientScale * (float)(Math.Exp(score - most) / sum);
            scores[wanted[row]] -= gradientScale;
        }

        return loss;
    }

    public override void Backward(Words batch, GradientBlock gradients)
    {
        _head.Backward(Parameters, gradients, _decoder.OutputDropout.Window(_decoder.Outputs), _scores, _dOutputs);
        _decoder.OutputDropout.BackwardWindow(_dOutputs);
        _decoder.Backward(Parameters, gradients, _y, _encoder.Outputs, _dOutputs, _dy, _dMemory);
        _written.Backward(gradients, batch.Input, batch.TargetRows, _dy.AsSpan(0, batch.TargetRows.Total * Embedding));
        _encoder.ClearStateGradients();
        _bridge.Backward(Parameters, gradients, _places);
        _encoder.Backward(Parameters, gradients, _x, _dMemory, dLast: [], _dx);
        _letters.Backward(gradients, batch.Source, batch.SourceRows, _dx.AsSpan(0, batch.SourceRows.Total * Embedding));
    }

    /// <summary>The share of words that it writes right, the likeliest letter after the other.</summary>
    public double Accuracy(Words batch)
    {
        StepRows one = StepRows.Even(1, Count);
        Begin(default);
        Read(batch, one);
        string[] words = new string[Count];
        int[] last = [.. _places.Select(_ => Words.Begin)];
        for (int t = 0; t <= Longest; t++)
        {
            if (t > 0) _decoder.CarryFrom(_places);
            _written.Forward(Parameters, last, one, _y);
            _decoder.Forward(Parameters, _y, one, _places, isFed: t > 0);
            _head.Forward(Parameters, _decoder.Outputs, one, _scores);
            for (int place = 0; place < Count; place++)
            {
                ReadOnlySpan<float> scores = ScoresOf(place);
                if (last[place] != Words.End) last[place] = Largest(scores);
                if (last[place] < Words.Letters) words[place] += (char)('a' + last[place]);
            }
        }

        return _places.Count(place => words[place] == batch.ReversedAt(place)) / (double)Count;
    }

    private static int Largest(ReadOnlySpan<float> scores)
    {
        int largest = 0;
        for (int i = 1; i < scores.Length; i++) largest = scores[i] > scores[largest] ? i : largest;
        return largest;
    }

    private void Read(Words batch, StepRows target)
    {
        _letters.Forward(Parameters, batch.Source, batch.SourceRows, _x);
        _encoder.Draw(_draw, batch.SourceRows);
        _decoder.Draw(_draw, batch.SourceRows, target);
        _encoder.Forward(Parameters, _x, batch.SourceRows);
        _decoder.Remember(Parameters, _encoder.Outputs, batch.SourceRows);
        _bridge.Forward(Parameters, _places);
    }

    private Span<float> ScoresOf(int row) => _scores.AsSpan(row * _head.Stride, Words.Signs);

    private sealed record Slots(
        TensorSlot Letters, IReadOnlyList<RecurrentSlots> Reader, TensorSlot Written, DecoderSlots Writer, TensorSlot Weight,
        TensorSlot Bias);
}
