using TinySD.Formats.Container;
using TinySD.Formats.Fields;
using TinySD.Formats.Models;

namespace TinySD.Formats.Checkpoints;

/// <summary>How the checkpoints of one task are written and read: <c>.tsd</c> files of the kind <c>checkpoint</c>.</summary>
/// <typeparam name="TRecipe">The task's recipe.</typeparam>
/// <typeparam name="TData">What only the task has.</typeparam>
/// <param name="task">The task as the header names it.</param>
/// <param name="metric">What it is measured by.</param>
/// <param name="recipe">How its recipe is spelled.</param>
/// <param name="data">How what only it has is spelled; its members must not be those that all tasks have.</param>
/// <param name="findFault">What is impossible in that, or null.</param>
public sealed class CheckpointFormat<TRecipe, TData>(
    string task, Metric metric, FieldTable<TRecipe> recipe, FieldTable<TData> data, Func<TData, string?>? findFault = null)
    where TRecipe : TrainingRecipe
    where TData : class
{
    private const string TaskName = CheckpointFile.TaskName, ProgressName = "progress", RunName = "run";

    // JSON values of a section: some dozens, and a dozen for each finished epoch.
    private const long MostValues = 1 << 20;

    private static readonly string[] s_sections = [TaskName, ProgressName, RunName];

    private readonly FieldTable<RunSection> _run = new(
        "a run", new("", null!, data.Blank, CheckpointFields.Settings.Blank, CheckpointFields.Epochs.Blank),
    [
        new Field<RunSection, string>("writtenBy", Spelling.Text, s => s.WrittenBy, (s, v) => s with { WrittenBy = v }),
        new Field<RunSection, TRecipe>("recipe", new Recorded<TRecipe>(recipe), s => s.Recipe, (s, v) => s with { Recipe = v }),
        .. data.JoinedTo<RunSection>(s => s.Data, (s, v) => s with { Data = v }),
        .. CheckpointFields.Settings.JoinedTo<RunSection>(s => s.Settings, (s, v) => s with { Settings = v }),
        .. CheckpointFields.Epochs.JoinedTo<RunSection>(s => s.Epochs, (s, v) => s with { Epochs = v }),
    ]);

    /// <summary>The task as the header names it.</summary>
    public string Task => task;

    /// <summary>What it is measured by.</summary>
    public Metric Metric => metric;

    /// <summary>Writes a checkpoint whole or not at all.</summary>
    /// <param name="path">The target.</param>
    /// <param name="content">All but the numbers.</param>
    /// <param name="blocks">The numbers, in file order; a tensor is named by its block and itself.</param>
    /// <exception cref="FileProblemException">The target cannot be written, or a weight is not finite.</exception>
    /// <exception cref="ArgumentException">The content contradicts itself.</exception>
    public void Write(string path, Checkpoint<TRecipe, TData> content, IReadOnlyList<NamedBlock> blocks)
    {
        var progress = ProgressSection.From(content.State);
        if ((progress.FindFault() ?? FindFault(content)) is { } fault) Throw.Argument(fault);
        content.Recipe.Validate();
        if (CheckpointFile.FindNotFinite(path, blocks, null) is { } weight) Throw.Problem(weight);
        TsdWriter.Write(path, CheckpointFile.Kind, [.. blocks.SelectMany(CheckpointFile.TensorsOf)], json =>
        {
            json.WriteString(TaskName, task);
            json.WritePropertyName(ProgressName);
            CheckpointFields.Progress.Write(json, progress);
            json.WritePropertyName(RunName);
            var epochs = EpochsSection.From(content.State, metric);
            _run.Write(json, new(content.WrittenBy, content.Recipe, content.Data, content.Settings, epochs));
        }, isOwn: true);
    }

    /// <summary>Opens a checkpoint and reads all of it once, so that one that is not whole is refused now.</summary>
    /// <param name="path">The file.</param>
    /// <param name="file">The open checkpoint, to be disposed.</param>
    /// <param name="problem">Why it cannot be used.</param>
    public bool TryOpen(
        string path, [NotNullWhen(true)] out CheckpointFile<TRecipe, TData>? file, [NotNullWhen(false)] out FileProblem? problem)
    {
        file = null;
        if (!TsdFile.TryOpen(path, out TsdFile? tsd, out problem)) return false;
        if (TryDescribe(tsd, out Checkpoint<TRecipe, TData>? content, out problem))
        {
            problem = tsd.Verify() is [{ } damage, ..] ? damage : null;
            if (problem is null) file = new CheckpointFile<TRecipe, TData>(tsd, content);
        }

        if (file is null) tsd.Dispose();
        return file is not null;
    }

    /// <summary>Reads all but the numbers.</summary>
    /// <param name="file">An open file.</param>
    /// <param name="content">What it says.</param>
    /// <param name="problem">Why it is refused.</param>
    public bool TryDescribe(
        TsdFile file, [NotNullWhen(true)] out Checkpoint<TRecipe, TData>? content, [NotNullWhen(false)] out FileProblem? problem) =>
        SectionReader.TryRead(file, CheckpointFile.Kind, s_sections, FileProblemKind.CheckpointInvalid, Read, out content, out problem);

    private Checkpoint<TRecipe, TData> Read(SectionReader reader)
    {
        string found = reader.Read(TaskName, SectionReader.MostValues, Spelling.Text.Read);
        if (found != task)
        {
            Throw.Problem(new(
                FileProblemKind.WrongKind, reader.File.Path,
                $"{reader.File.Path} is a checkpoint of the task '{Words.Shown(found)}'; '{task}' was expected")
            { Offset = reader.File.OffsetOf(reader.File.Sections[TaskName]), Part = TaskName });
        }

        ProgressSection progress = reader.Read(ProgressName, CheckpointFields.Progress);
        if (progress.FindFault() is { } impossible) Throw.Argument(impossible);
        RunSection run = reader.Read(RunName, _run, MostValues);
        var content = new Checkpoint<TRecipe, TData>
        {
            WrittenBy = run.WrittenBy,
            Recipe = run.Recipe,
            Data = run.Data,
            Settings = run.Settings,
            State = run.Epochs.AddTo(progress.ToState(), metric),
        };
        content.Recipe.Validate();
        if (FindFault(content) is { } fault) Throw.Argument(fault);
        return content;
    }

    private string? FindFault(Checkpoint<TRecipe, TData> content)
    {
        RunState state = content.State;
        for (int index = 0; index < state.Epochs.Count; index++)
        {
            EpochOutcome epoch = state.Epochs[index];
            if (epoch.Epoch != index + 1 || epoch.Steps < 1)
                return $"epoch {epoch.Epoch} with {Words.Counted(epoch.Steps, "step")} stands where epoch {index + 1} belongs";
            if (ResultEntry.FindFault(epoch, metric) is { } fault) return fault;
            if (!(epoch.LearningRate >= 0 && float.IsFinite(epoch.LearningRate)))
                return $"the learning rate of epoch {epoch.Epoch} is not a number of at least 0";
            if (!ProgressSection.IsTime(epoch.Seconds) || !(epoch.TermsPerSecond >= 0 && double.IsFinite(epoch.TermsPerSecond)))
                return $"the time or the speed of epoch {epoch.Epoch} is not a number in its range";
        }

        if (state.Epochs.Count != state.Epoch) return $"it is in epoch {state.Epoch + 1} and has the results of {state.Epochs.Count}";
        if (state.Epochs.Sum(epoch => (long)epoch.Steps) + state.Step != state.Updates)
            return $"the steps of its epochs do not add up to its {Words.Counted(state.Updates, "update")}";
        if (state.Counts.AveragedUpdates >= 0 && content.Recipe.Optimizer != OptimizerKind.NtAsgd)
            return "it has an average, and its recipe's optimizer makes none";
        if (state.BestEpoch is null != (state.Epochs.Count == 0) || state.BestEpoch < 1 || state.BestEpoch > state.Epochs.Count)
            return $"epoch {state.BestEpoch} cannot be the best of {state.Epochs.Count}";
        return content.Settings.FindFault() ?? findFault?.Invoke(content.Data);
    }

    // All that stands in one object.
    private sealed record RunSection(string WrittenBy, TRecipe Recipe, TData Data, RunSettings Settings, EpochsSection Epochs);
}
