using System.Text.Json;
using TinySD.Formats;
using TinySD.Formats.Exchange.Parts;
using TinySD.Formats.Exchange.Safetensors;
using TinySD.Formats.Models;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;

namespace TinySD.Tools.Tests;

/// <summary><c>run</c>, <c>import</c> and <c>export</c>, and what others say of such files.</summary>
public sealed class ExchangeTests
{
    private const string Set = "onnx-node-tests";

    public static IEnumerable<Func<string>> NodeTests() => Fixtures.Folder(Set) is { } folder && Directory.Exists(folder)
        ? Directory.GetDirectories(folder).Order(StringComparer.Ordinal).Select(path => (Func<string>)(() => Path.GetFileName(path)))
        : [() => "none"];

    [Test]
    public async Task All_twelve_node_tests_of_ONNX_are_there()
    {
        Fixtures.Find(Set, "test_lstm_defaults/model.onnx");
        await Assert.That(NodeTests().Count()).IsEqualTo(12);
    }

    [Test]
    [MethodDataSource(nameof(NodeTests))]
    public async Task A_node_test_of_ONNX_gives_what_it_should(string name)
    {
        string model = Fixtures.Find(Set, $"{name}/model.onnx"), data = Path.Combine(Path.GetDirectoryName(model)!, "test_data_set_0");
        (string[] inputs, string[] outputs) = PbTensor.Names(await File.ReadAllBytesAsync(model));
        using var folder = new TestFolder();
        NamedTensor[] tensors =
            [.. Directory.GetFiles(data, "input_*.pb").OrderBy(Number).Select((file, i) => PbTensor.Read(file, inputs[i]))];
        SafetensorsWriter.Write(folder["in.safetensors"], tensors);
        CliResult result = Tinysd.Run("run", model, "--input", folder["in.safetensors"], "--output", folder["out.safetensors"]);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);

        using SafetensorsFile found = SafetensorsFile.Open(folder["out.safetensors"]);
        string[] expected = [.. Directory.GetFiles(data, "output_*.pb").OrderBy(Number)];
        await Assert.That(found.Tensors.Length).IsEqualTo(expected.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            NamedTensor wanted = PbTensor.Read(expected[i], outputs[i]), given = Read(found, outputs[i]);
            await Assert.That(given.Shape.SequenceEqual(wanted.Shape)).IsTrue();
            await Assert.That(Closeness.Furthest(given.Floats!, wanted.Floats!)).IsLessThan(1e-5f);
        }

        static int Number(string path) =>
            int.Parse(Path.GetFileNameWithoutExtension(path).Split('_')[^1], System.Globalization.CultureInfo.InvariantCulture);
    }

    [Test]
    [Arguments(CellKind.Lstm)]
    [Arguments(CellKind.Gru)]
    [Arguments(CellKind.RnnTanh)]
    public async Task One_stack_gives_the_same_numbers_from_every_format(CellKind cell)
    {
        using var folder = new TestFolder();
        PutStack(folder, cell);
        SafetensorsWriter.Write(folder["x.safetensors"], Inputs(cell));
        await Ok("export", folder["s.tsd"], "--out", folder["s.safetensors"], "--prefix", "rnn.");
        await Ok("export", folder["s.tsd"], "--out", folder["s.onnx"], "--with-state");
        await Ok("import", folder["s.safetensors"], "--out", folder["a.tsd"]);
        await Ok("import", folder["s.onnx"], "--out", folder["b.tsd"]);
        await Ok("import", folder["s.onnx"], "--out", folder["half.tsd"], "--dtype", "bf16");
        await Assert.That(Tinysd.Run("inspect", folder["half.tsd"], "--json").Json.GetProperty("tensors")[0].GetProperty("dtype")
            .GetString()).IsEqualTo("bf16");
        string? first = null;
        foreach (string model in (string[])["s.tsd", "a.tsd", "b.tsd", "s.safetensors", "s.onnx"])
        {
            await Ok("run", folder[model], "--input", folder["x.safetensors"], "--output", folder["y.safetensors"], "--threads",
                first is null ? "1" : "2");
            string bits = Convert.ToHexString(await File.ReadAllBytesAsync(folder["y.safetensors"]));
            first ??= bits;
            await Assert.That(bits == first).IsTrue().Because(model);
        }

        using SafetensorsFile y = SafetensorsFile.Open(folder["y.safetensors"]);
        await Assert.That(string.Join(' ', y.Tensors.Select(t => $"{t.Name}[{string.Join(',', t.Shape)}]")))
            .IsEqualTo(cell == CellKind.Lstm ? "output[4,2,10] hn[4,2,5] cn[4,2,5]" : "output[4,2,10] hn[4,2,5]");
    }

    [Test]
    public async Task Inspect_and_verify_know_them()
    {
        using var folder = new TestFolder();
        PutStack(folder, CellKind.Gru);
        await Ok("export", folder["s.tsd"], "--out", folder["s.safetensors"]);
        await Ok("export", folder["s.tsd"], "--out", folder["s.onnx"]);
        JsonElement own = Tinysd.Run("inspect", folder["s.tsd"], "--json").Json;
        await Assert.That(own.GetProperty("kind").GetString()).IsEqualTo("recurrent-stack");
        await Assert.That(own.GetProperty("configuration").GetProperty("cell").GetString()).IsEqualTo("gru");
        foreach ((string file, string kind, string dtype) in (
            ReadOnlySpan<(string, string, string)>)[("s.safetensors", "safetensors", "F32"), ("s.onnx", "onnx", "float")])
        {
            JsonElement json = Tinysd.Run("inspect", folder[file], "--json").Json, tensor = json.GetProperty("tensors")[0];
            if (json.GetProperty("kind").GetString() != kind || tensor.GetProperty("dtype").GetString() != dtype
                || tensor.TryGetProperty("checksum", out _))
                throw new InvalidOperationException(json.ToString());
        }

        foreach (string file in (string[])["s.tsd", "s.safetensors", "s.onnx"])
        {
            await Ok("inspect", folder[file]);
            await Ok("verify", folder[file]);
        }

        await File.WriteAllBytesAsync(folder["cut.safetensors"], (await File.ReadAllBytesAsync(folder["s.safetensors"]))[..^1]);
        await Assert.That(Tinysd.Run("verify", folder["cut.safetensors"], "--json").Code).IsEqualTo(1);
    }

    [Test]
    public async Task A_last_layer_of_its_own_size_is_a_module_of_its_own_for_PyTorch_and_no_stack_for_ONNX()
    {
        using var folder = new TestFolder();
        folder.TrainModel("--layers", "3", "--last-hidden", "7", "--embedding", "7", "--tied");
        await Ok("export", folder.Model, "--out", folder["m.safetensors"]);
        using SafetensorsFile file = SafetensorsFile.Open(folder["m.safetensors"]);
        string[] names = [.. file.Tensors.Select(t => $"{t.Name}[{string.Join(',', t.Shape)}]")];
        await Assert.That(names)
            .Contains("lstm.0.weight_ih_l0[48,7]").And.Contains("lstm.0.weight_hh_l1[48,12]").And.Contains("lstm.1.weight_ih_l0[28,12]")
            .And.Contains("lstm.1.weight_hh_l0[28,7]").And.Contains("classifier.weight[14,7]").And.Contains("embedding.weight[14,7]");

        // PyTorch's weights are [4H, I], gate after gate as here, and those of the model [I, 4H].
        LanguageModel model = LanguageModelFile.Load(folder.Model).Model;
        float[] own = model.Parameters[model.Layout.Tensors.Single(slot => slot.Name == "lstm.2.input")].ToArray();
        float[] given = Read(file, "lstm.1.weight_ih_l0").Floats!;
        await Assert.That(Enumerable.Range(0, 28 * 12).All(at => given[at] == own[(at % 12 * 28) + (at / 12)])).IsTrue();

        // Each part is a stack, and the second takes what the first gives.
        await Ok("import", folder["m.safetensors"], "--prefix", "lstm.0.", "--out", folder["a.tsd"]);
        await Ok("import", folder["m.safetensors"], "--prefix", "lstm.1.", "--out", folder["b.tsd"]);
        await Assert.That((RecurrentStackFile.Load(folder["a.tsd"]).Config.OutputSize,
            RecurrentStackFile.Load(folder["b.tsd"]).Config.InputSize)).IsEqualTo((12, 12));

        CliResult onnx = Tinysd.Run("export", folder.Model, "--out", folder["m.onnx"], "--recurrent-only");
        await Assert.That(onnx.Code).IsEqualTo(1);
        await Assert.That(onnx.Error).Contains("m.onnx was not written: the model's last layer has 7 units and the others 12,");
        await Assert.That(File.Exists(folder["m.onnx"])).IsFalse();
    }

    [Test]
    public async Task What_does_not_fit_is_named_and_nothing_is_written()
    {
        using var folder = new TestFolder();
        PutStack(folder, CellKind.Gru);
        string x = folder["x.safetensors"], y = folder["y.safetensors"];
        await Fails(1, "no tensor 'input'", [new("h0", [4, 2, 5], new float[40])]);
        await Fails(1, "'other'", [new("input", [1, 2, 3], new float[6]), new("other", [1], new float[1])]);
        await Fails(1, "does not take it", [new("input", [1, 2, 3], new float[6]), new("c0", [4, 2, 5], new float[40])]);
        await Fails(1, "[T, B, 3]", [new("input", [1, 2, 4], new float[8])]);
        await Fails(1, "'h0'", [new("input", [1, 2, 3], new float[6]), new("h0", [4, 2], new float[8])]);
        await Fails(1, "'lengths'", [new("input", [1, 2, 3], new float[6]), new("lengths", [2], [1L, 2L])]);
        await Fails(
            1, "tensor 'input': element [0, 1, 2] is infinite or not a number, NaN", [new("input", [1, 2, 3], [0, 0, 0, 0, 0, float.NaN])]);
        await Assert.That(Tinysd.Run("run", folder["s.tsd"], "--input", x, "--output", x).Code).IsEqualTo(2);
        await Assert.That(Tinysd.Run("run", folder["s.tsd"], "--input", x, "--output", y, "--prefix", "a").Error)
            .StartsWith($"tinysd run: warning: --prefix has no effect: about .safetensors files only, and {folder["s.tsd"]} is none.\n");
        await Assert.That(Tinysd.Run("export", folder["s.tsd"], "--out", folder["s.bin"]).Code).IsEqualTo(2);
        await Assert.That(Tinysd.Run("import", folder["s.tsd"], "--out", folder["t.tsd"]).Code).IsEqualTo(1);
        await Assert.That(Tinysd.Run("import", folder["none.onnx"], "--out", folder["t.tsd"]).Error).Contains("none.onnx");
        await Assert.That(File.Exists(y)).IsFalse();

        async Task Fails(int code, string says, NamedTensor[] tensors)
        {
            SafetensorsWriter.Write(x, tensors);
            CliResult result = Tinysd.Run("run", folder["s.tsd"], "--input", x, "--output", y);
            await Assert.That(result.Code).IsEqualTo(code);
            await Assert.That(result.Error).Contains(says);
        }
    }

    [Test]
    public async Task The_nonlinearity_of_an_RNN_is_the_users_to_say()
    {
        using var folder = new TestFolder();
        SafetensorsWriter.Write(folder["m.safetensors"], [new("weight_ih_l0", [1, 1], [1f]), new("weight_hh_l0", [1, 1], [1f])]);
        SafetensorsWriter.Write(folder["x.safetensors"], [new("input", [2, 1, 1], [2f, 3f])]);
        string[] command = ["run", folder["m.safetensors"], "--input", folder["x.safetensors"], "--output", folder["y.safetensors"]];
        await Ok(command);
        await Assert.That(Output())
            .IsEquivalentTo([MathF.Tanh(2f), MathF.Tanh(3f + MathF.Tanh(2f))], TolerantComparer.Instance, CollectionOrdering.Matching);
        await Ok([.. command, "--nonlinearity", "relu"]);
        await Assert.That(Output()).IsEquivalentTo([2f, 5f], CollectionOrdering.Matching);

        float[] Output()
        {
            using SafetensorsFile file = SafetensorsFile.Open(folder["y.safetensors"]);
            return Read(file, "output").Floats!;
        }
    }

    [Test]
    [Arguments(1, "1 tensor of", "is no part of", "3 tensors")]
    [Arguments(2, "2 tensors of", "are no part of", "4 tensors")]
    public async Task One_tensor_is_not_several(int others, string count, string verb, string all)
    {
        using var folder = new TestFolder();
        SafetensorsWriter.Write(folder["m.safetensors"],
        [
            new("weight_ih_l0", [1, 1], [1f]), new("weight_hh_l0", [1, 1], [1f]),
            .. Enumerable.Range(0, others).Select(i => new NamedTensor($"other{i}", [1], [0f])),
        ]);
        CliResult import = Tinysd.Run("import", folder["m.safetensors"], "--out", folder["m.tsd"]);
        await Assert.That(import.Error).Contains(count).And.Contains(verb);
        await Assert.That(import.Out).Contains("1 layer, ").And.Contains("1 input, ").And.Contains("3 parameters");
        await Assert.That(Tinysd.Run("verify", folder["m.safetensors"]).Out).Contains(all);
        SafetensorsWriter.Write(folder["one.safetensors"], [new("x", [1], [1f])]);
        await Assert.That(Tinysd.Run("verify", folder["one.safetensors"]).Out).Contains("1 tensor,");
    }

    [Test]
    public async Task A_recurrent_tensor_of_another_form_is_refused_or_named()
    {
        using var folder = new TestFolder();
        NamedTensor[] lstm = [new("r.weight_ih_l0", [4, 1], new float[4]), new("r.weight_hh_l0", [4, 1], new float[4])];
        SafetensorsWriter.Write(folder["m.safetensors"], [.. lstm, new("r.weight_hh_l0_raw", [4, 1], new float[4])]);
        CliResult raw = Tinysd.Run("import", folder["m.safetensors"], "--out", folder["m.tsd"], "--json");
        await Assert.That(raw.Json.GetProperty("copies")[0].GetString()).IsEqualTo("r.weight_hh_l0");
        await Assert.That(raw.Error)
            .Contains("1 tensor of").And.Contains("was computed from weights that are there too").And.Contains(": r.weight_hh_l0");
        SafetensorsWriter.Write(folder["m.safetensors"], [.. lstm, new("r.weight_hh_l0_u", [4], new float[4])]);
        CliResult spectral = Tinysd.Run("import", folder["m.safetensors"], "--out", folder["n.tsd"]);
        await Assert.That(spectral.Code).IsEqualTo(1);
        await Assert.That(spectral.Error).Contains("tensor 'r.weight_hh_l0_u' is of spectral norm");
        await Assert.That(File.Exists(folder["n.tsd"])).IsFalse();
    }

    private static void PutStack(TestFolder folder, CellKind cell)
    {
        var stack = new RecurrentStack(
            new() { Cell = cell, InputSize = 3, HiddenSize = 5, LayerCount = 2, Direction = RecurrentDirection.Bidirectional });
        var random = new Random(1);
        foreach (var slot in stack.Layout.Tensors)
        {
            foreach (ref float value in stack.Parameters[slot]) value = random.NextSingle() - 0.5f;
        }

        RecurrentStackFile.Save(folder["s.tsd"], stack);
    }

    private static NamedTensor[] Inputs(CellKind cell)
    {
        var random = new Random(2);
        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
        NamedTensor[] inputs = [new("input", [4, 2, 3], Values(24)), new("h0", [4, 2, 5], Values(40))];
        return cell == CellKind.Lstm ? [.. inputs, new("c0", [4, 2, 5], Values(40))] : inputs;
    }

    private static NamedTensor Read(SafetensorsFile file, string name) =>
        file.TryRead(file.FindTensor(name)!, out NamedTensor? tensor, out FileProblem? problem)
            ? tensor
            : throw new FileProblemException(problem);

    private static async Task Ok(params string[] args)
    {
        CliResult result = Tinysd.Run(args);
        await Assert.That(result.Code).IsEqualTo(0).Because($"{string.Join(' ', args)}: {result.Error}");
    }

    private sealed class TolerantComparer : IEqualityComparer<float>
    {
        public static TolerantComparer Instance { get; } = new();

        public bool Equals(float x, float y) => Math.Abs(x - y) < 1e-6f;

        public int GetHashCode(float value) => 0;
    }
}
