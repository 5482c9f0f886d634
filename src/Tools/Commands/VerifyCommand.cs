using TinySD.Tools.Files;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd verify</c>: checks every checksum and names what is damaged.</summary>
internal static class VerifyCommand
{
    public static Command Create(CommonOptions common, FileKinds kinds)
    {
        var file = new FileArgument("FILE",
            "A file of TinySD (.tsd or .tss); of safetensors and ONNX the structure, since they have no checksums.");
        var command = new Command("verify", "Check every checksum of a file and name what is damaged. Exit code 1 if anything is.")
        {
            file,
        };
        command.SetAction(parsed => Run(common.Read(parsed), parsed.GetRequiredValue(file), kinds));
        return command;
    }

    private static int Run(CliContext context, string path, FileKinds kinds)
    {
        (long bytes, string content, IReadOnlyList<FileProblem> problems) = Check(path, kinds);
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

    private static Verification Check(string path, FileKinds kinds)
    {
        try
        {
            return kinds.Of(path).Verify(path);
        }
        catch (FileProblemException exception) when (exception.Problem.Fault == Fault.File)
        {
            // What was never a TinySD file, cannot be read, or is of another build's is no damaged one.
            return new(0, "", [exception.Problem]);
        }
    }
}
