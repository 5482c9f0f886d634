namespace TinySD.Tools.Display;

/// <summary>What every command is given beside its own options.</summary>
/// <param name="Console">Where it writes.</param>
/// <param name="Json">Whether results are one JSON object.</param>
/// <param name="Quiet">Whether progress is silenced.</param>
/// <param name="Stop">Set by Ctrl-C and SIGTERM.</param>
/// <param name="Warnings">What is said beside the results.</param>
internal sealed record CliContext(CliConsole Console, bool Json, bool Quiet, StopRequest Stop, Warnings Warnings);
