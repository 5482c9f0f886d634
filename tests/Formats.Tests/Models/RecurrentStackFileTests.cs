using System.Runtime.InteropServices;
using TinySD.Formats.Models;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Numerics;

namespace TinySD.Formats.Tests;

/// <summary>The rules of FORMAT.md, "Kind recurrent-stack", each broken in a file that is otherwise right.</summary>
public sealed class RecurrentStackFileTests
{
    [Test]
    [Arguments("\"cell\":\"lstm\"", "\"cell\":\"lstn\"", FileProblemKind.ModelInvalid, "lstn")]
    [Arguments("\"cell\":\"lstm\",", "", FileProblemKind.HeaderInvalid, "cell")]
    [Arguments("\"cell\":\"lstm\"", "\"cell\":\"gru\"", FileProblemKind.ModelInvalid, "peepholes")]
    [Arguments("\"direction\":\"bidirectional\"", "\"direction\":\"both\"", FileProblemKind.ModelInvalid, "both")]
    [Arguments("\"direction\":\"bidirectional\"", "\"direction\":\"reverse\"", FileProblemKind.ModelInvalid, "activations")]
    [Arguments("\"hiddenSize\":3", "\"hiddenSize\":2", FileProblemKind.ModelInvalid, "lstm.0.input")]
    [Arguments("\"hiddenSize\":3", "\"hiddenSize\":1000000", FileProblemKind.ModelInvalid, "tensor 'lstm.0.recurrent' is too large")]
    [Arguments("\"layerCount\":1", "\"layerCount\":65", FileProblemKind.ModelInvalid, "LayerCount")]
    [Arguments("\"layerCount\":1", "\"layerCount\":1,\"layerCount\":1", FileProblemKind.HeaderInvalid, "layerCount")]
    [Arguments("\"clip\":0.5", "\"clip\":-0.5", FileProblemKind.ModelInvalid, "Clip")]
    [Arguments("\"clip\":0.5", "\"clip\":0.5,\"resetBeforeProduct\":true", FileProblemKind.ModelInvalid, "reset")]
    [Arguments("\"name\":\"Elu\",\"alpha\":0.5", "\"name\":\"Elu\"", FileProblemKind.ModelInvalid, "alpha")]
    [Arguments("\"name\":\"Elu\",\"alpha\":0.5", "\"name\":\"Elu\",\"alpha\":0.5,\"beta\":1", FileProblemKind.ModelInvalid, "beta")]
    [Arguments("\"name\":\"Elu\",\"alpha\":0.5", "\"name\":\"elu\",\"alpha\":0.5", FileProblemKind.ModelInvalid, "'elu'")]
    [Arguments("{\"name\":\"Elu\",\"alpha\":0.5}", "null", FileProblemKind.ModelInvalid, "null")]
    [Arguments("\"writtenBy\":", "\"wroteBy\":", FileProblemKind.HeaderInvalid, "wroteBy")]
    [Arguments("\"origin\":", "\"training\":{},\"origin\":", FileProblemKind.ModelInvalid, "training")]
    [Arguments("lstm.0.peephole", "lstm.0.peephola", FileProblemKind.ModelInvalid, "peephola")]
    [Arguments("\"kind\":\"recurrent-stack\"", "\"kind\":\"language-model\"", FileProblemKind.WrongKind, "language-model")]
    public async Task A_broken_rule_is_named(string right, string wrong, FileProblemKind kind, string says)
    {
        using var folder = new TestFolder();
        (string header, byte[] data) = TsdBytes.Split(Example());
        if (!header.Contains(right, StringComparison.Ordinal)) throw new InvalidOperationException($"{right} is not in {header}");
        string path = folder.Put("s.tsd", TsdBytes.File(header.Replace(right, wrong, StringComparison.Ordinal), data));
        FileProblem problem = Refused.By(() => RecurrentStackFile.Load(path));
        await Assert.That(problem.Kind).IsEqualTo(kind).Because(problem.Message);
        await Assert.That(problem.Message).Contains(says);
    }

    [Test]
    public async Task Weights_that_are_not_finite_are_neither_written_nor_read()
    {
        using var folder = new TestFolder();
        RecurrentStack stack = StackExchangeTests.Make(new() { Cell = CellKind.Gru, InputSize = 2, HiddenSize = 3 });
        stack.Parameters[stack.Layout.Tensors[1]][4] = float.NaN;
        FileProblem written = Refused.By(() => RecurrentStackFile.Save(folder["s.tsd"], stack));
        await Assert.That(written.Kind).IsEqualTo(FileProblemKind.NotFinite);
        await Assert.That(written.Message).Contains("weight 4").And.Contains("gru.0.recurrent");
        await Assert.That(folder.Names()).IsEmpty();

        (string header, byte[] data) = TsdBytes.Split(Example());
        int bytes = 2 * 12 * sizeof(float);
        string before = TsdBytes.Hash(data.AsSpan(0, bytes));
        MemoryMarshal.Write(data.AsSpan(8), float.PositiveInfinity);
        string path = folder.Put("s.tsd",
            TsdBytes.File(header.Replace(before, TsdBytes.Hash(data.AsSpan(0, bytes)), StringComparison.Ordinal), data));
        FileProblem read = Refused.By(() => RecurrentStackFile.Load(path));
        await Assert.That(read.Kind).IsEqualTo(FileProblemKind.NotFinite);
        await Assert.That(read.Message).Contains("weight 2").And.Contains("lstm.0.input");
    }

    internal static byte[] Example()
    {
        using var folder = new TestFolder();
        Activation elu = new(ActivationKind.Elu, 0.5f);
        RecurrentStackFile.Save(folder["s.tsd"], StackExchangeTests.Make(new()
        {
            Cell = CellKind.Lstm,
            InputSize = 2,
            HiddenSize = 3,
            Direction = RecurrentDirection.Bidirectional,
            Peepholes = true,
            Clip = 0.5f,
            Activations = [Activation.Sigmoid, elu, Activation.Tanh, Activation.Sigmoid, Activation.Tanh, Activation.Tanh],
        }));
        return File.ReadAllBytes(folder["s.tsd"]);
    }
}
