namespace TinySD.Formats.Tests;

/// <summary>Runs what should be refused and returns the reason.</summary>
internal static class Refused
{
    public static FileProblem By(Action action)
    {
        try
        {
            action();
        }
        catch (FileProblemException exception)
        {
            return exception.Message == exception.Problem.Message && exception.Kind == exception.Problem.Kind
                ? exception.Problem
                : throw new InvalidOperationException("the exception and its problem disagree");
        }

        throw new InvalidOperationException("nothing was refused");
    }
}
