using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Hosts.OwnNetwork;

/// <summary>A network of one's own, composed of the runtime's layers: a convolution over the characters of each word, an LSTM each way over
/// words, dropout, a linear map to tags, and a chain that makes tags agree with their neighbours.</summary>
internal sealed class SpellingTagger : Network<Sentences>
{
    private const int Hidden = 24, Batch = Sentences.Count, Longest = Sentences.Longest, Tags = Sentences.Tags, Rows = Batch * Longest;

    private static readonly CharacterConfig _spelling =
        new() { AlphabetSize = Sentences.Alphabet, EmbeddingSize = 8, Units = 16, MaxLength = Sentences.LongestWord };

    private static readonly RecurrentStackConfig _stack = new()
    {
        Cell = CellKind.Lstm, InputSize = _spelling.OutputUnits, HiddenSize = Hidden, LayerCount = 1,
        Direction = RecurrentDirection.Bidirectional,
    };

    private readonly Slots _slots;
    private readonly CharacterEncoder _characters;
    private readonly RecurrentEncoder _encoder;
    private readonly UnitDropout _dropout;
    private readonly LinearLayer _head;
    private readonly LinearChainCrf _chain = new(Tags, Longest);
    private readonly float[] _x, _dx, _dWords, _scores, _dOutputs, _sentence = new float[Longest * Tags];
    private readonly double[] _own = new double[(Tags * Tags) + (2 * Tags)], _shared = new double[(Tags * Tags) + (2 * Tags)];
    private Draw _draw;

    private SpellingTagger(Slots slots, ParameterBlock parameters, bool isTraining, NetworkPlan plan)
        : base(plan, parameters)
    {
        _slots = slots;
        var shape = new WindowShape(Batch, Longest, isTraining, IsUneven: true);
        var masks = new MaskOrigin(new() { Kind = DropoutKind.Structured, Recurrent = 0.25f, Output = 0.25f }, Seed: 1);
        _encoder = new RecurrentEncoder(slots.Layers, directions: 2, isReverse: false, shape, masks, plan);
        _characters = CharacterEncoder.Create(slots.Characters, Rows, Sentences.LongestWord, isTraining, plan, "characters.");
        _dropout = new UnitDropout(plan.Place("output", _encoder.OutputUnits, 0.25f), masks, shape, plan);
        _head = new LinearLayer(slots.Weight, slots.Bias, shape, _dropout, plan);
        (_x, _dx, _dWords) = (New(_characters.Units), New(_characters.Units), New(_characters.Units));
        (_scores, _dOutputs) = (New(_head.Stride), New(_encoder.OutputUnits));
        plan.Take();

        static float[] New(int units) => new float[Rows * units];
    }

    /// <summary>A network to train, of parameters drawn anew.</summary>
    public static SpellingTagger Create()
    {
        var layout = new ParameterLayout();
        var slots = new Slots(
            _spelling.Declare(layout, "characters."), RecurrentStack.Declare(_stack, layout), layout.Add("head.weight", 2 * Hidden, Tags),
            layout.Add("head.bias", Tags), layout.Add("transitions", Tags, Tags), layout.Add("first", Tags), layout.Add("last", Tags));
        var parameters = new ParameterBlock(layout);
        var random = new Random(1);
        foreach (ref float value in parameters.Values) value = 0.4f * ((2f * random.NextSingle()) - 1f);
        return new SpellingTagger(slots, parameters, isTraining: true, Trainer.NewPlan());
    }

    /// <summary>One of the same parameters that drops nothing.</summary>
    public SpellingTagger ToUse() => new(_slots, Parameters, isTraining: false, Trainer.NewPlan());

    public override BatchSize SizeOf(Sentences batch) => new(Batch, Batch);

    public override void Begin(Draw draw)
    {
        _draw = draw;
        _characters.Update(Parameters);
        _encoder.Update(Parameters);
        _head.Update(Parameters);
        _chain.SetScores(Parameters[_slots.Transitions], Parameters[_slots.First], Parameters[_slots.Last]);
    }

    public override double Forward(Sentences batch, float gradientScale)
    {
        Run(batch);
        double loss = 0;
        Array.Clear(_shared);
        for (int place = 0; place < Batch; place++)
        {
            // The scores of a sentence become their gradient; that of transitions is the sum over all sentences.
            ReadOnlySpan<int> tags = batch.TagsAt(place);
            Span<float> scores = Gather(batch.Rows, place, tags.Length);
            loss += _chain.Gradient(scores, tags, gradientScale, scores, _own);
            for (int t = 0; t < tags.Length; t++) scores.Slice(t * Tags, Tags).CopyTo(ScoresOf(batch.Rows.Before(t) + place));
            for (int i = 0; i < _own.Length; i++) _shared[i] += _own[i];
        }

        return loss;
    }

    public override void Backward(Sentences batch, GradientBlock gradients)
    {
        int at = 0;
        foreach (TensorSlot slot in (TensorSlot[])[_slots.Transitions, _slots.First, _slots.Last])
        {
            foreach (ref float gradient in gradients.Of(slot)) gradient += (float)_shared[at++];
        }

        _head.Backward(Parameters, gradients, _dropout.Window(_encoder.Outputs), _scores, _dOutputs);
        _dropout.BackwardWindow(_dOutputs);
        _encoder.Backward(Parameters, gradients, _x, _dOutputs, dLast: [], _dx);
        Turn(batch.Rows, _dx, _dWords, toWords: true);
        _characters.Backward(Parameters, gradients, batch.Words, _dWords);
    }

    /// <summary>The share of words whose tag on the best path is right.</summary>
    public double Accuracy(Sentences batch)
    {
        Begin(default);
        Run(batch);
        int right = 0;
        for (int place = 0; place < Batch; place++)
        {
            ReadOnlySpan<int> tags = batch.TagsAt(place);
            int[] best = new int[tags.Length];
            _chain.Decode(Gather(batch.Rows, place, tags.Length), best);
            for (int t = 0; t < best.Length; t++) right += best[t] == tags[t] ? 1 : 0;
        }

        return (double)right / batch.Rows.Total;
    }

    private void Run(Sentences batch)
    {
        StepRows rows = batch.Rows;
        Turn(rows, _characters.Forward(Parameters, batch.Words), _x, toWords: false);
        _encoder.Draw(_draw, rows);
        _encoder.Forward(Parameters, _x, rows);
        _dropout.Draw(_draw, rows);
        _head.Forward(Parameters, _dropout.ApplyWindow(_encoder.Outputs), rows, _scores);
    }

    private Span<float> Gather(StepRows rows, int place, int length)
    {
        for (int t = 0; t < length; t++) ScoresOf(rows.Before(t) + place).CopyTo(_sentence.AsSpan(t * Tags));
        return _sentence.AsSpan(0, length * Tags);
    }

    private Span<float> ScoresOf(int row) => _scores.AsSpan(row * _head.Stride, Tags);

    // From what is made of words, [rows][F], to what layers read, [F][B] at every step; or the way back.
    private void Turn(StepRows rows, ReadOnlySpan<float> from, Span<float> to, bool toWords)
    {
        int units = _characters.Units;
        for (int t = 0; t < rows.Steps; t++)
        {
            int before = rows.Before(t), count = rows.At(t);
            for (int i = 0; i < count * units; i++)
            {
                (int b, int unit) = int.DivRem(i, units);
                int word = (before * units) + i, step = (before * units) + (unit * count) + b;
                to[toWords ? word : step] = from[toWords ? step : word];
            }
        }
    }

    private sealed record Slots(
        CharacterSlots Characters, IReadOnlyList<RecurrentSlots> Layers, TensorSlot Weight, TensorSlot Bias, TensorSlot Transitions,
        TensorSlot First, TensorSlot Last);
}
