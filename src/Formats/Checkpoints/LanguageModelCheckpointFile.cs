using System.Diagnostics.CodeAnalysis;
using TinySD.Formats.Container;
using TinySD.Formats.Models;

namespace TinySD.Formats.Checkpoints;

/// <summary>An open checkpoint of a language model's training, every byte of it checked.</summary>
/// <remarks>Stays as it is while it is open, also when the file of that name is replaced or removed.</remarks>
public sealed class LanguageModelCheckpointFile : IDisposable
{
    /// <summary>The task as the header names it.</summary>
    public const string Task = LanguageModelFile.Kind;

    private readonly TsdFile _file;

    private LanguageModelCheckpointFile(TsdFile file, LanguageModelCheckpoint content)
    {
        _file = file;
        Content = content;
    }

    /// <summary>The path as it was given.</summary>
    public string Path => _file.Path;

    /// <summary>All but the numbers.</summary>
    public LanguageModelCheckpoint Content { get; }

    /// <summary>Writes a checkpoint whole or not at all.</summary>
    /// <param name="path">The target.</param>
    /// <param name="content">All but the numbers.</param>
    /// <param name="blocks">The numbers.</param>
    /// <exception cref="FileProblemException">The target cannot be written, or a weight is not finite.</exception>
    /// <exception cref="ArgumentException">The content contradicts itself.</exception>
    public static void Write(string path, LanguageModelCheckpoint content, IReadOnlyList<CheckpointBlock> blocks)
    {
        if (content.FindFault() is { } fault) Throw.Argument(fault);
        content.Recipe.Validate();
        LanguageModelRunSection run = LanguageModelRunSection.From(content);
        CheckpointFile.Write(path, Task, content.Progress, run, CheckpointJson.Default.LanguageModelRunSection, blocks);
    }

    /// <summary>Opens a checkpoint and reads all of it once, so that one that is not whole is refused now.</summary>
    /// <param name="path">The file.</param>
    /// <param name="file">The open checkpoint, to be disposed.</param>
    /// <param name="problem">Why it cannot be used.</param>
    public static bool TryOpen(
        string path, [NotNullWhen(true)] out LanguageModelCheckpointFile? file, [NotNullWhen(false)] out FileProblem? problem)
    {
        file = null;
        if (!TsdFile.TryOpen(path, out TsdFile? tsd, out problem)) return false;
        if (TryDescribe(tsd, out LanguageModelCheckpoint? content, out problem))
        {
            problem = tsd.Verify() is [{ } damage, ..] ? damage : null;
            if (problem is null) file = new LanguageModelCheckpointFile(tsd, content);
        }

        if (file is null) tsd.Dispose();
        return file is not null;
    }

    /// <summary>Reads all but the numbers.</summary>
    /// <param name="file">An open file.</param>
    /// <param name="content">What it says.</param>
    /// <param name="problem">Why it is refused.</param>
    public static bool TryDescribe(
        TsdFile file, [NotNullWhen(true)] out LanguageModelCheckpoint? content, [NotNullWhen(false)] out FileProblem? problem)
    {
        content = null;
        if (!CheckpointFile.TryDescribe(
            file, Task, CheckpointJson.Default.LanguageModelRunSection, out TrainingProgress? progress, out LanguageModelRunSection? run, out problem))
        {
            return false;
        }

        try
        {
            LanguageModelCheckpoint found = run.ToCheckpoint(progress);
            found.Recipe.Validate();
            problem = found.FindFault() is { } fault ? CheckpointFile.Invalid(file, CheckpointFile.RunName, fault) : null;
            if (problem is null) content = found;
        }
        catch (ArgumentException exception)
        {
            problem = CheckpointFile.Invalid(file, CheckpointFile.RunName, Words.OfArgument(exception));
        }

        return problem is null && content is not null;
    }

    /// <summary>Reads the numbers.</summary>
    /// <param name="blocks">Blocks of the same prefixes and layouts as those that were written.</param>
    /// <exception cref="FileProblemException">The file's tensors are not those of the blocks, or cannot be read.</exception>
    public void Load(IReadOnlyList<CheckpointBlock> blocks)
    {
        if (!CheckpointFile.TryLoad(_file, blocks, out FileProblem? problem)) Throw.Problem(problem);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
