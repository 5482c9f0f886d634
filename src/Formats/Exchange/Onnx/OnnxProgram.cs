using TinySD.Formats.Exchange.Onnx.Messages;
using TinySD.Formats.Exchange.Onnx.Operators;

namespace TinySD.Formats.Exchange.Onnx;

/// <summary>A graph made ready to be run: functions are put in their calls' places, and only nodes that an output needs are left.</summary>
internal sealed class OnnxProgram
{
    // What a call of a call of a call may grow to, and how deep calls may lie.
    private const int MaxNodes = 20_000, MaxDepth = 64;

    // Operators that a refusal names.
    private const int MaxNamed = 6;

    private readonly OnnxModel _model;
    private readonly Dictionary<(string Domain, string Name, string Overload), OnnxFunction> _functions = [];
    private readonly List<OnnxNode> _inlined = [];
    private readonly Stack<OnnxFunction> _calls = new();
    private int _callCount;

    private OnnxProgram(OnnxModel model)
    {
        _model = model;
        foreach (OnnxFunction function in model.Functions) _functions.TryAdd((function.Domain, function.Name, function.Overload), function);
    }

    /// <summary>The nodes that the graph's outputs need, in the order of the file.</summary>
    /// <exception cref="FileProblemException">A node's operator is not supported, or the graph cannot be run whatever it is
    /// given.</exception>
    public static ImmutableArray<OnnxNode> Prepare(OnnxModel model)
    {
        var program = new OnnxProgram(model);
        ImmutableArray<OnnxNode> needed = program.Needed(
            [.. ImmutableArray.CreateRange(model.Graph.Nodes, node => node with { Opset = model.Opset })]);
        foreach (OnnxNode node in needed) program.Inline(node);
        ImmutableArray<OnnxNode> nodes = program.Needed(program._inlined);
        program.CheckOperators(nodes);
        if (model.Problem is { } problem) Throw.Problem(problem);
        foreach (OnnxNode node in nodes)
        {
            if (node.Problem is { } wrong) Throw.Problem(wrong);
            if (node.Opset == 0)
                Throw.Problem(OnnxProblem.Invalid(model.Path, node.Offset, node.Label,
                    $"{node.Label}: it is not said of which version of the standard operators it is"));
            if (OnnxReader.OpsetProblem(model.Path, node.Opset) is { } unread) Throw.Problem(unread);
        }

        return nodes;
    }

    // Backwards from the outputs; of a value that is made twice, both nodes are kept, so that the run refuses them.
    private ImmutableArray<OnnxNode> Needed(List<OnnxNode> nodes)
    {
        var makers = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        for (int i = 0; i < nodes.Count; i++)
        {
            foreach (string output in nodes[i].Outputs.Where(output => output.Length > 0))
            {
                if (!makers.TryGetValue(output, out List<int>? list)) makers.Add(output, list = []);
                list.Add(i);
            }
        }

        bool[] isNeeded = new bool[nodes.Count];
        var names = new Stack<string>(_model.Graph.Outputs.Select(output => output.Name));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (names.TryPop(out string? name))
        {
            if (!seen.Add(name) || !makers.TryGetValue(name, out List<int>? list)) continue;
            foreach (int maker in list.Where(maker => !isNeeded[maker]))
            {
                isNeeded[maker] = true;
                foreach (string input in nodes[maker].Inputs.Where(input => input.Length > 0)) names.Push(input);

                // A body sees the values around it.
                foreach (OnnxGraph body in nodes[maker].Attributes.Values.SelectMany(attribute => attribute.Graphs)) PushUsed(body, names);
            }
        }

        return [.. nodes.Where((_, index) => isNeeded[index])];
    }

    private static void PushUsed(OnnxGraph body, Stack<string> names)
    {
        foreach (OnnxNode node in body.Nodes)
        {
            foreach (string input in node.Inputs) names.Push(input);
            foreach (OnnxGraph inner in node.Attributes.Values.SelectMany(attribute => attribute.Graphs)) PushUsed(inner, names);
        }

        foreach (OnnxValue output in body.Outputs) names.Push(output.Name);
    }

    private void Inline(OnnxNode node)
    {
        if (!_functions.TryGetValue((node.Domain, node.Operator, node.Overload), out OnnxFunction? function))
        {
            _inlined.Add(node);
            return;
        }

        string called = Words.Shown(function.Name, 120);
        if (_calls.Contains(function))
            Refuse(OnnxProblem.Invalid(_model.Path, node.Offset, node.Label, $"{node.Label}: the function {called} calls itself"));
        if (_calls.Count == MaxDepth)
            Refuse(OnnxProblem.Unsupported(_model.Path, node.Offset, node.Label,
                $"{node.Label}: functions call each other more than {MaxDepth} deep"));
        if (node.Problem is { } problem) Refuse(problem);
        if (node.Inputs.Length > function.Inputs.Length || node.Outputs.Length > function.Outputs.Length)
        {
            Refuse(OnnxProblem.Invalid(_model.Path, node.Offset, node.Label,
                $"{node.Label} has {Words.Counted(node.Inputs.Length, "input")} and {Words.Counted(node.Outputs.Length, "output")}; " +
                $"the function {called} has {function.Inputs.Length} and {function.Outputs.Length}"));
        }

        // Values within a call have names that no exporter gives.
        string prefix = string.Create(CultureInfo.InvariantCulture, $"\0{_callCount++}\0");
        var names = new Dictionary<string, string>(StringComparer.Ordinal) { [""] = "" };
        for (int i = 0; i < function.Inputs.Length; i++) names[function.Inputs[i]] = node.InputAt(i);
        var passed = new List<(string From, string To)>();
        for (int i = 0; i < function.Outputs.Length; i++)
        {
            string output = function.Outputs[i], outside = node.OutputAt(i);
            if (outside.Length == 0) continue;
            if (!names.TryAdd(output, outside)) passed.Add((names[output], outside));
        }

        _calls.Push(function);
        foreach (OnnxNode inner in function.Nodes)
        {
            if (_inlined.Count + _callCount > MaxNodes)
                Refuse(OnnxProblem.Unsupported(_model.Path, node.Offset, node.Label,
                    $"{node.Label}: with functions put in place of their calls the graph has more than {MaxNodes} nodes"));
            Inline(inner with
            {
                Label = $"{inner.Label} in function {called}",
                Inputs = ImmutableArray.CreateRange(inner.Inputs, Outside),
                Outputs = ImmutableArray.CreateRange(inner.Outputs, Outside),
                Attributes = Attributes(inner, node, function),
                Opset = function.Opset,
            });
        }

        _calls.Pop();
        foreach ((string from, string to) in passed)
        {
            var none = ImmutableDictionary<string, OnnxAttribute>.Empty;
            _inlined.Add(new OnnxNode("Identity", node.Label, [from], [to], none, node.Offset) { Opset = node.Opset });
        }

        string Outside(string name)
        {
            if (!names.TryGetValue(name, out string? outside)) names.Add(name, outside = prefix + name);
            return outside;
        }
    }

    // An attribute within a function may stand for the call's, or for the function's default; where neither is there, it is left out.
    private static IReadOnlyDictionary<string, OnnxAttribute> Attributes(OnnxNode inner, OnnxNode call, OnnxFunction function)
    {
        if (inner.Attributes.Values.All(attribute => attribute.Reference.Length == 0)) return inner.Attributes;
        var attributes = new Dictionary<string, OnnxAttribute>(StringComparer.Ordinal);
        foreach (OnnxAttribute attribute in inner.Attributes.Values)
        {
            OnnxAttribute? given = attribute.Reference.Length == 0 ? attribute
                : call.Attributes.GetValueOrDefault(attribute.Reference) ?? function.Defaults.GetValueOrDefault(attribute.Reference);
            if (given is not null) attributes[attribute.Name] = given with { Name = attribute.Name };
        }

        return attributes;
    }

    private void CheckOperators(ImmutableArray<OnnxNode> nodes)
    {
        var unknown = new List<OnnxNode>();
        Find(nodes);
        if (unknown.Count == 0) return;
        var message = new StringBuilder();
        foreach (OnnxNode node in unknown.Take(MaxNamed)) message.Append(message.Length == 0 ? "" : "; ").Append(node.Label);
        if (unknown.Count > MaxNamed) message.Append(CultureInfo.InvariantCulture, $" and {unknown.Count - MaxNamed} more");
        string names = string.Join(", ", unknown.Select(node => Words.Shown(node.FullOperator, 80)).Distinct(StringComparer.Ordinal)
            .Take(MaxNamed));
        bool isQuantized = unknown.Exists(node => node.Operator.Contains("uantize", StringComparison.Ordinal)
            || node.Operator.Contains("QLinear", StringComparison.Ordinal)
            || node.Operator.EndsWith("Integer", StringComparison.Ordinal));
        string advice = isQuantized ? ". Quantized models are not run: use the model from before it was quantized."
            : unknown.Exists(node => node.Domain.Length > 0)
                ? ". Only standard operators are run: export without the optimizations of one runtime."
            : "";
        Refuse(OnnxProblem.Unsupported(_model.Path, unknown[0].Offset, unknown[0].Label,
            $"{message}: {names} {(unknown.Count == 1 ? "is" : "are")} not run{advice}"));

        // The bodies of Loop and the like are looked into too, so that one message says what all is missing.
        void Find(ImmutableArray<OnnxNode> among)
        {
            foreach (OnnxNode node in among)
            {
                bool isFunction = _functions.ContainsKey((node.Domain, node.Operator, node.Overload));
                if (!isFunction && !OnnxOperators.Has(node)) unknown.Add(node);
                foreach (OnnxGraph body in node.Attributes.Values.SelectMany(attribute => attribute.Graphs)) Find(body.Nodes);
            }
        }
    }

    private static void Refuse(FileProblem problem) => Throw.Problem(problem);
}
