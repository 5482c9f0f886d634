namespace TinySD.Runtime.Masks;

/// <summary>How a dropout mask varies over the batch and over time; Sarma et al., NeurIPS 2021, table of cases I to IV.</summary>
public enum DropoutKind
{
    /// <summary>No dropout.</summary>
    None,

    /// <summary>Case I: every unit of every sequence at every time step by itself (Zaremba et al. 2014).</summary>
    Random,

    /// <summary>Case II: every unit of every sequence by itself, the same over the steps of a window (Gal and Ghahramani 2016).</summary>
    Locked,

    /// <summary>Case III: the same units for the whole batch, others at each time step. Rows and columns are skipped.</summary>
    Structured,

    /// <summary>Case IV: the same units for the whole batch and for all steps of a window. Rows and columns are skipped.</summary>
    StructuredLocked,

    /// <summary>Nested dropout (Rippel, Gelbart and Adams 2014): the first units of every place, the same share of them everywhere and for
    /// the whole batch, another share at each time step. Nothing is scaled, so that a model's first units are a smaller model. Rows are
    /// skipped.</summary>
    Nested,

    /// <summary>The same with one share for all steps of a window: what a smaller model computes in it.</summary>
    NestedLocked,
}

/// <summary>How many units a structured mask keeps.</summary>
public enum MaskDraw
{
    /// <summary>Exactly k = round((1-p)H) units, at least 1; survivors are scaled by H/k.</summary>
    ExactCount,

    /// <summary>Each unit with probability 1-p; survivors are scaled by 1/(1-p). The kept count varies and may be 0.</summary>
    Bernoulli,
}

/// <summary>The kinds of places where a mask acts in a recurrent stack; a <see cref="MaskPlace"/> is one such place.</summary>
public enum DropoutSite
{
    /// <summary>The embedding's output, where it enters the first layer.</summary>
    Embedding = 0,

    /// <summary>A layer's output, where it enters the next layer.</summary>
    Layer = 1,

    /// <summary>The previous hidden state, where it enters the recurrent product. Never the cell state.</summary>
    Recurrent = 2,

    /// <summary>The last layer's output, where it enters the classifier.</summary>
    Output = 3,
}

/// <summary>The case and the drop rate of every site. Rates are probabilities to drop, in [0, 1).</summary>
public sealed record DropoutSpec
{
    private const int MostTogether = 65536, MostShares = 4096;

    /// <summary>No dropout at any site.</summary>
    public static DropoutSpec None { get; } = new();

    /// <summary>The case, the same at every site.</summary>
    public DropoutKind Kind { get; init; }

    /// <summary>How structured masks are drawn.</summary>
    public MaskDraw Draw { get; init; }

    /// <summary>Exact counts of kept units are rounded to the nearest multiple of it, at least one multiple, so that tiles and
    /// folds of a machine are full; 1 leaves them as they are, and so does a place with fewer units than one multiple.
    /// Structured and nested cases only.</summary>
    public int KeepMultiple { get; init; } = 1;

    /// <summary>Neighbouring units that are kept or dropped together, the first g, the next g and so on; the last group of a place may be
    /// smaller. Structured cases only.</summary>
    public int GroupSize { get; init; } = 1;

    /// <summary>The smallest share of units that a nested mask keeps, above 0 and below 1. Nested cases only.</summary>
    public float LeastShare { get; init; } = 0.25f;

    /// <summary>How many shares nested masks are drawn from, 2 to 4096: evenly apart, from <see cref="LeastShare"/> to 1. Nested cases
    /// only.</summary>
    public int ShareCount { get; init; } = 4;

    /// <summary>How often a nested mask keeps all units, beside what falls on that share where all are drawn alike: at least 0 and below
    /// 1. Nested cases only.</summary>
    public float WholeRate { get; init; }

    /// <summary>Drop rate on the embedding's output. Nested cases have no rates.</summary>
    public float Embedding { get; init; }

    /// <summary>Drop rate between layers.</summary>
    public float Layer { get; init; }

    /// <summary>Drop rate on the previous hidden state.</summary>
    public float Recurrent { get; init; }

    /// <summary>Drop rate before the classifier.</summary>
    public float Output { get; init; }

    /// <summary>Whether the same units are kept for the whole batch, so that whole rows and columns are skipped.</summary>
    public bool IsStructured => IsNested || Kind is DropoutKind.Structured or DropoutKind.StructuredLocked;

    /// <summary>Whether the first units are kept, as many as a share of them.</summary>
    public bool IsNested => Kind is DropoutKind.Nested or DropoutKind.NestedLocked;

    /// <summary>Whether one mask serves all steps of a window.</summary>
    public bool IsLocked => Kind is DropoutKind.Locked or DropoutKind.StructuredLocked or DropoutKind.NestedLocked;

    /// <summary>The drop rate of a site; 0 when the case is <see cref="DropoutKind.None"/>, and what is dropped on average of a nested
    /// one.</summary>
    public float RateOf(DropoutSite site) => IsNested ? MeanDropped : Kind == DropoutKind.None ? 0f : Given(site);

    /// <summary>Units kept at a place by an exact-count mask; see <see cref="MaskSampler.KeepCount"/>. Of a nested one the mean.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="Validate"/> would refuse the numbers.</exception>
    public int KeepCount(MaskPlace place) => MaskSampler.KeepCount(place.Units, place.Rate, KeepMultiple, GroupSize);

    /// <summary>One of the shares of nested masks, in increasing order, the last of which is 1.</summary>
    /// <param name="index">0 to <see cref="ShareCount"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such share.</exception>
    public float ShareAt(int index)
    {
        if ((uint)index >= (uint)ShareCount) Throw.OutOfRange(nameof(index), index, $"0 to {ShareCount - 1}");
        return (float)ExactShare(index);
    }

    // As the least is written: from 0.1 to 1 in four shares is 0.4 and 0.7, and binary 0.1 is not 0.1.
    internal decimal ExactShare(int index) => (decimal)LeastShare + ((1m - (decimal)LeastShare) * index / (ShareCount - 1));

    private float MeanDropped => (float)((1m - (decimal)WholeRate) * (1m - (decimal)LeastShare) / 2m);

    /// <summary>Checks every number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A rate is below 0, not below 1, or not a number; a multiple or a group is below 1 or
    /// above 65536; the least share or the number of shares is out of range; kind or draw is none of those there are.</exception>
    /// <exception cref="ArgumentException">There is a multiple, and the counts are left to chance; or the case is nested, and there is a
    /// rate, a group or counts left to chance.</exception>
    public void Validate()
    {
        Throw.IfUndefined(Kind, "the kind of dropout");
        Throw.IfUndefined(Draw, "the way to draw masks");
        foreach (DropoutSite site in Enum.GetValues<DropoutSite>())
            Throw.IfNoRate(Given(site), $"the {site.ToString().ToLowerInvariant()} drop rate");
        if (KeepMultiple is < 1 or > MostTogether) Throw.OutOfRange("the multiple of kept units", KeepMultiple, $"1 to {MostTogether}");
        if (GroupSize is < 1 or > MostTogether) Throw.OutOfRange("the group of units", GroupSize, $"1 to {MostTogether}");
        if (KeepMultiple > 1 && Draw != MaskDraw.ExactCount)
            Throw.Argument("kept counts can only be multiples where they are exact, and these are left to chance");
        if (!(LeastShare is > 0f and < 1f)) Throw.OutOfRange("the least share of units", LeastShare, "above 0 and below 1");
        if (ShareCount is < 2 or > MostShares) Throw.OutOfRange("the number of shares", ShareCount, $"2 to {MostShares}");
        Throw.IfNoRate(WholeRate, "the rate of whole masks");
        if (!IsNested) return;
        foreach (DropoutSite site in Enum.GetValues<DropoutSite>())
        {
            if (Given(site) == 0f) continue;
            Throw.Argument(
                $"nested masks have no drop rates: one share of the units is kept everywhere; the {site.ToString().ToLowerInvariant()} " +
                $"rate is {Given(site)}, and expected 0");
        }

        if (GroupSize > 1) Throw.Argument($"nested masks keep the first units, and not groups of them; found groups of {GroupSize}");
        if (Draw != MaskDraw.ExactCount) Throw.Argument("nested masks keep an exact count of units, and this is left to chance");
    }

    /// <summary>This way to drop units in a nested case, without what that has not: rates, groups, counts left to chance.</summary>
    /// <param name="kind">A nested case.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is none.</exception>
    public DropoutSpec AsNested(DropoutKind kind)
    {
        if (kind is not (DropoutKind.Nested or DropoutKind.NestedLocked)) Throw.OutOfRange(nameof(kind), kind, "a nested case");
        return new DropoutSpec
        {
            Kind = kind, KeepMultiple = KeepMultiple, LeastShare = LeastShare, ShareCount = ShareCount, WholeRate = WholeRate,
        };
    }

    private float Given(DropoutSite site) => site switch
    {
        DropoutSite.Embedding => Embedding,
        DropoutSite.Layer => Layer,
        DropoutSite.Recurrent => Recurrent,
        _ => Output,
    };
}
