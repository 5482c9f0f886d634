using TinySD.Formats.Exchange.Parts;
using TinySD.Formats.Models;

namespace TinySD.Formats.Exchange.Safetensors;

/// <summary>The layers that a file holds under one prefix: one of PyTorch's modules, one cell, or one of MLX's layers.</summary>
internal sealed class RecurrentModule
{
    private readonly SafetensorsFile _file;
    private readonly Dictionary<(string Role, int Layer, bool IsReverse), Dictionary<string, SafetensorsTensor>> _parts = [];
    private readonly Dictionary<(string Role, int Layer, bool IsReverse), StoredWeights> _weights = [];
    private readonly HashSet<string> _prefixes = new(StringComparer.Ordinal);

    // [I, G H] and not [G H, I].
    private bool _isInputMajor;

    private RecurrentModule(SafetensorsFile file, NameScheme scheme, string prefix)
    {
        (_file, Scheme, Prefix) = (file, scheme, prefix);
        _prefixes.Add(prefix);
    }

    /// <summary>Whose names its tensors have.</summary>
    public NameScheme Scheme { get; }

    /// <summary>What stands before its names, as it is first met in the file.</summary>
    public string Prefix { get; private set; }

    /// <summary>What stands before them without what is wrapped around the module.</summary>
    public string Unwrapped => RecurrentName.Unwrapped(Prefix);

    /// <summary>What it is; set by <see cref="Describe"/>.</summary>
    public RecurrentStackConfig Config { get; private set; } = null!;

    /// <summary>The tensors that its numbers are read from.</summary>
    public IEnumerable<SafetensorsTensor> Sources => _weights.Values.SelectMany(weights => weights.Sources);

    /// <summary>The tensors that were computed from those, and are passed over.</summary>
    public IEnumerable<SafetensorsTensor> Copies => _weights.Values.SelectMany(weights => weights.Copies);

    private bool IsWhole => Has(RecurrentName.Input) && Has(RecurrentName.Recurrent);

    /// <summary>Finds all of a file, in the order in which they lie.</summary>
    public static IReadOnlyList<RecurrentModule> FindAll(SafetensorsFile file)
    {
        var order = new List<(NameScheme Scheme, string Prefix)>();
        var groups = new Dictionary<(NameScheme Scheme, string Prefix), List<(RecurrentName Name, SafetensorsTensor Tensor)>>();
        foreach (SafetensorsTensor tensor in file.Tensors)
        {
            if (RecurrentName.Of(tensor.Name) is not { } name) continue;
            if (!groups.TryGetValue((name.Scheme, name.Prefix), out List<(RecurrentName, SafetensorsTensor)>? group))
            {
                groups.Add((name.Scheme, name.Prefix), group = []);
                order.Add((name.Scheme, name.Prefix));
            }

            group.Add((name, tensor));
        }

        // Weight drop keeps the true weights beside a module and the module's other tensors inside it: one module, unless both hold the
        // same part.
        var known = new Dictionary<(NameScheme Scheme, string Prefix), RecurrentModule>();
        List<RecurrentModule> modules = [], apart = [];
        foreach ((NameScheme scheme, string prefix) in order)
        {
            List<(RecurrentName, SafetensorsTensor)> tensors = groups[(scheme, prefix)];
            var module = new RecurrentModule(file, scheme, prefix);
            if (scheme != NameScheme.Mlx) module.Add(tensors);
            else if (!module.TryAddMlx(tensors)) continue;
            (NameScheme, string) key = (scheme, module.Unwrapped);
            if (known.TryAdd(key, module)) modules.Add(module);
            else if (!known[key].TryMerge(module)) apart.Add(module);
        }

        return [.. modules, .. apart];
    }

    /// <summary>Whether it holds weights, and not only what belongs to some.</summary>
    public bool HoldsWeights() => _parts.Any(part =>
        part.Key.Role is RecurrentName.Input or RecurrentName.Recurrent && part.Value.Keys.Any(StoredWeights.IsForm));

    /// <summary>Whether its tensors have this before their names.</summary>
    public bool HasPrefix(string prefix) => _prefixes.Contains(prefix);

    /// <summary>Finds out what it is and where its numbers are, and checks all shapes: memory is taken after that only.</summary>
    /// <exception cref="FileProblemException">A tensor is missing, one too many, or of a wrong shape or an unknown form.</exception>
    public void Describe(PyTorchChoices choices)
    {
        if (_parts.FirstOrDefault(part => part.Key.Role == RecurrentName.Projection).Value is { } projection)
            Refuse(projection.Values.First(), FileProblemKind.Unsupported, "is a projection (proj_size), which is not supported");
        foreach ((var part, Dictionary<string, SafetensorsTensor> forms) in _parts) _weights.Add(part, StoredWeights.Of(_file, forms));
        StoredWeights input = Find(RecurrentName.Input, 0, false), recurrent = Find(RecurrentName.Recurrent, 0, false);
        foreach (StoredWeights weights in (StoredWeights[])[input, recurrent])
        {
            if (weights.Shape.Length != 2 || weights.Shape.Any(extent => extent is < 1 or > int.MaxValue))
                RefuseShape(weights, "two extents were expected");
        }

        // MLX's first layers had their weights the other way round. Of two squares nothing can be told, and they are taken as they are now.
        bool isSquare = recurrent.Shape[0] == recurrent.Shape[1];
        _isInputMajor = Scheme == NameScheme.Mlx && (isSquare
            ? input.Shape[0] != recurrent.Shape[0] && input.Shape[1] == recurrent.Shape[0]
            : recurrent.Shape[0] < recurrent.Shape[1]);
        (long rows, long hidden) = _isInputMajor ? (recurrent.Shape[1], recurrent.Shape[0]) : (recurrent.Shape[0], recurrent.Shape[1]);
        long ratio = rows / hidden;
        if (rows % hidden != 0 || ratio is not (1 or 3 or 4))
            RefuseShape(recurrent, "[4H, H] of an LSTM, [3H, H] of a GRU or [H, H] of an RNN was expected");

        string? recorded = _file.Metadata.GetValueOrDefault(PyTorchNames.CellKey);
        bool isRelu = choices.Rectified ?? recorded == ModelSpelling.Cells.NameOf(CellKind.RnnRelu);
        int layers = 0;
        bool hasReverse = false;
        foreach ((_, int layer, bool isReverse) in _parts.Keys)
        {
            layers = Math.Max(layers, layer + 1);
            hasReverse |= isReverse;
        }

        RequireLayers(layers);
        Config = new RecurrentStackConfig
        {
            Cell = ratio switch { 4 => CellKind.Lstm, 3 => CellKind.Gru, _ => isRelu ? CellKind.RnnRelu : CellKind.RnnTanh },
            InputSize = (int)(_isInputMajor ? input.Shape[0] : input.Shape[1]),
            HiddenSize = (int)hidden,
            LayerCount = layers,
            Direction = hasReverse ? RecurrentDirection.Bidirectional : RecurrentDirection.Forward,
        };
        CheckShapes();
    }

    /// <summary>Reads one direction of one layer.</summary>
    /// <exception cref="FileProblemException">The numbers cannot be read, or one is not finite.</exception>
    public ForeignWeights Read(int layer, int direction)
    {
        float[]? recurrentBias = Numbers(RecurrentName.RecurrentBias);
        if (recurrentBias is not null && Scheme == NameScheme.Mlx)
        {
            // MLX's bhn is that of gate n alone; its b has the others'.
            float[] all = new float[Config.Cell.GateCount() * Config.HiddenSize];
            recurrentBias.CopyTo(all, all.Length - recurrentBias.Length);
            recurrentBias = all;
        }

        return new(Turned(RecurrentName.Input), Turned(RecurrentName.Recurrent), Numbers(RecurrentName.InputBias), recurrentBias, null);

        float[]? Numbers(string role) => _weights.GetValueOrDefault((role, layer, direction == 1))?.Read(_file);

        float[] Turned(string role)
        {
            float[] numbers = Numbers(role)!;
            if (!_isInputMajor) return numbers;
            float[] turned = new float[numbers.Length];
            int rows = Config.Cell.GateCount() * Config.HiddenSize, columns = numbers.Length / rows;
            for (int row = 0; row < rows; row++)
            {
                for (int column = 0; column < columns; column++) turned[(row * columns) + column] = numbers[(column * rows) + row];
            }

            return turned;
        }
    }

    /// <summary>Refuses a stack of too many layers.</summary>
    /// <exception cref="FileProblemException">It has.</exception>
    public void RequireLayers(int layers)
    {
        if (layers > 64) Refuse(null, FileProblemKind.Unsupported, $"{_file.Path} has {layers} layers; at most 64 are supported");
    }

    /// <summary>A tensor that stands beside this module's under a name of its own, as <c>lstm.raw_weight_hh_l0</c> beside
    /// <c>lstm.weight_hh_l0</c>, may be the true weights.</summary>
    /// <exception cref="FileProblemException">There is one.</exception>
    public void RefuseBeside(IEnumerable<RecurrentModule> all)
    {
        foreach (RecurrentModule other in all)
        {
            bool isBeside = !ReferenceEquals(other, this) && !other.IsWhole
                && other.Unwrapped.StartsWith(Unwrapped, StringComparison.Ordinal)
                && !other.Unwrapped.AsSpan(Unwrapped.Length).ContainsAny('.', '/');
            if (!isBeside) continue;
            foreach (Dictionary<string, SafetensorsTensor> forms in other._parts.Values)
                StoredWeights.RefuseUnknown(_file, forms, ImmutableHashSet<string>.Empty);
        }
    }

    private void Add(IEnumerable<(RecurrentName Name, SafetensorsTensor Tensor)> tensors)
    {
        foreach ((RecurrentName name, SafetensorsTensor tensor) in tensors)
            Forms((name.Part, name.Layer, name.IsReverse)).Add(name.Form, tensor);
    }

    // The names are short, and others use them: only together, and with shapes that fit each other, are they a layer's.
    private bool TryAddMlx(List<(RecurrentName Name, SafetensorsTensor Tensor)> tensors)
    {
        SafetensorsTensor? Named(string part) => tensors.Find(t => t.Name.Part == part && t.Name.Form.Length == 0).Tensor;
        bool isSimple = Named("Wx") is null || Named("Wh") is null;
        if (Named(isSimple ? "Wxh" : "Wx") is not { Shape.Length: 2 } input) return false;
        if (Named(isSimple ? "Whh" : "Wh") is not { Shape: [long rows, long columns] }) return false;
        (long few, long many) = (Math.Min(rows, columns), Math.Max(rows, columns));
        if (few < 1 || many % few != 0 || !(isSimple ? many == few : many / few is 3 or 4) || !input.Shape.Contains(many)) return false;
        string[] own = isSimple ? ["Wxh", "Whh", "bias"] : many / few == 4 ? ["Wx", "Wh", "bias"] : ["Wx", "Wh", "b", "bhn"];
        foreach ((RecurrentName name, SafetensorsTensor tensor) in tensors)
        {
            if (own.Contains(name.Part)) Forms((name.Role, 0, false)).Add(name.Form, tensor);
            else if (name.Part is not ("b" or "bias")) Forms((name.Role, 0, false)).Add(name.Part + name.Form, tensor);
        }

        return true;
    }

    private Dictionary<string, SafetensorsTensor> Forms((string Role, int Layer, bool IsReverse) key)
    {
        if (!_parts.TryGetValue(key, out Dictionary<string, SafetensorsTensor>? forms))
            _parts.Add(key, forms = new(StringComparer.Ordinal));
        return forms;
    }

    private bool TryMerge(RecurrentModule other)
    {
        bool isTwice = other._parts.Any(part => _parts.TryGetValue(part.Key, out var forms) && part.Value.Keys.Any(forms.ContainsKey));
        if (isTwice) return false;

        // The module's own prefix is that of the tensors inside.
        if (!Has(RecurrentName.Input) && other.Has(RecurrentName.Input)) Prefix = other.Prefix;
        _prefixes.UnionWith(other._prefixes);
        foreach (((string, int, bool) key, Dictionary<string, SafetensorsTensor> added) in other._parts)
        {
            Dictionary<string, SafetensorsTensor> forms = Forms(key);
            foreach ((string form, SafetensorsTensor tensor) in added) forms.Add(form, tensor);
        }

        return true;
    }

    // All that the sizes call for is there.
    private void CheckShapes()
    {
        long rows = (long)Config.Cell.GateCount() * Config.HiddenSize;
        bool isMlx = Scheme == NameScheme.Mlx, hasTwoBiases = !isMlx || Config.Cell == CellKind.Gru;
        for (int layer = 0; layer < Config.LayerCount; layer++)
        {
            for (int direction = 0; direction < Config.DirectionCount; direction++)
            {
                bool isReverse = direction == 1;
                Matrix(RecurrentName.Input, layer == 0 ? Config.InputSize : Config.OutputSize);
                Matrix(RecurrentName.Recurrent, Config.HiddenSize);
                bool hasBias = _weights.ContainsKey((RecurrentName.InputBias, layer, isReverse))
                    || _weights.ContainsKey((RecurrentName.RecurrentBias, layer, isReverse));
                if (!hasBias) continue;
                Check(RecurrentName.InputBias, [rows]);
                if (hasTwoBiases) Check(RecurrentName.RecurrentBias, [isMlx ? Config.HiddenSize : rows]);

                void Matrix(string role, long columns) => Check(role, _isInputMajor ? [columns, rows] : [rows, columns]);

                void Check(string role, ReadOnlySpan<long> shape)
                {
                    StoredWeights weights = Find(role, layer, isReverse);
                    if (!weights.Shape.AsSpan().SequenceEqual(shape))
                        RefuseShape(weights, $"[{string.Join(", ", shape.ToArray())}] was expected");
                }
            }
        }
    }

    private StoredWeights Find(string role, int layer, bool isReverse)
    {
        if (_weights.TryGetValue((role, layer, isReverse), out StoredWeights? weights)) return weights;

        // MLX's layers are found by their weights; only one of a GRU's two biases can be missing.
        string missing = Scheme switch
        {
            NameScheme.Module => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{role}_l{layer}{(isReverse ? "_reverse" : "")}"),
            NameScheme.Cell => Prefix + role,
            _ => Prefix + (role == RecurrentName.InputBias ? "b" : "bhn"),
        };
        Throw.Problem(new(FileProblemKind.TensorMissing, _file.Path,
            $"{_file.Path} has no tensor '{Words.Name(missing)}', which its other layers' tensors call for")
        { Part = missing });
        return null;
    }

    private bool Has(string role) => _parts.TryGetValue((role, 0, false), out var forms) && forms.Keys.Any(StoredWeights.IsForm);

    [DoesNotReturn]
    private void RefuseShape(StoredWeights weights, string expected) =>
        Refuse(weights.Main, FileProblemKind.TensorInvalid, $"has the shape [{string.Join(", ", weights.Shape)}]; {expected}");

    [DoesNotReturn]
    private void Refuse(SafetensorsTensor? tensor, FileProblemKind kind, string message) => Throw.Problem(
        new(kind, _file.Path, tensor is null ? message : $"{_file.Path}: tensor '{Words.Name(tensor.Name)}' {message}")
        { Part = tensor?.Name, Offset = tensor?.Offset });
}
