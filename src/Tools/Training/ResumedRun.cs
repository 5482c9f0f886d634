using TinySD.Tools.Options;

namespace TinySD.Tools.Training;

/// <summary>A run of any task that <c>--resume</c> goes on with, and what may not be otherwise than it was.</summary>
/// <typeparam name="TRecipe">The task's recipe.</typeparam>
/// <typeparam name="TData">What only the task has in its checkpoints.</typeparam>
/// <param name="folder">Its checkpoints, as messages name them.</param>
/// <param name="run">What the newest of them says.</param>
/// <param name="table">The recipe's figures.</param>
internal sealed class ResumedRun<TRecipe, TData>(string folder, Checkpoint<TRecipe, TData> run, FieldTable<TRecipe> table)
    where TRecipe : TrainingRecipe
    where TData : class
{
    private const string Absent = "none";

    public string Folder => folder;

    public TRecipe Recipe => run.Recipe;

    public TData Data => run.Data;

    public RunSettings Settings => run.Settings;

    /// <summary>The run's model, whichever folder this command is given in: beside checkpoints that stand beside it, or else where it
    /// was.</summary>
    public string Output => run.Settings.CheckpointsAreTemporary
        ? Path.Combine(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(folder)) ?? "", Path.GetFileName(run.Settings.Output))
        : run.Settings.Output;

    /// <summary>Where the run's report goes, or null: beside the model where it was beside it.</summary>
    public string? Report => NowOf(run.Settings.Report);

    /// <summary>Where its log goes, likewise.</summary>
    public string? Log => NowOf(run.Settings.Log);

    /// <summary>The run's recipe, with the number of epochs that the command line asks for.</summary>
    /// <param name="asked">The run's recipe with what the command line gives beside it.</param>
    /// <exception cref="UsageException">An option says other than the run.</exception>
    public TRecipe Settle(TRecipe asked)
    {
        // Either may lack a figure: dropout of another case has others, and some stand only where they say something.
        TRecipe same = asked with { Epochs = run.Recipe.Epochs };
        foreach ((string option, string? was, string? now) in table.Differences(run.Recipe, same))
            throw Contradiction(option, now ?? Absent, was ?? Absent);

        if (asked.Epochs != run.Recipe.Epochs
            && run.Recipe.LearningRateSchedule is LearningRateSchedule.Cosine or LearningRateSchedule.Linear)
        {
            throw new UsageException(
                $"--epochs is {asked.Epochs}, and the learning rate of the run in {folder} falls over its " +
                $"{Figures.Count(run.Recipe.Epochs, "epoch")} (--lr-schedule " +
                $"{ModelSpelling.LearningRateSchedules.NameOf(run.Recipe.LearningRateSchedule)}); leave it out, or start a new run.");
        }

        int begun = run.State.Epoch + (run.State.Step > 0 ? 1 : 0);
        if (asked.Epochs < begun)
        {
            throw new UsageException(
                $"--epochs is {asked.Epochs}, and the run in {folder} has begun {Figures.Count(begun, "epoch")} already; give as many or " +
                "more.");
        }

        return run.Recipe with { Epochs = asked.Epochs };
    }

    /// <summary>The run's value of an option that it must be given with again, if it is given.</summary>
    /// <exception cref="UsageException">The command line says other than the run.</exception>
    public T Same<T>(string option, T? asked, T was, Spelling<T> spelling)
        where T : struct =>
        asked is { } other && !other.Equals(was) ? throw Contradiction(option, spelling.NameOf(other), spelling.NameOf(was)) : was;

    /// <summary>The same of a value that the run may be without, both as messages show them.</summary>
    /// <exception cref="UsageException">The command line says other than the run.</exception>
    public void Same(string option, string? asked, string? was)
    {
        if (asked is not null && asked != was) throw Contradiction(option, asked, was ?? Absent);
    }

    /// <summary>Refuses options about data that say other than the run.</summary>
    /// <param name="given">Those that the command line gives.</param>
    /// <param name="was">The run's.</param>
    /// <param name="valueOf">What the word of an option means; of one that is not given, what is usual.</param>
    /// <exception cref="UsageException">One does.</exception>
    public void SameOptions(
        IReadOnlyDictionary<string, string> given, IReadOnlyDictionary<string, string> was, Func<string, string?, string?> valueOf)
    {
        foreach ((string option, string asked) in given)
            Same(option, valueOf(option, asked), valueOf(option, was.GetValueOrDefault(option)));
    }

    /// <summary>The error of an option that says other than the run.</summary>
    public UsageException Contradiction(string option, string asked, string was) =>
        new($"{option} is {asked}, and the run in {folder} has {was}; leave it out to go on with that run, or start a new one.");

    /// <summary>The error of a file that is not the run's own, for example <c>the text</c>.</summary>
    public FailureException Other(string option, string path, string what, string why) =>
        new($"{option} {path} is not {what} that the run in {folder} was started with: {why}.");

    /// <summary>Refuses a file of another name than the run's: the model file names its data, and should come out the same.</summary>
    /// <exception cref="FailureException">It is called otherwise.</exception>
    public void CheckName(string option, string path, string known, string what)
    {
        string name = Path.GetFileName(known);
        if (Path.GetFileName(path) != name)
            throw Other(option, path, what, $"the file was called {name}; its folder may be another, its name not");
    }

    /// <summary>Refuses files that are not where they were and not given again, naming the option that says where they are now.</summary>
    /// <exception cref="FailureException">One is gone.</exception>
    public static void CheckExist(ParseResult parsed, IEnumerable<(FileOption Option, string? Path)> files)
    {
        foreach ((FileOption option, string? path) in files)
        {
            if (path is null || parsed.GetValue(option) is not null) continue;
            if (path == SpooledInput.Name)
            {
                throw new FailureException(
                    $"the run's {option.Name} was standard input, which is not kept; give {option.Name} {SpooledInput.Name} and the same " +
                    "data on standard input again.");
            }

            if (File.Exists(path)) continue;
            throw new FailureException(
                $"there is no file {path}, which is the run's {option.Name} as given when it was started; give {option.Name} with its " +
                "place now.");
        }
    }

    private string? NowOf(string? path) =>
        path is not null && Path.GetDirectoryName(path) == Path.GetDirectoryName(run.Settings.Output)
            ? Path.Combine(Path.GetDirectoryName(Output) ?? "", Path.GetFileName(path))
            : path;
}
