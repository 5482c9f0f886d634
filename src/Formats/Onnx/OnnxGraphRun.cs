using System.Collections.Immutable;

namespace TinySD.Formats;

/// <summary>Runs a recurrent node.</summary>
/// <param name="node">The node, read.</param>
/// <param name="inputs">Its inputs by <see cref="OnnxRecurrentNode.X"/> and the like, null where one is left out.</param>
/// <returns>Y, Y_h and, of an LSTM, Y_c.</returns>
internal delegate NamedTensor[] RecurrentRun(OnnxRecurrentNode node, NamedTensor?[] inputs);

/// <summary>Walks a graph from its inputs to its outputs, node by node.</summary>
/// <remarks>
/// Every value stays until the end, and a hostile graph copies one again and again: so what nodes that move and cut may make together is capped. So are the
/// recurrent nodes: how many there are, how many weights they take together, and over how many steps and sequences each runs; otherwise a small file could
/// have its weights and its input made out of nothing, and keep a processor busy for hours.
/// </remarks>
internal static class OnnxGraphRun
{
    private const int MaxRecurrentNodes = 128;

    // Numbers that may be moved anyhow, for each byte of the file, and for each number of an input or of a recurrent node's output; and what a node that moves
    // none costs, because it takes its time too.
    private const long FreeMoves = 1 << 21, MovesPerByte = 4, MovesPerNumber = 64, MovesPerOutput = 8, MovesPerNode = 64;

    // Steps times sequences that a recurrent node may run over anyhow, and for each number of an input, which a graph may repeat for some steps.
    private const long FreeRows = 256, RowsPerNumber = 16;

    /// <summary>Runs a graph.</summary>
    /// <param name="model">The model.</param>
    /// <param name="glue">Its operators that move and cut.</param>
    /// <param name="inputs">The graph's inputs by name; one that is also an initializer goes before it.</param>
    /// <param name="recurrent">Runs recurrent nodes.</param>
    /// <returns>Every value by name.</returns>
    /// <exception cref="FileProblemException">A node is not supported, contradicts its inputs, or asks for a value that is not there.</exception>
    public static Dictionary<string, NamedTensor> Run(
        OnnxModel model, OnnxGlue glue, IReadOnlyDictionary<string, NamedTensor> inputs, RecurrentRun recurrent)
    {
        var values = new Dictionary<string, NamedTensor>(inputs, StringComparer.Ordinal);
        long given = inputs.Values.Sum(Length), moves = FreeMoves + (MovesPerByte * model.Length) + (MovesPerNumber * given), weights = moves;
        int recurrentNodes = 0;
        IEnumerable<string> settled = model.Graph.Inputs.Where(LeavesNoChoice).Select(input => input.Name);
        glue.Chosen = [.. inputs.Keys.Except(settled, StringComparer.Ordinal)];
        foreach (OnnxNode node in model.Graph.Nodes)
        {
            if (node.Inputs.Any(glue.Chosen.Contains)) glue.Chosen.UnionWith(node.Outputs.Where(name => name.Length > 0));
            var arguments = new NamedTensor?[node.Inputs.Length];
            for (int i = 0; i < arguments.Length; i++) arguments[i] = node.Inputs[i].Length == 0 ? null : Find(node, node.Inputs[i]);
            NamedTensor[] results;
            if (OnnxRecurrentNode.Is(node.Operator))
            {
                if (++recurrentNodes > MaxRecurrentNodes) glue.Unsupported(node, $"more than {MaxRecurrentNodes} recurrent nodes");
                weights -= arguments.Skip(1).Sum(argument => argument is null ? 0 : Length(argument));
                if (weights < 0) glue.Unsupported(node, "a graph that uses its weights so often");
                OnnxRecurrentNode read = OnnxRecurrentNode.Read(glue, node, arguments);
                ImmutableArray<int> x = arguments[OnnxRecurrentNode.X]!.Shape;
                if ((long)x[0] * x[1] > FreeRows + (RowsPerNumber * given))
                    glue.Unsupported(node, $"an X of {x[0]} x {x[1]} steps and sequences out of {given} numbers that are given");
                results = recurrent(read, arguments);
                moves += MovesPerOutput * results.Sum(Length);
            }
            else if (glue.Run(node, arguments) is { } moved)
            {
                results = moved;
                moves -= MovesPerNode + moved.Where(result => !arguments.Any(argument => IsShared(argument, result))).Sum(Length);
                if (moves < 0) glue.Unsupported(node, "a graph that moves its numbers so often");
            }
            else
            {
                glue.Unsupported(node, $"the operator {Words.Shown(node.Operator)} (LSTM, GRU, RNN, {OnnxGlue.Operators} are)");
                break;
            }

            for (int i = 0; i < node.Outputs.Length; i++)
            {
                if (node.Outputs[i].Length == 0) continue;
                if (i >= results.Length) glue.Invalid(node, $"it has {node.Outputs.Length} outputs; {results.Length} at most were expected");
                if (!values.TryAdd(node.Outputs[i], results[i])) glue.Invalid(node, $"the value '{Words.Shown(node.Outputs[i])}' is made twice");
            }
        }

        return values;

        // Floats of a shape that the graph itself fixes: what does not fit them is no caller's doing.
        static bool LeavesNoChoice(OnnxValue input) =>
            input.DataType == OnnxDataType.Binary32 && !input.Shape.IsDefault && input.Shape.All(extent => extent >= 0);

        static long Length(NamedTensor tensor) => tensor.Floats?.LongLength ?? tensor.Integers!.LongLength;

        static bool IsShared(NamedTensor? argument, NamedTensor result) =>
            argument is not null && ((Array?)result.Floats ?? result.Integers) == ((Array?)argument.Floats ?? argument.Integers);

        NamedTensor Find(OnnxNode node, string name)
        {
            if (values.TryGetValue(name, out NamedTensor? value)) return value;
            if (!model.Graph.Initializers.TryGetValue(name, out OnnxTensor? tensor))
            {
                glue.Invalid(node, $"its input '{Words.Shown(name)}' is neither given nor made by a node before it");
                return null!;
            }

            value = glue.Read(tensor);
            values.Add(name, value);
            return value;
        }
    }
}
