using TinySD.Formats.Models;
using TinySD.Formats.Text;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;

namespace TinySD.Formats.Tests;

/// <summary>A small language model of each kind, its numbers unlike each other, with its words and its record.</summary>
public sealed record LanguageModelCase(CellKind Cell, int Layers)
{
    public const int T = 5, B = 3, V = 9, H = 7;

    public int Last { get; init; }

    public bool Tied { get; init; }

    public bool Peepholes { get; init; }

    public static IEnumerable<Func<LanguageModelCase>> All() =>
    [
        () => new(CellKind.Lstm, 1), () => new(CellKind.Lstm, 2), () => new(CellKind.Lstm, 2) { Tied = true },
        () => new(CellKind.Lstm, 3) { Last = 4 },
        () => new(CellKind.Lstm, 3) { Last = 4, Tied = true }, () => new(CellKind.Lstm, 2) { Peepholes = true }, () => new(CellKind.Gru, 2),
        () => new(CellKind.Gru, 2) { Last = 5 }, () => new(CellKind.RnnTanh, 2), () => new(CellKind.RnnRelu, 1) { Tied = true },
    ];

    public override string ToString() =>
        $"{Cell} {Layers}{(Last > 0 ? $" last {Last}" : "")}{(Tied ? " tied" : "")}{(Peepholes ? " peepholes" : "")}";

    internal LoadedLanguageModel Make()
    {
        int top = Last > 0 ? Last : H;
        var recipe = new LanguageModelRecipe
        {
            Name = "mine",
            HiddenSize = H,
            LastHiddenSize = Last,
            EmbeddingSize = Tied ? top : 4,
            LayerCount = Layers,
            Cell = Cell,
            Peepholes = Peepholes,
            TieWeights = Tied,
            Seed = ulong.MaxValue,
            LearningRate = 0.1f,
        };
        var model = new LanguageModel(recipe.ToConfig(V));
        int seed = 40;
        foreach (var slot in model.Layout.Tensors)
        {
            RecurrentCase.Random(seed++, slot.Length).CopyTo(model.Parameters[slot]);

            // A sign that a sum with zero would lose.
            model.Parameters[slot][^1] = -0f;
        }

        var training = new TrainingRecord<LanguageModelRecipe, TextsRecord>
        {
            WrittenBy = "TinySD 0.0.9",
            Recipe = recipe,
            Data = new() { Train = new("train.txt", 1000), Valid = new("valid.txt", 100) },
            Parameters = model.Layout.ParameterCount,
            Epochs = [LanguageModelFileTests.Epoch(1, 99.5, 88.25, 0.1f)],
            Test = LanguageModelFileTests.Of(77.125),
        };
        return new LoadedLanguageModel(model, new Vocabulary(TextLevel.Word, ["<eos>", "the", "a", "<unk>", "\"quoted\"", "naïve", "世界",
            "x\\y", "z"]), training);
    }

    /// <summary>Tokens [T, B].</summary>
    internal static long[] Tokens(int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, T * B).Select(_ => (long)random.Next(V))];
    }

    /// <summary>The logits [T, B, V] of those tokens, stream by stream and step by step.</summary>
    internal static float[] Logits(LanguageModel model, long[] tokens, int steps = T)
    {
        float[] logits = new float[steps * B * V];
        for (int b = 0; b < B; b++)
        {
            var session = new LanguageModelSession(model);
            for (int t = 0; t < steps; t++) session.Step((int)tokens[(t * B) + b]).CopyTo(logits.AsSpan(((t * B) + b) * V, V));
        }

        return logits;
    }

    internal static bool HasSameBits(LanguageModel a, LanguageModel b) =>
        a.Config == b.Config && a.Layout.Tensors.Zip(b.Layout.Tensors).All(pair =>
        pair.First.Name == pair.Second.Name && System.Runtime.InteropServices.MemoryMarshal.AsBytes(a.Parameters[pair.First]).SequenceEqual(
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(b.Parameters[pair.Second])));
}
