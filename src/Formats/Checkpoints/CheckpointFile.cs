using TinySD.Formats.Container;

namespace TinySD.Formats.Checkpoints;

/// <summary>An open checkpoint, every byte of it checked.</summary>
/// <typeparam name="TRecipe">The task's recipe.</typeparam>
/// <typeparam name="TData">What only the task has.</typeparam>
/// <remarks>Stays as it is while it is open, also when the file of that name is replaced or removed.</remarks>
public sealed class CheckpointFile<TRecipe, TData> : IDisposable
    where TRecipe : TrainingRecipe
    where TData : class
{
    private readonly TsdFile _file;

    internal CheckpointFile(TsdFile file, Checkpoint<TRecipe, TData> content)
    {
        _file = file;
        Content = content;
    }

    /// <summary>The path as it was given.</summary>
    public string Path => _file.Path;

    /// <summary>All but the numbers.</summary>
    public Checkpoint<TRecipe, TData> Content { get; }

    /// <summary>Reads the numbers.</summary>
    /// <param name="blocks">Blocks of the same names and layouts as those that were written.</param>
    /// <exception cref="FileProblemException">The file's tensors are not those of the blocks, or cannot be read.</exception>
    public void Load(IReadOnlyList<NamedBlock> blocks)
    {
        FloatsToWrite[] expected = [.. blocks.SelectMany(CheckpointFile.TensorsOf)];
        IEnumerable<ExpectedTensor> tensors = expected.Select(tensor => ExpectedTensor.Of(tensor.Name, tensor.Slot));
        if (TensorComparison.FindFault(_file, FileProblemKind.CheckpointInvalid, "run", "recipe", [.. tensors]) is { } fault)
            Throw.Problem(fault);
        foreach (FloatsToWrite tensor in expected) _file.ReadTensor(tensor.Name, tensor.Block[tensor.Slot]);
        if (CheckpointFile.FindNotFinite(_file.Path, blocks, _file) is { } weight) Throw.Problem(weight);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}

/// <summary>What checkpoints of all tasks have in common.</summary>
public static class CheckpointFile
{
    /// <summary>The kind as the header names it.</summary>
    public const string Kind = TsdFile.CheckpointKind;

    internal const string TaskName = "task";

    /// <summary>The task that a checkpoint is of; null where it does not say.</summary>
    public static string? TaskOf(TsdFile file)
    {
        if (!file.Sections.TryGetValue(TaskName, out ReadOnlyMemory<byte> json)) return null;
        var reader = new Utf8JsonReader(json.Span);
        return reader.Read() && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
    }

    internal static IEnumerable<FloatsToWrite> TensorsOf(NamedBlock block) =>
        block.Block.Layout.Tensors.Select(slot => new FloatsToWrite(PrefixOf(block) + slot.Name, block.Block, slot));

    internal static FileProblem? FindNotFinite(string path, IReadOnlyList<NamedBlock> blocks, TsdFile? file) => blocks
        .Where(block => block.AreWeights)
        .Select(block => FiniteWeights.FindFault(path, block.Block, file, PrefixOf(block)))
        .FirstOrDefault(problem => problem is not null);

    private static string PrefixOf(NamedBlock block) => block.Name.Length == 0 ? "" : $"{block.Name}.";
}
