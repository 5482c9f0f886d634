using TinySD.Formats.Exchange.Onnx.Messages;
using TinySD.Formats.Exchange.Parts;

namespace TinySD.Formats.Tests;

/// <summary>Every operator that is run beside the recurrent ones, with its attributes, edges and the operator sets at which it
/// changed.</summary>
internal static class OperatorCases
{
    private const int Int32 = OnnxDataType.Integer32, Int64 = OnnxDataType.Integer64, Bool = OnnxDataType.Boolean, Half =
        OnnxDataType.Binary16, Double = OnnxDataType.Binary64;

    private static readonly long[] s_whole = [7, -7, 5, -5, 0, 12];

    public static IEnumerable<OperatorCase> All() =>
        Moving().Concat(Shapes()).Concat(Elementwise()).Concat(Functions()).Concat(Reducing()).Concat(Products());

    private static OperatorCase Of(string type, long opset, NamedTensor[] inputs, int[]? types = null, ProtoWriter[]? attributes = null,
        int outputs = 1, int resultType = OnnxDataType.Binary32,
        (long[] Shape, long[] Values)[]? arguments = null, double close = 1e-5) =>
            OperatorCase.Of(type, opset, inputs, types, attributes, outputs, resultType, arguments, close);

    private static NamedTensor F(string name, params int[] shape) => OperatorCase.F(name, shape, name[0]);

    private static NamedTensor N(string name, int[] shape, params long[] values) => OperatorCase.N(name, shape, values);

    private static (long[], long[]) List(params long[] values) => ([values.Length], values);

    private static (long[], long[]) One(long value) => ([], [value]);

    private static ProtoWriter I(string name, params long[] values) => OnnxBytes.Integers(name, values);

    private static ProtoWriter W(string name, long value) => OnnxBytes.Integer(name, value);

    private static IEnumerable<OperatorCase> Moving()
    {
        NamedTensor a = F("a", 2, 3, 4), flag = N("a", [2, 3], 1, 0, 1, 1, 0, 0);
        yield return Of("Identity", 14, [a]);
        yield return Of("Identity", 14, [flag], [Bool], resultType: Bool);
        yield return Of("Dropout", 7, [a]);
        yield return Of("Dropout", 13, [a], outputs: 1);
        yield return Of("Transpose", 13, [a]);
        yield return Of("Transpose", 13, [flag], [Bool], [I("perm", 1, 0)], resultType: Bool);
        yield return Of("Transpose", 21, [a], attributes: [I("perm", 2, 0, 1)]);
        yield return Of("Squeeze", 7, [F("a", 1, 3, 1)], attributes: [I("axes", 0, 2)]);
        yield return Of("Squeeze", 11, [F("a", 1, 3, 1)], attributes: [I("axes", -1)]);
        yield return Of("Squeeze", 13, [F("a", 1, 3, 1)]);
        yield return Of("Squeeze", 13, [F("a", 1, 3, 1)], arguments: [List(-1, 0)]);
        yield return Of("Unsqueeze", 11, [a], attributes: [I("axes", 0, -1)]);
        yield return Of("Unsqueeze", 13, [a], arguments: [List(3, 0)]);
        yield return Of("Reshape", 7, [a], arguments: [List(0, -1)]);
        yield return Of("Reshape", 14, [a], arguments: [List(3, -1, 0)]);
        yield return Of("Reshape", 14, [F("a", 0, 3)], attributes: [W("allowzero", 1)], arguments: [List(3, 0)]);
        yield return Of("Flatten", 13, [a], attributes: [W("axis", -1)]);
        yield return Of("Flatten", 9, [a]);
        yield return Of("Flatten", 13, [a], attributes: [W("axis", 0)]);
        yield return Of("Concat", 11, [a, F("b", 2, 1, 4)], attributes: [W("axis", -2)]);
        yield return Of("Concat", 7, [N("a", [2], 1, 2), N("b", [1], 3)], attributes: [W("axis", 0)], resultType: Int64);
        yield return Of("Concat", 13, [N("a", [2], 1, 0), N("b", [1], 1)], [Bool, Bool], [W("axis", 0)], resultType: Bool);
        yield return Of("Slice", 7, [a], attributes: [I("starts", 0, 1), I("ends", 2, 99), I("axes", 0, 2)]);
        yield return Of("Slice", 7, [a], attributes: [I("starts", 1, -2), I("ends", 2, -1)]);
        yield return Of("Slice", 10, [a], arguments: [List(1, 0), List(3, 9)]);
        yield return Of("Slice", 13, [a], arguments: [List(1, 3), List(3, long.MinValue), List(1, -1), List(1, -2)]);
        yield return Of("Slice", 13, [F("a", 9)], arguments: [List(8), List(-20), List(0), List(-3)]);
        yield return Of("Slice", 13, [F("a", 9)], arguments: [List(1), List(8), List(0), List(4)]);
        yield return Of("Slice", 13, [F("a", 9)], arguments: [List(3), List(long.MaxValue), List(0), List(long.MaxValue)]);
        yield return Of("Split", 11, [a], attributes: [I("split", 1, 3), W("axis", 2)], outputs: 2);
        yield return Of("Split", 13, [a], attributes: [W("axis", -1)], outputs: 2);
        yield return Of("Split", 13, [a], attributes: [W("axis", 1)], arguments: [List(1, 0, 2)], outputs: 3);
        yield return Of("Split", 18, [F("a", 7)], attributes: [W("num_outputs", 3)], outputs: 3);
        yield return Of("Expand", 8, [F("a", 3, 1)], arguments: [List(2, 1, 6)]);
        yield return Of("Expand", 13, [N("a", [1], 5)], resultType: Int64, arguments: [List(2, 2)]);
        yield return Of("Tile", 6 + 1, [F("a", 2, 3)], arguments: [List(2, 3)]);
        yield return Of("Tile", 13, [N("a", [2], 1, 2)], resultType: Int64, arguments: [List(3)]);
        yield return Of("Pad", 10, [F("a", 2, 3)], attributes: [I("pads", 1, 0, 0, 2), OnnxBytes.Float("value", 1.5f)]);
        yield return Of("Pad", 13, [F("a", 2, 3)], arguments: [List(0, 2, 1, 1)]);
        yield return Of("Pad", 13, [F("a", 4, 4)], arguments: [List(0, -1, 1, 1)]);
        yield return Of("Pad", 13, [F("a", 2, 4)], attributes: [OnnxBytes.Text("mode", "reflect")], arguments: [List(0, 2, 1, 3)]);
        yield return Of("Pad", 13, [F("a", 2, 3)], attributes: [OnnxBytes.Text("mode", "edge")], arguments: [List(1, 2, 1, 3)]);
        yield return Of("Pad", 19, [F("a", 2, 3)], attributes: [OnnxBytes.Text("mode", "wrap")], arguments: [List(0, 2, 1, 3)]);
        yield return Of("Where", 9, [N("a", [3, 1], 1, 0, 1), F("b", 3, 2), F("c", 2)],
            [Bool, OnnxDataType.Binary32, OnnxDataType.Binary32]);
        yield return Of("Where", 16, [N("a", [2], 1, 0), N("b", [1], 7), N("c", [2], 1, 2)], [Bool, Int64, Int64], resultType: Int64);
        yield return Of("Gather", 7, [F("a", 5, 3), N("b", [2, 2], 4, 0, 1, 1)]);
        yield return Of("Gather", 13, [F("a", 5, 3), N("b", [3], -1, -3, 2)], attributes: [W("axis", 1)]);
        yield return Of("Gather", 13, [F("a", 5, 3), N("b", [], -1)], [OnnxDataType.Binary32, Int32], [W("axis", 0)]);
        yield return Of("Gather", 13, [F("a", 5, 3), N("b", [0])], attributes: [W("axis", 1)]);
        yield return Of("GatherElements", 13, [F("a", 3, 3), N("b", [2, 3], 0, -1, 2, 2, 0, 1)], attributes: [W("axis", 0)]);
        yield return Of("GatherElements", 11, [F("a", 3, 4), N("b", [3, 2], 0, -1, 2, 2, 0, 1)], attributes: [W("axis", 1)]);
        yield return Of("GatherND", 12, [F("a", 2, 3, 4), N("b", [2, 1], 1, 0)], attributes: [W("batch_dims", 1)]);
        yield return Of("GatherND", 11, [F("a", 2, 3, 4), N("b", [3, 2], 0, 2, 1, -1, 0, 0)]);
        yield return Of("ReverseSequence", 10, [F("a", 4, 3, 2), N("b", [3], 4, 2, 0)]);
        yield return Of("ReverseSequence", 10, [F("a", 3, 4, 2), N("b", [3], 1, 2, 4)],
            attributes: [W("batch_axis", 0), W("time_axis", 1)]);
        yield return Of("OneHot", 11, [N("a", [2, 2], 0, -1, 2, 5), N("b", [1], 3), F("c", 2)]);
        yield return Of("OneHot", 11, [N("a", [2, 2], 0, -1, 2, 1), N("b", [1], 3), F("c", 2)], attributes: [W("axis", 0)]);
    }

    private static IEnumerable<OperatorCase> Shapes()
    {
        NamedTensor a = F("a", 2, 3, 4);
        yield return Of("Shape", 7, [a], resultType: Int64);
        yield return Of("Shape", 15, [a], attributes: [W("start", -2), W("end", 9)], resultType: Int64);
        yield return Of("Shape", 19, [a], attributes: [W("start", 1), W("end", -1)], resultType: Int64);
        yield return Of("Size", 13, [a], resultType: Int64);
        yield return Of("ConstantOfShape", 9, [], arguments: [List(2, 3)]);
        yield return Of("ConstantOfShape", 20, [], attributes: [OnnxBytes.Value("value", OperatorCase.Scalar(7L))], resultType: Int64,
            arguments: [List(2, 0)]);
        yield return Of("ConstantOfShape", 20, [], attributes: [OnnxBytes.Value("value", OperatorCase.Scalar(Bool, [1]))],
            resultType: Bool, arguments: [List()]);
        yield return Of("Constant", 13, [], attributes: [I("value_ints", 4, -5)], resultType: Int64);
        yield return Of("Constant", 13, [], attributes: [OnnxBytes.Floats("value_floats", 4f, -5f)]);
        yield return Of("Constant", 13, [], attributes: [OnnxBytes.Float("value_float", 4f)]);
        yield return Of("Range", 11, [], resultType: Int64, arguments: [One(2), One(11), One(3)]);
        yield return Of("Range", 11, [], resultType: Int64, arguments: [One(5), One(-2), One(-2)]);
        yield return Of("Range", 11, [], resultType: Int64, arguments: [One(5), One(9), One(-2)]);
        yield return Of("Range", 11, [new("a", [], [0.5f]), new("b", [], [3.1f]), new("c", [], [0.4f])]);
        float[] numbers = [1.5f, -1.5f, 0f, 2.9f, -2.9f, 65504f, 3.14159f, 1e-5f];
        (int From, NamedTensor Input)[] all =
        [
            (OnnxDataType.Binary32, new("a", [8], numbers)), (Half, new("a", [8], numbers)), (Double, new("a", [8], numbers)),
            (Int64, N("a", [6], 0, 1, -1, 300, 70000, (1L << 33) + 5)), (Int32, N("a", [4], 0, 1, -1, 300)), (Bool, N("a", [2], 0, 1)),
        ];
        foreach ((int from, NamedTensor input) in all)
        {
            foreach (int to in (int[])[OnnxDataType.Binary32, Half, Double, Int64, Int32, Bool, OnnxDataType.BFloat16])
            {
                // What a float out of an integer's range becomes is no one's to say.
                if (to == Int32 && from == Int64) continue;
                yield return Of("Cast", 13, [input], [from], [W("to", to)], resultType: to) with
                {
                    Name =
                    $"Cast {OnnxDataType.NameOf(from)} to {OnnxDataType.NameOf(to)}"
                };
            }
        }

        yield return Of("Cast", 7, [N("a", [3], 1, (1L << 32) + 3, -1)], attributes: [W("to", Int32)], resultType: Int32);
        yield return Of("Cast", 19, [N("a", [3], 1, 200, -1)], attributes: [W("to", OnnxDataType.Integer8)],
            resultType: OnnxDataType.Integer8);
        yield return Of("CastLike", 15, [new("a", [2], [1.5f, -2.5f]), N("b", [1], 3)], resultType: Int64);
    }

    private static IEnumerable<OperatorCase> Elementwise()
    {
        NamedTensor a = F("a", 2, 1, 4), b = F("b", 3, 1), whole = N("a", [6], s_whole), by = N("b", [6], 2, 2, -3, -3, 4, 5);
        foreach (string type in (string[])["Add", "Sub", "Mul", "Div"])
        {
            yield return Of(type, 7, [a, b]);
            yield return Of(type, 14, [a, new("b", [], [1.5f])]);
            yield return Of(type, 14, [whole, by], resultType: Int64);
            yield return Of(type, 14, [N("a", [3], int.MaxValue, int.MinValue, 7), N("b", [1], 3)], [Int32, Int32], resultType: Int32);
            yield return Of(type, 13, [F("a", 3), F("b", 3)], [Double, Double], resultType: Double);
            yield return Of(type, 14, [F("a", 5), F("b", 5)], [Half, Half], resultType: Half, close: 2e-3);
        }

        yield return Of("Mod", 13, [whole, by], resultType: Int64);
        yield return Of("Mod", 13, [whole, by], attributes: [W("fmod", 1)], resultType: Int64);
        yield return Of("Mod", 13, [a, b], attributes: [W("fmod", 1)]);
        yield return Of("Pow", 7, [new("a", [3], [0.5f, 2f, 3f]), new("b", [1], [2.5f])]);
        yield return Of("Pow", 13, [new("a", [3], [-0.5f, 2f, 3f]), N("b", [1], 3)]);
        yield return Of("Pow", 13, [N("a", [3], -2, 5, 3), N("b", [1], 3)], resultType: Int64);
        yield return Of("PRelu", 9, [a, F("b", 1, 4)]);
        foreach (string type in (string[])["Min", "Max"])
        {
            yield return Of(type, 8, [a, b, new("c", [], [0.1f])]);
            yield return Of(type, 13, [whole, by], resultType: Int64);
            yield return Of(type, 13, [new("a", [2], [float.NaN, 1f]), new("b", [2], [1f, float.NaN])]);
        }

        yield return Of("Sum", 8, [a, b, F("c", 4)]);
        yield return Of("Mean", 8, [a, b, F("c", 4)]);
        foreach (string type in (string[])["Equal", "Less", "Greater"])
        {
            yield return Of(type, 11, [N("a", [2, 1], 1, 2), N("b", [3], 0, 1, 2)], resultType: Bool);
            yield return Of(type, 13, [new("a", [3], [1f, 2f, float.NaN]), new("b", [3], [1f, 1f, float.NaN])], resultType: Bool);
        }

        yield return Of("Equal", 13, [N("a", [2], 1, 0), N("b", [2], 1, 1)], [Bool, Bool], resultType: Bool);
        yield return Of("LessOrEqual", 16, [a, b], resultType: Bool);
        yield return Of("GreaterOrEqual", 12, [N("a", [2, 1], 1, 2), N("b", [3], 0, 1, 2)], resultType: Bool);
        foreach (string type in (string[])["And", "Or", "Xor"])
            yield return Of(type, 7, [N("a", [2, 1], 1, 0), N("b", [2], 1, 0)], [Bool, Bool], resultType: Bool);
        yield return Of("Not", 7, [N("a", [2], 1, 0)], [Bool], resultType: Bool);
        yield return Of("Neg", 13, [N("a", [2], 1, -3)], resultType: Int64);
        yield return Of("Abs", 13, [N("a", [2], 1, -3)], resultType: Int64);
        yield return Of("Sign", 13, [N("a", [3], 1, -3, 0)], resultType: Int64);
    }

    private static IEnumerable<OperatorCase> Functions()
    {
        float[] numbers = [-30f, -3f, -1.5f, -0.5f, -0.1f, 0f, 0.1f, 0.5f, 1.5f, 2.5f, 3f, 30f];
        NamedTensor a = new("a", [3, 4], numbers), positive = new("a", [4], [0.1f, 1f, 2.5f, 30f]);
        foreach (string type in (string[])["Tanh", "Sigmoid", "Relu", "Softsign", "Softplus", "Abs", "Neg", "Floor", "Ceil", "Sign",
            "Round", "Erf", "Sin", "Cos", "Tan", "Atan", "HardSwish", "LeakyRelu",
            "Elu", "Selu", "Celu", "ThresholdedRelu", "HardSigmoid", "Exp"])
        {
            yield return Of(type, 14, [a]) with { Close = 1e-5 };
        }

        foreach (string type in (string[])["Sqrt", "Log", "Reciprocal"]) yield return Of(type, 13, [positive]);
        foreach (string type in (string[])["Sinh", "Cosh"]) yield return Of(type, 9, [F("a", 7)]);
        yield return Of("Mish", 18, [a]);
        yield return Of("IsNaN", 13, [new("a", [3], [float.NaN, 1f, float.PositiveInfinity])], resultType: Bool);
        yield return Of("LeakyRelu", 16, [a], attributes: [OnnxBytes.Float("alpha", 0.3f)]);
        yield return Of("Elu", 7, [a], attributes: [OnnxBytes.Float("alpha", 0.3f)]);
        yield return Of("HardSigmoid", 7, [a], attributes: [OnnxBytes.Float("alpha", 0.3f), OnnxBytes.Float("beta", 0.4f)]);
        yield return Of("Gelu", 20, [a]);
        yield return Of("Gelu", 20, [a], attributes: [OnnxBytes.Text("approximate", "tanh")]);
        yield return Of("Clip", 7, [a], attributes: [OnnxBytes.Float("min", -1f), OnnxBytes.Float("max", 2f)]);
        yield return Of("Clip", 13, [a, new("b", [], [-1f]), new("c", [], [2f])]);
        yield return Of("Clip", 13, [a, new("b", [], [-1f])]);
        yield return Of("Clip", 13, [N("a", [3], -5, 0, 5), N("b", [], -1), N("c", [], 2)], resultType: Int64);
        yield return Of("Tanh", 13, [a], [Half], resultType: Half, close: 2e-3);
    }

    private static IEnumerable<OperatorCase> Reducing()
    {
        NamedTensor a = F("a", 2, 3, 4);
        foreach (string type in (string[])["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2",
            "ReduceSumSquare", "ReduceLogSumExp"])
        {
            yield return Of(type, 11, [a], attributes: [I("axes", 0, -1), W("keepdims", 0)]);
            yield return Of(type, 18, [a], arguments: [List(1)]);
            yield return Of(type, 18, [a], attributes: [W("keepdims", 0)]);
        }

        yield return Of("ReduceLogSum", 18, [new("a", [2, 2], [1f, 2f, 3f, 0.5f])], arguments: [List(0)]);
        yield return Of("ReduceSum", 13, [N("a", [2, 3], 1, 0, 1, 1, 1, 1)], attributes: [W("keepdims", 0)], resultType: Int64,
            arguments: [List(1)]);
        yield return Of("ReduceSum", 13, [a], attributes: [W("noop_with_empty_axes", 1)], arguments: [List()]);
        yield return Of("ReduceProd", 13, [N("a", [3], 2, 3, 4)], attributes: [W("keepdims", 0)], resultType: Int64);
        yield return Of("ReduceMax", 13, [N("a", [3], 2, -3, 4)], resultType: Int64);
        yield return Of("ReduceMax", 20, [N("a", [3], 2, 3, 4)], [Int32], resultType: Int32);
        yield return Of("ArgMax", 7, [a], resultType: Int64);
        yield return Of("ArgMax", 13, [a], attributes: [W("axis", -1), W("keepdims", 0)], resultType: Int64);
        NamedTensor same = new("a", [4], [1f, 2f, 2f, 1f]);
        yield return Of("ArgMax", 13, [same], attributes: [W("select_last_index", 1)], resultType: Int64);
        yield return Of("ArgMin", 13, [same], attributes: [W("select_last_index", 0)], resultType: Int64);
        yield return Of("CumSum", 14, [a], arguments: [One(1)]);
        yield return Of("CumSum", 14, [a], attributes: [W("exclusive", 1), W("reverse", 1)], arguments: [One(-1)]);
        foreach (string type in (string[])["Softmax", "LogSoftmax"])
        {
            yield return Of(type, 7, [a]);
            yield return Of(type, 11, [a], attributes: [W("axis", 2)]);
            yield return Of(type, 11, [a], attributes: [W("axis", 0)]);
            yield return Of(type, 13, [a]);
            yield return Of(type, 13, [a], attributes: [W("axis", 1)]);
            yield return Of(type, 13, [OperatorCase.F("a", [2, 5], 3, 90f)]);
        }

        yield return Of("LayerNormalization", 17, [a, F("b", 4), F("c", 4)]);
        yield return Of("LayerNormalization", 17, [a, F("b", 3, 4)], attributes: [W("axis", 1), OnnxBytes.Float("epsilon", 0.1f)]);
        yield return Of("BatchNormalization", 9, [a, F("b", 3), F("c", 3), F("d", 3), new("e", [3], [0.5f, 1f, 2f])]);
        yield return Of("BatchNormalization", 15, [F("a", 4, 3), F("b", 3), F("c", 3), F("d", 3), new("e", [3], [0.5f, 1f, 2f])]);
    }

    private static IEnumerable<OperatorCase> Products()
    {
        yield return Of("MatMul", 9, [F("a", 5, 7), F("b", 7, 33)]);
        yield return Of("MatMul", 13, [F("a", 9, 50), F("b", 50, 71)]);
        yield return Of("MatMul", 13, [F("a", 2, 5, 7), F("b", 7, 3)]);
        yield return Of("MatMul", 13, [F("a", 2, 1, 5, 7), F("b", 3, 7, 4)]);
        yield return Of("MatMul", 13, [F("a", 7), F("b", 7, 3)]);
        yield return Of("MatMul", 13, [F("a", 2, 5, 7), F("b", 7)]);
        yield return Of("MatMul", 13, [F("a", 7), F("b", 7)]);
        yield return Of("MatMul", 13, [F("a", 3, 0), F("b", 0, 2)]);
        yield return Of("MatMul", 13, [N("a", [2, 2], 1, 2, 3, 4), N("b", [2, 1], 5, -6)], resultType: Int64);
        yield return Of("MatMul", 13, [F("a", 3, 4), F("b", 4, 2)], [Double, Double], resultType: Double);
        yield return Of("Gemm", 7, [F("a", 5, 7), F("b", 7, 9), F("c", 9)]);
        yield return Of("Gemm", 11, [F("a", 5, 7), F("b", 7, 9)]);
        yield return Of("Gemm", 13, [F("a", 7, 5), F("b", 9, 7), F("c", 5, 1)],
            attributes: [W("transA", 1), W("transB", 1), OnnxBytes.Float("alpha", 0.5f), OnnxBytes.Float("beta", 2f)]);
        yield return Of("Gemm", 13, [F("a", 5, 7), F("b", 7, 9), new("c", [], [0.3f])]);
        yield return Of("Gemm", 13, [F("a", 5, 7), F("b", 7, 9), F("c", 5, 9)], attributes: [OnnxBytes.Float("beta", 0f)]);
    }
}
