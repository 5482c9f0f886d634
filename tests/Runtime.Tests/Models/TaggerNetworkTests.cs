using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>One of the ways to make a tagger.</summary>
public sealed record TaggerCase(CharacterReading? Characters, bool HasCrf, RecurrentDirection Direction = RecurrentDirection.Bidirectional)
{
    public DropoutSpec Dropout { get; init; } = DropoutSpec.None;

    public int Layers { get; init; } = 1;

    public int Width { get; init; } = 3;

    public override string ToString() =>
        $"characters by {Characters}, {(HasCrf ? "crf" : "softmax")}, {Direction} x {Layers}, {Dropout.Kind} {Dropout.Draw}, width {Width}";
}

/// <summary>A tagger's network over sentences of unequal length, one of them empty: gradients against slopes of its loss, scores against
/// layers summed by hand, and each sentence's bits against those that it has alone.</summary>
public sealed class TaggerNetworkTests
{
    private const int Vocabulary = 9, Alphabet = 7, Tags = 4, Longest = 6;

    private static readonly int[] _lengths = [3, 6, 0, 1, 5];
    private static readonly Draw _draw = new(3, 0);

    // The first word has no characters, the third more than are read.
    private static readonly int[][] _forms = [[], [1], [2, 3, 4, 5, 6, 1, 2, 3], [4, 4, 4], [6, 5, 4, 3, 2], [1, 2]];

    public static IEnumerable<Func<TaggerCase>> All() =>
        from characters in new CharacterReading?[] { null, CharacterReading.Convolution, CharacterReading.Recurrent }
        from crf in new[] { true, false }
        select (Func<TaggerCase>)(() => new(characters, crf));

    public static IEnumerable<Func<TaggerCase>> Others() =>
    [
        () => new(CharacterReading.Convolution, true, RecurrentDirection.Forward) { Layers = 2, Width = 1 },
        () => new(CharacterReading.Convolution, true, RecurrentDirection.Reverse) { Layers = 3, Width = 5 },
    ];

    public static IEnumerable<Func<TaggerCase>> Dropped() =>
        from dropout in Cases.Dropouts
        from characters in new CharacterReading?[] { CharacterReading.Convolution, CharacterReading.Recurrent }
        select (Func<TaggerCase>)(() => new(characters, true)
        {
            Layers = 2, Dropout = dropout with { Embedding = 0.3f, Layer = 0.3f, Recurrent = 0.4f, Output = 0.4f },
        });

    [Test]
    [MethodDataSource(nameof(All))]
    [MethodDataSource(nameof(Others))]
    [MethodDataSource(nameof(Dropped))]
    public async Task Gradients_are_the_slopes_of_the_loss(TaggerCase @case)
    {
        TaggerModel model = ModelOf(@case);
        TaggerNetwork network = NetworkOf(@case, model, _lengths.Length, training: true);
        TaggerBatch batch = BatchOf(model, [0, 1, 2, 3, 4]);
        var gradients = new GradientBlock(model.Layout, network.SparseTables, default);
        await Assert.That(network.SizeOf(batch).Terms).IsEqualTo(_lengths.Length);
        network.Begin(_draw);
        gradients.Begin();
        network.Forward(batch, 0.7f);
        network.Backward(batch, gradients);
        gradients.End();
        float[] start = model.Parameters.Values.ToArray();
        foreach (TensorSlot slot in model.Layout.Tensors)
        {
            // Along the gradient itself the slope is its length.
            float[] gradient = gradients.Values[slot].ToArray();
            double length = Arrays.Norm(gradient.ToDoubles());
            await Assert.That(length).IsGreaterThan(1e-4).Because($"a gradient of {slot.Name} that vanishes shows nothing");
            const double step = 1e-3;
            double up = LossAt(step), down = LossAt(-step);
            start.CopyTo(model.Parameters.Values);
            await Assert.That(Math.Abs(((up - down) / (2 * step)) - length)).IsLessThan((0.01 * length) + 2e-3).Because(slot.Name);

            double LossAt(double by)
            {
                start.CopyTo(model.Parameters.Values);
                for (int i = 0; i < gradient.Length; i++) model.Parameters[slot][i] += (float)(by * gradient[i] / length);
                network.Begin(_draw);
                return 0.7 * network.Forward(batch, 0.7f);
            }
        }
    }

    [Test]
    [MethodDataSource(nameof(All))]
    [MethodDataSource(nameof(Others))]
    public async Task Scores_are_those_of_the_layers_summed_by_hand(TaggerCase @case)
    {
        TaggerModel model = ModelOf(@case);
        TaggerNetwork network = NetworkOf(@case, model, _lengths.Length, training: false);
        TaggerBatch batch = BatchOf(model, [0, 1, 2, 3, 4]);
        network.Begin(default);
        network.Run(batch);
        RecurrentStack body = StackOf(model, model.Config.Body, "");
        for (int sentence = 0; sentence < _lengths.Length; sentence++)
        {
            int length = _lengths[sentence], units = model.Config.Body.OutputSize;
            float[] input = [.. Enumerable.Range(0, length).SelectMany(t => InputOf(model, sentence, t))];
            float[] hidden = new float[length * units];
            new RecurrentSession(body, 1, Longest).Run(input, hidden);
            float[] found = new float[length * Tags];
            network.CopyScores(batch, sentence, found);
            for (int i = 0; i < found.Length; i++)
            {
                (int t, int tag) = int.DivRem(i, Tags);
                double expected = model.Parameters[model.HeadBias][tag];
                for (int unit = 0; unit < units; unit++)
                    expected += hidden[(t * units) + unit] * model.Parameters[model.HeadWeight][(unit * Tags) + tag];
                await Assert.That(Math.Abs(found[i] - expected)).IsLessThan(1e-5).Because($"tag {tag} of sentence {sentence}, token {t}");
            }
        }
    }

    [Test]
    [MethodDataSource(nameof(All))]
    [MethodDataSource(nameof(Others))]
    public async Task A_sentence_has_the_bits_that_it_has_alone_whatever_the_threads(TaggerCase @case)
    {
        TaggerModel model = ModelOf(@case);
        using var pool = new WorkerPool(3);
        TaggerNetwork together = NetworkOf(@case, model, _lengths.Length, training: false, pool);
        TaggerNetwork alone = NetworkOf(@case, model, 1, training: false);
        TaggerBatch batch = BatchOf(model, [0, 1, 2, 3, 4]);
        together.Begin(default);
        together.Run(batch);
        alone.Begin(default);
        for (int sentence = 0; sentence < _lengths.Length; sentence++)
        {
            TaggerBatch one = BatchOf(model, [sentence], room: 1);
            alone.Run(one);
            float[] expected = new float[_lengths[sentence] * Tags], found = new float[expected.Length];
            alone.CopyScores(one, 0, expected);
            together.CopyScores(batch, sentence, found);
            await Assert.That(string.Join(' ', found)).IsEqualTo(string.Join(' ', expected)).Because($"sentence {sentence}");
        }
    }

    [Test]
    public async Task A_loss_of_a_batch_is_that_of_its_sentences_and_padding_costs_nothing()
    {
        var @case = new TaggerCase(null, true);
        TaggerModel model = ModelOf(@case);
        TaggerNetwork network = NetworkOf(@case, model, 5, training: true);

        // All scores are 0, so that every sequence of tags is as likely.
        model.Parameters.Values.Clear();
        network.Begin(_draw);
        double loss = network.Forward(BatchOf(model, [0, 1, 2, 3, 4]), 1f);
        await Assert.That(loss).IsEqualTo(_lengths.Sum() * Math.Log(Tags)).Within(1e-9);
    }

    [Test]
    public async Task A_batch_of_empty_sentences_has_no_loss_and_no_gradient()
    {
        foreach (CharacterReading? characters in new CharacterReading?[] { null, CharacterReading.Convolution, CharacterReading.Recurrent })
        {
            var @case = new TaggerCase(characters, true);
            TaggerModel model = ModelOf(@case);
            TaggerNetwork network = NetworkOf(@case, model, 2, training: true);
            var batch = new TaggerBatch(model.Config, 2, Longest);
            batch.Begin([0, 0]);
            var gradients = new GradientBlock(model.Layout, network.SparseTables, default);
            gradients.Values.Values.Fill(7f);
            network.Begin(_draw);
            gradients.Begin();
            double loss = network.Forward(batch, 1f);
            network.Backward(batch, gradients);
            gradients.End();
            await Assert.That(loss).IsEqualTo(0);
            foreach (TensorSlot slot in model.Layout.Tensors.Where(slot => slot != model.Embedding))
                await Assert.That(gradients.Values[slot].ToArray().All(value => value == 0f)).IsTrue().Because(slot.Name);
        }
    }

    [Test]
    public async Task What_does_not_fit_is_refused_by_name()
    {
        var @case = new TaggerCase(CharacterReading.Convolution, true);
        TaggerModel model = ModelOf(@case);
        TaggerNetwork network = NetworkOf(@case, model, 1, training: true);
        TaggerBatch batch = BatchOf(model, [0], room: 1);
        batch.SetToken(0, 1, Vocabulary);
        await Assert.That(() => network.SizeOf(batch)).Throws<ArgumentException>().WithMessageContaining("words[1] is 9");
        batch.SetToken(0, 1, 1);
        await Assert.That(() => network.Forward(batch, 1f)).Throws<ArgumentException>().WithMessageContaining("tags[1] is -1");
        await Assert.That(() => batch.SetToken(0, 3, 1)).Throws<ArgumentOutOfRangeException>();
        await Assert.That(() => batch.SetToken(1, 0, 1)).Throws<ArgumentOutOfRangeException>();
        await Assert.That(() => batch.SetToken(0, 0, 1, form: 9)).Throws<ArgumentOutOfRangeException>();
        batch.Begin([1]);
        batch.AddForm([Alphabet]);
        await Assert.That(() => network.SizeOf(batch)).Throws<ArgumentException>().WithMessageContaining("characters[0] is 7");
        await Assert.That(() => batch.AddForm([1])).Throws<ArgumentException>();
    }

    private static TaggerModel ModelOf(TaggerCase @case)
    {
        CharacterConfig? characters = @case.Characters is not { } reading ? null : new()
        {
            Reading = reading, AlphabetSize = Alphabet, EmbeddingSize = 3, Units = 4, Width = @case.Width, MaxLength = 5,
        };
        var model = new TaggerModel(new TaggerConfig
        {
            Body = new()
            {
                Cell = CellKind.Lstm, InputSize = 5 + (characters?.OutputUnits ?? 0), HiddenSize = 6, LayerCount = @case.Layers,
                Direction = @case.Direction,
            },
            VocabularySize = Vocabulary,
            EmbeddingSize = 5,
            Characters = characters,
            TagCount = Tags,
            HasCrf = @case.HasCrf,
        });
        foreach (TensorSlot slot in model.Layout.Tensors)
            Arrays.Uniform(1 + slot.Offset, slot.Length, 0.6f).CopyTo(model.Parameters[slot]);
        return model;
    }

    private static TaggerNetwork NetworkOf(TaggerCase @case, TaggerModel model, int batch, bool training, IParallelRunner? runner = null)
    {
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.Best);
        var origin = new MaskOrigin(@case.Dropout, 5);
        TaggerNetwork network = TaggerNetwork.Declare(model, new(batch, Longest, training), plan, origin).Declared.Network;
        plan.Take();
        return network;
    }

    private static TaggerBatch BatchOf(TaggerModel model, int[] sentences, int room = 5)
    {
        var batch = new TaggerBatch(model.Config, room, Longest);
        batch.Begin([.. sentences.Select(sentence => _lengths[sentence])]);
        if (model.Config.Characters is not null && batch.Count > 0)
        {
            int tokens = sentences.Sum(sentence => _lengths[sentence]);
            for (int form = 0; form < Math.Min(tokens, _forms.Length); form++) batch.AddForm(_forms[form]);
        }

        for (int i = 0; i < sentences.Length; i++)
        {
            for (int t = 0; t < _lengths[sentences[i]]; t++)
                batch.SetToken(i, t, WordOf(sentences[i], t), FormOf(sentences[i], t), (sentences[i] + (t * 3)) % Tags);
        }

        return batch;
    }

    private static int WordOf(int sentence, int t) => ((sentence * 5) + (t * 2)) % Vocabulary;

    // A sentence by itself has no more spellings than words.
    private static int FormOf(int sentence, int t) => (sentence + t) % Math.Min(_lengths[sentence], _forms.Length);

    private static RecurrentStack StackOf(TaggerModel model, RecurrentStackConfig config, string prefix)
    {
        var stack = new RecurrentStack(config);
        foreach (TensorSlot slot in stack.Layout.Tensors)
            model.Parameters[model.Layout.Tensors.First(own => own.Name == prefix + slot.Name)].CopyTo(stack.Parameters[slot]);
        return stack;
    }

    private static float[] InputOf(TaggerModel model, int sentence, int t)
    {
        int size = model.Config.EmbeddingSize, word = WordOf(sentence, t);
        float[] embedded = model.Parameters[model.Embedding].Slice(word * size, size).ToArray();
        if (model.Config.Characters is not { } config) return embedded;
        int[] form = _forms[FormOf(sentence, t)];
        if (form.Length > config.MaxLength) form = [.. form[..3], .. form[^2..]];
        return [.. embedded, .. config.Reading == CharacterReading.Recurrent ? Read(model, config, form) : Convolve(model, config, form)];
    }

    private static float[] Read(TaggerModel model, CharacterConfig config, int[] form)
    {
        if (form.Length == 0) return new float[2 * config.Units];
        float[] table = model.Parameters[model.Characters!.Embedding].ToArray(), hidden = new float[form.Length * 2 * config.Units];
        float[] input = [.. form.SelectMany(c => table[(c * config.EmbeddingSize)..((c + 1) * config.EmbeddingSize)])];
        new RecurrentSession(StackOf(model, config.ToStack(), "characters."), 1, 10).Run(input, hidden);

        // The last state of each way: after the last character, and after the first.
        int units = config.Units, last = (form.Length - 1) * 2 * units;
        return [.. hidden[last..(last + units)], .. hidden[units..(2 * units)]];
    }

    private static float[] Convolve(TaggerModel model, CharacterConfig config, int[] form)
    {
        float[] outputs = new float[config.Units];
        for (int filter = 0; filter < outputs.Length; filter++)
        {
            double most = form.Length == 0 ? 0 : double.NegativeInfinity;
            for (int p = 0; p < form.Length; p++)
            {
                double sum = 0;
                for (int k = 0; k < config.Width; k++)
                {
                    int at = p + k - (config.Width / 2);
                    if (at < 0 || at >= form.Length) continue;
                    for (int e = 0; e < config.EmbeddingSize; e++)
                    {
                        sum += model.Parameters[model.Characters!.Embedding][(form[at] * config.EmbeddingSize) + e] *
                            (double)model.Parameters[model.Characters.Filters!][(((k * config.EmbeddingSize) + e) * config.Units) + filter];
                    }
                }

                most = Math.Max(most, sum);
            }

            outputs[filter] = (float)(most + model.Parameters[model.Characters!.Bias!][filter]);
        }

        return outputs;
    }
}
