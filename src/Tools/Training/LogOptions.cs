using TinySD.Tools.Options;

namespace TinySD.Tools.Training;

/// <summary>Where the log of a run goes, and how often updates are told there.</summary>
/// <param name="path">The file.</param>
/// <param name="every">Updates from one line to the next.</param>
internal sealed class LogRequest(string path, int every)
{
    public string Path => path;

    public int Every => every;
}

/// <summary>The options about a run's log that every <c>train</c> verb has.</summary>
internal sealed class LogOptions
{
    private readonly FileOption _log = FileOption.Output("--log",
        "Write what happens as it happens, a JSON object a line: the run, every so many updates, every epoch, the end; --resume goes on " +
        "to write it.");

    private readonly Option<int?> _every = Ranged.Whole("--log-every", 1, int.MaxValue,
        $"Updates from one line of --log to the next; an epoch's last one ends a line, too. [default: {RunLog.DefaultEvery}]");

    /// <summary>The option that names the file.</summary>
    public Option File => _log;

    public IEnumerable<Option> All => [_log, _every];

    /// <summary>What they say, and what the run that goes on said; null for no log.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="path">Where the log of a run that goes on is.</param>
    /// <param name="every">Its updates.</param>
    /// <param name="warnings">Told of an option that has no effect.</param>
    public LogRequest? Read(ParseResult parsed, string? path, int? every, Warnings warnings)
    {
        if ((parsed.GetValue(_log) ?? path) is { } file)
            return new LogRequest(file, parsed.GetValue(_every) ?? every ?? RunLog.DefaultEvery);
        warnings.NoEffect(Ranged.Given(parsed, _every), $" without {_log.Name}");
        return null;
    }
}
