namespace TinySD.Tools.Errors;

/// <summary>What a command, named as by its errors, says on standard error beside its results, each thing once; <c>--quiet</c> is about
/// progress and does not silence it.</summary>
internal sealed class Warnings(TextWriter error, string command)
{
    private readonly HashSet<string> _said = [];

    /// <summary>The command as typed.</summary>
    public string Command => command;

    /// <summary>What is no warning.</summary>
    public void Note(string line) => error.WriteLine($"{command}: {line}");

    public void Say(string warning)
    {
        if (_said.Add(warning)) error.WriteLine($"{command}: warning: {warning}");
    }

    /// <summary>Says of options, if there are any, that they have no effect; what goes on after that is why, and what to do.</summary>
    public void NoEffect(IReadOnlyList<string> options, string why)
    {
        if (options.Count == 0) return;
        string names = options.Count == 1 ? options[0] : $"{string.Join(", ", options.Take(options.Count - 1))} and {options[^1]}";
        Say($"{names} {(options.Count == 1 ? "has" : "have")} no effect{why}.");
    }

    /// <summary>Says of an option that it has none, where that is so.</summary>
    public void NoEffect(bool isSo, string option, string why)
    {
        if (isSo) NoEffect([option], why);
    }
}
