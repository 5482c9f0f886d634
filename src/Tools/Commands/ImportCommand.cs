using TinySD.Tools.Files;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd import</c>: a language model or a recurrent stack from safetensors or ONNX as a checksummed file.</summary>
internal sealed class ImportCommand : CliCommand
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

    private readonly FileKinds _kinds;

    public ImportCommand(CommonOptions common, FileKinds kinds)
        : base(
            "import", "Make a model file (.tsd) from another format. A language model or a recurrent stack, of ONNX or safetensors.",
            common)
    {
        _kinds = kinds;
        _out.Required = true;
        AddAll([_in, _out, _dtype, _vocabulary, _level, _recurrentOnly, .. _choices.All]);
    }

    protected override int Run(ParseResult parsed, CliContext context)
    {
        string path = parsed.GetRequiredValue(_in), output = parsed.GetRequiredValue(_out);
        if (FileFormats.Of(path) is FileFormat.MaskSchedule or FileFormat.Tsd)
        {
            // Not there, a folder, or TinySD's own: the reader of its own files says which.
            using TsdFile file = TsdFile.Open(path);
            throw new FailureException(
                $"{path} is a TinySD file already, of kind '{file.Kind}'; .safetensors and .onnx files are imported");
        }

        OutputFile.CheckWritable(output);
        ImportedModel model = Read(parsed, context, path);
        new CommandFiles().Read(model.ExternalFiles, StackSource.WeightsOf("IN")).Add(parsed).Check();
        model.Report();
        model.Save(output, parsed.GetValue(_dtype) ?? TensorStorage.F32);
        StackResult result = model.Result(output);
        if (context.Json) CliJson.Write(context.Console.Out, result);
        else context.Console.Prose.WriteLine($"{output}: {model.Described}, {Figures.Count(result.Parameters, "parameter")}");
        return ExitCode.Done;
    }

    // Of the first kind that finds a model of its own in the file; the last, recurrent layers, says why there is none.
    private ImportedModel Read(ParseResult parsed, CliContext context, string path)
    {
        var choices = new LanguageModelChoices(_choices.Read(parsed), parsed.GetValue(_vocabulary), parsed.GetValue(_level));
        IEnumerable<FileKind> kinds = _kinds.Importing;
        if (parsed.GetValue(_recurrentOnly))
        {
            context.Warnings.NoEffect(Ranged.Given(parsed, _vocabulary, _level), ": --recurrent-only takes the recurrent layers alone");
            kinds = kinds.OfType<StackKind>();
        }

        return kinds.Select(kind => kind.Import!(context, path, choices)).First(model => model is not null)!;
    }
}
