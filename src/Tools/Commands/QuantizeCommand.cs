using TinySD.Tools.Files;
using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd quantize</c>: a model's weights in fewer bits, and what that costs on data.</summary>
internal sealed class QuantizeCommand : ModelCommand<QuantizeRequest>
{
    private readonly FileOption _out = FileOption.Output("--out", "The file to write (.tsd).");
    private readonly Option<WeightFormat?> _format = Ranged.Value("--format", QuantizeFormats.Names,
        "How matrices and tables of words are stored: int8, whole numbers of 8 bits with a scale for each column or word, which are " +
        "computed with as such; or bf16, 16 bits, which are computed with in single precision. [default: int8]");

    private readonly FileOption _data = FileOption.Input("--data",
        "Measure the model and the new file on this, as eval does: what eval's --data takes.");

    private readonly Option<int?> _threads = Ranged.Threads();
    private readonly FileOption _profile = Profiles.Option();

    public QuantizeCommand(ModelVerbs<QuantizeRequest> verbs, CommonOptions common)
        : base(
            "quantize",
            "Store a model's weights in fewer bits. The file has about a quarter of the bytes, or half with --format bf16, and " +
            "all commands take it which run models. With --data, measure both: the new file as it will run, its weights and what " +
            "they are " +
            "multiplied by in whole numbers.",
            verbs, common)
    {
        _out.Required = true;
        AddAll([Model, _out, _format, _data, .. OfKinds, _threads, _profile]);
    }

    protected override QuantizeRequest Read(ParseResult parsed, string model) => new(
        model, parsed.GetRequiredValue(_out), parsed.GetValue(_format) ?? WeightFormat.Int8, parsed.GetValue(_data),
        Ranged.ThreadsOf(parsed, _threads), Profiles.Read(parsed, _profile));

    protected override int Run(ParseResult parsed, CliContext context)
    {
        OutputFile.CheckWritable(parsed.GetRequiredValue(_out));
        return base.Run(parsed, context);
    }
}
