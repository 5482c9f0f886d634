using System.CommandLine;
using TinySD.Formats;
using TinySD.Runtime.Models;
using TinySD.Tools.Errors;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd import</c>: a recurrent stack from safetensors or ONNX as a checksummed file.</summary>
internal sealed class ImportCommand
{
    private readonly FileArgument _in = new("IN", "A .safetensors file with PyTorch's names, or an .onnx file that is a recurrent stack.");
    private readonly FileOption _out = FileOption.Output("--out", "The file to write (.tsd).");
    private readonly Option<TensorStorage?> _dtype = Ranged.Dtype();
    private readonly StackOptions _choices = new();

    private ImportCommand() => _out.Required = true;

    public static Command Create(CommonOptions common)
    {
        var self = new ImportCommand();
        var command = new Command("import", "Make a model file (.tsd) from a recurrent stack in another format.") { self._in, self._out, self._dtype };
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
        StackSource source = StackSource.Read(path, _choices.Read(parsed));
        new CommandFiles().Read(source.ExternalFiles, StackSource.WeightsOf("IN")).Add(parsed).Check();
        source.Report(context, "tinysd import", path);
        RecurrentStackFile.Save(output, source.Stack, path, parsed.GetValue(_dtype) ?? TensorStorage.F32);
        StackResult result = StackResult.From(output, source);
        if (context.Json) CliJson.Write(context.Console.Out, result, CliJson.Default.StackResult);
        else context.Console.Out.WriteLine($"{output}: {Describe(source.Stack.Config)}, {Display.Figures.Count(source.Stack.Layout.ParameterCount, "parameter")}");
        return ExitCode.Done;
    }

    private static string Describe(RecurrentStackConfig config) =>
        $"{Names.Cells.Of(config.Cell)}, {Display.Figures.Count(config.LayerCount, "layer")}, {Names.Directions.Of(config.Direction)}, {Display.Figures.Count(config.InputSize, "input")}, {config.HiddenSize} hidden";
}
