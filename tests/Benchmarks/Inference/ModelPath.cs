using TinySD.Formats.Container;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;

namespace TinySD.Benchmarks.Inference;

/// <summary>A way to run a model: what is made of it, what session runs it, and what its file holds. All ways are in
/// <see cref="All(float)"/>.</summary>
/// <param name="Name">Its name.</param>
internal sealed record ModelPath(string Name)
{
    /// <summary>Opens a session of a language model, of so many tokens at a time.</summary>
    public required Func<LanguageModel, int, SessionMemory, LanguageModelSession> OpenLanguageModel { get; init; }

    /// <summary>Opens a session of a regressor, of so many rows at a time.</summary>
    public required Func<Regressor, int, SessionMemory, RegressorSession> OpenRegressor { get; init; }

    /// <summary>What a language model's matrices are made.</summary>
    public Func<LanguageModel, LanguageModel> ConvertLanguageModel { get; init; } = model => model;

    /// <summary>What a regressor's are.</summary>
    public Func<Regressor, Regressor> ConvertRegressor { get; init; } = regressor => regressor;

    /// <summary>The number format of the file that it is run from.</summary>
    public TensorStorage Storage { get; init; } = TensorStorage.F32;

    /// <summary>Whether the file has what is run, rather than the whole model that it is made of.</summary>
    public bool HasFileOfItsOwn { get; init; }

    /// <summary>Whether a model that was trained so, and reads a window anew at every step or not, is run in this way.</summary>
    public Func<DropoutSpec, bool, bool> IsFor { get; init; } = (_, _) => true;

    /// <summary>All ways.</summary>
    /// <param name="delta">How much a number must have changed to be taken again, where that is asked.</param>
    public static IReadOnlyList<ModelPath> All(float delta) =>
    [
        Plain("float32"),
        Held("bfloat16", WeightFormat.BFloat16) with { Storage = TensorStorage.BF16 },
        Held("int8", WeightFormat.Int8) with { HasFileOfItsOwn = true },
        Plain("nested 1/2") with
        {
            ConvertLanguageModel = model => model.AtShare(0.5f),
            ConvertRegressor = regressor => regressor.AtShare(0.5f),
            IsFor = (dropout, _) => dropout.IsNested,
        },
        Plain("delta", new(delta)) with { IsFor = (_, isWindowed) => !isWindowed },
    ];

    private static ModelPath Held(string name, WeightFormat format) => Plain(name) with
    {
        ConvertLanguageModel = model => model.ConvertTo(format),
        ConvertRegressor = regressor => new(regressor.Model.ConvertTo(format), regressor.Form),
    };

    private static ModelPath Plain(string name, DeltaThresholds delta = default) => new(name)
    {
        OpenLanguageModel = (model, steps, memory) => new(model, memory: memory.Give, maxTimeSteps: steps, delta: delta),
        OpenRegressor = (regressor, steps, memory) => new(regressor, memory: memory.Give, maxTimeSteps: steps, delta: delta),
    };
}

/// <summary>Gives a session its floats, and counts them.</summary>
internal sealed class SessionMemory
{
    public long Floats { get; private set; }

    public Memory<float> Give(int floats)
    {
        Floats += floats;
        return new AlignedBuffer(floats).Memory;
    }
}
