using System.Globalization;
using TinySD.Formats.Exchange.Parts;
using TinySD.Formats.Exchange.Safetensors;
using TinySD.Runtime.Inference;

namespace TinySD.Formats.Tests;

/// <summary>Weights that a file holds in another form, or under the names of another module, are the same weights: compared with the plain
/// ones, which <see cref="PyTorchNamesTests"/> compares with the formulas.</summary>
public sealed class StoredFormsTests
{
    private const int I = 3, H = 5;

    [Test]
    public async Task A_weight_dropped_LSTM_gives_the_numbers_of_its_raw_weights()
    {
        using SafetensorsFile inputs = SafetensorsFile.Open(Fixtures.Find("reports", "weight-drop-input.safetensors"));
        using SafetensorsFile expected = SafetensorsFile.Open(Fixtures.Find("reports", "weight-drop-expected.safetensors"));
        PyTorchImport import = Import(Fixtures.Find("reports", "weight-drop-raw-and-dropped.safetensors"));
        NamedTensor x = Tensor(inputs, "input");
        float[] found = RecurrentStackRun.Run(import.Stack, new(x.Shape[0], x.Shape[1], x.Floats!, null, null, null)).Output;
        await Assert.That(Closeness.Furthest(found, Tensor(expected, "output").Floats!)).IsLessThan(1e-6f);
        await Assert.That(import.Copies.AsEnumerable()).IsEquivalentTo(["rnns.0.module.weight_hh_l0"]);
        await Assert.That(import.LeftOut.IsEmpty).IsTrue();
    }

    [Test]
    public async Task A_weight_normed_LSTM_is_folded_row_by_row()
    {
        string path = Fixtures.Find("reports", "weight-norm-g-v.safetensors");
        using SafetensorsFile file = SafetensorsFile.Open(path);
        float[] g = Tensor(file, "rnn.weight_hh_l0_g").Floats!, v = Tensor(file, "rnn.weight_hh_l0_v").Floats!;
        float[] w = [.. v.Select((value, i) => (float)(g[i / 6] * (double)value / Math.Sqrt(v.Skip(i / 6 * 6).Take(6)
            .Sum(x => (double)x * x))))];
        using var folder = new TestFolder();
        SafetensorsWriter.Write(folder["p"],
        [
            Tensor(file, "rnn.weight_ih_l0"), new("rnn.weight_hh_l0", [24, 6], w), Tensor(file, "rnn.bias_ih_l0"), Tensor(file,
                "rnn.bias_hh_l0"),
        ]);
        await Assert.That(Difference(Import(path), Import(folder["p"]))).IsLessThan(1e-7f);
    }

    [Test]
    [Arguments("weight_hh_l0", "")]
    [Arguments("weight_ih_l1_reverse", "")]
    [Arguments("bias_hh_l1", "")]
    [Arguments("weight_hh_l0_reverse", "module.")]
    [Arguments("weight_hh_l1", "_orig_mod.module.")]
    public async Task Raw_weights_count_beside_a_masked_copy_and_without_one(string part, string wrapper)
    {
        using var folder = new TestFolder();
        Dictionary<string, NamedTensor> plain = Plain(folder, 4, 2, isBidirectional: true);
        IEnumerable<NamedTensor> others = plain.Where(t => t.Key != part).Select(t => Named($"rnns.0.{wrapper}{t.Key}", t.Value));
        NamedTensor raw = Named($"rnns.0.{part}_raw", plain[part]),
            copy = new($"rnns.0.{wrapper}{part}", plain[part].Shape, new float[plain[part].Floats!.Length]);
        foreach (bool hasCopy in (bool[])[true, false])
        {
            SafetensorsWriter.Write(folder["f"], [.. others, raw, .. hasCopy ? new[] { copy } : []]);
            PyTorchImport import = Import(folder["f"]);
            await Assert.That(Difference(import, Import(folder["plain"]))).IsEqualTo(0f);
            await Assert.That(import.Copies.AsEnumerable()).IsEquivalentTo(hasCopy ? [copy.Name] : Array.Empty<string>());
            await Assert.That(import.Prefix).IsEqualTo($"rnns.0.{wrapper}");
        }
    }

    [Test]
    [Arguments("weight_hh_l0", 0, false)]
    [Arguments("weight_hh_l0", 0, true)]
    [Arguments("weight_ih_l1_reverse", 1, false)]
    [Arguments("weight_ih_l1_reverse", -1, true)]
    [Arguments("bias_ih_l0_reverse", 0, false)]
    public async Task Weight_norm_is_folded_along_any_axis_and_from_both_interfaces(string part, int axis, bool isParametrized)
    {
        using var folder = new TestFolder();
        Dictionary<string, NamedTensor> plain = Plain(folder, 4, 2, isBidirectional: true);
        NamedTensor w = plain[part];
        int rows = w.Shape[0], columns = w.Shape.Length == 2 ? w.Shape[1] : 1;

        // The magnitudes are the norms, and the directions any multiples: v = c w for one c per row, column or matrix.
        int groups = axis == 0 ? rows : axis == 1 ? columns : 1;
        int Group(int at) => axis == 0 ? at / columns : axis == 1 ? at % columns : 0;
        double[] norms = new double[groups];
        for (int i = 0; i < w.Floats!.Length; i++) norms[Group(i)] += (double)w.Floats[i] * w.Floats[i];
        float[] v = [.. w.Floats.Select((value, i) => value * (1.5f + (0.25f * Group(i))))],
            g = [.. norms.Select(norm => (float)Math.Sqrt(norm))];
        int[] shape = axis == -1 ? [] : w.Shape.Length == 1 ? [rows] : axis == 0 ? [rows, 1] : [1, columns];
        (string gName, string vName) = isParametrized
            ? ($"parametrizations.{part}.original0", $"parametrizations.{part}.original1") : ($"{part}_g", $"{part}_v");
        SafetensorsWriter.Write(folder["f"],
            [.. plain.Where(t => t.Key != part).Select(t => Named($"x.{t.Key}", t.Value)), new($"x.{gName}", shape, g),
                new($"x.{vName}", w.Shape, v)]);
        PyTorchImport import = Import(folder["f"]);
        await Assert.That(Difference(import, Import(folder["plain"]))).IsLessThan(5e-7f);
        await Assert.That(import.LeftOut.IsEmpty).IsTrue();
    }

    [Test]
    [Arguments("spectral norm", "weight_hh_l0", "weight_hh_l0_orig", "weight_hh_l0_u", "weight_hh_l0_v")]
    [Arguments("spectral norm", "weight_hh_l0", "parametrizations.weight_hh_l0.original", "parametrizations.weight_hh_l0.0._u",
        "parametrizations.weight_hh_l0.0._v")]
    [Arguments("spectral norm", "", "weight_hh_l0_u")]
    [Arguments("prune", "weight_ih_l0", "weight_ih_l0_orig", "weight_ih_l0_mask")]
    [Arguments("no weight norm", "weight_hh_l0", "parametrizations.weight_hh_l0.original")]
    [Arguments("no weight norm", "", "parametrizations.weight_hh_l0.original0", "parametrizations.weight_hh_l0.original1",
        "parametrizations.weight_hh_l0.1.scale")]
    [Arguments("half of a weight norm", "weight_hh_l0", "weight_hh_l0_v")]
    [Arguments("true weights", "", "weight_hh_l0_something")]
    [Arguments("true weights", "", "weight_ih_l0.foo")]
    [Arguments("true weights", "", "bias_hh_l0_ema")]
    [Arguments("true weights", "", "raw_weight_hh_l0")]
    [Arguments("true weights", "", "weight_hh_raw_l0")]
    [Arguments("true weights", "", "weight_hh_l0_raw", "weight_hh_l0_g", "weight_hh_l0_v")]
    [Arguments("made from", "", "weight_hh_l0_raw/1")]
    [Arguments("no magnitude", "weight_hh_l0", "weight_hh_l0_g/7", "weight_hh_l0_v")]
    [Arguments("infinite", "weight_hh_l0", "weight_hh_l0_g", "weight_hh_l0_v/0")]
    [Arguments("proj_size", "", "weight_hr_l0_raw")]
    public async Task What_may_be_the_true_weights_and_is_not_understood_is_refused_by_name(
        string says, string without, params string[] added)
    {
        using var folder = new TestFolder();
        Dictionary<string, NamedTensor> plain = Plain(folder, 4, 1, isBidirectional: false);
        NamedTensor[] more = [.. added.Select(name =>
        {
            // name/N has another shape, name/0 the right one and zeros.
            string[] parts = name.Split('/');
            int size = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
            bool isMagnitude = parts[0].EndsWith("_g", StringComparison.Ordinal)
                || parts[0].EndsWith("original0", StringComparison.Ordinal);
            int[] shape = size > 0 ? [size, 2] : isMagnitude ? [4 * H, 1] : [4 * H, H];
            return new NamedTensor($"x.{parts[0]}", shape, parts.Length > 1
                ? new float[shape[0] * shape[1]] : RecurrentCase.Random(7, shape[0] * shape[1]));
        })];
        SafetensorsWriter.Write(folder["f"], [.. plain.Where(t => t.Key != without).Select(t => Named($"x.{t.Key}", t.Value)), .. more]);
        using SafetensorsFile file = SafetensorsFile.Open(folder["f"]);
        await Assert.That(PyTorchNames.TryRead(file, new("x."), out _, out FileProblem? problem)).IsFalse();
        await Assert.That(problem!.Message).Contains(says).And.Contains($"'x.{added[0].Split('_')[0].Split('.')[0]}");
        await Assert.That(problem.Part).StartsWith("x.");
    }

    [Test]
    public async Task What_an_optimizer_keeps_is_left_out_and_named()
    {
        using var folder = new TestFolder();
        Dictionary<string, NamedTensor> plain = Plain(folder, 4, 1, isBidirectional: false);
        NamedTensor state = new("weight_hh_l0.exp_avg", [4 * H, H], new float[4 * H * H]);
        SafetensorsWriter.Write(folder["f"], [.. plain.Values, state]);
        PyTorchImport import = Import(folder["f"]);
        await Assert.That(import.LeftOut.AsEnumerable()).IsEquivalentTo([state.Name]);
        await Assert.That(Difference(import, Import(folder["plain"]))).IsEqualTo(0f);
    }

    [Test]
    [Arguments(4)]
    [Arguments(3)]
    [Arguments(1)]
    public async Task Numbered_cells_are_the_layers_of_a_stack(int gates)
    {
        using var folder = new TestFolder();
        Dictionary<string, NamedTensor> plain = Plain(folder, gates, 2, isBidirectional: false);
        foreach ((string before, int first, string after) in ((string, int, string)[])[("cells.", 0, "."), ("m.rnn", 1, ".")])
        {
            SafetensorsWriter.Write(folder["f"],
                [.. plain.Select(t => Named($"{before}{first + t.Key[^1] - '0'}{after}{t.Key[..^3]}", t.Value)).Reverse(),
                    new("fc.weight", [1], [0f])]);
            PyTorchImport import = Import(folder["f"]);
            await Assert.That(import.Stack.Config.LayerCount).IsEqualTo(2);
            await Assert.That(Difference(import, Import(folder["plain"]))).IsEqualTo(0f);
            await Assert.That(import.LeftOut.AsEnumerable()).IsEquivalentTo(["fc.weight"]);
        }

        SafetensorsWriter.Write(folder["f"],
            [.. plain.Where(t => t.Key.EndsWith("_l0", StringComparison.Ordinal)).Select(t => Named(t.Key[..^3], t.Value))]);
        await Assert.That(Import(folder["f"]).Stack.Config).IsEqualTo(Import(folder["plain"]).Stack.Config with { LayerCount = 1 });
    }

    [Test]
    public async Task Modules_that_are_no_stack_are_chosen_by_prefix_and_numbered_ones_together()
    {
        using var folder = new TestFolder();
        Dictionary<string, NamedTensor> plain = Plain(folder, 4, 2, isBidirectional: false);
        NamedTensor[] Layer(int layer, string prefix, string end) =>
            [.. plain.Where(t => t.Key[^1] == '0' + layer).Select(t => Named($"{prefix}{t.Key[..^3]}{end}", t.Value))];
        SafetensorsWriter.Write(folder["f"], [.. Layer(0, "a.0.", "_l0"), .. Layer(1, "a.1.", "_l0"), .. Layer(0, "b.", "_l0")]);
        await Assert.That(Problem(folder["f"], new()).Message).Contains("'a.0.', 'a.1.', 'b.'; choose one with --prefix");
        await Assert.That(Difference(Import(folder["f"], "a."), Import(folder["plain"]))).IsEqualTo(0f);
        await Assert.That(Import(folder["f"], "b.").LeftOut.Length).IsEqualTo(8);

        // Two cells side by side, of the same input.
        SafetensorsWriter.Write(folder["f"], [.. Layer(0, "c.0.", ""), .. Layer(0, "c.1.", "")]);
        await Assert.That(Problem(folder["f"], new()).Message)
            .Contains("'c.1.' has the input size 3, and what is before it the output size 5; choose one");
        await Assert.That(Import(folder["f"], "c.1.").Stack.Config.LayerCount).IsEqualTo(1);
    }

    [Test]
    [Arguments("module.lstm.", "lstm.")]
    [Arguments("_orig_mod.lstm.", "lstm.")]
    [Arguments("_orig_mod.module.lstm.", "module.lstm.")]
    [Arguments("lstm.", "module.lstm.")]
    public async Task A_prefix_is_found_within_what_is_wrapped_around_it(string stored, string asked)
    {
        using var folder = new TestFolder();
        Dictionary<string, NamedTensor> plain = Plain(folder, 3, 1, isBidirectional: true);
        SafetensorsWriter.Write(folder["f"],
            [.. plain.Select(t => Named(stored + t.Key, t.Value)), .. plain.Select(t => Named($"other.{t.Key}", t.Value))]);
        PyTorchImport import = Import(folder["f"], asked);
        await Assert.That(import.Prefix).IsEqualTo(stored);
        await Assert.That(Difference(import, Import(folder["plain"]))).IsEqualTo(0f);

        // An averaged model beside the model itself is another, and the user's to choose.
        SafetensorsWriter.Write(folder["f"],
            [.. plain.Select(t => Named($"lstm.{t.Key}", t.Value)), .. plain.Select(t => Named($"module.lstm.{t.Key}", t.Value))]);
        await Assert.That(Problem(folder["f"], new()).Message).Contains("'lstm.', 'module.lstm.'; choose one");
        await Assert.That(Import(folder["f"], "module.lstm.").Prefix).IsEqualTo("module.lstm.");
    }

    [Test]
    [Arguments(4, false)]
    [Arguments(4, true)]
    [Arguments(3, false)]
    [Arguments(3, true)]
    [Arguments(1, false)]
    [Arguments(1, true)]
    public async Task Layers_of_MLX_are_read(int gates, bool isInputMajor)
    {
        using var folder = new TestFolder();
        Dictionary<string, NamedTensor> plain = Plain(folder, gates, 1, isBidirectional: false);
        NamedTensor Matrix(string name, NamedTensor t) => !isInputMajor ? Named(name, t) : new(
            name, [t.Shape[1], t.Shape[0]],
                [.. Enumerable.Range(0, t.Floats!.Length).Select(i => t.Floats[(i % t.Shape[0] * t.Shape[1]) + (i / t.Shape[0])])]);
        string ending = gates == 1 ? "h" : "";
        List<NamedTensor> tensors = [Matrix($"m.Wx{ending}", plain["weight_ih_l0"]), Matrix($"m.Wh{ending}", plain["weight_hh_l0"]),
            new("m.out.bias", [2], [1f, 2f])];
        float[] a = plain["bias_ih_l0"].Floats!, b = plain["bias_hh_l0"].Floats!;
        if (gates == 3)
        {
            // r and z have one bias; n has that of its input in b, and that of its recurrent product in bhn.
            tensors.Add(new("m.b", [3 * H], [.. a.Select((value, i) => i < 2 * H ? value + b[i] : value)]));
            tensors.Add(new("m.bhn", [H], b[(2 * H)..]));
        }
        else
        {
            tensors.Add(new("m.bias", [gates * H], [.. a.Zip(b, (x, y) => x + y)]));
        }

        SafetensorsWriter.Write(folder["f"], tensors);
        PyTorchImport import = Import(folder["f"]);
        await Assert.That(import.Stack.Config).IsEqualTo(Import(folder["plain"]).Stack.Config);

        // Of a square the direction cannot be told, and the present one is taken; I and H differ here, so nothing is a guess but the square
        // itself.
        await Assert.That(Difference(import, Import(folder["plain"]))).IsEqualTo(0f);
        await Assert.That(import.LeftOut.AsEnumerable()).IsEquivalentTo(["m.out.bias"]);

        SafetensorsWriter.Write(folder["f"], [.. tensors, new($"m.Wh{ending}.scales", [1], [1f])]);
        await Assert.That(Problem(folder["f"], new()).Message).Contains($"m.Wh{ending}.scales").And.Contains("true weights");
        if (gates != 3) return;
        SafetensorsWriter.Write(folder["f"], [.. tensors.Where(t => t.Name != "m.bhn")]);
        await Assert.That(Problem(folder["f"], new()).Message).Contains("m.bhn");
    }

    [Test]
    public async Task Tensors_of_any_type_of_the_format_may_stand_beside_the_layers()
    {
        (string Dtype, int Bits)[] types =
        [
            ("BOOL", 8), ("F4", 4), ("F6_E2M3", 6), ("F6_E3M2", 6), ("U8", 8), ("I8", 8), ("F8_E5M2", 8), ("F8_E4M3", 8), ("F8_E8M0", 8),
            ("F8_E4M3FNUZ", 8),
            ("F8_E5M2FNUZ", 8), ("I16", 16), ("U16", 16), ("F16", 16), ("BF16", 16), ("I32", 32), ("U32", 32), ("F32", 32), ("C64", 64),
            ("F64", 64), ("I64", 64),
            ("U64", 64),
        ];
        using var folder = new TestFolder();
        foreach ((string dtype, int bits) in types)
        {
            // Four numbers of an LSTM's weights, or of something else.
            Put("other", dtype, bits);
            await Assert.That(Import(folder["f"]).LeftOut.AsEnumerable()).IsEquivalentTo(["other"]);
            if (dtype is "F32" or "F16" or "BF16" or "F64") continue;
            Put("weight_hh_l0", dtype, bits);
            await Assert.That(Problem(folder["f"], new()).Message)
                .Contains($"tensor 'weight_hh_l0' is of dtype {dtype}; F32, F16, BF16 or F64 was expected");
        }

        void Put(string name, string dtype, int bits)
        {
            int bytes = 4 * bits / 8;
            string own = $$"""{{(name == "other" ? "weight_hh_l0" : "other")}}":{"dtype":"F32","shape":[4,1],"data_offsets":[16,32]}""";
            string tensor = $$"""{"dtype":"{{dtype}}","shape":[4,1],"data_offsets":[32,{{32 + bytes}}]}""";
            string header =
                $$"""{"weight_ih_l0":{"dtype":"F32","shape":[4,1],"data_offsets":[0,16]},"{{own}},"{{name}}":{{tensor}} }""";
            folder.Put("f", SafetensorsFileTests.Bytes(header, new byte[32 + bytes]));
        }
    }

    [Test]
    public async Task An_eight_bit_tensor_beside_an_LSTM_is_named_as_not_needed()
    {
        PyTorchImport import = Import(Fixtures.Find("reports", "fnuz-beside-lstm.safetensors"));
        await Assert.That(import.LeftOut.AsEnumerable()).IsEquivalentTo(["scale"]);
        await Assert.That((import.Stack.Config.InputSize, import.Stack.Config.HiddenSize)).IsEqualTo((4, 6));
    }

    // A module with PyTorch's names, by those names, and the file "plain" that holds it.
    private static Dictionary<string, NamedTensor> Plain(TestFolder folder, int gates, int layers, bool isBidirectional)
    {
        Dictionary<string, float[]> weights = PyTorchNamesTests.Write(folder["plain"], gates, isBidirectional, layers, "", hasBias: true);
        using SafetensorsFile file = SafetensorsFile.Open(folder["plain"]);
        return weights.Keys.ToDictionary(name => name, name => Tensor(file, name));
    }

    private static NamedTensor Named(string name, NamedTensor tensor) => new(name, tensor.Shape, tensor.Floats!);

    private static NamedTensor Tensor(SafetensorsFile file, string name) =>
        file.TryRead(file.FindTensor(name)!, out NamedTensor? tensor, out FileProblem? problem)
            ? tensor : throw new FileProblemException(problem);

    private static PyTorchImport Import(string path, string? prefix = null)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return PyTorchNames.TryRead(file, new(prefix), out PyTorchImport? import, out FileProblem? problem)
            ? import : throw new FileProblemException(problem);
    }

    private static FileProblem Problem(string path, PyTorchChoices choices)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return PyTorchNames.TryRead(file, choices, out _, out FileProblem? problem)
            ? throw new InvalidOperationException("nothing was refused") : problem;
    }

    private static double Difference(PyTorchImport one, PyTorchImport other) =>
        Closeness.Furthest<float, float>(one.Stack.Parameters.Values, other.Stack.Parameters.Values);
}
