using TinySD.Formats.Container;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;

namespace TinySD.Benchmarks.Inference;

/// <summary>A way to run a model: what is made of it, what session runs it, and what its file holds. All ways are in
/// <see cref="All"/>.</summary>
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

    /// <summary>Whether a model that was trained so is run in this way.</summary>
    public Func<DropoutSpec, bool> IsFor { get; init; } = _ => true;

    /// <summary>All ways.</summary>
    public static IReadOnlyList<ModelPath> All { get; } =
    [
        Plain("float32"),
    ];

    private static ModelPath Plain(string name) => new(name)
    {
        OpenLanguageModel = (model, steps, memory) => new(model, memory: memory.Give, maxTimeSteps: steps),
        OpenRegressor = (regressor, steps, memory) => new(regressor, memory: memory.Give, maxTimeSteps: steps),
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
