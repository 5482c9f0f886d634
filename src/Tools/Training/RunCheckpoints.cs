namespace TinySD.Tools.Training;

/// <summary>A checkpoint that a run goes on from.</summary>
/// <param name="State">Where the run stood.</param>
/// <param name="WrittenBy">The program that began the run.</param>
/// <param name="Load">Reads the numbers and closes the file: one that is open takes its room on the disk after it was removed.</param>
internal sealed record ResumePoint(RunState State, string WrittenBy, Action<IReadOnlyList<NamedBlock>> Load);

/// <summary>The checkpoints of one run: what goes into them, and how the run goes on from one.</summary>
/// <param name="keeper">When and where.</param>
/// <param name="write">Writes the task's checkpoint file.</param>
/// <param name="from">The one to go on from, or null.</param>
/// <param name="isSaved">Whether that one is in the keeper's folder already.</param>
internal sealed class RunCheckpoints(
    CheckpointKeeper keeper, Action<string, RunState, IReadOnlyList<NamedBlock>> write, ResumePoint? from, bool isSaved)
{
    private (long Updates, int Epoch) _saved = from is not null && isSaved ? (from.State.Updates, from.State.Epoch) : (-1, -1);

    public CheckpointKeeper Keeper => keeper;

    /// <summary>Where the run goes on from; null where it begins at the beginning.</summary>
    public ResumePoint? From => from;

    /// <summary>The checkpoints of a run.</summary>
    /// <param name="keeper">When and where.</param>
    /// <param name="format">How the task's are written.</param>
    /// <param name="recipe">What decides the run.</param>
    /// <param name="data">What else only the task has.</param>
    /// <param name="settings">What the run's command said.</param>
    /// <param name="from">The one to go on from, or null.</param>
    /// <param name="isSaved">Whether that one is in the keeper's folder already.</param>
    public static RunCheckpoints Of<TRecipe, TData>(
        CheckpointKeeper keeper, CheckpointFormat<TRecipe, TData> format, TRecipe recipe, TData data, RunSettings settings,
        CheckpointFile<TRecipe, TData>? from, bool isSaved)
        where TRecipe : TrainingRecipe
        where TData : class
    {
        ResumePoint? point = from is null ? null : new ResumePoint(from.Content.State, from.Content.WrittenBy, blocks =>
        {
            from.Load(blocks);
            from.Dispose();
        });
        return new(keeper, Write, point, isSaved);

        void Write(string path, RunState state, IReadOnlyList<NamedBlock> blocks) =>
            format.Write(path, new() { State = state, Recipe = recipe, Data = data, Settings = settings }, blocks);
    }

    /// <summary>Writes a checkpoint unless there is one of this moment already.</summary>
    /// <param name="run">The run, between two steps.</param>
    /// <param name="totalSeconds">Time spent on it.</param>
    /// <exception cref="FailureException">It cannot be written.</exception>
    public void Save<TBatch>(TrainingRun<TBatch> run, double totalSeconds)
        where TBatch : class
    {
        (long Updates, int Epoch) now = (run.Updates, run.Epoch);
        if (now == _saved) return;
        keeper.Write(run.Updates, path => write(path, run.ToState(totalSeconds), run.ToBlocks()));
        _saved = now;
    }
}
