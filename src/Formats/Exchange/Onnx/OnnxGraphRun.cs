using TinySD.Formats.Exchange.Onnx.Messages;
using TinySD.Formats.Exchange.Onnx.Operators;

namespace TinySD.Formats.Exchange.Onnx;

/// <summary>Runs a recurrent node.</summary>
/// <param name="call">The node and its inputs by <see cref="OnnxRecurrentNode.X"/> and the like, null where one is left out.</param>
/// <param name="node">The node, read.</param>
/// <returns>Y, Y_h and, of an LSTM, Y_c.</returns>
internal delegate OnnxArray[] RecurrentRun(OnnxCall call, OnnxRecurrentNode node);

/// <summary>Runs a node that is not recurrent in a way of its own; null for one that is run as its operator says.</summary>
internal delegate OnnxArray[]? OtherRun(OnnxCall call);

/// <summary>Walks a graph from its inputs to its outputs, node by node; a value is let go of after its last use.</summary>
internal static class OnnxGraphRun
{
    /// <summary>Looks into a graph: runs it on inputs that stand for themselves.</summary>
    public static List<OnnxArray> Look(
        OnnxModel model, ImmutableArray<OnnxNode> nodes, Func<OnnxValue, OnnxArray> probe, RecurrentRun recurrent, OtherRun? other = null)
    {
        var inputs = new Dictionary<string, OnnxArray>(StringComparer.Ordinal);
        foreach (OnnxValue input in model.Graph.Inputs)
        {
            if (!model.Graph.Initializers.ContainsKey(input.Name)) inputs[input.Name] = probe(input);
        }

        var run = new OnnxRunContext(model, null, inputs.Values.Sum(input => (long)input.Length));
        return Run(run, model.Graph, nodes, inputs, recurrent, other);
    }

    /// <summary>Runs a graph, its nodes prepared. An input that is also an initializer goes before it; the other run, if there
    /// is one, is asked before a node that is not recurrent is run as its operator says.</summary>
    /// <returns>The graph's outputs, in their order.</returns>
    /// <exception cref="FileProblemException">A node contradicts its inputs or asks for what is not supported, or a value is not
    /// there.</exception>
    public static List<OnnxArray> Run(
        OnnxRunContext run, OnnxGraph graph, ImmutableArray<OnnxNode> nodes, IReadOnlyDictionary<string, OnnxArray> inputs,
        RecurrentRun recurrent, OtherRun? other = null)
    {
        var values = new Dictionary<string, OnnxArray>(inputs, StringComparer.Ordinal);
        var made = new HashSet<string>(inputs.Keys, StringComparer.Ordinal);
        var uses = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string name in nodes.SelectMany(node => node.Inputs).Concat(graph.Outputs.Select(output => output.Name)))
            uses[name] = uses.GetValueOrDefault(name) + 1;
        foreach (OnnxNode node in nodes)
        {
            var arguments = new OnnxArray?[node.Inputs.Length];
            var call = new OnnxCall(run, node, arguments);
            for (int i = 0; i < arguments.Length; i++) arguments[i] = node.Inputs[i].Length == 0 ? null : Find(call, node.Inputs[i]);
            call = new OnnxCall(run, node, arguments);
            run.ChargeNode(call);
            OnnxArray[] results = OnnxRecurrentNode.Is(node) ? RunRecurrent(call) : other?.Invoke(call) ?? OnnxOperators.Run(call);
            bool isChosen = Array.Exists(arguments, argument => argument is { IsChosen: true });
            for (int i = 0; i < node.Outputs.Length; i++)
            {
                if (node.Outputs[i].Length == 0) continue;
                if (i >= results.Length)
                    call.Invalid($"it has {Words.Counted(node.Outputs.Length, "output")}; expected at most {results.Length}");
                if (!made.Add(node.Outputs[i]) || graph.Initializers.ContainsKey(node.Outputs[i]))
                    call.Invalid($"the value '{Words.Shown(node.Outputs[i])}' is made twice");
                OnnxArray result = results[i];
                bool isTagged = OnnxRecurrentNode.Is(node) || OnnxOperators.IsTagged(node, arguments);
                if (!uses.ContainsKey(node.Outputs[i])) continue;
                values.Add(node.Outputs[i], new OnnxArray(result.Type, result.Shape.AsSpan(), result.Numbers)
                { IsChosen = isChosen, IsTagged = isTagged });
            }

            foreach (string name in node.Inputs)
            {
                if (name.Length > 0 && --uses[name] == 0) values.Remove(name);
            }
        }

        var outputs = new List<OnnxArray>();
        foreach (OnnxValue output in graph.Outputs)
        {
            OnnxTensor? tensor = null;
            if (!values.TryGetValue(output.Name, out OnnxArray? value) && !graph.Initializers.TryGetValue(output.Name, out tensor))
                Throw.Problem(OnnxProblem.Invalid(run.Path, 0, output.Name, $"no node makes its output '{Words.Shown(output.Name)}'"));
            outputs.Add(value ?? run.Read(tensor!));
        }

        return outputs;

        OnnxArray[] RunRecurrent(OnnxCall call)
        {
            run.ChargeRecurrent(call, call.Inputs.Skip(1).Sum(argument => argument?.Length ?? 0L));
            OnnxRecurrentNode read = OnnxRecurrentNode.Read(call);
            run.CheckRows(call, call.Required(OnnxRecurrentNode.X));
            OnnxArray[] results = recurrent(call, read);
            run.Credit(results.Sum(result => (long)result.Length));

            // Recurrent nodes compute in float, whatever their X is of; their outputs are of its type.
            long type = call.Required(OnnxRecurrentNode.X).Type;
            return type == OnnxDataType.Binary32 ? results
                : Array.ConvertAll(results, result => OnnxShapes.Converted(call, result.Tagged(), type));
        }

        OnnxArray Find(OnnxCall call, string name)
        {
            if (values.TryGetValue(name, out OnnxArray? value)) return value;
            if (!graph.Initializers.TryGetValue(name, out OnnxTensor? tensor))
                call.Invalid($"its input '{Words.Shown(name)}' is neither given nor made by a node before it");
            value = run.Read(tensor);
            values.Add(name, value);
            return value;
        }
    }
}
