namespace TinySD.Tools.Errors;

/// <summary>What there was no memory for, and what helps the command that wanted it.</summary>
internal static class Memory
{
    // How the runtime's own words begin, and those about a thread.
    private const string Wanted = "no memory for ", Thread = "no memory for thread ";

    private const string Sizes = "lower --hidden, --layers, --batch or --bptt";

    /// <summary>What was wanted, in the runtime's words where it has some.</summary>
    public static string Message(Exception exception) => exception.Message.StartsWith(Wanted, StringComparison.Ordinal)
        ? exception.Message
        : "there is not enough memory for what was asked";

    /// <summary>What the user of a command, as typed, can do.</summary>
    public static string AdviceFor(string command, Exception exception) => exception.Message.StartsWith(Thread, StringComparison.Ordinal)
        ? "Give fewer --threads, or lift a limit that was set (ulimit -u, ulimit -v, a container's on processes)."
        : $"Close other programs, lift a limit that was set (ulimit -v, a container's), or {WhatHelps(command)}.";

    private static string WhatHelps(string command) => command switch
    {
        "tinysd train lm" => Sizes,
        "tinysd reproduce lm" => $"{Sizes}, or run fewer --threads",
        "tinysd reproduce noise" or "tinysd demo" or "tinysd hw detect" => "run it with fewer --threads",
        "tinysd train translator" => "lower --hidden, --batch, --max-length or the sizes of the vocabularies",
        "tinysd translate" => "lower --beam, --batch or --max-length",
        "tinysd eval" => "lower --streams, --mc-samples or --cache",
        "tinysd generate" or "tinysd score" => "take a smaller model",
        "tinysd run" => "give fewer steps or sequences at once, or fewer --threads",
        "tinysd bench" or "tinysd schedule" or "tinysd hw simulate" => Sizes,
        _ => "work on a machine with more: the command needs as much as the file is long, several times over",
    };
}
