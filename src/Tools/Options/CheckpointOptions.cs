using System.CommandLine;
using TinySD.Tools.Errors;
using TinySD.Tools.Training;

namespace TinySD.Tools.Options;

/// <summary>The options about checkpoints that every <c>train</c> verb has.</summary>
internal sealed class CheckpointOptions
{
    private readonly Option<string?> _checkpoint = Folder("--checkpoint",
        "Keep checkpoints of the run in this folder, created where there is none: whatever ends the run, --resume goes on with it.");

    private readonly Option<int?> _every = Ranged.Whole("--checkpoint-every", 1, int.MaxValue,
        "Write one after so many updates. [default: after every epoch and every five minutes, but never for more than a twentieth of the time]");

    private readonly Option<int?> _keep = Ranged.Whole("--checkpoint-keep", 1, 1000,
        $"Checkpoints to keep, the newest ones. [default: {CheckpointKeeper.DefaultKeep}]");

    private readonly Option<string?> _resume = Folder("--resume",
        "Go on with the run whose checkpoints are in this folder, to the same bits as if it had never been stopped. Needs no other option; " +
        "those given must be the run's own, save --epochs, --max-steps, --out, --threads, --profile and those about checkpoints.");

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        Option[] options = [_checkpoint, _every, _keep, _resume];
        foreach (Option option in options) command.Add(option);
    }

    /// <summary>What they say on a command line; null where there are to be no checkpoints.</summary>
    /// <exception cref="UsageException">One is given that has no effect.</exception>
    public CheckpointRequest? Read(ParseResult parsed)
    {
        string? from = parsed.GetValue(_resume), folder = parsed.GetValue(_checkpoint) ?? from;
        int? every = parsed.GetValue(_every), keep = parsed.GetValue(_keep);
        if (folder == "" || from == "") throw new UsageException($"{(from == "" ? _resume : _checkpoint).Name} needs the name of a folder.");
        if (folder is not null) return new CheckpointRequest(folder, from, every, keep);
        string? useless = every is not null ? _every.Name : keep is not null ? _keep.Name : null;
        if (useless is not null) throw new UsageException($"{useless} has no effect without {_checkpoint.Name}, which names the folder.");
        return null;
    }

    private static Option<string?> Folder(string name, string help) => new(name) { HelpName = "DIR", Description = help };
}
