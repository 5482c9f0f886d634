using TinySD.Tools.Files;
using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd inspect</c>: what a file holds, without reading its tensors.</summary>
internal static class InspectCommand
{
    public static Command Create(CommonOptions common, FileKinds kinds)
    {
        var file = new FileArgument("FILE", "A file of TinySD (.tsd or .tss), safetensors or ONNX.");
        var all = new Option<bool>("--all") { Description = "Show all tensors and texts, and all of each, not only the first." };
        var command = new Command("inspect",
            "Show what a file holds: kind, configuration, vocabulary, how it was trained, tensors. Does not check the tensors: see verify.")
        {
            file, all,
        };
        command.SetAction(parsed =>
        {
            CliContext context = common.Read(parsed);
            string path = parsed.GetRequiredValue(file);
            kinds.Of(path).Inspect(path, report => report.Write(context, parsed.GetValue(all)));
            return ExitCode.Done;
        });
        return command;
    }
}
