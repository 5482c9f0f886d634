using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.Translating;

/// <summary>The options that name sentences and their translations.</summary>
internal sealed class PairOptions
{
    private const string SourceName = "--valid-source", TargetName = "--valid-target";

    public FileOption Source { get; } = FileOption.Input("--source",
        "The sentences to train on, a line each, words apart by blanks; plain or gzip.");

    public FileOption Target { get; } = FileOption.Input("--target", "Their translations, line by line.");

    public FileOption ValidSource { get; } = FileOption.Input(SourceName,
        "Sentences to validate on: the model that does best on them is kept. [default: a part of the training pairs]");

    public FileOption ValidTarget { get; } = FileOption.Input(TargetName, "Their translations.");

    public FileOption TestSource { get; } = FileOption.Input("--test-source", "Sentences to test on, once, with the model that is kept.");

    public FileOption TestTarget { get; } = FileOption.Input("--test-target", "Their translations.");

    /// <summary>The options of the files to validate on, as a message names them before one more file.</summary>
    public static string ValidOption => $"{SourceName} FILE {TargetName}";

    /// <summary>The options, in the order of the help.</summary>
    public IReadOnlyList<FileOption> All =>
        HelpGroup.Data.MainOf(Source, Target, ValidSource, ValidTarget, TestSource, TestTarget);

    /// <summary>The files to validate on, or null where neither is given.</summary>
    /// <exception cref="UsageException">One is given alone.</exception>
    public PairFiles? ValidOf(ParseResult parsed, PairFiles? before = null) => Of(parsed, ValidSource, ValidTarget, before);

    /// <summary>The files to test on, or null where neither is given.</summary>
    /// <exception cref="UsageException">One is given alone.</exception>
    public PairFiles? TestOf(ParseResult parsed, PairFiles? before = null) => Of(parsed, TestSource, TestTarget, before);

    /// <summary>The files to train on, or null where neither is given.</summary>
    /// <exception cref="UsageException">One is given alone.</exception>
    public PairFiles? TrainOf(ParseResult parsed, PairFiles? before = null) => Of(parsed, Source, Target, before);

    // What stays of those before may be in another place now, one by one.
    private static PairFiles? Of(ParseResult parsed, FileOption source, FileOption target, PairFiles? before)
    {
        string? from = parsed.GetValue(source) ?? before?.Source, to = parsed.GetValue(target) ?? before?.Target;
        if (from is null && to is null) return null;
        FileOption given = from is null ? target : source, missing = from is null ? source : target;
        return from is not null && to is not null
            ? new(from, to)
            : throw new UsageException($"{missing.Name} is missing; {given.Name} needs it: a line of one belongs to a line of the other.");
    }
}
