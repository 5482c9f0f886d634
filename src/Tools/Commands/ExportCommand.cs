using System.CommandLine;
using TinySD.Formats;
using TinySD.Runtime.Models;
using TinySD.Tools.Errors;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd export</c>: a model, or its recurrent part, in the formats of others.</summary>
internal sealed class ExportCommand
{
    private readonly Argument<string> _model = new("MODEL") { Description = "A recurrent stack or a language model (.tsd)." };
    private readonly Option<string> _out = new("--out") { HelpName = "FILE", Description = "The file to write: .safetensors (PyTorch's names) or .onnx (the recurrent layers).", Required = true };
    private readonly Option<bool> _withState = new("--with-state") { Description = "An .onnx model takes the initial states h0 and c0; if not, they are zero." };
    private readonly Option<string?> _prefix = new("--prefix")
    {
        HelpName = "TEXT",
        Description = "What shall stand before the names weight_ih_l0 and so on. [default: lstm., gru. or rnn. for a language model, else nothing]",
    };

    private ExportCommand()
    {
    }

    public static Command Create(CommonOptions common)
    {
        var self = new ExportCommand();
        var command = new Command("export", "Write a model (.tsd) in another format.") { self._model, self._out, self._prefix, self._withState };
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
        if (isOnnx && prefix is not null) throw new UsageException("--prefix is about .safetensors files.");
        if (!isOnnx && withState) throw new UsageException("--with-state is about .onnx files.");
        OutputFile.CheckWritable(output);
        (RecurrentStack stack, LoadedLanguageModel? model) = Load(path, output);
        if (isOnnx)
        {
            OnnxWriter.Write(output, stack, withState);
            if (model is not null && !context.Quiet)
                context.Console.Error.WriteLine($"tinysd export: {output} holds the recurrent layers of {path}; embedding and classifier are left out");
        }
        else
        {
            string before = prefix ?? (model is null ? "" : $"{stack.Layout.Tensors[0].Name.Split('.')[0]}.");
            List<NamedTensor> tensors = [.. PyTorchNames.Name(output, stack, before)];
            if (model is not null) tensors.AddRange(LanguageModelParts.Surroundings(model.Model));
            SafetensorsWriter.Write(output, tensors, PyTorchNames.Metadata(stack, model?.Vocabulary));
        }

        long bytes = new FileInfo(output).Length;
        if (context.Json) CliJson.Write(context.Console.Out, new ExportResult(path, output, isOnnx ? "onnx" : "safetensors", bytes), CliJson.Default.ExportResult);
        else context.Console.Out.WriteLine($"{output}: {Display.Figures.Count(bytes)} bytes");
        return ExitCode.Done;
    }

    private static (RecurrentStack Stack, LoadedLanguageModel? Model) Load(string path, string output)
    {
        string kind;
        using (TsdFile file = TsdFile.Open(path)) kind = file.Kind;
        if (kind != LanguageModelFile.Kind) return (RecurrentStackFile.Load(path), null);
        LoadedLanguageModel model = LanguageModelFile.Load(path);
        return (LanguageModelParts.RecurrentPart(model.Model, output), model);
    }
}
