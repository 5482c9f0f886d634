using System.CommandLine;
using TinySD.Benchmarks.Inference;
using TinySD.Benchmarks.Reports;
using TinySD.Runtime.Models;
using TinySD.Runtime.Threading;

namespace TinySD.Benchmarks.Commands;

/// <summary>Single steps of an LSTM layer as a device makes them: TinySD in every number format, and ONNX Runtime, in turn in one
/// process.</summary>
internal static class InferenceStepsCommand
{
    /// <summary>The one peer.</summary>
    public const string Peer = "onnxruntime";

    private const string PeerName = "ONNX Runtime";

    // Inputs that calls in a row are given in turn.
    private const int InputCalls = 16;

    // Single precision in another order of sums, over a dozen calls whose states are fed back.
    private const double PeerAllowed = 1e-4;

    public static Command Create()
    {
        var shapes = new Option<StepShape[]>("--shapes")
        {
            HelpName = "I/H[xB64][xT35]",
            Description = "Inputs and units, and where it is not 1 the batch B or the steps T of a call. [default: "
                + string.Join(' ', StepShape.Usual.Select(shape => shape.Name)) + "]",
            AllowMultipleArgumentsPerToken = true,
            CustomParser = result =>
            {
                StepShape?[] parsed = [.. result.Tokens.Select(token => StepShape.Parse(token.Value))];
                int wrong = Array.IndexOf(parsed, null);
                if (wrong >= 0)
                {
                    result.AddError(
                        $"--shapes has '{result.Tokens[wrong].Value}'; expected for example 650/650, 650/650xT35 or 128/128xB64.");
                }

                return parsed!;
            },
        };
        var formats = new Option<string[]>("--formats")
        {
            HelpName = string.Join('|', StackPath.All.Select(path => path.Name)),
            Description = "Number formats of TinySD's weights. [default: all]",
            AllowMultipleArgumentsPerToken = true,
        };
        formats.AcceptOnlyFromAmong([.. StackPath.All.Select(path => path.Name)]);
        Option<int> threads = CommonOptions.Threads();
        (Option<int> rounds, Option<int> block, Option<int> other) = CommonOptions.Race();
        Option<string?> library = new("--library")
        {
            HelpName = "FILE",
            Description = "TinySD's native library, libtinysd.so, for the table of what a program takes along.",
        };
        Option<string?> peer = CommonOptions.InferencePeer(), output = CommonOptions.Out();
        Option<bool> json = CommonOptions.Json();
        var command = new Command(
            "inference-steps", "Time single steps of an LSTM layer: TinySD in every number format, and a peer, in turn in one process.")
        {
            shapes, formats, threads, rounds, block, other, library, peer, json, output,
        };
        command.SetAction(parsed =>
        {
            ResultsFile.Check(parsed.GetValue(output));
            string[] asked = parsed.GetValue(formats) is { Length: > 0 } names ? names : [.. StackPath.All.Select(path => path.Name)];
            StackPath[] paths = [.. StackPath.All.Where(path => asked.Contains(path.Name))];
            StepShape[] over = parsed.GetValue(shapes) is { Length: > 0 } given ? given : [.. StepShape.Usual];
            bool withPeer = parsed.GetValue(peer) is not null;
            int count = parsed.GetValue(threads);
            var length = new RaceLength(
                parsed.GetValue(rounds), parsed.GetValue(block), (long)parsed.GetValue(other) << 20);
            if (withPeer) LoadPeer();
            (string Name, long Bytes)[] deployed = [.. withPeer ? PeerFiles() : [], .. OwnFiles(parsed.GetValue(library))];
            using var pool = new WorkerPool(count);
            var load = new OtherLoad();
            ShapeTimes[] races = [.. over.Select(shape => Measure(shape, paths, withPeer, pool, length))];
            string loaded = load.Describe();
            string basis = withPeer ? PeerName : Named(paths[0]);
            var report = new StepperReport(races, basis, deployed);
            string title = $"inference steps: {string.Join(' ', over.Select(shape => shape.Name))}, {count} "
                + $"{(count == 1 ? "thread" : "threads")}{(withPeer ? $", {PeerName}" : "")}{(Machine.IsNative ? ", native" : "")}";
            string note = $"Rounds: {length.Rounds}; {length.BlockMilliseconds} ms of calls in a row each, after one call after other "
                + $"work, which walks over {length.OtherBytes >> 20} MiB. Differences are from float32's outputs."
                + PeerDescription(withPeer) + loaded;
            Section section = Section.Create(title, parsed, note, report.Tables());
            if (parsed.GetValue(json)) JsonReport.Write(parsed, loaded, report.WriteMembers);
            else Console.WriteLine($"{section.Title}\n\n{section.Body}");
            ResultsFile.Update(parsed.GetValue(output), section);
        });
        return command;
    }

    private static string Named(StackPath path) => $"TinySD, {path.Name}";

    private static ShapeTimes Measure(
        StepShape shape, IReadOnlyList<StackPath> paths, bool withPeer, WorkerPool pool, RaceLength length)
    {
        RecurrentStack stack = shape.NewStack();
        var steppers = new List<IStepper>();
        using var reference = new StackStepper("TinySD in single precision", shape, stack, pool);
        try
        {
            var allowed = new List<double>();
            if (withPeer)
            {
                CheckExport(shape, stack, reference, pool.ThreadCount);
                steppers.Add(CreatePeer(shape, stack, pool.ThreadCount));
                allowed.Add(PeerAllowed);
            }

            foreach (StackPath path in paths)
            {
                steppers.Add(new StackStepper(Named(path), shape, path.Convert(stack), pool));
                allowed.Add(path.Allowed);
            }

            double[] differences = StepperCheck.Differences(shape, reference, [.. steppers.Zip(allowed)]);
            float[][] inputs = shape.NewInputs(InputCalls);
            Racer[] racers =
                [.. steppers.Select(stepper => new Racer(stepper.Name, call => stepper.Step(inputs[call % InputCalls])))];
            IReadOnlyList<RaceTimes> times = Race.Run(shape.Name, racers, length, Console.Error.WriteLine);
            return new(shape, [.. times.Zip(differences, (own, difference) => new StepperTimes(own, difference))]);
        }
        finally
        {
            foreach (IStepper stepper in steppers) stepper.Dispose();
        }
    }

    private static IEnumerable<(string Name, long Bytes)> OwnFiles(string? library)
    {
        if (library is not null)
        {
            var file = new FileInfo(library);
            if (!file.Exists) throw new BenchmarkException($"{library} is not there; dotnet publish src/Native makes it.");
            yield return ($"TinySD: {file.Name}, which needs no .NET", file.Length);
        }

        // A native build has no file of its own for it.
        var managed = new FileInfo(Path.Combine(AppContext.BaseDirectory, "TinySD.Runtime.dll"));
        if (managed.Exists) yield return ($"TinySD: {managed.Name}", managed.Length);
    }

#if PEERS
    private static void LoadPeer() => OnnxRuntime.OnnxRuntimeNatives.Load();

    private static string PeerDescription(bool withPeer) => withPeer ? OnnxRuntime.OnnxRuntimeNatives.Description : "";

    private static IReadOnlyList<(string Name, long Bytes)> PeerFiles() => OnnxRuntime.OnnxRuntimeNatives.Deployed;

    private static OnnxRuntime.OnnxRuntimeStepper CreatePeer(StepShape shape, RecurrentStack stack, int threads) =>
        new(PeerName, shape, OnnxRuntime.LstmGraph.Bare(shape, stack), threads);

    // What TinySD writes for others says to them what it says to TinySD.
    private static void CheckExport(StepShape shape, RecurrentStack stack, IStepper reference, int threads)
    {
        using var exported = new OnnxRuntime.OnnxRuntimeStepper(
            $"{PeerName} on the exported file", shape, OnnxRuntime.LstmGraph.Exported(shape, stack), threads);
        StepperCheck.Differences(shape, reference, [(exported, PeerAllowed)]);
    }
#else
    private static void LoadPeer() => throw new BenchmarkException(
        $"a native build has no peers: time {PeerName} with a build with -p:OnnxRuntime=true.");

    private static string PeerDescription(bool withPeer) => "";

    private static IReadOnlyList<(string Name, long Bytes)> PeerFiles() => [];

    private static IStepper CreatePeer(StepShape shape, RecurrentStack stack, int threads) => throw new NotSupportedException();

    private static void CheckExport(StepShape shape, RecurrentStack stack, IStepper reference, int threads)
    {
    }
#endif
}
