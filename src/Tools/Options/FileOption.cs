namespace TinySD.Tools.Options;

/// <summary>An option or argument that names files, and says of each whether its command reads or writes it.</summary>
internal interface IFileSymbol
{
    /// <summary>Adds what the command line says here.</summary>
    void Declare(ParseResult parsed, CommandFiles files);
}

/// <summary>A command that answers what comes on standard input.</summary>
internal interface IAnswersInput;

/// <summary>An option that names a file or a folder; every one that does is one of these, so that no command can forget any.</summary>
internal sealed class FileOption : Option<string>, IFileSymbol
{
    private readonly Action<CommandFiles, string?> _declare;

    /// <summary>One that is neither input nor output alone, with what stands for its value in the help, and what adds the files of a value
    /// or of null where it is not given.</summary>
    public FileOption(string name, string what, string help, Action<CommandFiles, string?> declare)
        : base(name)
    {
        HelpName = what;
        Description = help;
        _declare = declare;
    }

    /// <summary>A file that is read.</summary>
    public static FileOption Input(string name, string help) => new(name, "FILE", help, (files, path) => files.Read(path, name));

    /// <summary>A file that is written, and what is written where the option is not given, if anything.</summary>
    public static FileOption Output(string name, string help, string? fallback = null) =>
        new(name, "FILE", help, (files, path) => files.Write(path ?? fallback, name));

    public void Declare(ParseResult parsed, CommandFiles files) =>
        _declare(files, parsed.GetResult(this) is { Tokens: [{ } word, ..] } ? word.Value : null);
}

internal sealed class FileArgument : Argument<string>, IFileSymbol
{
    private readonly Action<CommandFiles, string?> _declare;

    /// <summary>A file that is read.</summary>
    public FileArgument(string name, string help)
        : this(name, help, (files, path) => files.Read(path, name))
    {
    }

    /// <summary>One that adds the files of a value by itself.</summary>
    public FileArgument(string name, string help, Action<CommandFiles, string?> declare)
        : base(name)
    {
        Description = help;
        _declare = declare;
    }

    public void Declare(ParseResult parsed, CommandFiles files) =>
        _declare(files, parsed.GetResult(this) is { Tokens: [{ } word, ..] } ? word.Value : null);
}

/// <summary>An argument that names several files, all of which are read.</summary>
internal sealed class FileArguments : Argument<string[]>, IFileSymbol
{
    public FileArguments(string name, string help)
        : base(name)
    {
        Description = help;
        Arity = ArgumentArity.OneOrMore;
    }

    public void Declare(ParseResult parsed, CommandFiles files)
    {
        foreach (Token word in parsed.GetResult(this)?.Tokens ?? []) files.Read(word.Value, Name);
    }
}
