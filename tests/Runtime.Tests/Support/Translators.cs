using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>A language in which a translation is the source read backwards, and a small recipe that learns it.</summary>
internal static class Translators
{
    /// <summary>Units of both sides, marks included.</summary>
    public const int Vocabulary = 11;

    public static TranslatorForm Form { get; } = new() { TargetUnits = ["<unk>", "<s>", "</s>", "a", "b", "c", "d", "e", "f", "g", "h"] };

    public static TranslatorRecipe Recipe { get; } = new()
    {
        Name = "reversal", EmbeddingSize = 12, HiddenSize = 24, BatchSize = 6, LearningRate = 0.01f, Optimizer = OptimizerKind.Adam,
        InitScheme = InitScheme.Scaled, InitRange = 0.2f, ForgetBias = 1f, ClipNorm = 1f, LossReduction = LossReduction.Mean,
        LearningRateSchedule = LearningRateSchedule.Zaremba, LabelSmoothing = 0.05f,
        Dropout = new() { Kind = DropoutKind.Structured, Embedding = 0.1f, Output = 0.1f },
    };

    /// <summary>Sentences of one to seven units with their translations.</summary>
    public static SentencePairs Reversals(int seed, int count)
    {
        var random = new Random(seed);
        int[][] sources =
            [.. Enumerable.Range(0, count).Select(_ => random.GetItems([3, 4, 5, 6, 7, 8, 9, 10], random.Next(1, 8)))];
        int[][] targets = [.. sources.Select(source => Enumerable.Reverse(source).ToArray())];
        return new SentencePairs(sources, targets, [.. targets.Select(target => Form.ToWords(target))]);
    }

    /// <summary>A translator of random numbers.</summary>
    public static Translator Random(TranslatorRecipe recipe, float range = 0.8f)
    {
        var model = new TranslatorModel(recipe.ToConfig(Vocabulary, Vocabulary));
        Arrays.Uniform((int)recipe.Seed, model.Parameters.Values.Length, range).CopyTo(model.Parameters.Values);
        return new Translator(model, Form);
    }
}
