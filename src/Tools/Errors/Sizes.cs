namespace TinySD.Tools.Errors;

/// <summary>Sizes that no block of memory can hold, as the command line's fault.</summary>
internal static class Sizes
{
    /// <summary>Makes something whose sizes a recipe gives.</summary>
    /// <exception cref="UsageException">The sizes are beyond what one block of memory can hold.</exception>
    public static T Checked<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (Exception exception) when (exception is ArgumentException or OverflowException)
        {
            throw new UsageException(
                $"a model and window of these sizes cannot be trained ({Failures.OneLine(exception)}); lower --hidden, --batch or --bptt.");
        }
    }
}
