using TinySD.Tools.Json;
using TinySD.Tools.Machines;
using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd hw detect</c>: a profile of this machine.</summary>
internal sealed class HwDetectCommand : CliCommand
{
    private const string DefaultName = "this-machine", Suffix = ".json";

    private readonly FileOption _out =
        FileOption.Output("--out", $"The file to write. [default: the profile's name and {Suffix}, here]");

    private readonly Option<string?> _name = new("--name")
    {
        HelpName = "NAME", Description = $"The profile's name. [default: the file's, or {DefaultName}]",
    };

    private readonly Option<int?> _threads = Ranged.Threads();

    public HwDetectCommand(CommonOptions common)
        : base(
            "detect",
            "Write a hardware profile of this machine. Caches and cores as the system tells them, tiles by timing the products of " +
            "training, which takes a few seconds. Nothing is changed that is not clearly faster. Other programs running at the same time " +
            "spoil the search.",
            common) =>
        AddAll(_out, _name, _threads);

    protected override int Run(ParseResult parsed, CliContext context)
    {
        string? givenName = parsed.GetValue(_name), named = parsed.GetValue(_out);
        int threads = Ranged.ThreadsOf(parsed, _threads);
        MachineFacts facts = MachineFacts.Here;
        string name = givenName ?? (named is null ? DefaultName : NameOf(named));
        string output = named ?? name + Suffix;
        HardwareProfile best = BuiltInProfiles.BestFor(CpuFeatures.Here)
            ?? throw new FailureException("no built-in profile runs on this processor, so there is none to start from.");
        CheckName(name, givenName is null ? "--out" : "--name", best);
        string stem = NameOf(output);
        if (BuiltInProfiles.Names.Contains(stem))
            throw new UsageException($"--out {output} would hide the built-in profile {stem} from the profiles beside it; choose another.");
        CheckIsFreeOrProfile(output);
        OutputFile.CheckWritable(output, named is not null);
        HardwareProfile start = ProfileFit.Fit(best, facts);
        using var pool = new WorkerPool(threads);
        var search = new TileSearch(start, new ProductStopwatch(start, pool).Measure);
        IReadOnlyList<TileAnswer> answers = ProgressDisplay.RunToTheEnd(
            context, $"nothing was written to {output}", (progress, stop) => Search(search, threads, progress, stop));
        HardwareProfile profile = DetectedProfile.From(name, best, facts, answers, threads);
        HardwareProfileFile.Save(output, profile);
        if (!context.Json)
        {
            WriteText(context.Console, output, profile, answers, facts);
            return ExitCode.Done;
        }

        DetectTile[] tiles = [.. answers.Select(answer => new DetectTile(answer.Question.Figure, answer.Usual, answer.Found, answer.Gain))];
        var result = new DetectResult(output, profile.Name, profile.Description, profile.Fallback!, threads, tiles);
        CliJson.Write(context.Console.Out, result);
        return ExitCode.Done;
    }

    private static IReadOnlyList<TileAnswer> Search(TileSearch search, int threads, IProgressDisplay progress, CancellationToken stop)
    {
        progress.Note($"timing products on {Figures.Count(threads, "thread")}, a few seconds");
        return search.Run(
            (question, share) =>
            {
                if (progress.IsDue) progress.Show("timing tiles", share, question.Figure);
            },
            stop);
    }

    // The name that a file's would be, where that can be one.
    private static string NameOf(string output) => Path.GetFileNameWithoutExtension(output).ToLower(CultureInfo.InvariantCulture);

    private static void CheckName(string name, string option, HardwareProfile best)
    {
        if (BuiltInProfiles.Names.Contains(name))
            throw new UsageException($"{option} gives the name {name}, which is a built-in profile's; choose another.");
        if ((best with { Name = name, Fallback = null }).FindFault() is { Key: "name" } fault)
            throw new UsageException($"{option} gives the name '{name}', and a profile's {fault.Message}.");
    }

    private static void CheckIsFreeOrProfile(string output)
    {
        if (!File.Exists(output) || HardwareProfileFile.TryLoad(output, out _, out FileProblem? problem)) return;
        throw new FailureException(
            $"{output} is there and is no hardware profile that could be replaced; give another --out. ({problem.Message})");
    }

    private static void WriteText(
        CliConsole console, string file, HardwareProfile profile, IReadOnlyList<TileAnswer> answers, MachineFacts facts)
    {
        SimdMachine simd = profile.Simd!;
        TextWriter output = console.Prose;
        string instructions = Names.Instructions.NameOf(simd.Instructions), cores = Figures.Count(simd.Cores, "core");
        output.WriteLine($"{facts.Processor ?? "This machine"}: {instructions}, {cores}");
        CacheFacts told = facts.Caches;
        string l1 = Size(simd.L1Bytes, told.L1Bytes), l2 = Size(simd.L2Bytes, told.L2Bytes), l3 = Size(simd.L3Bytes, told.L3Bytes);
        output.WriteLine($"caches: L1 {l1}, L2 {l2}, L3 {l3}");
        var table = new Table("tiles", ">default", ">fastest", ">gain");
        foreach (TileAnswer answer in answers)
        {
            (string found, string gain) = answer.IsChanged ? (answer.Found, Figures.Fixed(answer.Gain, 2)) : ("the same", "");
            table.Row(answer.Question.Figure, answer.Usual, found, gain);
        }

        console.Write(table);
        output.WriteLine($"{file} holds the profile {profile.Name}; --profile {file} uses it.");
        if (Profiles.BuiltForLess(CpuFeatures.Here) is { } less) output.WriteLine(less);
    }

    // Where nobody tells, the built-in profile's stands in.
    private static string Size(long bytes, long? told)
    {
        string size = bytes % (1 << 20) == 0 ? $"{Figures.Count(bytes >> 20)} MiB" : $"{Figures.Count(bytes / 1024.0)} KiB";
        return (bytes == 0 ? "none" : size) + (told == bytes ? "" : " (assumed)");
    }
}
