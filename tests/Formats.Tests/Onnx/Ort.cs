using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace TinySD.Formats.Tests;

/// <summary>ONNX Runtime, the oracle.</summary>
internal static class Ort
{
    public static List<NamedTensor> Run(byte[] model, params NamedTensor[] inputs)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using var session = new InferenceSession(model, options);
        NamedOnnxValue[] values =
        [
            .. inputs.Select(tensor => tensor.Integers is { } integers
                ? NamedOnnxValue.CreateFromTensor(tensor.Name, new DenseTensor<int>(integers.Select(i => (int)i).ToArray(), [.. tensor.Shape]))
                : NamedOnnxValue.CreateFromTensor(tensor.Name, new DenseTensor<float>(tensor.Floats, [.. tensor.Shape]))),
        ];
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = session.Run(values);
        return [.. results.Select(result =>
        {
            Tensor<float> tensor = result.AsTensor<float>();
            return new NamedTensor(result.Name, tensor.Dimensions.ToArray(), tensor.ToArray());
        })];
    }

    /// <summary>The largest difference of two sets of tensors, which must have the same names and shapes.</summary>
    public static double Difference(IReadOnlyList<NamedTensor> expected, IReadOnlyList<NamedTensor> found)
    {
        string names = Shapes(expected), others = Shapes(found);
        if (names != others) throw new InvalidOperationException($"expected {names}, found {others}");
        return expected.Zip(found).Max(pair => pair.First.Floats!.Zip(pair.Second.Floats!).Max(values => Math.Abs((double)values.First - values.Second)));

        static string Shapes(IReadOnlyList<NamedTensor> tensors) => string.Join(' ', tensors.Select(t => $"{t.Name}[{string.Join(',', t.Shape)}]"));
    }
}
