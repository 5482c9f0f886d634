using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>Every optimizer, and every way in which one keeps state or walks memory.</summary>
public enum UpdateCase
{
    Sgd,
    Momentum,
    Nesterov,
    Adam,
    AdamWithDecay,
    AdamW,
    Adagrad,
    AdagradWithDecay,
    NtAsgd,
}

/// <summary>What the data-driven tests range over.</summary>
internal static class Cases
{
    /// <summary>Lane widths that this machine and this build run, narrowest first.</summary>
    public static int[] LaneWidths { get; } = [.. new[] { 4, 8, 16 }.Where(width => width <= KernelChoice.WidestLanes)];

    /// <summary>The four cases and none, with both ways to draw a structured mask; rates are to be filled in.</summary>
    public static DropoutSpec[] Dropouts { get; } =
    [
        new() { Kind = DropoutKind.None },
        new() { Kind = DropoutKind.Random },
        new() { Kind = DropoutKind.Locked },
        new() { Kind = DropoutKind.Structured },
        new() { Kind = DropoutKind.StructuredLocked },
        new() { Kind = DropoutKind.Structured, Draw = MaskDraw.Bernoulli },
        new() { Kind = DropoutKind.StructuredLocked, Draw = MaskDraw.Bernoulli },
    ];

    /// <summary>Nested masks, which have no rates: new at each step, and for a window.</summary>
    public static DropoutSpec[] Nested { get; } =
    [
        new() { Kind = DropoutKind.Nested },
        new() { Kind = DropoutKind.NestedLocked, LeastShare = 0.1f, ShareCount = 3, WholeRate = 0.2f, KeepMultiple = 4 },
    ];

    /// <summary>Every cell, and the LSTM with peepholes.</summary>
    public static (CellKind Kind, bool Peepholes)[] Cells { get; } =
        [(CellKind.Lstm, false), (CellKind.Lstm, true), (CellKind.Gru, false), (CellKind.RnnTanh, false), (CellKind.RnnRelu, false)];

    /// <summary>That shape with that cell.</summary>
    public static LanguageModelConfig Of(this LanguageModelConfig config, (CellKind Kind, bool Peepholes) cell) =>
        config with { Cell = cell.Kind, Peepholes = cell.Peepholes };

    public static LanguageModelConfig Config(int vocabulary, int embedding, int hidden, int layers, bool tied = false) => new()
    {
        VocabularySize = vocabulary,
        EmbeddingSize = embedding,
        HiddenSize = hidden,
        LayerCount = layers,
        TieWeights = tied,
    };

    /// <summary>A model of that shape with seeded parameters, drawn by <see cref="Random"/> and not by the model itself.</summary>
    public static LanguageModel Model(LanguageModelConfig config, int seed = 1, float range = 0.4f)
    {
        var model = new LanguageModel(config);
        foreach (var slot in model.Layout.Tensors) Arrays.Uniform(seed++, slot.Length, range).CopyTo(model.Parameters[slot]);
        return model;
    }

    /// <summary>The recipe with that way to update.</summary>
    public static LanguageModelRecipe By(this LanguageModelRecipe recipe, UpdateCase update) => update switch
    {
        UpdateCase.Sgd => recipe with { Optimizer = OptimizerKind.Sgd },
        UpdateCase.Momentum => recipe with { Optimizer = OptimizerKind.Sgd, Momentum = 0.9f },
        UpdateCase.Nesterov => recipe with { Optimizer = OptimizerKind.Sgd, Momentum = 0.9f, Nesterov = true },
        UpdateCase.Adam => recipe with { Optimizer = OptimizerKind.Adam },
        UpdateCase.AdamWithDecay => recipe with { Optimizer = OptimizerKind.Adam, WeightDecay = 0.01f },
        UpdateCase.AdamW =>
            recipe with { Optimizer = OptimizerKind.AdamW, WeightDecay = 0.1f, Beta1 = 0.8f, Beta2 = 0.99f, Epsilon = 1e-6f },
        UpdateCase.Adagrad => recipe with { Optimizer = OptimizerKind.Adagrad },
        UpdateCase.AdagradWithDecay => recipe with { Optimizer = OptimizerKind.Adagrad, WeightDecay = 0.01f, DecoupledDecay = true },
        _ => recipe with { Optimizer = OptimizerKind.NtAsgd },
    };

    /// <summary>A recipe that fits a model, with plain descent and no clipping unless changed.</summary>
    public static LanguageModelRecipe Recipe(LanguageModelConfig config, int batch, int timeSteps, DropoutSpec? dropout = null) => new()
    {
        Name = "test",
        HiddenSize = config.HiddenSize,
        LastHiddenSize = config.LastHiddenSize,
        EmbeddingSize = config.EmbeddingSize,
        LayerCount = config.LayerCount,
        Cell = config.Cell,
        Peepholes = config.Peepholes,
        TieWeights = config.TieWeights,
        BatchSize = batch,
        Bptt = timeSteps,
        Dropout = dropout ?? DropoutSpec.None,
        Optimizer = OptimizerKind.Sgd,
        LearningRate = 0.5f,
        ClipNorm = 0f,
        Seed = 7,
    };
}
