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
    private const int MostTogether = 65536;

    /// <summary>No dropout at any site.</summary>
    public static DropoutSpec None { get; } = new();

    /// <summary>The case, the same at every site.</summary>
    public DropoutKind Kind { get; init; }

    /// <summary>How structured masks are drawn.</summary>
    public MaskDraw Draw { get; init; }

    /// <summary>Exact counts of kept units are rounded to the nearest multiple of it, at least one multiple, so that tiles and
    /// folds of a machine are full; 1 leaves them as they are, and so does a place with fewer units than one multiple.
    /// Structured cases only.</summary>
    public int KeepMultiple { get; init; } = 1;

    /// <summary>Neighbouring units that are kept or dropped together, the first g, the next g and so on; the last group of a place may be
    /// smaller. Structured cases only.</summary>
    public int GroupSize { get; init; } = 1;

    /// <summary>Drop rate on the embedding's output.</summary>
    public float Embedding { get; init; }

    /// <summary>Drop rate between layers.</summary>
    public float Layer { get; init; }

    /// <summary>Drop rate on the previous hidden state.</summary>
    public float Recurrent { get; init; }

    /// <summary>Drop rate before the classifier.</summary>
    public float Output { get; init; }

    /// <summary>Whether the case lets whole rows and columns be skipped.</summary>
    public bool IsStructured => Kind is DropoutKind.Structured or DropoutKind.StructuredLocked;

    /// <summary>Whether one mask serves all steps of a window.</summary>
    public bool IsLocked => Kind is DropoutKind.Locked or DropoutKind.StructuredLocked;

    /// <summary>The drop rate of a site; 0 when the case is <see cref="DropoutKind.None"/>.</summary>
    public float RateOf(DropoutSite site) => Kind == DropoutKind.None ? 0f : Given(site);

    /// <summary>Units kept at a place by an exact-count mask; see <see cref="MaskSampler.KeepCount"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="Validate"/> would refuse the numbers.</exception>
    public int KeepCount(MaskPlace place) => MaskSampler.KeepCount(place.Units, place.Rate, KeepMultiple, GroupSize);

    /// <summary>Checks every number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A rate is below 0, not below 1, or not a number; a multiple or a group is below 1 or
    /// above 65536; kind or draw is none of those there are.</exception>
    /// <exception cref="ArgumentException">There is a multiple, and the counts are left to chance.</exception>
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
    }

    private float Given(DropoutSite site) => site switch
    {
        DropoutSite.Embedding => Embedding,
        DropoutSite.Layer => Layer,
        DropoutSite.Recurrent => Recurrent,
        _ => Output,
    };
}
