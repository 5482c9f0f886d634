using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TinySD.Tools.Tests;

/// <summary>Lets another version's program write the files and its figures of them, by hand; see the README beside.</summary>
/// <remarks>Nothing of the build under test takes part: every file and every figure is the other program's.</remarks>
public sealed class EarlierRecorder
{
    // The version that shows all in any case, and lacks some options.
    private const string First = "0.1.0";

    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _program = Environment.GetEnvironmentVariable("TINYSD_EARLIER_PROGRAM") ?? "";
    private readonly string _version = Environment.GetEnvironmentVariable("TINYSD_EARLIER_VERSION") ?? "";

    // Checkpoints keep the whole path of the model to write: this one is the same on every machine.
    private string Work => $"/tmp/tinysd-earlier/{_version}";

    private string Target => EarlierFiles.Folder(_version);

    [Test]
    [Explicit]
    public async Task Write()
    {
        bool isTold = _program.Length > 0 && _version.Length > 0;
        await Assert.That(isTold).IsTrue().Because("TINYSD_EARLIER_PROGRAM and TINYSD_EARLIER_VERSION say what to write");
        if (Directory.Exists(Work)) Directory.Delete(Work, recursive: true);
        if (Directory.Exists(Target)) Directory.Delete(Target, recursive: true);
        Directory.CreateDirectory(Work);
        foreach (string folder in (string[])["texts", "sources"])
        {
            foreach (string file in Directory.GetFiles(Path.Combine(EarlierFiles.Data, folder)))
                File.Copy(file, Place(Path.GetFileName(file)));
        }

        bool Has(EarlierRun run) => _version != First || !run.IsAfterFirst;
        var figures = new JsonObject
        {
            ["models"] = Of(EarlierCases.Models().Where(Has), run => run.Name, Model),
            ["checkpoints"] = Of(EarlierCases.Checkpoints().Where(Has), run => run.Name, Checkpoint),
            ["schedules"] = Of(EarlierCases.Schedules().Where(Has), run => run.Name, Schedule),
            ["stacks"] = Of(EarlierCases.Stacks(), stack => stack.Name, Stack),
            ["grid"] = Grid(),
        };
        await File.WriteAllTextAsync(EarlierFiles.Figures(Target), Text(figures, depth: 3, "") + "\n");
        Directory.Delete(Work, recursive: true);
    }

    // A line for each thing that was recorded of a case.
    private static string Text(JsonNode? node, int depth, string indent)
    {
        if (depth == 0 || node is not JsonObject fields) return node?.ToJsonString(s_json) ?? "null";
        string inner = indent + "  ";
        IEnumerable<string> lines = fields.Select(field => $"{inner}\"{field.Key}\": {Text(field.Value, depth - 1, inner)}");
        return $"{{\n{string.Join(",\n", lines)}\n{indent}}}";
    }

    private static JsonObject Of<T>(IEnumerable<T> items, Func<T, string> name, Func<T, JsonObject> record)
    {
        var all = new JsonObject();
        foreach (T item in items) all[name(item)] = record(item);
        return all;
    }

    private JsonObject Model(EarlierRun run)
    {
        string file = run.Name + ".tsd";
        string trained = Run([.. EarlierCases.Train(run, name => name, file), "--no-checkpoints"]);
        Keep(file, "models");
        return new()
        {
            ["trained"] = EarlierFiles.Lasting(trained),
            ["inspected"] = Inspect(file),
            ["evaluated"] = EarlierFiles.Lasting(Run("eval", file, "--data", "test.txt", "--json")),
            ["generated"] = Run(["generate", .. Generate(file)]),
        };
    }

    /// <summary>What is generated from a model to see its tokens.</summary>
    internal static string[] Generate(string file) => [file, "--length", "40", "--seed", "3", "--temperature", "1.5", "--top-k", "8"];

    // The checkpoint of an unbroken run: what it came to in the end is what a resumed one must come to.
    private JsonObject Checkpoint(EarlierRun run)
    {
        if (run.Schedule is not null) WriteSchedule(run, "checkpoints");
        string every = run.Cut.ToString(CultureInfo.InvariantCulture);
        string file = $"checkpoint-{run.Cut.ToString("D8", CultureInfo.InvariantCulture)}.tsd";
        string[] keep = ["--checkpoint", "ck", "--checkpoint-every", every, "--checkpoint-keep", "1000"];
        string trained = Run([.. EarlierCases.Train(run, name => name, "model.tsd"), .. keep]);
        Keep($"ck/{file}", $"checkpoints/{run.Name}");
        JsonObject inspected = Inspect($"ck/{file}").AsObject();
        inspected.Remove("tensors"); // they are many, and are what the run goes on from
        var recorded = new JsonObject
        {
            ["trained"] = EarlierFiles.Lasting(trained),
            ["model"] = Inspect("model.tsd")["tensors"]!.DeepClone(),
            ["inspected"] = inspected,
        };
        Directory.Delete(Place("ck"), recursive: true);
        return recorded;
    }

    private JsonObject Schedule(EarlierRun run)
    {
        WriteSchedule(run, "schedules");
        string trained = Run([.. EarlierCases.Train(run, name => name, "model.tsd"), "--no-checkpoints"]);
        return new()
        {
            ["trained"] = EarlierFiles.Lasting(trained),
            ["model"] = Inspect("model.tsd")["tensors"]!.DeepClone(),
            ["inspected"] = Inspect(run.Name + ".tss"),
        };
    }

    private JsonObject Stack(EarlierStack stack)
    {
        string file = stack.Name + ".tsd";
        Run(["import", stack.Source, "--out", file, .. stack.Options]);
        Keep(file, "stacks");
        Run("run", file, "--input", stack.Input, "--output", "y.safetensors");
        return new()
        {
            ["input"] = stack.Input,
            ["inspected"] = Inspect(file),
            ["output"] = EarlierFiles.Tensors(Place("y.safetensors")),
        };
    }

    // One grid in one go, and one stopped in its third run.
    private JsonObject Grid()
    {
        string[] Args(string folder) =>
            ["reproduce", "lm", .. EarlierCases.Texts(name => name), "--dir", folder, .. EarlierCases.Grid, "--json"];
        JsonNode reported = EarlierFiles.Lasting(Run(Args("whole")));
        JsonObject models = Of(
            Directory.GetDirectories(Place("whole")).Order(StringComparer.Ordinal),
            path => Path.GetFileName(path),
            path => new() { ["tensors"] = Inspect(Path.Combine(path, "model.tsd"))["tensors"]!.DeepClone() });
        for (int attempt = 0; attempt < 50; attempt++)
        {
            if (Directory.Exists(Place("grid"))) Directory.Delete(Place("grid"), recursive: true);
            Execute(Args("grid"), "run 3/10 nr-rh-st-seed1: epoch 2/6");
            bool isHalf = Directory.GetDirectories(Place("grid")).Any(path => Directory.GetFiles(path, "checkpoint-*").Length > 0);
            if (!isHalf) continue;
            foreach (string path in Directory.GetFiles(Place("grid"), "*", SearchOption.AllDirectories))
            {
                string file = Path.GetRelativePath(Work, path);
                if (Path.GetFileName(file) != "lock") Keep(file, Path.GetDirectoryName(file)!);
            }

            return new() { ["reported"] = reported, ["models"] = models };
        }

        throw new InvalidOperationException("the grid was never stopped in a run");
    }

    private JsonNode Inspect(string file)
    {
        string[] all = _version == First ? [] : ["--all"];
        return EarlierFiles.Lasting(Run(["inspect", file, "--json", .. all]));
    }

    private void WriteSchedule(EarlierRun run, string kind)
    {
        Run(EarlierCases.WriteSchedule(run));
        Keep(run.Name + ".tss", kind);
    }

    private string Run(params string[] args)
    {
        (int code, string output, string error) = Execute(args, null);
        return code == 0 ? output : throw new InvalidOperationException($"{string.Join(' ', args)}: {error}");
    }

    private (int Code, string Out, string Error) Execute(string[] args, string? stopAt)
    {
        ProcessStartInfo start = new("dotnet", [_program, .. args])
        {
            WorkingDirectory = Work,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        var error = new List<string>();
        while (process.StandardError.ReadLine() is { } line)
        {
            error.Add(line);
            if (stopAt is null || !line.StartsWith(stopAt, StringComparison.Ordinal)) continue;
            using Process kill = Process.Start("kill", ["-s", "INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
            kill.WaitForExit();
        }

        process.WaitForExit();
        return (process.ExitCode, output.Result, string.Join('\n', error));
    }

    private void Keep(string file, string folder)
    {
        Directory.CreateDirectory(Path.Combine(Target, folder));
        File.Copy(Place(file), Path.Combine(Target, folder, Path.GetFileName(file)), overwrite: true);
    }

    private string Place(string name) => Path.Combine(Work, name);
}
