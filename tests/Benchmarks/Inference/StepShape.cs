using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;

namespace TinySD.Benchmarks.Inference;

/// <summary>What is stepped: one LSTM layer, and how many steps and sequences a call has.</summary>
/// <param name="Inputs">Width I of the input.</param>
/// <param name="Hidden">Units H.</param>
/// <param name="Batch">Sequences B.</param>
/// <param name="Steps">Time steps T of a call.</param>
internal sealed record StepShape(int Inputs, int Hidden, int Batch = 1, int Steps = 1)
{
    private const int Most = 8192;

    /// <summary>Those that are asked for: every size at batch 1, a call of 35 steps, and a batch of 64.</summary>
    public static IReadOnlyList<StepShape> Usual { get; } =
        [new(16, 32), new(64, 128), new(128, 256), new(650, 650), new(1500, 1500), new(650, 650, Steps: 35), new(128, 128, Batch: 64)];

    /// <summary>As the command line spells it: <c>650/650</c>, <c>650/650xT35</c>, <c>128/128xB64</c>.</summary>
    public string Name => $"{Inputs}/{Hidden}{(Batch > 1 ? $"xB{Batch}" : "")}{(Steps > 1 ? $"xT{Steps}" : "")}";

    /// <summary>Numbers in the two matrices, each of which a step reads once.</summary>
    public long MatrixNumbers => 4L * Hidden * (Inputs + Hidden);

    /// <summary>Bytes of the two matrices in single precision.</summary>
    public long MatrixBytes => MatrixNumbers * sizeof(float);

    /// <summary>Reads what <see cref="Name"/> writes; null for what is none.</summary>
    public static StepShape? Parse(string text)
    {
        string[] parts = text.Split('x');
        string[] sizes = parts[0].Split('/');
        if (sizes.Length != 2 || Size(sizes[0]) is not { } inputs || Size(sizes[1]) is not { } hidden) return null;
        var shape = new StepShape(inputs, hidden);
        foreach (string part in parts.AsSpan(1))
        {
            if (part.Length < 2 || Size(part[1..]) is not { } count) return null;
            if (part[0] == 'B') shape = shape with { Batch = count };
            else if (part[0] == 'T') shape = shape with { Steps = count };
            else return null;
        }

        return shape;

        static int? Size(string digits) => int.TryParse(digits, System.Globalization.NumberStyles.None, null, out int size)
            && size is >= 1 and <= Most ? size : null;
    }

    /// <summary>A layer of this shape with weights as PyTorch draws them, uniform within 1 / sqrt(H): the same at every call.</summary>
    public RecurrentStack NewStack()
    {
        var stack = new RecurrentStack(new() { Cell = CellKind.Lstm, InputSize = Inputs, HiddenSize = Hidden });
        var random = new Random(1);
        float range = 1f / MathF.Sqrt(Hidden);
        foreach (TensorSlot slot in stack.Layout.Tensors)
            foreach (ref float weight in stack.Parameters[slot]) weight = range * ((2 * random.NextSingle()) - 1);
        return stack;
    }

    /// <summary>Inputs of some calls, each [T, B, I]: between -1 and 1, and the same at every call.</summary>
    public float[][] NewInputs(int calls)
    {
        var random = new Random(2);
        return [.. Enumerable.Range(0, calls).Select(_ =>
            Enumerable.Range(0, Steps * Batch * Inputs).Select(_ => (2 * random.NextSingle()) - 1).ToArray())];
    }
}
