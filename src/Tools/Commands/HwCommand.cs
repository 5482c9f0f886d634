using System.CommandLine;
using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd hw</c>: the parent of the verbs about hardware.</summary>
internal static class HwCommand
{
    public static Command Create(CommonOptions common) =>
        new("hw", "What hardware makes of structured dropout.") { HwSimulateCommand.Create(common) };
}
