using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>A run that <c>train lm --resume</c> goes on with, and what may not be otherwise than it was.</summary>
/// <param name="folder">Its checkpoints, as messages name them.</param>
/// <param name="run">What the newest of them says.</param>
internal sealed class ResumedRun(string folder, Checkpoint<LanguageModelRecipe, RunTexts> run)
{
    private const string Absent = "none";

    public Checkpoint<LanguageModelRecipe, RunTexts> Run => run;

    /// <summary>The run's model, whichever folder this command is given in: beside checkpoints that stand beside it, or else where it
    /// was.</summary>
    public string Output => run.Settings.CheckpointsAreTemporary
        ? Path.Combine(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(folder)) ?? "", Path.GetFileName(run.Settings.Output))
        : run.Settings.Output;

    /// <summary>Where the run's report goes, or null: beside the model where it was beside it.</summary>
    public string? Report => run.Settings.Report is { } report
        && Path.GetDirectoryName(report) == Path.GetDirectoryName(run.Settings.Output)
        ? Path.Combine(Path.GetDirectoryName(Output) ?? "", Path.GetFileName(report))
        : run.Settings.Report;

    /// <summary>The run's level and recipe, with the number of epochs that the command line asks for.</summary>
    /// <exception cref="UsageException">An option says other than the run.</exception>
    public (TextLevel Level, LanguageModelRecipe Recipe) Recipe(ParseResult parsed, LanguageModelOptions options, Warnings warnings)
    {
        LanguageModelRecipe asked = options.ReadBeside(parsed, run.Data.Level, run.Recipe, Contradiction, warnings);

        // Either may lack a figure: dropout of another case has others, and some stand only where they say something.
        LanguageModelRecipe same = asked with { Epochs = run.Recipe.Epochs };
        foreach ((string option, string? was, string? now) in LanguageModelFields.Table.Differences(run.Recipe, same))
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
        return (run.Data.Level, run.Recipe with { Epochs = asked.Epochs });
    }

    /// <summary>What limits the run's vocabulary.</summary>
    /// <exception cref="UsageException">The command line says other than the run.</exception>
    public VocabularyLimits Limits(ParseResult parsed, VocabularyOptions options, Warnings warnings)
    {
        if (run.Data.Level == TextLevel.Byte) return options.Read(parsed, run.Data.Level, warnings);
        Check(options.MinimumCount, run.Data.MinimumCount);
        Check(options.MaximumSize, run.Data.MaximumVocabulary);
        return new VocabularyLimits(run.Data.MinimumCount, run.Data.MaximumVocabulary);

        void Check(Option<int?> option, int? was)
        {
            if (parsed.GetValue(option) is { } asked && asked != was)
                throw Contradiction(option.Name, Figures.Count(asked), was is { } known ? Figures.Count(known) : "none");
        }
    }

    /// <summary>The number format of the run's model.</summary>
    /// <exception cref="UsageException">The command line says other than the run.</exception>
    public TensorStorage Dtype(ParseResult parsed, Option<TensorStorage?> option) =>
        Same(option.Name, parsed.GetValue(option), run.Settings.Dtype, StorageSpelling.Storages);

    /// <summary>Which lines of the run's texts get a token for their end.</summary>
    /// <exception cref="UsageException">The command line says other than the run.</exception>
    public LineMarks Marks(LineMarks? asked) =>
        Same(VocabularyOptions.LineMarksName, asked, run.Data.LineMarks, TextSpelling.LineMarks);

    /// <summary>Streams of the run's validation and test; null as in its checkpoint.</summary>
    /// <exception cref="UsageException">The command line says other than the run.</exception>
    public int? Streams(ParseResult parsed, Option<int?> option)
    {
        if (parsed.GetValue(option) is not { } asked || asked == run.Data.Streams) return run.Data.Streams;
        string was = run.Data.Streams is { } known ? Figures.Count(known) : EvaluationStreams.Of(null, run.Recipe).Told(hasTest: true);
        throw Contradiction(option.Name, Figures.Count(asked), was);
    }

    /// <summary>Refuses other masks than the run's.</summary>
    /// <exception cref="UsageException">The run draws its masks.</exception>
    /// <exception cref="FailureException">They are others.</exception>
    public void Check(MaskScheduleFile? schedule, string option)
    {
        if (schedule is null) return;
        if (run.Settings.Schedule is not { } known) throw Contradiction(option, schedule.Path, "no schedule");
        if (schedule.Info.Updates < known.Updates || schedule.FingerprintOf(known.Updates) != known.Checksum)
        {
            throw new FailureException(
                $"{schedule.Path} has other masks than those of the run in {folder}, or fewer than its " +
                $"{Figures.Count(known.Updates, "update")}; give {option} with the run's own.");
        }
    }

    /// <summary>Refuses texts that are not where they were and not given again, naming the option that says where they are now.</summary>
    /// <exception cref="FailureException">One is gone.</exception>
    public static void CheckExist(ParseResult parsed, params ReadOnlySpan<(string? Path, FileOption Option)> texts)
    {
        foreach ((string? path, FileOption option) in texts)
        {
            if (path is null || parsed.GetValue(option) is not null || File.Exists(path)) continue;
            throw new FailureException(
                $"there is no file {path}, which is the run's {option.Name} as given when it was started; give {option.Name} with its " +
                "place now.");
        }
    }

    /// <summary>Refuses other texts than the run's.</summary>
    /// <exception cref="FailureException">One is another.</exception>
    public void Check(LanguageModelData data, (string Train, string Valid, string Test) options)
    {
        Check(options.Train, data.Train, run.Data.Train);
        if (data.Vocabulary.Count != run.Data.Vocabulary.Count || Fingerprint.Of(data.Vocabulary) != run.Data.Vocabulary.Checksum)
            throw Other(options.Train, data.Train.Name, "its words or characters are others");
        Check(options.Valid, data.Valid, run.Data.Valid);

        // A test text changes nothing in the run, so one may be added.
        if (data.Test is { } test && run.Data.Test is { } tested) Check(options.Test, test, tested);
    }

    private T Same<T>(string option, T? asked, T was, Choice<T> spelling)
        where T : struct, Enum =>
        asked is { } other && !other.Equals(was) ? throw Contradiction(option, spelling.NameOf(other), spelling.NameOf(was)) : was;

    private void Check(string option, EncodedText text, TextFingerprint known)
    {
        TextFingerprint found = text.ToFingerprint();
        if (found.DifferenceFrom(known) is { } why) throw Other(option, found.Path, why);

        // The model file names its texts, and should come out the same.
        string name = Path.GetFileName(known.Path);
        if (Path.GetFileName(found.Path) != name)
            throw Other(option, found.Path, $"the file was called {name}; its folder may be another, its name not");
    }

    private FailureException Other(string option, string path, string why) =>
        new($"{option} {path} is not the text that the run in {folder} was started with: {why}.");

    private UsageException Contradiction(string option, string asked, string was) =>
        new($"{option} is {asked}, and the run in {folder} has {was}; leave it out to go on with that run, or start a new one.");
}
