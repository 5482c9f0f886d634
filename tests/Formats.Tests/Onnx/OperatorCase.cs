using System.Globalization;
using System.Runtime.InteropServices;
using TinySD.Formats.Exchange.Onnx.Messages;
using TinySD.Formats.Exchange.Parts;

namespace TinySD.Formats.Tests;

/// <summary>One node, or a few, with inputs of any type: what ONNX Runtime makes of it is what is right.</summary>
public sealed record OperatorCase(string Name)
{
    internal byte[] Model { get; init; } = [];

    internal NamedTensor[] Inputs { get; init; } = [];

    /// <summary>The same on constants in the model, or null where those are of a type that is not float or int64.</summary>
    internal byte[]? Folded { get; init; }

    /// <summary>How far from ONNX Runtime's number one may be, for a number of about 1.</summary>
    internal double Close { get; init; } = 1e-5;

    public override string ToString() => Name;

    /// <summary>An operator on inputs <c>a</c>, <c>b</c>, ... of the graph.</summary>
    internal static OperatorCase Of(string type, long opset, NamedTensor[] inputs, int[]? types = null, ProtoWriter[]? attributes = null,
        int outputs = 1, int resultType = OnnxDataType.Binary32,
        (long[] Shape, long[] Values)[]? arguments = null, double close = 1e-5)
    {
        string shapes = string.Join(' ', inputs.Select(input => $"[{string.Join(',', input.Shape)}]"));
        string given = string.Join(' ', (arguments ?? []).Select(argument => $"({string.Join(' ', argument.Values)})"));
        return new OperatorCase(string.Create(CultureInfo.InvariantCulture, $"{type} of opset {opset} {shapes} {given}"))
        {
            Model = Graph(isFolded: false),
            Folded = types is null ? Graph(isFolded: true) : null,
            Inputs = [.. inputs.Where(input => input.Name.Length > 0)],
            Close = close,
        };

        byte[] Graph(bool isFolded)
        {
            var model = new OnnxBytes { Opset = opset };
            var names = new List<string>();
            for (int i = 0; i < inputs.Length; i++)
            {
                names.Add(inputs[i].Name);
                long[] shape = [.. inputs[i].Shape.Select(extent => (long)extent)];
                if (inputs[i].Name.Length == 0) continue;
                if (!isFolded)
                    model.Input(inputs[i].Name, [.. shape.Select(_ => -1L)],
                        types?[i] ?? (inputs[i].Integers is null ? OnnxDataType.Binary32 : OnnxDataType.Integer64));
                else if (inputs[i].Integers is { } integers)
                    model.Constant(inputs[i].Name, shape, integers);
                else
                    model.Constant(inputs[i].Name, shape, inputs[i].Floats!);
            }

            foreach ((long[] shape, long[] values) in arguments ?? [])
            {
                names.Add($"argument{names.Count}");
                model.Constant(names[^1], shape, values);
            }

            string[] results = [.. Enumerable.Range(0, outputs).Select(i => $"y{i}")];
            model.Node(type, [.. names], results, attributes ?? []);
            foreach (string result in results) model.Output(result, null, resultType);
            return model.ToArray();
        }
    }

    internal static NamedTensor F(string name, int[] shape, int seed = 1, float range = 2f) =>
        new(name, shape, RecurrentCase.Random(seed, shape.Aggregate(1, (a, b) => a * b), range));

    internal static NamedTensor N(string name, int[] shape, params long[] values) => new(name, shape, values);

    internal static ProtoWriter Scalar(int type, ReadOnlySpan<byte> raw) => OnnxBytes.Tensor("", [1], type).Bytes(OnnxTensorField.Raw, raw);

    internal static ProtoWriter Scalar(float value) => Scalar(OnnxDataType.Binary32, MemoryMarshal.AsBytes<float>([value]));

    internal static ProtoWriter Scalar(long value) => Scalar(OnnxDataType.Integer64, MemoryMarshal.AsBytes<long>([value]));
}
