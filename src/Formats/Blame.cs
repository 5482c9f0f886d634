namespace TinySD.Formats;

/// <summary>Whose fault a problem with a file is: who must change something.</summary>
public enum Fault
{
    /// <summary>The file's: it is damaged, or the program that wrote it broke a rule.</summary>
    File,

    /// <summary>The caller's: the file is right, or not there, and what was asked of it, given with it, or the place it was asked in is
    /// not.</summary>
    Caller,

    /// <summary>This build's: the file is right, and asks for what this build does not do.</summary>
    Program,
}

/// <summary>Puts each fault at its door: one wording for each, and the fault of every kind of problem.</summary>
internal static class Blame
{
    /// <summary>The sentence that ends a message about a file that contradicts itself. Only such a file's writer can be blamed.</summary>
    public const string OnWriter = "The program that wrote it is at fault.";

    /// <summary>A file that is whole and contradicts itself.</summary>
    public static FileProblem Writer(FileProblemKind kind, string file, string what) =>
        new(kind, file, $"{file} cannot be used: {what}. {OnWriter}");

    /// <summary>A file that is right, and is given what it does not take.</summary>
    public static FileProblem Caller(string file, string given, string what) =>
        new(FileProblemKind.DoesNotFit, file, $"{file} cannot be run on {given}: {what}");

    /// <summary>A file that is right, and asks for what this build does not do.</summary>
    public static FileProblem Program(string file, string what) =>
        new(FileProblemKind.Unsupported, file, $"{file} is not supported: {what}");

    /// <summary>Whose fault a kind of problem is.</summary>
    public static Fault Of(FileProblemKind kind) => kind switch
    {
        FileProblemKind.NotFound or FileProblemKind.IsDirectory or FileProblemKind.NotRegularFile or FileProblemKind.AccessDenied
            or FileProblemKind.MissingFolder or FileProblemKind.NoSpace or FileProblemKind.ReadFailed or FileProblemKind.WriteFailed
            or FileProblemKind.InUse or FileProblemKind.Foreign or FileProblemKind.WrongKind or FileProblemKind.DoesNotFit
            or FileProblemKind.NumberTooLarge or FileProblemKind.UnknownToken => Fault.Caller,
        FileProblemKind.NewerVersion or FileProblemKind.Unsupported or FileProblemKind.TensorUnsupported
            or FileProblemKind.TooManyTokens => Fault.Program,
        _ => Fault.File,
    };
}
