using TinySD.Tools.Training;

namespace TinySD.Tools.Files;

/// <summary>How a model came to be, as far as models are compared by it.</summary>
/// <param name="Words">Its task, as messages call it.</param>
/// <param name="Epochs">The finished epochs that its record has, the last of which is the one it holds; none where its run is not
/// known.</param>
/// <param name="Test">On its test data, if there were any.</param>
internal sealed record ComparedRun(TaskWords Words, IReadOnlyList<EpochOutcome> Epochs, Measurement? Test)
{
    /// <summary>What a record says.</summary>
    public static ComparedRun Of<TRecipe, TData>(TrainingRecord<TRecipe, TData> record, TaskWords words)
        where TRecipe : TrainingRecipe
        where TData : class => new(words, record.Epochs, record.Test);

    /// <summary>The epoch whose model is in the file, if it is known.</summary>
    public EpochOutcome? Kept => Epochs is [.., { } last] ? last : null;
}

/// <summary>A model beside others.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Run">How it came to be.</param>
/// <param name="Facts">All that there is to say of it, but for what its epochs brought.</param>
internal sealed record ComparedModel(string Path, ComparedRun Run, IReadOnlyList<(string Name, string Value)> Facts)
{
    /// <summary>Numbers in it.</summary>
    public required long Numbers { get; init; }

    /// <summary>Their formats.</summary>
    public required string Dtypes { get; init; }

    /// <summary>Bytes of the file.</summary>
    public required long Bytes { get; init; }
}
