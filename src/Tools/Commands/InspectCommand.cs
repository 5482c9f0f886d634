using TinySD.Tools.Files;
using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd inspect</c>: what a file holds, without reading its tensors.</summary>
internal sealed class InspectCommand : CliCommand
{
    private readonly FileArgument _file = new("FILE", "A file of TinySD (.tsd or .tss), safetensors or ONNX.");
    private readonly Option<bool> _all = new("--all") { Description = "Show all tensors and texts, and all of each, not only the first." };
    private readonly FileKinds _kinds;

    public InspectCommand(CommonOptions common, FileKinds kinds)
        : base(
            "inspect",
            "Show what a file holds: kind, configuration, vocabulary, how it was trained, tensors. Does not check the tensors: see verify.",
            common)
    {
        _kinds = kinds;
        AddAll(_file, _all);
    }

    protected override int Run(ParseResult parsed, CliContext context)
    {
        string path = parsed.GetRequiredValue(_file);
        _kinds.Of(path).Inspect(path, report => report.Write(context, parsed.GetValue(_all)));
        return ExitCode.Done;
    }
}
