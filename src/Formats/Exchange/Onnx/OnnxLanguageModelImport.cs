using TinySD.Formats.Exchange.Onnx.Messages;
using TinySD.Formats.Exchange.Onnx.Operators;
using TinySD.Formats.Exchange.Parts;

namespace TinySD.Formats.Exchange.Onnx;

/// <summary>Finds out whether a graph is a language model, by running it on numbered elements as <see cref="OnnxStackImport"/>
/// does.</summary>
/// <remarks>Integers that the caller gives take rows out of a table; these are what the lowest of a chain of recurrent nodes is fed; what
/// the top gives is multiplied by a matrix, and that is, with a bias and perhaps as probabilities, an output. Between them numbers are only
/// moved, so what an exporter puts there does not matter.</remarks>
internal sealed class OnnxLanguageModelImport
{
    private const int FreeTags = 1 << 20;

    private const string NoTable = "none of its nodes takes rows out of a table (Gather) by integers that are an input",
        NoProduct = "no node multiplies what the top layer gives by a matrix (MatMul, Gemm)";

    // Where the graph leaves time and batch open.
    private static readonly ImmutableArray<int> s_open = [3, 2];

    private readonly OnnxModel _model;
    private readonly OnnxTags _tags;
    private readonly int _openState;
    private readonly List<(int First, int Count)> _tokens = [], _states = [];
    private readonly List<OnnxRecurrentNode> _layers = [];
    private (int First, int Count) _embedded, _top, _last, _logits;
    private OnnxArray? _embedding, _classifier, _bias;

    private OnnxLanguageModelImport(OnnxModel model, int openState)
    {
        _model = model;
        _openState = openState;

        // Looking should cost little beside reading: some numbers anyhow, and as many as the file has bytes, since each weight makes some
        // logits.
        long bytes = model.Length + new OnnxExternalFiles(model.Path).TotalBytes(model.Constants);
        _tags = new OnnxTags(model.Path, OnnxTags.FirstTag + (int)Math.Min(FreeTags + bytes, OnnxTags.MaxTag - OnnxTags.FirstTag));
    }

    /// <summary>Looks into a graph; the problem says why it is no language model, and is null where it is one.</summary>
    public static bool TryRun(
        OnnxModel model, ImmutableArray<OnnxNode> nodes, [NotNullWhen(true)] out ForeignLanguageModel? found, out FileProblem? problem)
    {
        // What cannot be one is not looked into.
        found = null;
        problem = !nodes.Any(node => node.Operator == "Gather") ? OnnxProblem.Unsupported(model.Path, 0, "graph", NoTable)
            : !nodes.Any(node => node.Operator is "MatMul" or "Gemm") ? OnnxProblem.Unsupported(model.Path, 0, "graph", NoProduct) : null;
        if (problem is not null) return false;

        // Which of the open extents of the tokens is the batch, and so that of the states, is found by trying.
        found = Look(model, nodes, s_open[1], out problem);
        if (found is null && model.Graph.Inputs.Any(IsOpenState)) found = Look(model, nodes, s_open[0], out _);
        if (found is not null) problem = null;
        return found is not null;

        static bool IsOpenState(OnnxValue input) =>
            !OnnxDataType.IsInteger(input.DataType) && !input.Shape.IsDefault && input.Shape.Any(extent => extent < 0);
    }

    private static ForeignLanguageModel? Look(OnnxModel model, ImmutableArray<OnnxNode> nodes, int openState, out FileProblem? problem)
    {
        try
        {
            problem = null;
            return new OnnxLanguageModelImport(model, openState).Run(nodes);
        }
        catch (FileProblemException exception)
        {
            problem = exception.Problem;
            return null;
        }
    }

    private ForeignLanguageModel Run(ImmutableArray<OnnxNode> nodes)
    {
        List<OnnxArray> outputs = OnnxGraphRun.Look(_model, nodes, Probe, AddLayer, Pass);
        if (_embedding is null) Refuse("graph", NoTable);
        if (_layers.Count == 0) Refuse("graph", "it has no LSTM, GRU or RNN node");
        if (_classifier is null) Refuse("graph", NoProduct);
        if (!outputs.Exists(IsLogits)) Refuse("graph", "none of its outputs is that product");

        int tokens = _embedding.Shape[0];
        if (_classifier.Shape[1] != tokens)
            Refuse("graph", $"its embedding has {tokens} rows and its classifier {_classifier.Shape[1]} columns");
        RecurrentStack[] stacks = [.. _layers.ConvertAll(layer => layer.ToStack())];
        if (LanguageModelParts.Describe(stacks, tokens, isTied: false, out LanguageModelConfig? config) is { } unlike)
            Refuse("graph", unlike);
        return new ForeignLanguageModel(_model.Path, _model.Metadata, config!, stacks)
        {
            Embedding = () => Finite(_embedding, "embedding"),
            Classifier = () => Finite(_classifier.Permuted(1, 0), "classifier"),
            Bias = _bias is null ? null : () => Finite(_bias, "classifier's bias"),
            Shown = "an embedding, recurrent layers and a classifier",
        };
    }

    // An input of the graph, its elements numbered.
    private OnnxArray Probe(OnnxValue input)
    {
        string shown = Words.Shown(input.Name);
        if (input.Shape.IsDefault) Refuse(input.Name, $"the graph does not say what shape its input '{shown}' has");
        bool isInteger = OnnxDataType.IsInteger(input.DataType);
        if (!isInteger && input.DataType != OnnxDataType.Binary32)
            Refuse(input.Name, $"its input '{shown}' is of {OnnxDataType.NameOf(input.DataType)}, and a language model takes integers " +
                "and floats");
        int open = 0;
        int[] shape = [.. ImmutableArray.CreateRange(input.Shape, extent => extent >= 0 ? (int)Math.Min(extent, int.MaxValue)
            : isInteger ? s_open[Math.Min(open++, 1)] : _openState)];
        (int First, int Count) tags = _tags.Take(input.Name, OnnxArray.CountOf(shape));
        (isInteger ? _tokens : _states).Add(tags);
        float[] numbers = OnnxTags.Numbered(tags);
        return new OnnxArray(input.DataType, shape, isInteger ? Array.ConvertAll(numbers, tag => (long)tag) : numbers) { IsTagged = true };
    }

    // What a node gives that is a part of the model; null for one that only moves numbers.
    private OnnxArray[]? Pass(OnnxCall call)
    {
        OnnxArray? first = call.Optional(0), second = call.Optional(1);
        switch (call.Node.Operator)
        {
            case "Gather" when second is { IsTagged: true } && IsMatrix(first):
                return [Embed(call, first, second)];
            case "MatMul" when first is { IsTagged: true, IsFloating: true } && IsMatrix(second):
                return [Classify(call, first, second, null)];
            case "Gemm" when first is { IsTagged: true, IsFloating: true } && IsMatrix(second):
                bool isScaled = call.Number("alpha", 1f) != 1f || (call.Optional(2) is not null && call.Number("beta", 1f) != 1f);
                if (isScaled || call.Flag("transA", false)) call.Unsupported("a classifier that turns or scales what it is given");
                return [Classify(call, first, call.Flag("transB", false) ? call.Permuted(second, 1, 0) : second, call.Optional(2))];
            case "Add" when first is not null && second is not null:
                if (IsLogits(call, first) && !second.IsTagged) return [AddBias(call, first, second)];
                return IsLogits(call, second) && !first.IsTagged ? [AddBias(call, second, first)] : null;
            case "Softmax" or "LogSoftmax" when first is not null && IsLogits(call, first):
                bool isByToken = call.Axis(call.Whole("axis", call.Opset < 13 ? 1 : -1), first.Rank) == first.Rank - 1;
                return isByToken ? [first] : null;
            default:
                return null;
        }
    }

    private static bool IsMatrix([NotNullWhen(true)] OnnxArray? value) => value is { IsTagged: false, IsFloating: true, Rank: 2 };

    private OnnxArray Embed(OnnxCall call, OnnxArray table, OnnxArray indices)
    {
        call.Check("axis");
        if (call.Axis(call.Whole("axis", 0), 2) != 0) call.Unsupported("taking columns of a table by integers that are an input");
        if (_embedding is not null) call.Unsupported("a second table that integers take rows of");
        float[] tags = Array.ConvertAll(indices.Integers ?? [], tag => (float)tag);
        bool areTokens = tags.Length > 0
            && _tokens.Exists(t => t.Count == tags.Length && Array.TrueForAll(tags, tag => OnnxTags.IsIn(tag, t)));
        if (!areTokens || !_tags.AreDistinct(tags) || !OnnxTags.IsInOrder(tags, indices.Shape.AsSpan()))
            call.Unsupported("taking rows of a table by other integers than all of one input");
        _embedding = table;
        _embedded = _tags.Take(call.Node.Label, (long)tags.Length * table.Shape[1]);
        return new OnnxArray(OnnxDataType.Binary32, [.. indices.Shape, table.Shape[1]], OnnxTags.Numbered(_embedded));
    }

    private OnnxArray[] AddLayer(OnnxCall call, OnnxRecurrentNode node)
    {
        OnnxArray x = node.TimeFirst(call.Required(OnnxRecurrentNode.X));
        float[] tags = x.Floats!;
        if (OnnxRecurrentNode.HasTaggedWeights(call)) call.Unsupported("weights that depend on an input of the graph");
        bool isFirst = _layers.Count == 0;
        bool isChained = isFirst
            ? tags.Length == _embedded.Count && AreRows(tags, x.Shape, [_embedded])
            : tags.AsSpan().SequenceEqual(OnnxTags.Numbered(_top));
        string expected = isFirst ? "what the tokens take out of the table" : "the output of the layer before";
        if (!isChained || tags.Length == 0) call.Unsupported($"an input that is not {expected}");
        (int timeSteps, int batch) = (x.Shape[0], x.Shape[1]);
        if (call.Optional(OnnxRecurrentNode.Lengths) is { } lengths)
        {
            bool isOutside = lengths.Integers is { } values
                && (Array.TrueForAll(values, length => length == timeSteps)
                    || Array.TrueForAll(values, length => _tokens.Exists(given => OnnxTags.IsIn(length, given))));
            if (!isOutside) call.Unsupported("sequence lengths of its own");
        }

        CheckState(call, node, OnnxRecurrentNode.InitialH, batch);
        if (node.Node.Operator == "LSTM") CheckState(call, node, OnnxRecurrentNode.InitialC, batch);
        _layers.Add(node);
        _top = _tags.Take(call.Node.Label, (long)timeSteps * batch * node.Config.OutputSize);
        _last = _tags.Take(call.Node.Label, (long)batch * node.Config.OutputSize);
        (int First, int Count) cell = _tags.Take(call.Node.Label, (long)batch * node.Config.OutputSize);
        float[]? cells = node.Node.Operator == "LSTM" ? OnnxTags.Numbered(cell) : null;
        return node.Outputs(new RecurrentOutputs(OnnxTags.Numbered(_top), OnnxTags.Numbered(_last), cells), timeSteps, batch);
    }

    // Zeros, or the caller's.
    private void CheckState(OnnxCall call, OnnxRecurrentNode node, int index, int batch)
    {
        if (call.Optional(index) is not { } state) return;
        if (!state.IsTagged && state.Floats is { } constant && Array.TrueForAll(constant, value => value == 0f)) return;
        float[] tags = node.State(call, index, batch)!;
        if (!Array.TrueForAll(tags, tag => tag == 0f || _states.Exists(given => OnnxTags.IsIn(tag, given))))
            call.Unsupported("an initial state that is neither zero nor an input of the graph");
    }

    private OnnxArray Classify(OnnxCall call, OnnxArray hidden, OnnxArray weight, OnnxArray? bias)
    {
        int units = weight.Shape[0], tokens = weight.Shape[1];
        float[] tags = hidden.Floats!;
        bool isTop = _layers.Count > 0 && hidden.Shape[^1] == units && _layers[^1].Config.OutputSize == units
            && AreRows(tags, hidden.Shape, [_top, _last]);
        if (!isTop) call.Unsupported("a product with anything but the top layer's output");
        if (_classifier is not null) call.Unsupported("a second product with the top layer's output");
        _classifier = weight;
        _logits = _tags.Take(call.Node.Label, (long)tags.Length / units * tokens);
        var logits = new OnnxArray(OnnxDataType.Binary32, [.. hidden.Shape[..^1], tokens], OnnxTags.Numbered(_logits)) { IsTagged = true };
        return bias is null ? logits : AddBias(call, logits, bias);
    }

    private OnnxArray AddBias(OnnxCall call, OnnxArray logits, OnnxArray bias)
    {
        int tokens = _classifier!.Shape[1];
        bool fits = bias is { IsTagged: false, IsFloating: true, Rank: > 0 } && bias.Length == tokens && bias.Shape[^1] == tokens
            && logits.Shape[^1] == tokens && bias.Rank <= logits.Rank;
        if (!fits || _bias is not null) call.Unsupported("adding to the logits anything but one bias of the classifier");
        _bias = bias;
        return logits;
    }

    private bool IsLogits(OnnxCall call, OnnxArray value)
    {
        if (_classifier is null || value is not { IsTagged: true, Floats: [var first, ..] } || !OnnxTags.IsIn(first, _logits)) return false;
        call.Charge(value.Length + (long)_tags.Count);
        return IsLogits(value);
    }

    // All or some of what the classifier gives, each token's number in its place.
    private bool IsLogits(OnnxArray value) => value is { IsTagged: true, Floats: { Length: > 0 } tags }
        && tags.Length % _classifier!.Shape[1] == 0 && Array.TrueForAll(tags, tag => OnnxTags.IsIn(tag, _logits))
        && _tags.AreDistinct(tags) && OnnxTags.IsInOrder(tags, value.Shape.AsSpan());

    // Whole rows of what a node gave, each once and in their order.
    private bool AreRows(float[] tags, ImmutableArray<int> shape, ReadOnlySpan<(int First, int Count)> ranges)
    {
        int width = shape[^1];
        if (tags.Length == 0) return false;
        for (int row = 0; row < tags.Length; row += width)
        {
            bool isRow = false;
            foreach ((int First, int Count) range in ranges)
                isRow |= OnnxTags.IsIn(tags[row], range) && ((int)tags[row] - range.First) % width == 0;
            for (int i = 1; i < width; i++) isRow &= tags[row + i] == tags[row] + i;
            if (!isRow) return false;
        }

        return _tags.AreDistinct(tags) && OnnxTags.IsInOrder(tags, shape.AsSpan());
    }

    private float[] Finite(OnnxArray weights, string what)
    {
        float[] numbers = weights.ToFloats();
        int wrong = numbers.AsSpan().IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        if (wrong >= 0)
        {
            Throw.Problem(new(FileProblemKind.NotFinite, _model.Path,
                $"{_model.Path} was not loaded: weight {wrong} of its {what} is infinite or not a number")
            { Part = what });
        }

        return numbers;
    }

    [DoesNotReturn]
    private void Refuse(string part, string message) => Throw.Problem(OnnxProblem.Unsupported(_model.Path, 0, part, message));
}
