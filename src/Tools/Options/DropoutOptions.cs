using System.CommandLine;
using TinySD.Runtime.Masks;
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

    /// <summary>The first of them that a command line gives, or null.</summary>
    public string? Given(ParseResult parsed) => parsed.GetValue(_dropout) is not null ? _dropout.Name
        : RateOption(parsed) ?? (parsed.GetValue(_draw) is null ? null : _draw.Name) ?? StructuredOption(parsed);

    /// <summary>What they make of a dropout.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="own">The dropout without them.</param>
    /// <param name="owner">Whose it is, for messages.</param>
    /// <exception cref="UsageException">Two options contradict each other, or one has no effect.</exception>
    public DropoutSpec Read(ParseResult parsed, DropoutSpec own, string owner)
    {
        DropoutKind? asked = parsed.GetValue(_dropout);
        DropoutKind kind = asked ?? own.Kind;
        string? rateOption = RateOption(parsed);
        if (kind == DropoutKind.None)
        {
            string? useless = rateOption ?? (parsed.GetValue(_draw) is null ? null : _draw.Name) ?? StructuredOption(parsed);
            if (useless is null) return DropoutSpec.None;
            string why = asked is null
                ? $"{owner} has no dropout; add --dropout, for example --dropout structured"
                : "--dropout is none; leave one of them out";
            throw new UsageException($"{useless} has no effect: {why}.");
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
        if (rateOption is null && spec is { Embedding: 0, Layer: 0, Recurrent: 0, Output: 0 })
        {
            throw new UsageException(
                $"--dropout {Names.Dropouts.Of(kind)} has no rate: {owner} has none. " +
                "Add --rate, for example --rate 0.5, or the rate of a site.");
        }

        if (parsed.GetValue(_draw) == MaskDraw.ExactCount && !spec.IsStructured)
        {
            throw new UsageException(
                $"--draw exact needs structured masks; --dropout {Names.Dropouts.Of(kind)} draws every unit by chance.");
        }

        if (!spec.IsStructured && StructuredOption(parsed) is { } structured)
            throw new UsageException($"{structured} needs structured masks; --dropout {Names.Dropouts.Of(kind)} draws every unit by itself.");
        if (spec is { KeepMultiple: > 1, Draw: MaskDraw.Bernoulli })
            throw new UsageException($"{_keepMultiple.Name} needs exact counts; leave --draw {Names.Draws.Of(spec.Draw)} out.");
        return spec;
    }

    /// <summary>Whether a command line gives any rate.</summary>
    public bool GivesRate(ParseResult parsed) => RateOption(parsed) is not null;

    /// <summary>Whether a command line gives the previous hidden state's rate, by itself or for all sites.</summary>
    public bool GivesRecurrent(ParseResult parsed) => (parsed.GetValue(_rateRecurrent) ?? parsed.GetValue(_rate)) is not null;

    // An option given that only structured masks have.
    private string? StructuredOption(ParseResult parsed) =>
        parsed.GetValue(_keepMultiple) is not null ? _keepMultiple.Name : parsed.GetValue(_groupSize) is not null ? _groupSize.Name : null;

    private string? RateOption(ParseResult parsed)
    {
        Option<float?>[] rates = [_rate, _rateEmbedding, _rateLayer, _rateRecurrent, _rateOutput];
        return rates.FirstOrDefault(option => parsed.GetValue(option) is not null)?.Name;
    }
}
