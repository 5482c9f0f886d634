namespace TinySD.Formats;

/// <summary>Runs a recurrent node.</summary>
/// <param name="node">The node, read.</param>
/// <param name="inputs">Its inputs by <see cref="OnnxRecurrentNode.X"/> and the like, null where one is left out.</param>
/// <returns>Y, Y_h and, of an LSTM, Y_c.</returns>
internal delegate NamedTensor[] RecurrentRun(OnnxRecurrentNode node, NamedTensor?[] inputs);

/// <summary>Walks a graph from its inputs to its outputs, node by node.</summary>
internal static class OnnxGraphRun
{
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
        foreach (OnnxNode node in model.Graph.Nodes)
        {
            var arguments = new NamedTensor?[node.Inputs.Length];
            for (int i = 0; i < arguments.Length; i++) arguments[i] = node.Inputs[i].Length == 0 ? null : Find(node, node.Inputs[i]);
            NamedTensor[] results;
            if (OnnxRecurrentNode.Is(node.Operator))
            {
                results = recurrent(OnnxRecurrentNode.Read(glue, node, arguments), arguments);
            }
            else if (glue.Run(node, arguments) is { } moved)
            {
                results = moved;
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
