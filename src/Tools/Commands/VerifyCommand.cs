using System.CommandLine;
using TinySD.Formats;
using TinySD.Formats.Container;
using TinySD.Formats.Exchange;
using TinySD.Formats.Exchange.Onnx;
using TinySD.Formats.Exchange.Safetensors;
using TinySD.Formats.Schedules;
using TinySD.Tools.Display;
using TinySD.Tools.Errors;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd verify</c>: checks every checksum and names what is damaged.</summary>
internal static class VerifyCommand
{
    private const string NoChecksums = ", whose numbers this format has no checksums for";

    public static Command Create(CommonOptions common)
    {
        var file = new FileArgument("FILE",
            "A file of TinySD (.tsd or .tss); of safetensors and ONNX the structure, since they have no checksums.");
        var command = new Command("verify", "Check every checksum of a file and name what is damaged. Exit code 1 if anything is.")
        {
            file,
        };
        command.SetAction(parsed => Run(common.Read(parsed), parsed.GetRequiredValue(file)));
        return command;
    }

    private static int Run(CliContext context, string path)
    {
        (long bytes, string content, IReadOnlyList<FileProblem> problems) = FileFormats.Of(path) switch
        {
            FileFormat.MaskSchedule => CheckSchedule(path),
            FileFormat.Safetensors => CheckSafetensors(path),
            FileFormat.Onnx => CheckOnnx(path),
            _ => Check(path),
        };
        string[] damaged = [.. problems.Select(p => p.Part ?? "file").Distinct(StringComparer.Ordinal)];
        if (context.Json)
        {
            var result = new VerifyResult(problems.Count == 0, damaged, [.. problems.Select(p => p.Message)]);
            CliJson.Write(context.Console.Out, result, CliJson.Default.VerifyResult);
        }
        else if (problems.Count == 0)
        {
            context.Console.Out.WriteLine($"{path}: ok, {content}, {Figures.Count(bytes, "byte")}");
        }
        else
        {
            foreach (string name in damaged) context.Console.Out.WriteLine($"{path}: damaged {name}");
        }

        foreach (FileProblem problem in problems) context.Console.Error.WriteLine($"tinysd verify: {problem.Message}");
        return problems.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static (long Bytes, string Content, IReadOnlyList<FileProblem> Problems) Check(string path)
    {
        if (!TsdFile.TryOpen(path, out TsdFile? file, out FileProblem? problem)) return Unopened(problem);
        using (file) return (file.Length, Figures.Count(file.Tensors.Length, "tensor"), file.Verify());
    }

    private static (long Bytes, string Content, IReadOnlyList<FileProblem> Problems) CheckSchedule(string path)
    {
        if (!MaskScheduleFile.TryOpen(path, out MaskScheduleFile? file, out FileProblem? problem)) return Unopened(problem);
        using (file) return (file.Length, Figures.Count(file.Info.Updates, "update"), file.Verify());
    }

    private static (long Bytes, string Content, IReadOnlyList<FileProblem> Problems) CheckSafetensors(string path)
    {
        if (!SafetensorsFile.TryOpen(path, out SafetensorsFile? file, out FileProblem? problem)) return Unopened(problem);
        using (file) return (file.Length, $"{Figures.Count(file.Tensors.Length, "tensor")}{NoChecksums}", []);
    }

    private static (long Bytes, string Content, IReadOnlyList<FileProblem> Problems) CheckOnnx(string path) =>
        OnnxNetwork.TryOpen(path, out OnnxNetwork? network, out FileProblem? problem)
            ? (network.Length, $"{Figures.Count(network.Tensors.Count(), "tensor")}{NoChecksums}", [.. network.Problems])
            : Unopened(problem);

    // What was never a TinySD file, cannot be read, or is of another build's is no damaged one.
    private static (long Bytes, string Content, IReadOnlyList<FileProblem> Problems) Unopened(FileProblem problem) =>
        problem.Fault == Fault.File ? (0, "", [problem]) : throw new FileProblemException(problem);
}
