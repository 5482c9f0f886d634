using System.CommandLine;
using TinySD.Runtime.Masks;
using TinySD.Tools.Display;
using TinySD.Tools.Errors;

namespace TinySD.Tools.Options;

/// <summary>The options that decide how units are dropped.</summary>
/// <param name="whose">Whose dropout they change, for the help: <c>the preset's</c>.</param>
internal sealed class DropoutOptions(string whose)
{
    private readonly Option<DropoutKind?> _dropout = Ranged.Choice("--dropout", Names.Dropouts,
        "How masks vary: random over batch and time (case I), locked over time (II), structured over the batch (III), both (IV). " +
        $"Keeps {whose} rates.");

    private readonly Option<float?> _rate = Ranged.Rate("--rate", "Drop rate at all four sites, the recurrent one included.");
    private readonly Option<float?> _rateEmbedding = Ranged.Rate("--rate-embedding",
        "Drop rate on the embedding's output. Wins over --rate, as the next three do.");

    private readonly Option<float?> _rateLayer = Ranged.Rate("--rate-layer", "Drop rate between layers.");
    private readonly Option<float?> _rateRecurrent = Ranged.Rate("--rate-recurrent", "Drop rate on the previous hidden state.");
    private readonly Option<float?> _rateOutput = Ranged.Rate("--rate-output", "Drop rate before the classifier.");
    private readonly Option<MaskDraw?> _draw = Ranged.Choice("--draw", Names.Draws,
        "Whether structured masks keep an exact count of units or each unit by chance.");

    private readonly Option<int?> _keepMultiple = Ranged.KeepMultiple(whose);
    private readonly Option<int?> _groupSize = Ranged.GroupSize(whose);

    /// <summary>The option that chooses the case.</summary>
    public Option Case => _dropout;

    /// <summary>The options, in the order of the help.</summary>
    public IReadOnlyList<Option> All =>
        [_dropout, _rate, _rateEmbedding, _rateLayer, _rateRecurrent, _rateOutput, _draw, _keepMultiple, _groupSize];

    /// <summary>Those of them that a command line gives.</summary>
    public IReadOnlyList<string> Given(ParseResult parsed) => [.. Given(parsed, _dropout), .. GivenBeside(parsed)];

    /// <summary>What they make of a dropout.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="own">The dropout without them.</param>
    /// <param name="owner">Whose it is, for messages.</param>
    /// <param name="warnings">Told of options that have no effect.</param>
    public DropoutSpec Read(ParseResult parsed, DropoutSpec own, string owner, Warnings warnings)
    {
        DropoutKind? asked = parsed.GetValue(_dropout);
        DropoutKind kind = asked ?? own.Kind;
        if (kind == DropoutKind.None)
        {
            warnings.NoEffect(GivenBeside(parsed), asked is null
                ? $": {owner} has no dropout; add --dropout, for example --dropout structured"
                : ": --dropout is none");
            return DropoutSpec.None;
        }

        float? all = parsed.GetValue(_rate);
        var spec = new DropoutSpec
        {
            Kind = kind,
            Draw = parsed.GetValue(_draw) ?? own.Draw,
            KeepMultiple = parsed.GetValue(_keepMultiple) ?? own.KeepMultiple,
            GroupSize = parsed.GetValue(_groupSize) ?? own.GroupSize,
            Embedding = parsed.GetValue(_rateEmbedding) ?? all ?? own.Embedding,
            Layer = parsed.GetValue(_rateLayer) ?? all ?? own.Layer,
            Recurrent = parsed.GetValue(_rateRecurrent) ?? all ?? own.Recurrent,
            Output = parsed.GetValue(_rateOutput) ?? all ?? own.Output,
        };
        string name = Names.Dropouts.Of(kind);
        bool isIdle = asked is not null && !GivesRate(parsed) && spec is { Embedding: 0, Layer: 0, Recurrent: 0, Output: 0 };
        warnings.NoEffect(isIdle, $"{_dropout.Name} {name}", $": {owner} has no drop rate; add --rate, for example --rate 0.5, or the rate of a site");
        if (!spec.IsStructured)
        {
            // Others draw every unit by itself, as they always did.
            if (parsed.GetValue(_draw) == MaskDraw.ExactCount) warnings.NoEffect([$"{_draw.Name} {Names.Draws.Of(MaskDraw.ExactCount)}"], Unstructured("chance"));
            warnings.NoEffect(Given(parsed, _keepMultiple, _groupSize), Unstructured("itself"));
            return spec with { Draw = parsed.GetValue(_draw) == MaskDraw.ExactCount ? own.Draw : spec.Draw, KeepMultiple = own.KeepMultiple, GroupSize = own.GroupSize };
        }

        if (spec is not { KeepMultiple: > 1, Draw: MaskDraw.Bernoulli }) return spec;
        warnings.NoEffect(Given(parsed, _keepMultiple), $": it needs exact counts, and --draw is {Names.Draws.Of(spec.Draw)}");
        return spec with { KeepMultiple = 1 };

        string Unstructured(string how) => $": --dropout is {name}, which draws every unit by {how}; only structured masks have it";
    }

    /// <summary>Whether a command line gives any rate.</summary>
    public bool GivesRate(ParseResult parsed) => Given(parsed, _rate, _rateEmbedding, _rateLayer, _rateRecurrent, _rateOutput).Count > 0;

    /// <summary>Whether a command line gives the previous hidden state's rate, by itself or for all sites.</summary>
    public bool GivesRecurrent(ParseResult parsed) => (parsed.GetValue(_rateRecurrent) ?? parsed.GetValue(_rate)) is not null;

    private IReadOnlyList<string> GivenBeside(ParseResult parsed) =>
        Given(parsed, _rate, _rateEmbedding, _rateLayer, _rateRecurrent, _rateOutput, _draw, _keepMultiple, _groupSize);

    private static IReadOnlyList<string> Given(ParseResult parsed, params ReadOnlySpan<Option> options) => Ranged.Given(parsed, options);
}
