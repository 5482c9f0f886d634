using TinySD.Tools.Training;

namespace TinySD.Tools.Reproduce;

/// <summary>What a grid's folder has to know of its task.</summary>
/// <param name="Command">The command that writes it, for example <c>reproduce lm</c>.</param>
/// <param name="Words">How the task is told about.</param>
/// <param name="Allowed">The most of the metric that structured masks may cost against others of the same rates.</param>
/// <param name="ValueOf">What the value of an option in a manifest is called today; of one that is not there, what it was without.</param>
/// <param name="EpochsOf">The finished epochs of a checkpoint; null for one that is not whole.</param>
internal sealed record GridKind(
    string Command, TaskWords Words, double Allowed, Func<string, string?, string> ValueOf,
    Func<string, IReadOnlyList<EpochOutcome>?> EpochsOf)
{
    /// <summary>What is impossible in what a manifest says of the task's data, or null.</summary>
    public Func<Dictionary<string, JsonElement>, string?> FindFault { get; init; } = _ => null;

    /// <summary>How much worse one measurement is than another, by the metric; below 0 where it is better.</summary>
    public double Cost(double difference) => Words.Metric.HigherIsBetter ? -difference : difference;

    /// <summary>What figures of a task's table and its checkpoints give.</summary>
    /// <inheritdoc cref="GridKind(string, TaskWords, double, Func{string, string?, string}, Func{string, IReadOnlyList{EpochOutcome}?})"/>
    public static GridKind Of<TRecipe, TData>(
        string command, TaskWords words, double allowed, FieldTable<TRecipe> table, CheckpointFormat<TRecipe, TData> format)
        where TRecipe : TrainingRecipe
        where TData : class
    {
        return new(command, words, allowed, ValueOf, EpochsOf);

        // An option that is not there did not exist when the grid was begun, which is what a figure's usual value does.
        string ValueOf(string option, string? value)
        {
            Field<TRecipe>? field = table.Find(option);
            return value is null ? field?.UsualText ?? "none" : field?.Current(value) ?? value;
        }

        IReadOnlyList<EpochOutcome>? EpochsOf(string file)
        {
            if (!format.TryOpen(file, out CheckpointFile<TRecipe, TData>? checkpoint, out _)) return null;
            using (checkpoint) return checkpoint.Content.State.Epochs;
        }
    }
}
