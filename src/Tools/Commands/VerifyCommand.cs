using TinySD.Tools.Files;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd verify</c>: checks every checksum and names what is damaged.</summary>
internal sealed class VerifyCommand : CliCommand
{
    private readonly FileArgument _file = new("FILE",
        "A file of TinySD (.tsd or .tss); of safetensors and ONNX the structure, since they have no checksums.");

    private readonly FileKinds _kinds;

    public VerifyCommand(CommonOptions common, FileKinds kinds)
        : base("verify", "Check every checksum of a file and name what is damaged. Exit code 1 if anything is.", common)
    {
        _kinds = kinds;
        AddAll(_file);
    }

    protected override int Run(ParseResult parsed, CliContext context)
    {
        string path = parsed.GetRequiredValue(_file);
        (long bytes, string content, IReadOnlyList<FileProblem> problems) = Check(path);
        string[] damaged = [.. problems.Select(p => p.Part ?? "file").Distinct(StringComparer.Ordinal)];
        if (context.Json)
        {
            var result = new VerifyResult(problems.Count == 0, damaged, [.. problems.Select(p => p.Message)]);
            CliJson.Write(context.Console.Out, result);
        }
        else if (problems.Count == 0)
        {
            context.Console.Prose.WriteLine($"{path}: ok, {content}, {Figures.Count(bytes, "byte")}");
        }
        else
        {
            foreach (string name in damaged) context.Console.Prose.WriteLine($"{path}: damaged {name}");
        }

        foreach (FileProblem problem in problems) context.Warnings.Note(problem.Message);
        return problems.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private Verification Check(string path)
    {
        try
        {
            return _kinds.Of(path).Verify(path);
        }
        catch (FileProblemException exception) when (exception.Problem.Fault == Fault.File)
        {
            // What was never a TinySD file, cannot be read, or is of another build's is no damaged one.
            return new(0, "", [exception.Problem]);
        }
    }
}
