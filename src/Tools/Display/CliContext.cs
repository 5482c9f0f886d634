namespace TinySD.Tools.Display;

/// <summary>What every command is given beside its own options: where it writes, whether results are one JSON object and progress is
/// silenced, what Ctrl-C and SIGTERM set, and what is said beside the results.</summary>
internal sealed record CliContext(CliConsole Console, bool Json, bool Quiet, StopRequest Stop, Warnings Warnings);
