using System.CommandLine;
using TinySD.Formats.Container;
using TinySD.Formats.Exchange;
using TinySD.Formats.Exchange.Parts;
using TinySD.Formats.Models;
using TinySD.Formats.Text;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;
using TinySD.Tools.Display;
using TinySD.Tools.Errors;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd import</c>: a language model or a recurrent stack from safetensors or ONNX as a checksummed file.</summary>
internal sealed class ImportCommand
{
    private readonly FileArgument _in =
        new("IN", "A .safetensors file with PyTorch's names, or an .onnx file: a whole language model, or recurrent layers.");

    private readonly FileOption _out = FileOption.Output("--out", "The file to write (.tsd).");
    private readonly Option<TensorStorage?> _dtype = Ranged.Dtype();
    private readonly StackOptions _choices = new();
    private readonly FileOption _vocabulary = FileOption.Input("--vocabulary",
        "The tokens of a language model in the order of their numbers, one a line, or as JSON (.json). [default: those that IN holds]");

    private readonly Option<TextLevel?> _level =
        Ranged.Value("--level", TextSpelling.Levels, "What a token of a language model is. [default: as IN says, or word]");

    private readonly Option<bool> _recurrentOnly =
        new("--recurrent-only") { Description = "Take the recurrent layers alone, also of a whole language model." };

    private ImportCommand() => _out.Required = true;

    public static Command Create(CommonOptions common)
    {
        var self = new ImportCommand();
        var command = new Command("import", "Make a model file (.tsd) from a language model or a recurrent stack in another format.")
        {
            self._in, self._out, self._dtype, self._vocabulary, self._level, self._recurrentOnly,
        };
        self._choices.AddTo(command);
        command.SetAction(parsed => self.Run(parsed, common.Read(parsed)));
        return command;
    }

    private int Run(ParseResult parsed, CliContext context)
    {
        string path = parsed.GetRequiredValue(_in), output = parsed.GetRequiredValue(_out);
        if (FileFormats.Of(path) is FileFormat.MaskSchedule or FileFormat.Tsd)
        {
            // Not there, a folder, or TinySD's own: the reader of its own files says which.
            using TsdFile file = TsdFile.Open(path);
            throw new FailureException($"{path} is a TinySD file already, of kind '{file.Kind}'; .safetensors and .onnx files are imported");
        }

        OutputFile.CheckWritable(output);
        TensorStorage storage = parsed.GetValue(_dtype) ?? TensorStorage.F32;
        PyTorchChoices names = _choices.Read(parsed);
        (StackResult result, string described) = ReadModel(parsed, context, path, names) is { } import
            ? SaveModel(parsed, context, import, storage)
            : SaveStack(parsed, context, StackSource.Read(path, names, context.Warnings), storage);
        if (context.Json) CliJson.Write(context.Console.Out, result, CliJson.Default.StackResult);
        else context.Console.Out.WriteLine($"{output}: {described}, {Figures.Count(result.Parameters, "parameter")}");
        return ExitCode.Done;
    }

    // Null for a recurrent stack.
    private LanguageModelImport? ReadModel(ParseResult parsed, CliContext context, string path, PyTorchChoices names)
    {
        var choices = new LanguageModelChoices(names, parsed.GetValue(_vocabulary), parsed.GetValue(_level));
        if (!parsed.GetValue(_recurrentOnly))
        {
            if (FileFormats.Of(path) == FileFormat.Onnx) StackOptions.WarnOfAny(names, path, context.Warnings);
            return Importer.FindLanguageModel(path, choices);
        }

        string[] given = [.. choices.VocabularyFile is null ? [] : new[] { "--vocabulary" }, .. choices.Level is null ? [] : new[] { "--level" }];
        context.Warnings.NoEffect(given, ": --recurrent-only takes the recurrent layers alone");
        return null;
    }

    private (StackResult Result, string Described) SaveModel(ParseResult parsed, CliContext context, LanguageModelImport import, TensorStorage storage)
    {
        string path = parsed.GetRequiredValue(_in), output = parsed.GetRequiredValue(_out);
        (LanguageModel model, Vocabulary vocabulary, TrainingRecord<LanguageModelRecipe, TextsRecord> training) = import.Loaded;
        new CommandFiles().Read(import.ExternalFiles, StackSource.WeightsOf("IN")).Add(parsed).Check();
        if (FileFormats.Of(path) == FileFormat.Safetensors) StackOptions.WarnOfNonlinearity(_choices.Read(parsed), model.Config.Cell, path, context.Warnings);
        StackSource.Report(context, "tinysd import", path, [], import.Rounded, import.Copies);
        LanguageModelFile.Save(output, model, vocabulary, training, storage);
        LanguageModelConfig config = model.Config;
        string hidden = config.LastHiddenSize == 0 ? $"{config.HiddenSize} hidden" : $"{config.HiddenSize} hidden, {config.LastHiddenSize} in the last layer";
        string described = $"language model, {ModelSpelling.Cells.NameOf(config.Cell)}, {Figures.Count(config.LayerCount, "layer")}, {hidden}, " +
            $"{Figures.Count(vocabulary.Count)} tokens of level {TextSpelling.Levels.NameOf(vocabulary.Level)}";
        return (StackResult.From(output, import), described);
    }

    private (StackResult Result, string Described) SaveStack(ParseResult parsed, CliContext context, StackSource source, TensorStorage storage)
    {
        string path = parsed.GetRequiredValue(_in), output = parsed.GetRequiredValue(_out);
        new CommandFiles().Read(source.ExternalFiles, StackSource.WeightsOf("IN")).Add(parsed).Check();
        source.Report(context, "tinysd import", path);
        RecurrentStackFile.Save(output, source.Stack, path, storage);
        return (source.ToResult(output), Describe(source.Stack.Config));
    }

    private static string Describe(RecurrentStackConfig config) =>
        $"{ModelSpelling.Cells.NameOf(config.Cell)}, {Figures.Count(config.LayerCount, "layer")}, {ModelSpelling.Directions.NameOf(config.Direction)}, {Figures.Count(config.InputSize, "input")}, {config.HiddenSize} hidden";
}
