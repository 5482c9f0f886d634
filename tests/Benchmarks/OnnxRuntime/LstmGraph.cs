using System.Collections.Immutable;
using TinySD.Benchmarks.Inference;
using TinySD.Formats.Exchange.Onnx;
using TinySD.Formats.Exchange.Onnx.Messages;
using TinySD.Formats.Exchange.Parts;
using TinySD.Runtime.Models;

namespace TinySD.Benchmarks.OnnxRuntime;

/// <summary>A graph of one LSTM and the names of what goes in and out.</summary>
/// <param name="Model">The file's bytes.</param>
/// <param name="Input">[T, B, I].</param>
/// <param name="Hidden">h before, [1, B, H].</param>
/// <param name="Cell">c before, [1, B, H].</param>
/// <param name="Output">h of every step, as <paramref name="OutputShape"/> has it.</param>
/// <param name="LastHidden">h after.</param>
/// <param name="LastCell">c after.</param>
/// <param name="OutputShape">The extents of the output; null where it is left out, since h after the one step is the same.</param>
internal sealed record LstmGraph(
    ReadOnlyMemory<byte> Model, string Input, string Hidden, string Cell, string Output, string LastHidden, string LastCell,
    ImmutableArray<long>? OutputShape)
{
    /// <summary>Nothing but the node, every extent fixed: what takes ONNX Runtime the least time.</summary>
    public static LstmGraph Bare(StepShape shape, RecurrentStack stack)
    {
        (int inputs, int hidden, int batch, int steps) = (shape.Inputs, shape.Hidden, shape.Batch, shape.Steps);
        var graph = new OnnxGraphBuilder();
        ForeignWeights weights = ForeignWeights.From(stack, 0, 0, GateOrder.Onnx);
        graph.Tensor("W", [1, 4 * hidden, inputs], weights.Input);
        graph.Tensor("R", [1, 4 * hidden, hidden], weights.Recurrent);
        graph.Tensor("B", [1, 8 * hidden], [.. weights.InputBias!, .. weights.RecurrentBias!]);
        string[] outputs = [steps > 1 ? "Y" : "", "Y_h", "Y_c"];
        graph.Add("LSTM", "lstm", ["X", "W", "R", "B", "", "h", "c"], outputs, OnnxGraphBuilder.Integer("hidden_size", hidden));
        graph.Value(OnnxGraphField.Input, "X", OnnxDataType.Binary32, steps, batch, inputs);
        graph.Value(OnnxGraphField.Input, "h", OnnxDataType.Binary32, 1, batch, hidden);
        graph.Value(OnnxGraphField.Input, "c", OnnxDataType.Binary32, 1, batch, hidden);
        if (steps > 1) graph.Value(OnnxGraphField.Output, "Y", OnnxDataType.Binary32, steps, 1, batch, hidden);
        graph.Value(OnnxGraphField.Output, "Y_h", OnnxDataType.Binary32, 1, batch, hidden);
        graph.Value(OnnxGraphField.Output, "Y_c", OnnxDataType.Binary32, 1, batch, hidden);
        return new(graph.Finish("lstm"), "X", "h", "c", "Y", "Y_h", "Y_c", steps > 1 ? [steps, 1, batch, hidden] : null);
    }

    /// <summary>What <c>tinysd export --with-state</c> writes.</summary>
    public static LstmGraph Exported(StepShape shape, RecurrentStack stack)
    {
        string path = Path.Combine(Path.GetTempPath(), $"tinysd-{Guid.NewGuid():N}.onnx");
        try
        {
            OnnxWriter.Write(path, stack, withStates: true);
            return new(
                File.ReadAllBytes(path), "input", "h0", "c0", "output", "hn", "cn", [shape.Steps, shape.Batch, shape.Hidden]);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
