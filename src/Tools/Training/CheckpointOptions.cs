using TinySD.Tools.Options;

namespace TinySD.Tools.Training;

/// <summary>The options about checkpoints that every <c>train</c> verb has.</summary>
internal sealed class CheckpointOptions
{
    public const string Name = "--checkpoint";

    private static readonly OwnNames s_own = new(
        CheckpointFolder.IsOwn, CheckpointFolder.ListOwn, "is a file of the run whose checkpoints are kept there");

    private readonly FileOption _checkpoint = Folder(Name,
        "Keep checkpoints of the run in this folder, created where there is none: whatever ends the run, --resume goes on with it. " +
        "[default: a folder beside the model, its name and .checkpoints, which is removed when the run has come to its end]");

    private readonly Option<bool> _none = new("--no-checkpoints") { Description = "Keep none: a run that is stopped cannot go on." };

    private readonly Option<int?> _every = Ranged.Whole("--checkpoint-every", 1, int.MaxValue,
        "Write one after so many updates. [default: after every epoch and every five minutes, but never for more than a twentieth of " +
        "the time]");

    private readonly Option<int?> _keep = Ranged.Whole("--checkpoint-keep", 1, 1000,
        $"Checkpoints to keep, the newest ones. [default: {CheckpointKeeper.DefaultKeep}]");

    private readonly FileOption _resume = Folder("--resume",
        "Go on with the run whose checkpoints are in this folder, to the same bits as if it had never been stopped. Needs no other " +
        "option; those given must be the run's own, save --epochs, --max-steps, --out, --report, --log, --threads, --profile and those " +
        "about checkpoints.");

    /// <summary>The option by which a run goes on.</summary>
    public Option Resume => _resume;

    public IEnumerable<Option> All =>
        HelpGroup.Checkpoints.Of<Option>(_checkpoint, _none, _every, _keep, HelpGroup.AsMain(_resume)[0]);

    /// <summary>What they say on a command line; null where there are to be no checkpoints.</summary>
    /// <exception cref="UsageException">There are to be none, and a folder is given for them.</exception>
    public CheckpointRequest? Read(ParseResult parsed, Warnings warnings)
    {
        string? from = parsed.GetValue(_resume), folder = parsed.GetValue(_checkpoint) ?? from;
        int? every = parsed.GetValue(_every), keep = parsed.GetValue(_keep);
        if (folder == "" || from == "")
            throw new UsageException($"{(from == "" ? _resume : _checkpoint).Name} needs the name of a folder.");
        if (!parsed.GetValue(_none)) return new CheckpointRequest(folder, from, every, keep);
        if (folder is not null)
        {
            string given = (from is null ? _checkpoint : _resume).Name;
            throw new UsageException($"{given} and {_none.Name} contradict each other; leave one of them out.");
        }

        warnings.NoEffect(Ranged.Given(parsed, _every, _keep), $": {_none.Name} is given, and there are none");
        return null;
    }

    private static FileOption Folder(string name, string help) => new(name, "DIR", help, (files, path) => files.Fill(path, name, s_own));
}
