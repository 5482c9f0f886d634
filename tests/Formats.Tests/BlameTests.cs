using TinySD.Formats.Exchange.Onnx;
using TinySD.Formats.Exchange.Onnx.Messages;
using TinySD.Formats.Exchange.Parts;

namespace TinySD.Formats.Tests;

/// <summary>Whose fault a refusal says it is: the file's, the caller's or this build's.</summary>
internal sealed class BlameTests
{
    private const string Sentence = "The program that wrote it is at fault.";

    [Test]
    [Arguments(FileProblemKind.ModelInvalid, Fault.File)]
    [Arguments(FileProblemKind.TensorDamaged, Fault.File)]
    [Arguments(FileProblemKind.DoesNotFit, Fault.Caller)]
    [Arguments(FileProblemKind.NotFound, Fault.Caller)]
    [Arguments(FileProblemKind.Foreign, Fault.Caller)]
    [Arguments(FileProblemKind.Unsupported, Fault.Program)]
    [Arguments(FileProblemKind.NewerVersion, Fault.Program)]
    public async Task A_kind_of_problem_has_one_who_is_at_fault(FileProblemKind kind, Fault fault) =>
        await Assert.That(new FileProblem(kind, "f", "m").Fault).IsEqualTo(fault);

    // An RNN with 3 inputs and 2 units, whose graph leaves everything open, or nothing.
    [Test]
    [Arguments(2, 1, 4, "X has 4 features, W takes 3")]
    [Arguments(0, 1, 3, "X has 0 steps and 1 sequence")]
    [Arguments(2, 0, 3, "X has 2 steps and 0 sequences")]
    public async Task An_input_that_does_not_fit_an_open_graph_is_the_callers_fault(int steps, int batch, int width, string what)
    {
        FileProblem problem = Run([-1, -1, -1], new NamedTensor("X", [steps, batch, width], new float[steps * batch * width]));
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.DoesNotFit);
        await Assert.That(problem.Fault).IsEqualTo(Fault.Caller);
        await Assert.That(problem.Message)
            .Contains($"cannot be run on given.safetensors: node 0 (RNN): {what}").And.DoesNotContain(Sentence);
    }

    [Test]
    [Arguments(-1)]
    [Arguments(3)]
    public async Task A_length_beyond_the_steps_is_the_callers_fault(int length)
    {
        FileProblem problem = Run(
            [-1, -1, 3], new NamedTensor("X", [2, 1, 3], new float[6]), new NamedTensor("lengths", [1], new long[] { length }));
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.DoesNotFit);
        await Assert.That(problem.Message).Contains($"a sequence has the length {length}; X has 2 steps").And.DoesNotContain(Sentence);
    }

    [Test]
    public async Task A_graph_that_contradicts_the_shape_it_asks_for_is_its_writers_fault()
    {
        FileProblem problem = Run([2, 1, 4], new NamedTensor("X", [2, 1, 4], new float[8]));
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.ModelInvalid);
        await Assert.That(problem.Fault).IsEqualTo(Fault.File);
        await Assert.That(problem.Message).Contains("X has 4 features, W takes 3").And.EndsWith(Sentence);
    }

    [Test]
    public async Task Weights_that_contradict_each_other_are_their_writers_fault_whatever_is_given()
    {
        using var folder = new TestFolder();
        byte[] model = new OnnxBytes().Constant("W", [1, 2, 3], new float[6]).Constant("R", [1, 3, 2], new float[6])
            .Input("X", [-1, -1, -1])
            .Output("Y", []).Node("RNN", ["X", "W", "R"], ["Y"]).ToArray();
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", model));
        FileProblem problem = Refused.By(() => network.Run("given.safetensors", [new NamedTensor("X", [2, 1, 3], new float[6])]));
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.ModelInvalid);
        await Assert.That(problem.Message).Contains("R has the shape").And.EndsWith(Sentence);
    }

    [Test]
    public async Task What_is_made_from_the_callers_input_on_the_way_is_the_callers_fault_too()
    {
        using var folder = new TestFolder();
        byte[] model = new OnnxBytes().Constant("to", [2], [-1, 4]).Node("Identity", ["X"], ["same"]).Node("Reshape", ["same", "to"], ["Y"])
            .Input("X", [-1]).Output("Y", []).ToArray();
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", model));
        FileProblem problem = Refused.By(() => network.Run("given.safetensors", [new NamedTensor("X", [5], new float[5])]));
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.DoesNotFit);
        await Assert.That(problem.Message).Contains("node 1 (Reshape): [5] cannot be reshaped to [-1, 4]").And.DoesNotContain(Sentence);
    }

    private static FileProblem Run(long[] shape, params NamedTensor[] inputs)
    {
        using var folder = new TestFolder();
        OnnxBytes model = new OnnxBytes().Constant("W", [1, 2, 3], new float[6]).Constant("R", [1, 2, 2], new float[4]).Input("X", shape)
            .Output("Y", []);
        if (inputs.Length > 1) model.Input("lengths", [-1], OnnxDataType.Integer64).Node("RNN", ["X", "W", "R", "", "lengths"], ["Y"]);
        else model.Node("RNN", ["X", "W", "R"], ["Y"]);
        OnnxNetwork network = OnnxNetwork.Open(folder.Put("m.onnx", model.ToArray()));
        return Refused.By(() => network.Run("given.safetensors", inputs));
    }
}
