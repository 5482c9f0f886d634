using TinySD.Tools.Files;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd export</c>: a model, or its recurrent part, in the formats of others.</summary>
internal sealed class ExportCommand : CliCommand
{
    private readonly FileArgument _model = new("MODEL", "A recurrent stack or a language model (.tsd).");
    private readonly FileOption _out = FileOption.Output("--out", "The file to write: .safetensors (PyTorch's names) or .onnx.");
    private readonly Option<bool> _withState = new("--with-state")
    {
        Description = "An .onnx model takes the initial states h0 and c0, and a language model also gives the last, hn and cn; " +
            "if not, they are zero.",
    };

    private readonly Option<bool> _recurrentOnly = new("--recurrent-only")
    {
        Description = "Write a language model's recurrent layers alone, without embedding, classifier and vocabulary.",
    };

    private readonly Option<string?> _prefix = new("--prefix")
    {
        HelpName = "TEXT",
        Description = "What shall stand before the names weight_ih_l0 and so on; 0. and 1. follow it where the last layer has a size of " +
            "its own. [default: lstm., gru. or rnn. for a language model, else nothing]",
    };

    private readonly FileKinds _kinds;

    public ExportCommand(CommonOptions common, FileKinds kinds)
        : base("export", "Write a model (.tsd) in another format.", common)
    {
        _kinds = kinds;
        _out.Required = true;
        AddAll(_model, _out, _prefix, _withState, _recurrentOnly);
    }

    protected override int Run(ParseResult parsed, CliContext context)
    {
        string path = parsed.GetRequiredValue(_model), output = parsed.GetRequiredValue(_out);
        bool isOnnx = output.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase);
        if (!isOnnx && !output.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
            throw new UsageException($"--out is '{output}'; a name that ends in .safetensors or .onnx was expected.");
        string? prefix = parsed.GetValue(_prefix);
        bool withState = parsed.GetValue(_withState);
        context.Warnings.NoEffect(isOnnx && prefix is not null, _prefix.Name, ": it is about .safetensors files");
        context.Warnings.NoEffect(!isOnnx && withState, _withState.Name, ": it is about .onnx files");
        OutputFile.CheckWritable(output);
        FileKind kind = _kinds.Of(path);
        if (kind.Export is null)
        {
            // What is no container is called by its name.
            using TsdFile file = TsdFile.Open(path);
            throw new FailureException($"{path} is of kind '{file.Kind}'; files of {string.Join(" and ", _kinds.Exported)} are exported");
        }

        string? note = kind.Export(new(path, output, isOnnx, prefix, withState, parsed.GetValue(_recurrentOnly)));
        if (note is not null && !context.Quiet) context.Warnings.Note(note);
        var result = new ExportResult(path, output, isOnnx ? "onnx" : "safetensors", new FileInfo(output).Length);
        if (context.Json) CliJson.Write(context.Console.Out, result);
        else context.Console.Prose.WriteLine($"{output}: {Figures.Count(result.Bytes, "byte")}");
        return ExitCode.Done;
    }
}
