using TinySD.Formats.Exchange.Parts;

namespace TinySD.Formats.Exchange.Safetensors;

/// <summary>The numbers of one part of a recurrent layer, in whatever form a file holds them.</summary>
/// <remarks>Forms: the numbers themselves; those that weight drop keeps under <c>NAME_raw</c> beside a masked copy; and magnitude and
/// direction of weight norm, <c>NAME_g</c> and <c>NAME_v</c> or <c>parametrizations.NAME.original0</c> and <c>original1</c>: w = g v / ‖v‖,
/// the norm over the axes of which g has one element (documentation of <c>torch.nn.utils.weight_norm</c>).</remarks>
internal sealed class StoredWeights
{
    private const string SaveOthers = "Save the module without it, or with the weights that it computes with";

    private const string RawForm = "_raw", Original = $"{RecurrentName.Parametrized}.original";

    private readonly SafetensorsTensor _numbers;
    private readonly SafetensorsTensor? _magnitude;

    private StoredWeights(SafetensorsTensor numbers, SafetensorsTensor? magnitude, ImmutableArray<SafetensorsTensor> copies) =>
        (_numbers, _magnitude, Copies) = (numbers, magnitude, copies);

    /// <summary>The shape in which the file has them.</summary>
    public ImmutableArray<long> Shape => _numbers.Shape;

    /// <summary>The tensor that has this shape.</summary>
    public SafetensorsTensor Main => _numbers;

    /// <summary>The tensors that they are read from.</summary>
    public IEnumerable<SafetensorsTensor> Sources => _magnitude is null ? [_numbers] : [_magnitude, _numbers];

    /// <summary>Tensors that were computed from them and are passed over.</summary>
    public ImmutableArray<SafetensorsTensor> Copies { get; }

    /// <summary>Finds the form.</summary>
    /// <param name="file">The file.</param>
    /// <param name="forms">All tensors whose names begin with the part's, by what follows.</param>
    /// <exception cref="FileProblemException">A tensor may be the true weights, and is of no known form.</exception>
    public static StoredWeights Of(SafetensorsFile file, IReadOnlyDictionary<string, SafetensorsTensor> forms)
    {
        SafetensorsTensor? plain = forms.GetValueOrDefault("");
        var originals = new List<(SafetensorsTensor Numbers, SafetensorsTensor? Magnitude)>();
        var known = new HashSet<string>(StringComparer.Ordinal) { "" };
        if (forms.TryGetValue(RawForm, out SafetensorsTensor? raw))
        {
            originals.Add((raw, null));
            known.Add(RawForm);
        }

        foreach ((string magnitude, string direction) in (ReadOnlySpan<(string, string)>)[("_g", "_v"), ($"{Original}0", $"{Original}1")])
        {
            if (!forms.TryGetValue(magnitude, out SafetensorsTensor? g)) continue;
            if (!forms.TryGetValue(direction, out SafetensorsTensor? v)) continue;
            originals.Add((v, g));
            known.UnionWith([magnitude, direction]);
        }

        RefuseUnknown(file, forms, known);
        if (originals.Count > 1)
        {
            Refuse(file, originals[1].Numbers, FileProblemKind.Unsupported,
                $"and '{Words.Name(originals[0].Numbers.Name)}' may both be the true weights. " + SaveOthers);
        }

        (SafetensorsTensor? numbers, SafetensorsTensor? scale) = originals.Count == 1 ? originals[0] : (plain, null);

        // Only what an optimizer keeps is there.
        if (numbers is null)
            Refuse(file, forms.Values.First(), FileProblemKind.TensorMissing, "is there, and the weights that it belongs to are not");

        SafetensorsTensor[] copies = originals.Count == 1 && plain is not null ? [plain] : [];
        foreach (SafetensorsTensor copy in copies)
        {
            if (!copy.Shape.SequenceEqual(numbers.Shape))
            {
                Refuse(file, copy, FileProblemKind.TensorInvalid,
                    $"has the shape [{string.Join(", ", copy.Shape)}], and '{Words.Name(numbers.Name)}', which it was made from, " +
                    $"[{string.Join(", ", numbers.Shape)}]");
            }
        }

        if (scale is not null) CheckMagnitude(file, scale, numbers);
        return new(numbers, scale, [.. copies]);
    }

    /// <summary>Whether a name of that form can be of one that is read; others are looked at only beside those.</summary>
    public static bool IsForm(string form) => form is "" or RawForm or "_g" or "_v" or $"{Original}0" or $"{Original}1";

    /// <summary>Refuses a tensor that may hold the true weights: every one but those that are known, and what an optimizer keeps.</summary>
    /// <exception cref="FileProblemException">There is one.</exception>
    public static void RefuseUnknown(SafetensorsFile file, IReadOnlyDictionary<string, SafetensorsTensor> forms, IReadOnlySet<string> known)
    {
        foreach ((string form, SafetensorsTensor tensor) in forms)
        {
            if (!known.Contains(form) && !IsOptimizerState(form))
                Refuse(file, tensor, FileProblemKind.Unsupported, Reason(form, forms));
        }
    }

    /// <summary>Reads them.</summary>
    /// <exception cref="FileProblemException">They cannot be read, or one is not finite.</exception>
    public float[] Read(SafetensorsFile file)
    {
        float[] numbers = Floats(file, _numbers);
        if (_magnitude is null) return numbers;

        // The magnitudes stand along the axes that are longer than one, at most all; each has the numbers of one row, one column or the
        // whole.
        float[] magnitudes = Floats(file, _magnitude);
        int columns = _numbers.Shape.Length == 2 ? (int)_numbers.Shape[1] : 1;
        (int rowStep, int columnStep) = _magnitude.Shape.Length switch
        {
            0 => (0, 0),
            1 => (_magnitude.Shape[0] > 1 ? 1 : 0, 0),
            _ => (_magnitude.Shape[0] > 1 ? (int)_magnitude.Shape[1] : 0, _magnitude.Shape[1] > 1 ? 1 : 0),
        };
        double[] norms = new double[magnitudes.Length];
        for (int i = 0; i < numbers.Length; i++) norms[Place(i)] += (double)numbers[i] * numbers[i];
        for (int i = 0; i < norms.Length; i++) norms[i] = Math.Sqrt(norms[i]);
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = (float)(magnitudes[Place(i)] * (numbers[i] / norms[Place(i)]));
            if (!float.IsFinite(numbers[i]))
            {
                Refuse(file, _numbers, FileProblemKind.NotFinite,
                    $"and '{Words.Name(_magnitude.Name)}' make by weight norm a weight {i} that is infinite or not a number");
            }
        }

        return numbers;

        int Place(int at) => (at / columns * rowStep) + (at % columns * columnStep);
    }

    // Of the same extents or ones, or a single number.
    private static void CheckMagnitude(SafetensorsFile file, SafetensorsTensor magnitude, SafetensorsTensor direction)
    {
        bool isSingle = magnitude.Shape.IsEmpty || magnitude.Shape.AsSpan().SequenceEqual([1L]);
        bool fits = isSingle || (magnitude.Shape.Length == direction.Shape.Length
            && magnitude.Shape.Zip(direction.Shape).All(pair => pair.First == pair.Second || pair.First == 1));
        if (fits && direction.Shape.Length is 1 or 2) return;
        Refuse(file, magnitude, FileProblemKind.TensorInvalid,
            $"has the shape [{string.Join(", ", magnitude.Shape)}], which is no magnitude of weight norm for " +
            $"'{Words.Name(direction.Name)}' [{string.Join(", ", direction.Shape)}]");
    }

    /// <summary>A tensor's numbers as floats.</summary>
    /// <exception cref="FileProblemException">They are none, cannot be read, or one is not finite.</exception>
    public static float[] Floats(SafetensorsFile file, SafetensorsTensor tensor)
    {
        if (!SafetensorsFile.IsFloat(tensor))
            Refuse(file, tensor, FileProblemKind.TensorUnsupported, $"is of dtype {tensor.Dtype}; F32, F16, BF16 or F64 was expected");
        if (!file.TryRead(tensor, out NamedTensor? numbers, out FileProblem? problem)) Throw.Problem(problem);
        int wrong = numbers.Floats.AsSpan().IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        if (wrong >= 0)
        {
            Throw.Problem(new(FileProblemKind.NotFinite, file.Path,
                $"{file.Path} was not loaded: weight {wrong} of tensor '{Words.Name(tensor.Name)}' is infinite or not a number")
            { Part = tensor.Name, Offset = tensor.Offset });
        }

        return numbers.Floats!;
    }

    private static string Reason(string form, IReadOnlyDictionary<string, SafetensorsTensor> forms)
    {
        const string remove = "torch.nn.utils.parametrize.remove_parametrizations";
        if (forms.Keys.Any(key => key.EndsWith("_u", StringComparison.Ordinal)))
        {
            return "is of spectral norm, which is not read. Remove the norm before saving, by torch.nn.utils.remove_spectral_norm or " +
                remove;
        }

        if (forms.ContainsKey("_mask"))
            return "is of pruning, which is not read. Make it permanent before saving, by torch.nn.utils.prune.remove";
        if (form.StartsWith(RecurrentName.Parametrized, StringComparison.Ordinal))
            return $"is of a parametrization that is no weight norm, which is not read. Remove it before saving, by {remove}";
        return form is "_g" or "_v"
            ? $"is half of a weight norm, and the other, {(form == "_g" ? "_v" : "_g")}, is not there"
            : "may hold the true weights, and is of no form that is read (_raw of weight drop, _g and _v of weight norm). " + SaveOthers;
    }

    [DoesNotReturn]
    private static void Refuse(SafetensorsFile file, SafetensorsTensor tensor, FileProblemKind kind, string message) =>
        Throw.Problem(new(kind, file.Path, $"{file.Path}: tensor '{Words.Name(tensor.Name)}' {message}")
        { Part = tensor.Name, Offset = tensor.Offset });

    private static bool IsOptimizerState(string form) => form is ['.' or '_', ..]
        && form[1..] is "grad" or "step" or "exp_avg" or "exp_avg_sq" or "max_exp_avg_sq" or "momentum_buffer" or "square_avg";
}
