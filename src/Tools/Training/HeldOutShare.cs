namespace TinySD.Tools.Training;

/// <summary>Divides a training file where a part of it is validated on.</summary>
internal static class HeldOutShare
{
    /// <summary>The option that says so.</summary>
    public const string OptionName = "--valid-fraction";

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
