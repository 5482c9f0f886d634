using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using TinySD.Formats.Exchange.Parts;

namespace TinySD.Formats.Tests;

/// <summary>ONNX Runtime, the oracle.</summary>
internal static class Ort
{
    public static List<NamedTensor> Run(byte[] model, params NamedTensor[] inputs)
    {
        using SessionOptions options = Options();
        using var session = new InferenceSession(model, options);
        return Run(session, inputs);
    }

    /// <summary>Runs a model from its file, beside which its weights may lie.</summary>
    public static List<NamedTensor> RunFile(string path, params NamedTensor[] inputs)
    {
        using SessionOptions options = Options();
        using var session = new InferenceSession(path, options);
        return Run(session, inputs);
    }

    /// <summary>The texts that stand beside a model's graph.</summary>
    public static IReadOnlyDictionary<string, string> Metadata(byte[] model)
    {
        using SessionOptions options = Options();
        using var session = new InferenceSession(model, options);
        return session.ModelMetadata.CustomMetadataMap;
    }

    /// <summary>The largest difference of two sets of tensors, which must have the same names, shapes and kinds.</summary>
    public static double Difference(IReadOnlyList<NamedTensor> expected, IReadOnlyList<NamedTensor> found)
    {
        string names = Shapes(expected), others = Shapes(found);
        if (names != others) throw new InvalidOperationException($"expected {names}, found {others}");
        return expected.Zip(found).Max(pair => pair.First.Integers is { } integers
            ? integers.Zip(pair.Second.Integers!).Select(values => Math.Abs((double)values.First - values.Second)).DefaultIfEmpty().Max()
            : pair.First.Floats!.Zip(pair.Second.Floats!).Select(values => Apart(values.First, values.Second)).DefaultIfEmpty().Max());

        static double Apart(double a, double b) =>
            a.Equals(b) ? 0 : double.IsFinite(a) && double.IsFinite(b) ? Math.Abs(a - b) : double.PositiveInfinity;

        static string Shapes(IReadOnlyList<NamedTensor> tensors) =>
            string.Join(' ', tensors.Select(t => $"{t.Name}[{string.Join(',', t.Shape)}]{(t.Integers is null ? "" : " of integers")}"));
    }

    private static SessionOptions Options() =>
        new() { IntraOpNumThreads = 1, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };

    private static List<NamedTensor> Run(InferenceSession session, NamedTensor[] inputs)
    {
        NamedOnnxValue[] values = [.. inputs.Select(tensor => Given(tensor, session.InputMetadata[tensor.Name].ElementDataType))];
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = session.Run(values);
        return [.. results.Select(Taken)];
    }

    private static NamedOnnxValue Given(NamedTensor tensor, TensorElementType type)
    {
        int[] shape = [.. tensor.Shape];
        return type switch
        {
            TensorElementType.Float => Of(tensor.Floats!),
            TensorElementType.Float16 => Of(Array.ConvertAll(tensor.Floats!, value => (Float16)value)),
            TensorElementType.Double => Of(Array.ConvertAll(tensor.Floats!, value => (double)value)),
            TensorElementType.Int64 => Of(tensor.Integers!),
            TensorElementType.Int32 => Of(Array.ConvertAll(tensor.Integers!, value => (int)value)),
            TensorElementType.UInt8 => Of(Array.ConvertAll(tensor.Integers!, value => (byte)value)),
            TensorElementType.Bool => Of(Array.ConvertAll(tensor.Integers!, value => value != 0)),
            _ => throw new NotSupportedException($"{type}"),
        };

        NamedOnnxValue Of<T>(T[] numbers) => NamedOnnxValue.CreateFromTensor(tensor.Name, new DenseTensor<T>(numbers, shape));
    }

    private static NamedTensor Taken(DisposableNamedOnnxValue result)
    {
        return result.ElementType switch
        {
            TensorElementType.Float => Floats<float>(value => value),
            TensorElementType.Float16 => Floats<Float16>(value => (float)value),
            TensorElementType.BFloat16 => Floats<BFloat16>(value => (float)value),
            TensorElementType.Double => Floats<double>(value => (float)value),
            TensorElementType.Int64 => Integers<long>(value => value),
            TensorElementType.Int32 => Integers<int>(value => value),
            TensorElementType.Int16 => Integers<short>(value => value),
            TensorElementType.Int8 => Integers<sbyte>(value => value),
            TensorElementType.UInt8 => Integers<byte>(value => value),
            TensorElementType.Bool => Integers<bool>(value => value ? 1 : 0),
            _ => throw new NotSupportedException($"{result.ElementType}"),
        };

        NamedTensor Floats<T>(Converter<T, float> convert)
        {
            Tensor<T> tensor = result.AsTensor<T>();
            return new NamedTensor(result.Name, tensor.Dimensions.ToArray(), Array.ConvertAll(tensor.ToArray(), convert));
        }

        NamedTensor Integers<T>(Converter<T, long> convert)
        {
            Tensor<T> tensor = result.AsTensor<T>();
            return new NamedTensor(result.Name, tensor.Dimensions.ToArray(), Array.ConvertAll(tensor.ToArray(), convert));
        }
    }
}
