using TinySD.Tools.Files;
using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd compare</c>: models of one task side by side.</summary>
internal sealed class CompareCommand : CliCommand
{
    private readonly FileArguments _models = new("MODEL", "Two or more models of one task (.tsd).");
    private readonly FileOption _report = FileOption.Output("--report",
        "Write the curves and what differs as one HTML page that needs nothing beside itself.");

    private readonly FileKinds _kinds;

    public CompareCommand(CommonOptions common, FileKinds kinds)
        : base(
            "compare",
            "Show models of one task side by side. What differs of their settings, data, sizes and results stands in a table, and their " +
            "validation curves in one drawing.",
            common)
    {
        _kinds = kinds;
        AddAll(_models, _report);
    }

    protected override int Run(ParseResult parsed, CliContext context)
    {
        string[] paths = parsed.GetRequiredValue(_models);
        if (paths.Length < 2) throw new UsageException("there is one model only; two or more are compared.");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string path in paths)
        {
            if (!seen.Add(Path.GetFullPath(path))) throw new UsageException($"{path} is given twice; a model is like itself.");
        }

        string? report = parsed.GetValue(_report);
        if (report is not null) OutputFile.CheckWritable(report);
        var comparison = new ModelComparison(Array.ConvertAll(paths, path => _kinds.Of(path).Compare(path)));
        if (report is not null) comparison.Save(report, CommandLine.Of(parsed));
        if (context.Json) comparison.WriteJson(context.Console.Out);
        else comparison.Write(context.Console);
        return ExitCode.Done;
    }
}
