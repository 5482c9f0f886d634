using TinySD.Formats.Exchange.Parts;
using TinySD.Formats.Exchange.Safetensors;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;

namespace TinySD.Formats.Tests;

/// <summary>PyTorch's names: the formulas of its documentation, in double precision, and ONNX Runtime on the same weights.</summary>
public sealed class PyTorchNamesTests
{
    private const int T = 4, B = 2, I = 3, H = 5;

    public static IEnumerable<Func<(int Gates, bool IsBidirectional, int Layers, string Prefix, bool HasBias)>> Modules()
    {
        foreach (int gates in (int[])[4, 3, 1])
        {
            yield return () => (gates, false, 1, "", true);
            yield return () => (gates, true, 2, "encoder.rnn.", true);
            yield return () => (gates, true, 1, "lstm.", false);
        }
    }

    [Test]
    [MethodDataSource(nameof(Modules))]
    public async Task A_state_dict_computes_what_pytorchs_documentation_says(
        int gates, bool isBidirectional, int layers, string prefix, bool hasBias)
    {
        using var folder = new TestFolder();
        Dictionary<string, float[]> weights = Write(folder["m.safetensors"], gates, isBidirectional, layers, prefix, hasBias);
        using SafetensorsFile file = SafetensorsFile.Open(folder["m.safetensors"]);
        await Assert.That(PyTorchNames.TryRead(file, new(), out PyTorchImport? import, out FileProblem? problem))
            .IsTrue().Because(problem?.Message ?? "");
        float[] x = RecurrentCase.Random(99, T * B * I, 1.5f);
        RecurrentOutputs found = RecurrentStackRun.Run(import!.Stack, new(T, B, x, null, null, null));
        (double[] output, double[] hidden) = Reference(weights, gates, isBidirectional, layers, x);
        await Assert.That(Closeness.Furthest(output, found.Output)).IsLessThan(1e-5);
        await Assert.That(Closeness.Furthest(hidden, found.Hidden)).IsLessThan(1e-5);
        await Assert.That(import.LeftOut.AsEnumerable()).IsEquivalentTo(["fc.weight"]);
        await Assert.That(import.Prefix).IsEqualTo(prefix);

        // The same weights in ONNX's order, which is made by hand here, run by ONNX Runtime.
        if (layers == 1) await Assert.That(Closeness.Furthest(output, ByOnnxRuntime(weights, gates, isBidirectional, x))).IsLessThan(1e-5);
    }

    [Test]
    [Arguments(CellKind.Lstm)]
    [Arguments(CellKind.Gru)]
    [Arguments(CellKind.RnnTanh)]
    [Arguments(CellKind.RnnRelu)]
    public async Task What_is_exported_is_imported_again(CellKind cell)
    {
        RecurrentStack stack = StackExchangeTests.Make(new()
        {
            Cell = cell, InputSize = I, HiddenSize = H, LayerCount = 3,
            Direction = RecurrentDirection.Bidirectional
        });
        using var folder = new TestFolder();
        SafetensorsWriter.Write(folder["m.safetensors"], PyTorchNames.Name("m", stack, "x."), PyTorchNames.Metadata(stack, null));
        using SafetensorsFile file = SafetensorsFile.Open(folder["m.safetensors"]);
        await Assert.That(PyTorchNames.TryRead(file, new(), out PyTorchImport? import, out _)).IsTrue();
        await Assert.That(import!.Stack.Config).IsEqualTo(stack.Config);
        await Assert.That(import.Stack.Parameters.Values.SequenceEqual(stack.Parameters.Values)).IsTrue();
    }

    [Test]
    public async Task A_choice_of_nonlinearity_changes_nothing_where_there_is_none_to_choose()
    {
        using var folder = new TestFolder();
        Dictionary<string, float[]> weights = Write(folder["m"], 4, true, 2, "", true);
        SafetensorsWriter.Write(folder["p"], [.. weights.Select(w => new NamedTensor(w.Key, Shape(w.Key, w.Value, 4, true), w.Value))]);
        using SafetensorsFile file = SafetensorsFile.Open(folder["p"]);
        await Assert.That(PyTorchNames.TryRead(file, new(null, true), out PyTorchImport? import, out _)).IsTrue();
        await Assert.That(import!.Stack.Config.Cell).IsEqualTo(CellKind.Lstm);
    }

    [Test]
    public async Task What_is_missing_too_much_or_ambiguous_is_named()
    {
        using var folder = new TestFolder();
        Dictionary<string, float[]> weights = Write(folder["m"], 4, true, 2, "", true);
        await Assert.That(Problem(without: "weight_hh_l1_reverse").Message).Contains("weight_hh_l1_reverse");
        await Assert.That(Problem(without: "bias_hh_l0").Message).Contains("bias_hh_l0");
        await Assert.That(Problem(with: new("weight_hr_l0", [2, H], new float[2 * H])).Message).Contains("proj_size");
        await Assert.That(Problem(with: new("other.weight_ih_l0", [1, 1], new float[1])).Message).Contains("--prefix");
        await Assert.That(Problem(with: new("weight_ih_l3", [4 * H, 2 * H], new float[8 * H * H])).Message).Contains("_l2");
        await Assert.That(Problem(choices: new("nowhere.")).Message).Contains("--prefix");

        FileProblem Problem(string? without = null, NamedTensor? with = null, PyTorchChoices? choices = null)
        {
            IEnumerable<NamedTensor> tensors = weights.Where(w => w.Key != without)
                .Select(w => new NamedTensor(w.Key, Shape(w.Key, w.Value, 4, true), w.Value));
            SafetensorsWriter.Write(folder["p"], [.. tensors, .. with is null ? Array.Empty<NamedTensor>() : [with]]);
            using SafetensorsFile file = SafetensorsFile.Open(folder["p"]);
            return PyTorchNames.TryRead(file, choices ?? new(), out _, out FileProblem? problem)
                ? throw new InvalidOperationException("nothing was refused") : problem;
        }
    }

    private static int[] Shape(string name, float[] values, int gates, bool isBidirectional) =>
        name.Contains("bias", StringComparison.Ordinal)
        ? [gates * H]
        : [gates * H, values.Length / (gates * H)];

    internal static Dictionary<string, float[]> Write(string path, int gates, bool isBidirectional, int layers, string prefix, bool hasBias)
    {
        var weights = new Dictionary<string, float[]>();
        int seed = 1;
        for (int layer = 0; layer < layers; layer++)
        {
            foreach (string end in isBidirectional ? (string[])[$"_l{layer}", $"_l{layer}_reverse"] : [$"_l{layer}"])
            {
                int inputs = layer == 0 ? I : isBidirectional ? 2 * H : H;
                weights.Add($"weight_ih{end}", RecurrentCase.Random(seed++, gates * H * inputs));
                weights.Add($"weight_hh{end}", RecurrentCase.Random(seed++, gates * H * H));
                if (!hasBias) continue;
                weights.Add($"bias_ih{end}", RecurrentCase.Random(seed++, gates * H));
                weights.Add($"bias_hh{end}", RecurrentCase.Random(seed++, gates * H));
            }
        }

        NamedTensor[] tensors = [.. weights.Select(w => new NamedTensor(prefix + w.Key, Shape(w.Key, w.Value, gates, isBidirectional),
            w.Value)), new("fc.weight", [1], new float[1])];
        SafetensorsWriter.Write(path, tensors);
        return weights;
    }

    // torch.nn.LSTM, GRU and RNN as documented: rows of weight_ih are (W_ii|W_if|W_ig|W_io), (W_ir|W_iz|W_in), W_ih.
    private static (double[] Output, double[] Hidden) Reference(
        Dictionary<string, float[]> weights, int gates, bool isBidirectional, int layers, float[] input)
    {
        double[] x = [.. input.Select(v => (double)v)];
        int width = I, directions = isBidirectional ? 2 : 1;
        double[] hidden = new double[layers * directions * B * H];
        for (int layer = 0; layer < layers; layer++)
        {
            double[] y = new double[T * B * directions * H];
            for (int d = 0; d < directions; d++)
            {
                string end = $"_l{layer}{(d == 1 ? "_reverse" : "")}";
                for (int b = 0; b < B; b++)
                {
                    double[] h = new double[H], c = new double[H];
                    for (int s = 0; s < T; s++)
                    {
                        int t = d == 0 ? s : T - 1 - s;
                        double[] a = Sums(weights, $"weight_ih{end}", $"bias_ih{end}", x.AsSpan(((t * B) + b) * width, width), gates * H);
                        double[] u = Sums(weights, $"weight_hh{end}", $"bias_hh{end}", h, gates * H);
                        double[] next = new double[H];
                        for (int j = 0; j < H; j++)
                        {
                            if (gates == 4)
                            {
                                double i = Sigmoid(a[j] + u[j]), f = Sigmoid(a[H + j] + u[H + j]),
                                    g = Math.Tanh(a[(2 * H) + j] + u[(2 * H) + j]);
                                c[j] = (f * c[j]) + (i * g);
                                next[j] = Sigmoid(a[(3 * H) + j] + u[(3 * H) + j]) * Math.Tanh(c[j]);
                            }
                            else if (gates == 3)
                            {
                                double r = Sigmoid(a[j] + u[j]), z = Sigmoid(a[H + j] + u[H + j]),
                                    n = Math.Tanh(a[(2 * H) + j] + (r * u[(2 * H) + j]));
                                next[j] = ((1 - z) * n) + (z * h[j]);
                            }
                            else
                            {
                                next[j] = Math.Tanh(a[j] + u[j]);
                            }
                        }

                        h = next;
                        h.CopyTo(y, (((t * B) + b) * directions * H) + (d * H));
                    }

                    h.CopyTo(hidden, ((((layer * directions) + d) * B) + b) * H);
                }
            }

            (x, width) = (y, directions * H);
        }

        return (x, hidden);
    }

    private static double[] Sums(Dictionary<string, float[]> weights, string weight, string bias, ReadOnlySpan<double> x, int rows)
    {
        double[] sums = new double[rows];
        for (int row = 0; row < rows; row++)
        {
            sums[row] = weights.TryGetValue(bias, out float[]? b) ? b[row] : 0;
            for (int k = 0; k < x.Length; k++) sums[row] += weights[weight][(row * x.Length) + k] * x[k];
        }

        return sums;
    }

    private static float[] ByOnnxRuntime(Dictionary<string, float[]> weights, int gates, bool isBidirectional, float[] x)
    {
        // ONNX wants i o f c where PyTorch has i f g o, and z r h where it has r z n.
        int[] order = gates == 4 ? [0, 3, 1, 2] : gates == 3 ? [1, 0, 2] : [0];
        string[] ends = isBidirectional ? ["_l0", "_l0_reverse"] : ["_l0"];
        float[] Turned(string name) =>
            [.. ends.SelectMany(end => Gates(weights.TryGetValue(name + end, out float[]? found) ? found : new float[gates * H]))];
        IEnumerable<float> Gates(float[] values) =>
            order.SelectMany(gate => values.Skip(gate * values.Length / gates).Take(values.Length / gates));
        float[] biases = [.. ends.SelectMany(end => ((string[])["bias_ih", "bias_hh"]).SelectMany(name =>
            Gates(weights.TryGetValue(name + end, out float[]? found) ? found : new float[gates * H])))];
        byte[] model = new OnnxBytes()
            .Node(gates == 4 ? "LSTM" : gates == 3 ? "GRU" : "RNN", ["X", "W", "R", "B"], ["Y"],
            [
                OnnxBytes.Integer("hidden_size", H), OnnxBytes.Text("direction", isBidirectional ? "bidirectional" : "forward"),
                .. gates == 3 ? new[] { OnnxBytes.Integer("linear_before_reset", 1) } : [],
            ])
            .Constant("W", [ends.Length, gates * H, I], Turned("weight_ih")).Constant("R", [ends.Length, gates * H, H], Turned("weight_hh"))
            .Constant("B", [ends.Length, 2 * gates * H], biases)
            .Input("X", [-1, -1, I]).Output("Y", [-1, -1, -1, H]).ToArray();
        NamedTensor y = Ort.Run(model, new NamedTensor("X", [T, B, I], x))[0];
        float[] output = new float[y.Floats!.Length];
        for (int i = 0; i < output.Length; i++)
        {
            int h = i % H, d = i / H % ends.Length, b = i / H / ends.Length % B, t = i / H / ends.Length / B;
            output[i] = y.Floats[(((((t * ends.Length) + d) * B) + b) * H) + h];
        }

        return output;
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
