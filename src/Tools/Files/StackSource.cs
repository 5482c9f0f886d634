using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Files;

/// <summary>A recurrent stack read from any of the formats that hold one.</summary>
/// <param name="Stack">The stack.</param>
/// <param name="LeftOut">Tensors of the file that are no part of it.</param>
/// <param name="Rounded">Tensors whose numbers were of 64 bits.</param>
/// <param name="Copies">Tensors that were computed from others of the file, which were taken.</param>
internal sealed record StackSource(
    RecurrentStack Stack, ImmutableArray<string> LeftOut, ImmutableArray<string> Rounded, ImmutableArray<string> Copies)
{
    private const int ShownNames = 8;

    /// <summary>Files beside it in which weights lie.</summary>
    public ImmutableArray<string> ExternalFiles { get; init; } = [];

    /// <summary>What messages call such a file, with the argument that names the model.</summary>
    public static string WeightsOf(string model) => $"a file of {model}'s weights";

    /// <summary>Reads the stack of a file.</summary>
    /// <exception cref="FileProblemException">There is none, or it cannot be read.</exception>
    public static StackSource Read(string path, PyTorchChoices choices, Warnings warnings)
    {
        FileFormat format = FileFormats.Of(path);
        if (format != FileFormat.Safetensors)
        {
            StackOptions.WarnOfAny(choices, path, warnings);
            if (format != FileFormat.Onnx) return new(RecurrentStackFile.Load(path), [], [], []);
            OnnxNetwork network = OnnxNetwork.Open(path);
            return new(network.ToStack(), [], [], []) { ExternalFiles = [.. network.ExternalFiles] };
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (!PyTorchNames.TryRead(file, choices, out PyTorchImport? import, out FileProblem? problem))
            throw new FileProblemException(problem);
        StackOptions.WarnOfNonlinearity(choices, import.Stack.Config.Cell, path, warnings);
        return new(import.Stack, import.LeftOut, import.Rounded, import.Copies);
    }

    /// <summary>What is told of its import into a file.</summary>
    public StackResult ToResult(string path)
    {
        RecurrentStackConfig config = Stack.Config;
        return new(
            path, RecurrentStackFile.Kind, ModelSpelling.Cells.NameOf(config.Cell), ModelSpelling.Directions.NameOf(config.Direction),
            config.LayerCount, config.InputSize, config.HiddenSize, Stack.Layout.ParameterCount, LeftOut, Rounded, Copies);
    }

    /// <summary>Says on standard error what was not taken as it is.</summary>
    public void Report(CliContext context, string command, string path) => Report(context, command, path, LeftOut, Rounded, Copies);

    /// <summary>The same of what was read otherwise.</summary>
    public static void Report(
        CliContext context, string command, string path, ImmutableArray<string> leftOut, ImmutableArray<string> rounded,
        ImmutableArray<string> copies)
    {
        if (context.Quiet) return;
        Note(leftOut, "is no part of the recurrent layers and is left out", "are no part of the recurrent layers and are left out");
        Note(
            copies, "was computed from weights that are there too, and these are taken",
            "were computed from weights that are there too, and these are taken");
        Note(rounded, "is of 64 bits and was rounded to 32", "are of 64 bits and were rounded to 32");

        void Note(ImmutableArray<string> names, string ofOne, string ofMany)
        {
            if (names.IsEmpty) return;
            string shown = string.Join(", ", names.Take(ShownNames).Select(name => VisibleText.Cut(name)));
            string more = names.Length > ShownNames ? ", …" : "";
            context.Console.Error.WriteLine(
                $"{command}: {Figures.Count(names.Length, "tensor")} of {path} {(names.Length == 1 ? ofOne : ofMany)}: {shown}{more}");
        }
    }
}
