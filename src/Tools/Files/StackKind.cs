namespace TinySD.Tools.Files;

internal sealed class StackKind : ModelKind<RecurrentStackDescription, RecurrentStack>
{
    /// <summary>Knows how they are written in formats of others, and read from them.</summary>
    public StackKind()
        : base(RecurrentStackFile.Format, Facts)
    {
        Export = request =>
        {
            string? note = null;
            RecurrentStack stack = RecurrentStackFile.Load(request.Path);
            Write(request, [RecurrentStackFile.Format.ToFloats(stack, request.Path, said => note = said)], "");
            return note;
        };
        Import = (context, path, choices) =>
        {
            var source = StackSource.Read(path, choices.Names, context.Warnings);
            RecurrentStackConfig config = source.Stack.Config;
            string described = $"{ModelSpelling.Cells.NameOf(config.Cell)}, {Figures.Count(config.LayerCount, "layer")}, " +
                $"{ModelSpelling.Directions.NameOf(config.Direction)}, {Figures.Count(config.InputSize, "input")}, " +
                $"{config.HiddenSize} hidden";
            return new(
                source.ExternalFiles, () => source.Report(context, "tinysd import", path),
                (output, storage) => RecurrentStackFile.Save(output, source.Stack, path, storage), source.ToResult, described);
        };
    }

    /// <summary>Writes stacks, from the lowest, with what stands before their names unless the request says otherwise; and the language
    /// model that they are of, where all of it is written.</summary>
    public static void Write(ExportRequest request, IReadOnlyList<RecurrentStack> stacks, string prefix, LoadedLanguageModel? whole = null)
    {
        string output = request.Output, before = request.Prefix ?? prefix;
        if (request.IsOnnx)
        {
            OnnxWriter.Write(output, stacks[0], request.WithState);
            return;
        }

        // A module of PyTorch's has one hidden size: a last layer of another is a module of its own, and both are numbered as in a list.
        List<NamedTensor> tensors = [.. stacks.SelectMany((stack, i) =>
            PyTorchNames.Name(output, stack, stacks.Count == 1 ? before : string.Create(CultureInfo.InvariantCulture, $"{before}{i}.")))];
        if (whole is not null) tensors.AddRange(LanguageModelParts.Surroundings(whole.Model));
        SafetensorsWriter.Write(output, tensors, PyTorchNames.Metadata(stacks[0], whole));
    }

    protected override IEnumerable<(string Name, Action<Utf8JsonWriter> Write)> Shown(RecurrentStackDescription content, TsdFile file) =>
        [Section(file, "configuration")];

    private static IEnumerable<(string, string)> Facts(RecurrentStackDescription stack)
    {
        RecurrentStackConfig config = stack.Config;
        yield return ("cell", ModelSpelling.Cells.NameOf(config.Cell));
        yield return ("direction", ModelSpelling.Directions.NameOf(config.Direction));
        yield return ("layers", config.LayerCount.ToString(CultureInfo.InvariantCulture));
        yield return ("inputs", Figures.Count(config.InputSize));
        yield return ("hidden", Figures.Count(config.HiddenSize));
        if (config.ResetBeforeProduct) yield return ("reset gate", "before the product");
        if (config.Peepholes) yield return ("peepholes", "yes");
        if (config.CoupledGates) yield return ("forget gate", "1 - i");
        if (config.Clip > 0f) yield return ("clip", config.Clip.ToString(CultureInfo.InvariantCulture));
        if (!config.Activations.IsEmpty)
            yield return ("activations", string.Join(", ", ImmutableArray.CreateRange(config.Activations, Describe)));
        yield return ("written by", stack.WrittenBy);
        if (stack.Source is { } source) yield return ("imported from", source);
    }

    private static string Describe(Activation f) => f.Alpha == 0f && f.Beta == 0f
        ? $"{f.Kind}"
        : string.Create(CultureInfo.InvariantCulture, $"{f.Kind}({f.Alpha}, {f.Beta})");
}
