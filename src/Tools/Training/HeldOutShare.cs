using TinySD.Tools.Options;

namespace TinySD.Tools.Training;

/// <summary>Divides a training file where a part of it is validated on.</summary>
internal static class HeldOutShare
{
    private const float Usual = 0.1f;

    /// <summary>What the help says of that option where it need not be given.</summary>
    public static string UsualHelp { get; } = $"[default: {OptionWords.Share.NameOf(Usual)}]";

    /// <summary>The option that says so.</summary>
    public const string OptionName = "--valid-fraction";

    /// <summary>The options of a new run about data, with the usual share where neither they nor a file say what validates.</summary>
    public static IReadOnlyDictionary<string, string> Settle(IReadOnlyDictionary<string, string> given, bool hasFile) =>
        hasFile || given.ContainsKey(OptionName)
            ? given
            : new Dictionary<string, string>(given) { [OptionName] = OptionWords.Share.NameOf(Usual) };

    /// <summary>Says so, in a line or in none.</summary>
    /// <param name="given">The options as they were given.</param>
    /// <param name="settled">What <see cref="Settle"/> made of them.</param>
    /// <param name="train">What is trained on.</param>
    /// <param name="noun">What it is of: texts.</param>
    /// <param name="file">The option of a file.</param>
    public static IEnumerable<string> Told(
        IReadOnlyDictionary<string, string> given, IReadOnlyDictionary<string, string> settled, string train, string noun, string file) =>
        settled == given
            ? []
            : [$"{train}: {Figures.Percent(Usual)} of its {noun} validate, drawn by lot; {file} FILE takes others"];

    /// <summary>The error of a validation file beside it.</summary>
    public static UsageException Contradiction(string file) =>
        new($"{OptionName} validates on a part of --train; leave out {file}, or {OptionName}.");

    /// <summary>The numbers of what is trained on and of what is held out.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="count">How many it has.</param>
    /// <param name="noun">What they are called.</param>
    /// <param name="share">The share that is held out.</param>
    /// <param name="seed">Decides which.</param>
    /// <exception cref="FailureException">There are too few.</exception>
    public static RowSplit Divide(string path, int count, string noun, double share, ulong seed)
    {
        try
        {
            return RowSplit.Share(new int[count], share, seed);
        }
        catch (ArgumentException exception)
        {
            throw new FailureException(
                $"{path} has {Figures.Count(count, noun)}, too few to hold some out: {Failures.OneLine(exception)}.");
        }
    }
}
