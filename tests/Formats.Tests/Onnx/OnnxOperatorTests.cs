using TinySD.Formats.Exchange.Onnx;
using TinySD.Formats.Exchange.Onnx.Operators;
using TinySD.Formats.Exchange.Parts;

namespace TinySD.Formats.Tests;

/// <summary>The operators around recurrent layers give ONNX Runtime's numbers.</summary>
public sealed class OnnxOperatorTests
{
    public static IEnumerable<Func<OperatorCase>> Cases() => OperatorCases.All().Select(c => (Func<OperatorCase>)(() => c));

    [Test]
    [MethodDataSource(nameof(Cases))]
    public async Task An_operator_gives_what_onnx_runtime_gives(OperatorCase node)
    {
        List<NamedTensor> expected = Ort.Run(node.Model, node.Inputs);
        using var folder = new TestFolder();
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", node.Model));
        IReadOnlyList<NamedTensor> found = network.Run("x", node.Inputs);

        // Relative where numbers are large.
        double largest = expected.SelectMany(tensor => tensor.Floats ?? []).Where(float.IsFinite).Select(value => Math.Abs((double)value))
            .DefaultIfEmpty().Max();
        await Assert.That(Ort.Difference(expected, found)).IsLessThan(node.Close * Math.Max(1, largest)).Because(node.Name);
    }

    /// <summary>Swish, which this ONNX Runtime does not have by itself, is tested by hand.</summary>
    [Test]
    public async Task Every_operator_is_among_the_cases()
    {
        HashSet<string> tested = [.. OperatorCases.All().Select(node => node.Name.Split(' ')[0])];
        string[] untested = [.. OnnxOperators.Names.Where(name => !tested.Contains(name)).Order(StringComparer.Ordinal)];
        await Assert.That(string.Join(' ', untested)).IsEqualTo("Swish");
    }

    /// <summary>x / (1 + exp(-alpha x)).</summary>
    [Test]
    public async Task Swish_is_x_times_the_sigmoid_of_alpha_x()
    {
        OperatorCase node = OperatorCase.Of("Swish", 24, [new("a", [3], [-1f, 0f, 2f])], attributes: [OnnxBytes.Float("alpha", 0.5f)]);
        using var folder = new TestFolder();
        float[] found = OnnxNetwork.Open(folder.Put("m.onnx", node.Model)).Run("x", node.Inputs)[0].Floats!;
        await Assert.That(Ort.Difference([new("y0", [3], [-0.37754067f, 0f, 1.4621172f])], [new("y0", [3], found)])).IsLessThan(1e-6);
    }
}
