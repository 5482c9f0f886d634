using TinySD.Tools.Json;
using TinySD.Tools.Options;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd schedule</c>: the masks of a run's updates as a file.</summary>
internal sealed class ScheduleCommand : CliCommand
{
    private readonly LanguageModelOptions _recipe = new();
    private readonly Option<int?> _steps = Ranged.Whole("--steps", 1, MaskScheduleInfo.MaxUpdates, "Updates whose masks to write.");
    private readonly FileOption _out = new("--out", "FILE", "The file to write (.tss).", (files, path) =>
    {
        files.Write(path, "--out");
        if (!string.IsNullOrEmpty(path)) files.Write(MaskScheduleWriter.PartialOf(path), "the unfinished file of --out");
    });

    private readonly FileOption _profile =
        Profiles.Option("Take --keep-multiple and --group-size from this hardware profile, of a processor or a systolic array.");

    private readonly Option<bool> _resume = new("--resume")
    {
        Description = "Go on with a file that was interrupted, or lengthen a finished one.",
    };

    private readonly FileOption _report = FileOption.Output("--report",
        "Also draw the masks of the first update, as a page (HTML) to look at.");

    public ScheduleCommand(CommonOptions common)
        : base(
            "schedule",
            "Write the structured masks of a run's updates to a file. It is checksummed, and 'tinysd train lm --schedule' or firmware " +
            "replays it. The masks are those that training with the same preset, options and seed would draw.",
            common) =>
        AddAll([.. _recipe.OfMasks, _profile, _steps, _out, _resume, _report]);

    /// <inheritdoc/>
    public override IEnumerable<WantedOption> Wanted => [new(_steps), new(_out)];

    protected override int Run(ParseResult parsed, CliContext context)
    {
        HardwareProfile? profile = parsed.GetValue(_profile) is { } name ? Profiles.Find(name, _profile.Name)[0] : null;
        LanguageModelRecipe recipe = _recipe.Read(parsed, context.Warnings, preset => Structured(preset, profile)).Recipe;
        string kind = ModelSpelling.DropoutKinds.NameOf(recipe.Dropout.Kind);
        if (!recipe.Dropout.IsStructured) throw new UsageException($"--dropout is {kind}; only structured masks can be written down.");
        MaskScheduleInfo info = Schedules.InfoOf(recipe, parsed.GetValue(_steps) ?? throw Missing(_steps));
        string output = parsed.GetValue(_out) ?? throw Missing(_out);
        if (info.Places.IsEmpty)
        {
            throw new UsageException(
                "no site of the model has a drop rate, so there are no masks to write; give --rate, for example --rate 0.5.");
        }

        string? page = parsed.GetValue(_report);
        if (page is not null) OutputFile.CheckWritable(page);
        long bytes;
        using (MaskScheduleWriter writer = Start(output, info, parsed.GetValue(_resume)))
        {
            if (writer.Headless is { } headless)
            {
                context.Warnings.Note(
                    $"{headless} has no header to go on from, as after a full disk or a power failure; nothing is lost, it is begun anew.");
            }

            ProgressDisplay.Run(context, progress => Write(writer, info, progress, context.Stop.Watch()));
            bytes = writer.Bytes;
        }

        if (page is not null) HtmlPage.Save(page, writer => WritePage(writer, recipe, info));
        if (context.Json)
        {
            CliJson.Write(context.Console.Out, ScheduleResult.From(output, info, bytes));
            return ExitCode.Done;
        }

        string updates = Figures.Count(info.Updates, "update"), steps = Figures.Count(info.TimeSteps, "time step");
        context.Console.Prose.WriteLine(
            $"{output}: {updates} of {steps}, seed {info.Seed}, {Figures.Count(bytes, "byte")}; {Schedules.Describe(recipe.Dropout)}");
        return ExitCode.Done;
    }

    private static LanguageModelRecipe Structured(LanguageModelRecipe preset, HardwareProfile? profile)
    {
        DropoutSpec dropout = preset.Dropout.IsStructured ? preset.Dropout : preset.Dropout with { Kind = DropoutKind.Structured };
        if (profile is not null) dropout = dropout with { KeepMultiple = profile.KeepMultiple, GroupSize = profile.GroupSize };
        return preset with { Dropout = dropout };
    }

    private static void Write(MaskScheduleWriter writer, MaskScheduleInfo info, IProgressDisplay progress, CancellationToken stop)
    {
        if (writer.IsComplete) progress.Note("all updates are there already");
        else if (writer.Written > 0) progress.Note($"going on after {Figures.Count(writer.Written, "update")}");
        try
        {
            while (writer.Written < info.Updates)
            {
                if (stop.IsCancellationRequested)
                {
                    string done = $"{Figures.Count(writer.Written)} of {Figures.Count(info.Updates, "update")}";
                    throw new StoppedException($"stopped after {done}; --resume goes on with {writer.Partial}.");
                }

                writer.WriteNext();
                if (progress.IsDue) progress.Show("masks", (double)writer.Written / info.Updates, $"{Figures.Count(writer.Bytes)} bytes");
            }

            writer.Finish();
        }
        catch (FileProblemException exception)
        {
            throw new FailureException($"{exception.Message}\n--resume goes on with {writer.Partial}.", exception);
        }
    }

    private static MaskScheduleWriter Start(string output, MaskScheduleInfo info, bool resume)
    {
        try
        {
            return MaskScheduleWriter.Start(output, info, resume);
        }
        catch (ArgumentException exception)
        {
            throw new UsageException($"there can be no such schedule: {Failures.OneLine(exception)}.");
        }
    }

    private static void WritePage(TextWriter output, LanguageModelRecipe recipe, MaskScheduleInfo info)
    {
        var sampler = new MaskSampler(info.Seed, info.Dropout);
        HtmlPage.Begin(output, $"masks of {recipe.Name}");
        output.WriteLine($"<h1>The first of {Figures.Count(info.Updates, "update")}</h1>");
        output.WriteLine($"<p>{HtmlPage.Text(recipe.Name)}, seed {info.Seed}<br>{HtmlPage.Text(Schedules.Describe(recipe.Dropout))}</p>");

        // What is not drawn need not be made; one more of each, so that the page can say that there are more.
        int timeSteps = Math.Min(info.TimeSteps, MaskPictures.MostTimeSteps + 1);
        MaskPictures.Write(output, [.. info.Places.Take(MaskPictures.MostPictures + 1).Select(place => Draw(sampler, place, timeSteps))]);
        HtmlPage.End(output);
    }

    private static WeightInputs Draw(MaskSampler sampler, MaskPlace place, int timeSteps)
    {
        int[] keep = new int[place.Units];
        int[][] masks = [.. Enumerable.Range(0, timeSteps).Select(t => keep[..sampler.Keep(place, default, t, keep)])];
        return new WeightInputs(place.Name, place.Units, masks);
    }

    private static UsageException Missing(Option option) =>
        new($"{option.Name} is missing; --steps and --out are required.") { LacksWords = true };
}
