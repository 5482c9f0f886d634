using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;

namespace TinySD.Runtime.Tests;

public sealed class InitializeTests
{
    private static readonly LanguageModelConfig _config = Cases.Config(vocabulary: 50, embedding: 20, hidden: 30, layers: 2);

    [Test]
    public async Task Parameters_start_uniform_within_the_range()
    {
        const float range = 0.25f;
        LanguageModel model = Initialized(seed: 1, range);
        foreach (TensorSlot slot in model.Layout.Tensors)
        {
            long[] bins = new long[10];
            foreach (float value in model.Parameters[slot].ToArray())
            {
                await Assert.That(value >= -range && value < range).IsTrue();
                bins[(int)((value + range) / (2 * range) * 10)]++;
            }

            await Assert.That(Math.Abs(Statistics.ChiSquareZ(bins, slot.Length / 10.0))).IsLessThan(Statistics.Bound).Because(slot.Name);
        }
    }

    [Test]
    public async Task The_same_seed_gives_the_same_bits_and_another_seed_others()
    {
        float[] one = Initialized(1, 0.1f).Parameters.Values.ToArray();
        await Assert.That(Arrays.FirstDifference(Initialized(1, 0.1f).Parameters.Values, one)).IsNull();
        float[] other = Initialized(2, 0.1f).Parameters.Values.ToArray();
        await Assert.That(one.Zip(other).Count(pair => pair.First == pair.Second && pair.First != 0f)).IsLessThan(10);
    }

    [Test]
    public async Task No_two_tensors_start_alike()
    {
        LanguageModel model = Initialized(1, 0.1f);
        float[] firsts = [.. model.Layout.Tensors.Select(slot => model.Parameters[slot][0])];
        await Assert.That(firsts.Distinct().Count()).IsEqualTo(firsts.Length);
    }

    [Test]
    public async Task The_forget_bias_is_added_to_the_forget_gates_alone()
    {
        LanguageModel plain = Initialized(1, 0.1f), biased = Initialized(1, 0.1f, forgetBias: 1f);
        int h = _config.HiddenSize;
        foreach (TensorSlot slot in plain.Layout.Tensors)
        {
            float[] expected = plain.Parameters[slot].ToArray();
            if (slot.Name.EndsWith(".bias", StringComparison.Ordinal) && slot.Name.StartsWith("lstm", StringComparison.Ordinal))
            {
                // Gate order i, f, g, o.
                foreach (ref float value in expected.AsSpan(h, h)) value += 1f;
            }

            await Assert.That(Arrays.FirstDifference(biased.Parameters[slot], expected)).IsNull().Because(slot.Name);
        }
    }

    [Test]
    public async Task Cells_without_a_forget_gate_start_uniform_whatever_its_bias()
    {
        foreach ((CellKind, bool) cell in Cases.Cells.Where(cell => cell.Kind != CellKind.Lstm))
        {
            LanguageModel plain = new(_config.Of(cell)), biased = new(_config.Of(cell));
            plain.Initialize(1, 0.1f);
            biased.Initialize(1, 0.1f, forgetBias: 1f);
            await Assert.That(Arrays.FirstDifference(biased.Parameters.Values, plain.Parameters.Values)).IsNull();
        }
    }

    [Test]
    [Arguments(CellKind.Gru, true, "only LSTM cells have peepholes; found Gru")]
    [Arguments(CellKind.RnnTanh, true, "only LSTM cells have peepholes; found RnnTanh")]
    [Arguments((CellKind)4, false, "Cell must be a kind of cell")]
    public async Task An_impossible_cell_is_refused(CellKind cell, bool peepholes, string message)
    {
        LanguageModelConfig config = _config.Of((cell, peepholes));
        await Assert.That(Messages.Of<ArgumentException>(() => new LanguageModel(config))).Contains(message);
        await Assert.That(Messages.Of<ArgumentException>(Cases.Recipe(config, 1, 1).Validate)).Contains(message);
    }

    [Test]
    [Arguments(1, 1, 1, 1, false, "VocabularySize must be at least 2")]
    [Arguments(2, 0, 1, 1, false, "EmbeddingSize must be at least 1")]
    [Arguments(2, 1, 0, 1, false, "HiddenSize must be at least 1")]
    [Arguments(2, 1, 1, 0, false, "LayerCount must be 1 to 64")]
    [Arguments(2, 1, 1, 65, false, "LayerCount must be 1 to 64")]
    [Arguments(2, 1, 2, 1, true, "tied weights need an embedding as wide as the hidden layer; found 1 and 2")]
    public async Task An_impossible_shape_is_refused(int vocabulary, int embedding, int hidden, int layers, bool tied, string message) =>
        await Assert.That(Messages.Of<ArgumentException>(() =>
            new LanguageModel(Cases.Config(vocabulary, embedding, hidden, layers, tied)))).Contains(message);

    private static LanguageModel Initialized(ulong seed, float range, float forgetBias = 0f)
    {
        var model = new LanguageModel(_config);
        model.Initialize(seed, range, forgetBias);
        return model;
    }

    [Test]
    public async Task Scaled_layers_start_in_a_range_of_their_own_width_and_the_classifiers_bias_at_zero()
    {
        LanguageModelConfig config =
            new() { VocabularySize = 50, EmbeddingSize = 9, HiddenSize = 100, LastHiddenSize = 25, LayerCount = 2 };
        var model = new LanguageModel(config);
        model.Initialize(3, 0.3f, scheme: InitScheme.Scaled);
        await Assert.That(string.Join(' ', config.MaskPlaces(DropoutSpec.None).Select(place => place.Units))).IsEqualTo("9 100 100 25 25");
        foreach (var slot in model.Layout.Tensors)
        {
            float range = slot.Name switch
            {
                "embedding" or "classifier.weight" => 0.3f,
                "classifier.bias" => 0f,
                _ => slot.Name.StartsWith("lstm.0", StringComparison.Ordinal) ? 0.1f : 0.2f,
            };
            float largest = model.Parameters[slot].ToArray().Max(Math.Abs);

            // The smallest tensor that is drawn has 100 numbers: all of them below 0.9 of the range come once in 37,000 times, and this
            // seed is not such a time.
            await Assert.That(largest).IsBetween(0.9f * range, range).Because(slot.Name);
        }

        await Assert.That(model.Layout.Tensors.Single(slot => slot.Name == "lstm.1.input").Shape.SequenceEqual([100, 100])).IsTrue();
        await Assert.That(model.Layout.Tensors.Single(slot => slot.Name == "classifier.weight").Shape.SequenceEqual([25, 50])).IsTrue();
    }
}
