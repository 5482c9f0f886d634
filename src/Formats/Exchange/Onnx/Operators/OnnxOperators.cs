using System.Collections.Frozen;
using TinySD.Formats.Exchange.Onnx.Messages;

namespace TinySD.Formats.Exchange.Onnx.Operators;

/// <summary>Runs a node: its outputs, as many as the operator has.</summary>
internal delegate OnnxArray[] OnnxOperator(OnnxCall call);

/// <summary>The standard operators that are run beside LSTM, GRU and RNN, by name.</summary>
internal static class OnnxOperators
{
    // What an operator does with its inputs' numbers: it moves them, looks at shapes only, or computes with them.
    private enum Use
    {
        Moves,
        LooksAtShapes,
        Computes,
    }

    private static readonly FrozenDictionary<string, (Use Use, OnnxOperator Run)> s_all =
        new Dictionary<string, (Use, OnnxOperator)>(StringComparer.Ordinal)
        {
            ["Identity"] = (Use.Moves, OnnxMoving.Identity),
            ["Dropout"] = (Use.Moves, OnnxMoving.Dropout),
            ["Transpose"] = (Use.Moves, OnnxMoving.Transpose),
            ["Squeeze"] = (Use.Moves, OnnxMoving.Squeeze),
            ["Unsqueeze"] = (Use.Moves, OnnxMoving.Unsqueeze),
            ["Reshape"] = (Use.Moves, OnnxMoving.Reshape),
            ["Flatten"] = (Use.Moves, OnnxMoving.Flatten),
            ["Concat"] = (Use.Moves, OnnxMoving.Concat),
            ["Slice"] = (Use.Moves, OnnxMoving.Slice),
            ["Split"] = (Use.Moves, OnnxMoving.Split),
            ["Expand"] = (Use.Moves, OnnxRepeating.Expand),
            ["Tile"] = (Use.Moves, OnnxRepeating.Tile),
            ["Pad"] = (Use.Moves, OnnxRepeating.Pad),
            ["Where"] = (Use.Moves, OnnxElementwise.Where),
            ["Gather"] = (Use.Moves, OnnxGathering.Gather),
            ["GatherElements"] = (Use.Moves, OnnxGathering.GatherElements),
            ["GatherND"] = (Use.Moves, OnnxGathering.GatherNd),
            ["ReverseSequence"] = (Use.Moves, OnnxGathering.ReverseSequence),
            ["OneHot"] = (Use.Computes, OnnxGathering.OneHot),
            ["Shape"] = (Use.LooksAtShapes, OnnxShapes.Shape),
            ["Size"] = (Use.LooksAtShapes, OnnxShapes.Size),
            ["Constant"] = (Use.LooksAtShapes, OnnxShapes.Constant),
            ["ConstantOfShape"] = (Use.Computes, OnnxShapes.ConstantOfShape),
            ["Range"] = (Use.Computes, OnnxShapes.Range),
            ["Cast"] = (Use.Moves, OnnxShapes.Cast),
            ["CastLike"] = (Use.Moves, OnnxShapes.CastLike),
            ["MatMul"] = (Use.Computes, OnnxProducts.MatMul),
            ["Gemm"] = (Use.Computes, OnnxProducts.Gemm),
            ["Softmax"] = (Use.Computes, call => OnnxNormalizing.Softmax(call, isLogarithm: false)),
            ["LogSoftmax"] = (Use.Computes, call => OnnxNormalizing.Softmax(call, isLogarithm: true)),
            ["LayerNormalization"] = (Use.Computes, OnnxNormalizing.LayerNormalization),
            ["BatchNormalization"] = (Use.Computes, OnnxNormalizing.BatchNormalization),
            ["ArgMax"] = (Use.Computes, call => OnnxReducing.Extreme(call, isLargest: true)),
            ["ArgMin"] = (Use.Computes, call => OnnxReducing.Extreme(call, isLargest: false)),
            ["CumSum"] = (Use.Computes, OnnxReducing.CumulativeSum),
        }
        .Concat(OnnxElementwise.All.Concat(OnnxFunctions.All).Concat(OnnxReducing.All)
            .Select(pair => new KeyValuePair<string, (Use, OnnxOperator)>(pair.Key, (Use.Computes, pair.Value))))
        .ToFrozenDictionary(StringComparer.Ordinal);

    public static IEnumerable<string> Names => s_all.Keys;

    /// <summary>Whether a node can be run, recurrent ones included.</summary>
    public static bool Has(OnnxNode node) => OnnxRecurrentNode.Is(node) || (node.Domain.Length == 0 && s_all.ContainsKey(node.Operator));

    /// <summary>Runs a node that is not recurrent.</summary>
    public static OnnxArray[] Run(OnnxCall call)
    {
        (Use use, OnnxOperator run) = s_all[call.Node.Operator];
        if (use == Use.Computes && call.Run.IsLook && call.Inputs.Any(input => input is { IsTagged: true, IsFloating: true }))
        {
            Throw.Problem(OnnxProblem.Unsupported(call.Run.Path, call.Node.Offset, call.Node.Label,
                $"{call.Node.Label} computes with numbers that pass through the graph; a stack has recurrent layers only ('run' runs the " +
                $"graph as it is)"));
        }

        return run(call);
    }

    /// <summary>Whether a node's outputs hold numbers of its tagged inputs.</summary>
    public static bool IsTagged(OnnxNode node, ReadOnlySpan<OnnxArray?> inputs)
    {
        if (s_all[node.Operator].Use == Use.LooksAtShapes) return false;
        foreach (OnnxArray? input in inputs)
        {
            if (input is { IsTagged: true }) return true;
        }

        return false;
    }
}
