namespace TinySD.Runtime.Tests;

/// <summary>Catches what a call throws, so that one line can check its type and message.</summary>
internal static class Messages
{
    /// <summary>The message of the <typeparamref name="TException"/> (or a kind of it) that the action throws.</summary>
    public static string Of<TException>(Action action)
        where TException : Exception
    {
        try
        {
            action();
        }
        catch (TException exception)
        {
            return exception.Message;
        }

        throw new InvalidOperationException($"no {typeof(TException).Name} was thrown");
    }

    /// <summary>The message of what a call throws that would return something.</summary>
    public static string Of<TException>(Func<object?> call)
        where TException : Exception => Of<TException>((Action)(() => call()));
}
