using System.CommandLine;
using System.Globalization;
using TinySD.Formats.Container;
using TinySD.Formats.Exchange.Onnx;
using TinySD.Formats.Exchange.Parts;
using TinySD.Formats.Exchange.Safetensors;
using TinySD.Formats.Models;
using TinySD.Runtime.Models;
using TinySD.Tools.Display;
using TinySD.Tools.Errors;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd export</c>: a model, or its recurrent part, in the formats of others.</summary>
internal sealed class ExportCommand
{
    private readonly FileArgument _model = new("MODEL", "A recurrent stack or a language model (.tsd).");
    private readonly FileOption _out = FileOption.Output("--out", "The file to write: .safetensors (PyTorch's names) or .onnx.");
    private readonly Option<bool> _withState = new("--with-state")
    {
        Description = "An .onnx model takes the initial states h0 and c0, and a language model also gives the last, hn and cn; if not, they are zero.",
    };

    private readonly Option<bool> _recurrentOnly =
        new("--recurrent-only") { Description = "Write a language model's recurrent layers alone, without embedding, classifier and vocabulary." };

    private readonly Option<string?> _prefix = new("--prefix")
    {
        HelpName = "TEXT",
        Description = "What shall stand before the names weight_ih_l0 and so on; 0. and 1. follow it where the last layer has a size of its own. [default: lstm., gru. or rnn. for a language model, else nothing]",
    };

    private ExportCommand() => _out.Required = true;

    public static Command Create(CommonOptions common)
    {
        var self = new ExportCommand();
        var command = new Command("export", "Write a model (.tsd) in another format.")
        {
            self._model, self._out, self._prefix, self._withState, self._recurrentOnly,
        };
        command.SetAction(parsed => self.Run(parsed, common.Read(parsed)));
        return command;
    }

    private int Run(ParseResult parsed, CliContext context)
    {
        string path = parsed.GetRequiredValue(_model), output = parsed.GetRequiredValue(_out);
        bool isOnnx = output.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase), isSafetensors = output.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase);
        if (!isOnnx && !isSafetensors) throw new UsageException($"--out is '{output}'; a name that ends in .safetensors or .onnx was expected.");
        string? prefix = parsed.GetValue(_prefix);
        bool withState = parsed.GetValue(_withState);
        context.Warnings.NoEffect(isOnnx && prefix is not null, _prefix.Name, ": it is about .safetensors files");
        context.Warnings.NoEffect(!isOnnx && withState, _withState.Name, ": it is about .onnx files");
        OutputFile.CheckWritable(output);
        LoadedLanguageModel? model = LoadModel(path), whole = parsed.GetValue(_recurrentOnly) ? null : model;
        if (isOnnx && whole is not null)
        {
            OnnxWriter.Write(output, whole, withState);
        }
        else if (isOnnx)
        {
            RecurrentStack stack = model is null ? RecurrentStackFile.Load(path) : LanguageModelParts.RecurrentPart(model.Model, output);
            OnnxWriter.Write(output, stack, withState);
        }
        else
        {
            IReadOnlyList<RecurrentStack> stacks =
                model is null ? [RecurrentStackFile.Load(path)] : LanguageModelParts.RecurrentParts(model.Model);
            string before = prefix ?? (model is null ? "" : $"{stacks[0].Layout.Tensors[0].Name.Split('.')[0]}.");

            // A module of PyTorch's has one hidden size: a last layer of another is a module of its own, and both are numbered as in a list of modules.
            List<NamedTensor> tensors = [.. stacks.SelectMany((stack, i) =>
                PyTorchNames.Name(output, stack, stacks.Count == 1 ? before : string.Create(CultureInfo.InvariantCulture, $"{before}{i}.")))];
            if (whole is not null) tensors.AddRange(LanguageModelParts.Surroundings(whole.Model));
            SafetensorsWriter.Write(output, tensors, PyTorchNames.Metadata(stacks[0], whole));
        }

        if (model is not null && whole is null && !context.Quiet)
            context.Console.Error.WriteLine($"tinysd export: {output} holds the recurrent layers of {path}; embedding and classifier are left out");

        long bytes = new FileInfo(output).Length;
        if (context.Json) CliJson.Write(context.Console.Out, new ExportResult(path, output, isOnnx ? "onnx" : "safetensors", bytes), CliJson.Default.ExportResult);
        else context.Console.Out.WriteLine($"{output}: {Figures.Count(bytes, "byte")}");
        return ExitCode.Done;
    }

    // Null for a bare stack.
    private static LoadedLanguageModel? LoadModel(string path)
    {
        using TsdFile file = TsdFile.Open(path);
        return file.Kind == LanguageModelFile.Kind ? LanguageModelFile.Load(path) : null;
    }
}
