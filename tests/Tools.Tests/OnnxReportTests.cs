using System.Text.Json;
using TinySD.Formats.Exchange.Parts;
using TinySD.Formats.Exchange.Safetensors;

namespace TinySD.Tools.Tests;

/// <summary>ONNX files of the kinds that people report trouble with.</summary>
public sealed class OnnxReportTests
{
    private const string Set = "reports";

    [Test]
    [Arguments("dynamo-lstm", "x", 2, 3, 5, "output[2,3,6] hn[1,2,6]", true)]
    [Arguments("dynamo-lstm-no-mul", "x", 2, 3, 5, "output[2,3,6] hn[1,2,6]", true)]
    [Arguments("dropout-training-mode-false", "X", 3, 2, 4, "Y[3,2,5]", true)]
    [Arguments("zero-states-of-batch-1", "input_data", 3, 1, 20, "Y[3,1,1,20]", true)]
    [Arguments("gru-last-step-linear", "input", 1, 3, 16, "logits[1,3]", false)]
    public async Task A_graph_that_was_refused_runs(
        string name, string input, int first, int second, int third, string shapes, bool isStack)
    {
        using var folder = new TestFolder();
        string model = Fixtures.Find(Set, $"{name}.onnx");
        float[] numbers = [.. Enumerable.Range(0, first * second * third).Select(i => MathF.Sin(i))];
        SafetensorsWriter.Write(folder["x.safetensors"], [new NamedTensor(input, [first, second, third], numbers)]);
        CliResult run = Tinysd.Run("run", model, "--input", folder["x.safetensors"], "--output", folder["y.safetensors"]);
        await Assert.That(run.Code).IsEqualTo(0).Because(run.Error);
        using SafetensorsFile file = SafetensorsFile.Open(folder["y.safetensors"]);
        await Assert.That(string.Join(' ', file.Tensors.Select(t => $"{t.Name}[{string.Join(',', t.Shape)}]"))).IsEqualTo(shapes);
        CliResult import = Tinysd.Run("import", model, "--out", folder["s.tsd"]);
        await Assert.That(import.Code).IsEqualTo(isStack ? 0 : 1).Because(import.Error);
        if (!isStack) await Assert.That(import.Error).Contains("/fc/Gemm");
    }

    /// <summary>With the product of two extents folded by hand, the same file is another; its numbers are the same.</summary>
    [Test]
    public async Task A_size_that_is_computed_is_the_size_that_was_folded()
    {
        using var folder = new TestFolder();
        float[] numbers = [.. Enumerable.Range(0, 30).Select(i => MathF.Sin(i))];
        SafetensorsWriter.Write(folder["x.safetensors"], [new NamedTensor("x", [2, 3, 5], numbers)]);
        foreach (string name in (string[])["dynamo-lstm", "dynamo-lstm-no-mul"])
        {
            CliResult run =
                Tinysd.Run("run", Fixtures.Find(Set, $"{name}.onnx"), "--input", folder["x.safetensors"], "--output", folder[name]);
            await Assert.That(run.Code).IsEqualTo(0).Because(run.Error);
        }

        byte[] computed = await File.ReadAllBytesAsync(folder["dynamo-lstm"]);
        byte[] folded = await File.ReadAllBytesAsync(folder["dynamo-lstm-no-mul"]);
        await Assert.That(computed.AsSpan().SequenceEqual(folded)).IsTrue();
    }

    [Test]
    public async Task States_of_one_sequence_are_refused_for_two_by_both_extents()
    {
        using var folder = new TestFolder();
        SafetensorsWriter.Write(folder["x.safetensors"], [new NamedTensor("input_data", [3, 2, 20], new float[120])]);
        string model = Fixtures.Find(Set, "zero-states-of-batch-1.onnx");
        CliResult run = Tinysd.Run("run", model, "--input", folder["x.safetensors"], "--output", folder["y.safetensors"]);
        await Assert.That(run.Code).IsEqualTo(1);
        await Assert.That(run.Error).Contains("X has 2 sequences and the state is of 1").And.DoesNotContain("at fault");
    }

    [Test]
    public async Task A_loop_is_refused_by_its_name_and_listed()
    {
        using var folder = new TestFolder();
        SafetensorsWriter.Write(folder["x.safetensors"], [new NamedTensor("h0", [1, 5], new float[5])]);
        string model = Fixtures.Find(Set, "loop.onnx");
        CliResult run = Tinysd.Run("run", model, "--input", folder["x.safetensors"], "--output", folder["y.safetensors"]);
        await Assert.That(run.Code).IsEqualTo(1);
        await Assert.That(run.Error).Contains("StatefulPartitionedCall/model/gru/PartitionedCall/while_loop").And.Contains("Loop");
        JsonElement listed = Tinysd.Run("inspect", model, "--json").Json.GetProperty("configuration");
        await Assert.That(listed.GetProperty("operators")[0].GetString()).IsEqualTo("Loop");
        await Assert.That(listed.GetProperty("inputs").GetArrayLength()).IsEqualTo(2);
    }
}
