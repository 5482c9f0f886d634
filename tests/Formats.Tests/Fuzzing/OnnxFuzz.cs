using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;

namespace TinySD.Formats.Tests;

/// <summary>ONNX: exported stacks, nodes with every input and attribute, and what exporters put around them.</summary>
internal sealed class OnnxFuzz : FuzzFormat
{
    public override string Name => "onnx";

    public override IReadOnlyList<string> Words =>
    [
        "LSTM", "GRU", "RNN", "Reshape", "Slice", "Split", "Expand", "ConstantOfShape", "Concat", "Transpose", "Gather", "Unsqueeze", "Identity", "hidden_size", "direction",
        "bidirectional", "activations", "Affine", "axis", "axes", "perm", "value", "layout", "\0", "\u007f", "input", "h0",
    ];

    public override IReadOnlyList<FileProblemKind> Expected =>
        [FileProblemKind.Empty, FileProblemKind.MessageDamaged, FileProblemKind.Unsupported, FileProblemKind.ModelInvalid];

    public override IReadOnlyList<byte[]> MakeSeeds() =>
    [
        Export(new() { Cell = CellKind.Lstm, InputSize = 2, HiddenSize = 3, LayerCount = 2, Direction = RecurrentDirection.Bidirectional, Peepholes = true }, true),
        Export(new() { Cell = CellKind.Gru, InputSize = 2, HiddenSize = 2, LayerCount = 3 }, false),
        .. RecurrentCase.All().Where((_, index) => index % 16 == 0).Select(node => node.Model()),
    ];

    public override FileProblem? ReadAll(string path)
    {
        if (!OnnxNetwork.TryOpen(path, out OnnxNetwork? network, out FileProblem? problem)) return problem;
        _ = network.Tensors.Count();
        problem = Try(() => Runs.Once(network.ToStack()));
        FileProblem? inputs = Try(() => network.Run(path, new RecurrentCase("LSTM", "forward").Inputs()));
        return problem ?? (inputs?.Kind is FileProblemKind.TensorMissing or FileProblemKind.TensorInvalid ? null : inputs);
    }

    // A length within a message changed makes the message end elsewhere: changes are mostly of single bytes, which leave lengths right.
    public override byte[] MutateInside(byte[] seed, byte[] other, Mutator mutator)
    {
        byte[] changed = [.. seed];
        for (int left = 1 + mutator.Random.Next(4); left > 0; left--)
        {
            int at = mutator.Random.Next(changed.Length);
            changed[at] = mutator.Random.Next(3) switch
            {
                0 => (byte)mutator.Random.Next(256),
                1 => (byte)(changed[at] + mutator.Random.Next(-2, 3)),
                _ => (byte)(changed[at] ^ (1 << mutator.Random.Next(8))),
            };
        }

        return changed;
    }

    private static FileProblem? Try(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (FileProblemException exception)
        {
            return exception.Problem;
        }
    }

    private static byte[] Export(RecurrentStackConfig config, bool withStates)
    {
        using var folder = new TestFolder();
        OnnxWriter.Write(folder["m"], StackExchangeTests.Make(config), withStates);
        return File.ReadAllBytes(folder["m"]);
    }
}

/// <summary>Runs what a file that was accepted holds.</summary>
internal static class Runs
{
    public static void Once(RecurrentStack stack)
    {
        RecurrentStackConfig config = stack.Config;
        if ((long)config.InputSize + config.OutputSize > 1 << 16) return;
        RecurrentStackRun.Run(stack, new(2, 1, new float[2 * config.InputSize], null, null, [1]));
    }
}
