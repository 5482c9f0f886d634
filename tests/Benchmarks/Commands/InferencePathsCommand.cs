using System.CommandLine;
using System.Globalization;
using TinySD.Benchmarks.Inference;
using TinySD.Benchmarks.Reports;
using TinySD.Formats;
using TinySD.Formats.Container;
using TinySD.Formats.Models;

namespace TinySD.Benchmarks.Commands;

/// <summary>Trained models in every way that they can be run: time, bytes and metric.</summary>
internal static class InferencePathsCommand
{
    private const float DefaultDelta = 0.05f;

    public static Command Create()
    {
        var models = new Argument<string[]>("MODEL")
        {
            Description = "Language models and regressors (.tsd).",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string?> text = new("--text") { HelpName = "FILE", Description = "The text that language models are measured on." };
        Option<string?> series = new("--series") { HelpName = "FILE", Description = "The table that regressors are measured on." };
        Option<string?> rows = new("--rows")
        {
            HelpName = "FIRST,COUNT",
            Description = "Rows of the table, the first being 0; those before are their history. [default: all]",
        };
        var paths = new Option<string[]>("--paths")
        {
            Description = "The ways to run them. [default: all]",
            AllowMultipleArgumentsPerToken = true,
        };
        paths.AcceptOnlyFromAmong([.. ModelPath.All(DefaultDelta).Select(path => path.Name)]);
        var delta = new Option<float?>("--delta")
        {
            HelpName = "X",
            Description = $"How much a number must have changed for delta to take it again. [default: {DefaultDelta}]",
        };
        delta.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<float?>() is { } threshold && !(threshold > 0f && float.IsFinite(threshold)))
                result.AddError($"--delta is {threshold}; expected a number above 0.");
        });
        Option<int> most = CommonOptions.Whole(
            "--predictions", int.MaxValue, 1, int.MaxValue, "Predictions that the metric is of, at most: fewer are sooner done.");
        (Option<int> rounds, Option<int> block, Option<int> other) = CommonOptions.Race();
        Option<string?> output = CommonOptions.Out();
        Option<bool> json = CommonOptions.Json();
        var command = new Command(
            "inference-paths", "Tell of trained models, in every way that they can be run, microseconds a step, bytes and metric.")
        {
            models, text, series, rows, paths, delta, most, rounds, block, other, json, output,
        };
        command.SetAction(parsed =>
        {
            ResultsFile.Check(parsed.GetValue(output));
            IReadOnlyList<ModelPath> known = ModelPath.All(parsed.GetValue(delta) ?? DefaultDelta);
            string[] asked = parsed.GetValue(paths) is { Length: > 0 } names ? names : [.. known.Select(path => path.Name)];
            ModelPath[] all = [.. known.Where(path => asked.Contains(path.Name))];
            (int, int)? part = parsed.GetValue(rows) is { } given ? Rows(given) : null;
            var length = new RaceLength(parsed.GetValue(rounds), parsed.GetValue(block), (long)parsed.GetValue(other) << 20);
            var subjects = new List<ISubject>();
            foreach (string path in parsed.GetRequiredValue(models))
                subjects.Add(Subject(path, parsed.GetValue(text), parsed.GetValue(series), part));
            var load = new OtherLoad();
            PathRow[] measured = [.. subjects.SelectMany(subject => Measure(subject, all, length, parsed.GetValue(most)))];
            string loaded = load.Describe();
            string title = $"inference paths: {string.Join(' ', subjects.Select(subject => subject.Name))}"
                + (Machine.IsNative ? ", native" : "");
            string note = $"One thread, a batch of one. Rounds: {length.Rounds}; {length.BlockMilliseconds} ms of steps in a row each, "
                + $"after one step after other work, which walks over {length.OtherBytes >> 20} MiB. Delta takes what has changed by more "
                + $"than {parsed.GetValue(delta) ?? DefaultDelta}. Resident bytes are computed: those of the weights, copies for products "
                + $"included, and the floats that a session asks for.{loaded}";
            Section section = Section.Create(title, parsed, note, PathReport.Table(measured));
            if (parsed.GetValue(json)) JsonReport.Write(parsed, loaded, writer => PathReport.WriteMembers(writer, measured));
            else Console.WriteLine($"{section.Title}\n\n{section.Body}");
            ResultsFile.Update(parsed.GetValue(output), section);
        });
        return command;
    }

    private static IEnumerable<PathRow> Measure(ISubject subject, IReadOnlyList<ModelPath> all, RaceLength length, int most)
    {
        IPathRun[] runs = [.. subject.Paths(all).Select(subject.Open)];
        IReadOnlyList<RaceTimes> times = Race.Run(
            subject.Name, [.. runs.Select(run => new Racer(run.Path, run.Step))], length, Console.Error.WriteLine);
        for (int i = 0; i < runs.Length; i++)
        {
            Console.Error.WriteLine($"{subject.Name}: {subject.Metric} of {runs[i].Path}");
            yield return new(subject, runs[i], times[i], times[0], runs[i].Metric(most));
        }
    }

    private static ISubject Subject(string path, string? text, string? series, (int, int)? rows)
    {
        try
        {
            using (var file = TsdFile.Open(path))
            {
                if (file.Kind == LanguageModelFile.Kind && text is null)
                    throw new BenchmarkException($"{path} is a language model: give a --text to measure it on.");
                if (file.Kind == RegressorFile.Kind && series is null)
                    throw new BenchmarkException($"{path} is a regressor: give a --series to measure it on.");
                if (file.Kind is not (LanguageModelFile.Kind or RegressorFile.Kind))
                    throw new BenchmarkException($"{path} is of kind '{file.Kind}'; expected a language model or a regressor.");
                if (file.Kind == RegressorFile.Kind) return new RegressorSubject(path, series!, rows);
            }

            return new LanguageModelSubject(path, text!);
        }
        catch (FileProblemException problem)
        {
            throw new BenchmarkException(problem.Message);
        }
    }

    private static (int First, int Count) Rows(string text)
    {
        string[] parts = text.Split(',');
        return parts.Length == 2 && Number(parts[0], out int first) && Number(parts[1], out int count) && count > 0
            ? (first, count)
            : throw new BenchmarkException($"--rows is '{text}'; expected the first row and a count, for example 11520,2880.");

        static bool Number(string digits, out int number) =>
            int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
