using TinySD.Tools.Training;

namespace TinySD.Tools.Files;

/// <summary>How a model came to be, as far as models are compared by it.</summary>
/// <param name="words">Its task, as messages call it.</param>
/// <param name="epochs">The finished epochs that its record has, the last of which is the one it holds; none where its run is not
/// known.</param>
/// <param name="test">On its test data, if there were any.</param>
internal sealed class ComparedRun(TaskWords words, IReadOnlyList<EpochOutcome> epochs, Measurement? test)
{
    public TaskWords Words => words;

    public IReadOnlyList<EpochOutcome> Epochs => epochs;

    public Measurement? Test => test;

    /// <summary>The epoch whose model is in the file, if it is known.</summary>
    public EpochOutcome? Kept => epochs.Count > 0 ? epochs[^1] : null;

    /// <summary>What a record says.</summary>
    public static ComparedRun Of<TRecipe, TData>(TrainingRecord<TRecipe, TData> record, TaskWords words)
        where TRecipe : TrainingRecipe
        where TData : class => new(words, record.Epochs, record.Test);
}

/// <summary>A model beside others.</summary>
/// <param name="path">Its file.</param>
/// <param name="run">How it came to be.</param>
/// <param name="facts">All that there is to say of it, but for what its epochs brought.</param>
internal sealed class ComparedModel(string path, ComparedRun run, IReadOnlyList<(string Name, string Value)> facts)
{
    public string Path => path;

    public ComparedRun Run => run;

    public IReadOnlyList<(string Name, string Value)> Facts => facts;

    /// <summary>Numbers in it.</summary>
    public required long Numbers { get; init; }

    /// <summary>Their formats.</summary>
    public required string Dtypes { get; init; }

    /// <summary>Bytes of the file.</summary>
    public required long Bytes { get; init; }

    /// <summary>What there is to say of one thing, or null.</summary>
    public string? ValueOf(string name)
    {
        foreach ((string own, string value) in facts)
        {
            if (own == name) return value;
        }

        return null;
    }
}

/// <summary>One thing of all models.</summary>
/// <param name="name">What.</param>
/// <param name="values">Of each model, null where it has none.</param>
internal sealed class ComparedRow(string name, string?[] values)
{
    public string Name => name;

    public string?[] Values => values;

    public bool IsOtherwise => Array.Exists(values, value => value != values[0]);

    /// <summary>Its cells, as a table shows them.</summary>
    public string[] Cells => [name, .. Array.ConvertAll(values, value => value ?? "-")];
}
