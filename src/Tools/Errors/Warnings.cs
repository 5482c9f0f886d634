namespace TinySD.Tools.Errors;

/// <summary>What a command says on standard error beside its results, each thing once; <c>--quiet</c> is about progress and does not
/// silence it.</summary>
/// <param name="error">Standard error.</param>
/// <param name="command">The command as its errors name it: <c>tinysd train lm</c>.</param>
internal sealed class Warnings(TextWriter error, string command)
{
    private readonly HashSet<string> _said = [];

    /// <summary>Says it.</summary>
    public void Say(string warning)
    {
        if (_said.Add(warning)) error.WriteLine($"{command}: warning: {warning}");
    }

    /// <summary>Says of options that they have no effect, in one line.</summary>
    /// <param name="options">Their names; nothing is said where there are none.</param>
    /// <param name="why">Why, and what to do if it should be otherwise; what goes on after <c>has no effect</c>.</param>
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
