namespace TinySD.Tools.Options;

/// <summary>The options that decide how units are dropped.</summary>
/// <param name="fields">The figures of the recipe that has the dropout.</param>
internal sealed class DropoutOptions<TRecipe>(TrainingFields<TRecipe> fields)
    where TRecipe : TrainingRecipe
{
    private readonly Option<DropoutKind?> _dropout = Ranged.Value(fields.Kind);
    private readonly Option<float?> _rate = HelpGroup.Dropout.MainOf(
        Ranged.Rate("--rate", "Drop rate at all four sites, the recurrent one included."))[0];

    private readonly Option<float?>[] _rates = [.. fields.Rates.Select(Ranged.Value)];
    private readonly Option<MaskDraw?> _draw = Ranged.Value(fields.Draw);
    private readonly Option<int?> _keepMultiple = Ranged.Value(fields.KeepMultiple);
    private readonly Option<int?> _groupSize = Ranged.Value(fields.GroupSize);
    private readonly Option<float?> _leastShare = Ranged.Value(fields.LeastShare);
    private readonly Option<int?> _shareCount = Ranged.Value(fields.ShareCount);
    private readonly Option<float?> _wholeRate = Ranged.Value(fields.WholeRate);

    public Option Case => _dropout;

    /// <summary>The options, in the order of the help.</summary>
    public IReadOnlyList<Option> All => [_dropout, .. Beside];

    public IReadOnlyList<string> Given(ParseResult parsed) => Ranged.Given(parsed, [_dropout, .. Beside]);

    /// <summary>What they make of a dropout and its owner, as messages name it.</summary>
    public DropoutSpec Read(ParseResult parsed, DropoutSpec own, string owner, Warnings warnings)
    {
        DropoutKind? asked = parsed.GetValue(_dropout);
        DropoutKind kind = asked ?? own.Kind;
        if (kind == DropoutKind.None)
        {
            warnings.NoEffect(Ranged.Given(parsed, Beside), asked is null
                ? $": {owner} has no dropout; add --dropout, for example --dropout structured"
                : ": --dropout is none");
            return DropoutSpec.None;
        }

        string name = ModelSpelling.DropoutKinds.NameOf(kind);
        var shared = new DropoutSpec
        {
            Kind = kind,
            KeepMultiple = parsed.GetValue(_keepMultiple) ?? own.KeepMultiple,
            LeastShare = parsed.GetValue(_leastShare) ?? own.LeastShare,
            ShareCount = parsed.GetValue(_shareCount) ?? own.ShareCount,
            WholeRate = parsed.GetValue(_wholeRate) ?? own.WholeRate,
        };
        if (shared.IsNested)
        {
            string share = $": --dropout is {name}, which keeps the first units, the same share of them everywhere";
            warnings.NoEffect(Ranged.Given(parsed, [_rate, .. _rates, _draw, _groupSize]), share);
            return shared;
        }

        // A grid's cells have cases of their own, nested ones among them.
        bool isOfGrid = !parsed.CommandResult.Command.Options.Contains(_dropout);
        if (!isOfGrid)
        {
            warnings.NoEffect(
                Ranged.Given(parsed, _leastShare, _shareCount, _wholeRate), $": --dropout is {name}; only nested masks have it");
        }

        float? all = parsed.GetValue(_rate);
        var spec = new DropoutSpec
        {
            Kind = kind,
            Draw = parsed.GetValue(_draw) ?? own.Draw,
            KeepMultiple = shared.KeepMultiple,
            GroupSize = parsed.GetValue(_groupSize) ?? own.GroupSize,
            Embedding = parsed.GetValue(_rates[0]) ?? all ?? own.Embedding,
            Layer = parsed.GetValue(_rates[1]) ?? all ?? own.Layer,
            Recurrent = parsed.GetValue(_rates[2]) ?? all ?? own.Recurrent,
            Output = parsed.GetValue(_rates[3]) ?? all ?? own.Output,
        };
        bool isIdle = asked is not null && !GivesRate(parsed) && spec is { Embedding: 0, Layer: 0, Recurrent: 0, Output: 0 };
        string why = $": {owner} has no drop rate; add --rate, for example --rate 0.5, or the rate of a site";
        warnings.NoEffect(isIdle, $"{_dropout.Name} {name}", why);
        if (!spec.IsStructured)
        {
            // Others draw every unit by itself, as they always did.
            bool isExact = parsed.GetValue(_draw) == MaskDraw.ExactCount;
            warnings.NoEffect(isExact, $"{_draw.Name} {ModelSpelling.MaskDraws.NameOf(MaskDraw.ExactCount)}", Unstructured("chance"));
            warnings.NoEffect(Ranged.Given(parsed, _keepMultiple, _groupSize), Unstructured("itself"));
            return spec with { Draw = isExact ? own.Draw : spec.Draw, KeepMultiple = own.KeepMultiple, GroupSize = own.GroupSize };
        }

        if (isOfGrid)
            spec = spec with { LeastShare = shared.LeastShare, ShareCount = shared.ShareCount, WholeRate = shared.WholeRate };
        if (spec is not { KeepMultiple: > 1, Draw: MaskDraw.Bernoulli }) return spec;
        string draw = ModelSpelling.MaskDraws.NameOf(spec.Draw);
        warnings.NoEffect(Ranged.Given(parsed, _keepMultiple), $": it needs exact counts, and --draw is {draw}");
        return spec with { KeepMultiple = 1 };

        string Unstructured(string how) => $": --dropout is {name}, which draws every unit by {how}; only structured masks have it";
    }

    /// <summary>Whether a command line gives any rate.</summary>
    public bool GivesRate(ParseResult parsed) => Ranged.Given(parsed, [_rate, .. _rates]).Count > 0;

    /// <summary>Whether a command line gives the previous hidden state's rate, by itself or for all sites.</summary>
    public bool GivesRecurrent(ParseResult parsed) => (parsed.GetValue(_rates[2]) ?? parsed.GetValue(_rate)) is not null;

    private Option[] Beside => [_rate, .. _rates, _draw, _keepMultiple, _groupSize, _leastShare, _shareCount, _wholeRate];
}
