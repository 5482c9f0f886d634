using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using TinySD.Formats.Container;

namespace TinySD.Formats.Checkpoints;

/// <summary>What checkpoints of all tasks have in common: <c>.tsd</c> files of the kind <c>checkpoint</c>, with a task, its progress, the task's own
/// section, and blocks of tensors.</summary>
public static class CheckpointFile
{
    /// <summary>The kind as the header names it.</summary>
    public const string Kind = TsdFile.CheckpointKind;

    /// <summary>The header member that names the task, and those that say where it stands and what it is.</summary>
    internal const string TaskName = "task", ProgressName = "progress", RunName = "run";

    // JSON values of a section: some dozens, and eight for each finished epoch.
    private const long MostValues = 1 << 20;

    /// <summary>Writes a checkpoint whole or not at all.</summary>
    /// <param name="path">The target.</param>
    /// <param name="task">Whose it is.</param>
    /// <param name="progress">Where the run stands.</param>
    /// <param name="run">The task's section.</param>
    /// <param name="type">How it is spelled.</param>
    /// <param name="blocks">The numbers, in file order.</param>
    /// <exception cref="FileProblemException">The target cannot be written, or a weight is not finite.</exception>
    internal static void Write<T>(
        string path, string task, TrainingProgress progress, T run, JsonTypeInfo<T> type, IReadOnlyList<CheckpointBlock> blocks)
    {
        if (progress.FindFault() is { } fault) Throw.Argument(fault);
        if (FindNotFinite(path, blocks, null) is { } weight) Throw.Problem(weight);
        TsdWriter.Write(path, Kind, [.. blocks.SelectMany(block => block.Tensors)], json =>
        {
            json.WriteString(TaskName, task);
            json.WritePropertyName(ProgressName);
            JsonSerializer.Serialize(json, ProgressSection.From(progress), CheckpointJson.Default.ProgressSection);
            json.WritePropertyName(RunName);
            JsonSerializer.Serialize(json, run, type);
        }, isOwn: true);
    }

    /// <summary>Reads all but the numbers.</summary>
    internal static bool TryDescribe<T>(
        TsdFile file, string task, JsonTypeInfo<T> type, [NotNullWhen(true)] out TrainingProgress? progress, [NotNullWhen(true)] out T? run,
        [NotNullWhen(false)] out FileProblem? problem)
        where T : class
    {
        progress = null;
        run = null;
        if (file.Kind != Kind)
        {
            problem = TsdHeader.WrongKind(file, Kind);
            return false;
        }

        if (!TsdHeader.TryReadSection(file, TaskName, TsdJson.Default.String, MostValues, out string? found, out problem)) return false;
        if (found != task)
        {
            problem = new(FileProblemKind.WrongKind, file.Path, $"{file.Path} is a checkpoint of the task '{Words.Shown(found)}'; '{task}' was expected")
            { Offset = file.OffsetOf(file.Sections[TaskName]), Part = TaskName };
            return false;
        }

        if (!TsdHeader.TryReadSection(file, ProgressName, CheckpointJson.Default.ProgressSection, MostValues, out ProgressSection? section, out problem)
            || !TsdHeader.TryReadSection(file, RunName, type, MostValues, out run, out problem))
        {
            return false;
        }

        if (file.Sections.Keys.FirstOrDefault(name => name is not (TaskName or ProgressName or RunName)) is { } unknown)
        {
            problem = Invalid(file, unknown, $"a '{Kind}' file has no header member '{Words.Shown(unknown)}'");
            return false;
        }

        progress = section.ToProgress();
        problem = progress.FindFault() is { } fault ? Invalid(file, ProgressName, fault) : null;
        return problem is null;
    }

    /// <summary>Reads the numbers; the file's tensors are these blocks', in this order, and no others.</summary>
    internal static bool TryLoad(TsdFile file, IReadOnlyList<CheckpointBlock> blocks, [NotNullWhen(false)] out FileProblem? problem)
    {
        TensorToWrite[] expected = [.. blocks.SelectMany(block => block.Tensors)];
        problem = Compare(file, expected);
        if (problem is not null) return false;
        foreach (TensorToWrite tensor in expected)
        {
            if (!file.TryReadTensor(tensor.Name, tensor.Block[tensor.Slot], out problem)) return false;
        }

        problem = FindNotFinite(file.Path, blocks, file);
        return problem is null;
    }

    internal static FileProblem Invalid(TsdFile file, string part, string message) =>
        Blame.Writer(FileProblemKind.CheckpointInvalid, file.Path, message) with
        {
            Part = part,
            Offset = file.Sections.TryGetValue(part, out ReadOnlyMemory<byte> json) ? file.OffsetOf(json) : TsdPrologue.Length,
        };

    private static FileProblem? Compare(TsdFile file, TensorToWrite[] expected)
    {
        if (file.Tensors.Length != expected.Length) return Invalid(file, RunName, $"it has {Words.Counted(file.Tensors.Length, "tensor")}, its recipe makes {expected.Length}");
        foreach ((TsdTensor found, TensorToWrite tensor) in file.Tensors.Zip(expected))
        {
            string shape = string.Join(", ", tensor.Slot.Shape);
            if (found.Name != tensor.Name || string.Join(", ", found.Shape) != shape)
            {
                return Invalid(file, found.Name,
                    $"it has the tensor '{found.Name}' [{string.Join(", ", found.Shape)}], where its recipe makes '{tensor.Name}' [{shape}]");
            }
        }

        return null;
    }

    private static FileProblem? FindNotFinite(string path, IReadOnlyList<CheckpointBlock> blocks, TsdFile? file) => blocks
        .Where(block => block.AreWeights)
        .Select(block => FiniteWeights.FindFault(path, block.Block, file, block.Prefix))
        .FirstOrDefault(problem => problem is not null);
}
