using TinySD.Formats.Fields;

namespace TinySD.Formats.Models;

// The JSON of a recurrent stack's header, spelled out apart from the runtime's records: a name changed there must not change the format.

/// <summary>The section <c>configuration</c> of a recurrent stack.</summary>
/// <remarks>The members with defaults are left out where they say what goes without saying.</remarks>
internal sealed record StackSection(
    string Cell, int InputSize, int HiddenSize, int LayerCount, string Direction, bool? ResetBeforeProduct = null, bool? Peepholes = null,
    bool? CoupledGates = null, float? Clip = null, ActivationEntry?[]? Activations = null)
{
    private static readonly Spelling<int> s_int = Spelling.Whole<int>();

    /// <summary>Its members.</summary>
    public static FieldTable<StackSection> Table { get; } = new("a configuration", new("", 0, 0, 0, ""),
    [
        new Field<StackSection, string>("cell", Spelling.Text, s => s.Cell, (s, v) => s with { Cell = v }),
        new Field<StackSection, int>("inputSize", s_int, s => s.InputSize, (s, v) => s with { InputSize = v }),
        new Field<StackSection, int>("hiddenSize", s_int, s => s.HiddenSize, (s, v) => s with { HiddenSize = v }),
        new Field<StackSection, int>("layerCount", s_int, s => s.LayerCount, (s, v) => s with { LayerCount = v }),
        new Field<StackSection, string>("direction", Spelling.Text, s => s.Direction, (s, v) => s with { Direction = v }),
        new Field<StackSection, bool?>(
            "resetBeforeProduct", Optional.Switch, s => s.ResetBeforeProduct, (s, v) => s with { ResetBeforeProduct = v }) { Usual = null },
        new Field<StackSection, bool?>("peepholes", Optional.Switch, s => s.Peepholes, (s, v) => s with { Peepholes = v }) { Usual = null },
        new Field<StackSection, bool?>("coupledGates", Optional.Switch, s => s.CoupledGates, (s, v) => s with { CoupledGates = v })
        { Usual = null },
        new Field<StackSection, float?>("clip", Optional.Single, s => s.Clip, (s, v) => s with { Clip = v }) { Usual = null },
        new Field<StackSection, ActivationEntry?[]?>(
            "activations", ActivationEntry.List!, s => s.Activations, (s, v) => s with { Activations = v }) { Usual = null },
    ]);

    public static StackSection From(RecurrentStackConfig config) => new(
        ModelSpelling.Cells.NameOf(config.Cell), config.InputSize, config.HiddenSize, config.LayerCount,
        ModelSpelling.Directions.NameOf(config.Direction), config.ResetBeforeProduct ? true : null, config.Peepholes ? true : null,
        config.CoupledGates ? true : null, config.Clip > 0f ? config.Clip : null,
        config.Activations.IsEmpty ? null : [.. ImmutableArray.CreateRange(config.Activations, ActivationEntry.From)]);

    /// <summary>The shape.</summary>
    /// <exception cref="ArgumentException">A word is not one the format knows, or an activation is null.</exception>
    public RecurrentStackConfig ToConfig()
    {
        if (Activations is { } entries && entries.Contains(null)) Throw.Argument("an activation is null");
        return new()
        {
            Cell = ModelSpelling.Cells.ValueOf(Cell),
            InputSize = InputSize,
            HiddenSize = HiddenSize,
            LayerCount = LayerCount,
            Direction = ModelSpelling.Directions.ValueOf(Direction),
            ResetBeforeProduct = ResetBeforeProduct ?? false,
            Peepholes = Peepholes ?? false,
            CoupledGates = CoupledGates ?? false,
            Clip = Clip ?? 0f,
            Activations = [.. Array.ConvertAll(Activations ?? [], entry => entry!.ToActivation())],
        };
    }
}

/// <summary>A function in <see cref="StackSection.Activations"/>.</summary>
internal sealed record ActivationEntry(string Name, float? Alpha = null, float? Beta = null)
{
    /// <summary>How they are spelled.</summary>
    public static Spelling<ActivationEntry?[]> List { get; } = new Items<ActivationEntry?>(new Nested<ActivationEntry>(
        new("an activation", new(""),
    [
        new Field<ActivationEntry, string>("name", Spelling.Text, a => a.Name, (a, v) => a with { Name = v }),
        new Field<ActivationEntry, float?>("alpha", Optional.Single, a => a.Alpha, (a, v) => a with { Alpha = v }) { Usual = null },
        new Field<ActivationEntry, float?>("beta", Optional.Single, a => a.Beta, (a, v) => a with { Beta = v }) { Usual = null },
    ])));

    public static ActivationEntry From(Activation f)
    {
        NamedActivation rule = NamedActivations.Of(f.Kind);
        return new(rule.Name, rule.Alpha is null ? null : f.Alpha, rule.Beta is null ? null : f.Beta);
    }

    /// <summary>The function; one that takes a constant must have it, one that takes none must not.</summary>
    /// <exception cref="ArgumentException">It is none, or a constant is missing or too many.</exception>
    public Activation ToActivation()
    {
        NamedActivation? rule = NamedActivations.Find(Name);
        if (rule is null || rule.Name != Name) Throw.Argument($"there is no activation '{Words.Shown(Name)}'");
        string alpha = rule!.Alpha is null ? "no alpha" : "an alpha", beta = rule.Beta is null ? "no beta" : "a beta";
        if (rule.Alpha is null != Alpha is null || rule.Beta is null != Beta is null)
            Throw.Argument($"the activation {Name} takes {alpha} and {beta}");
        return new Activation(rule.Kind, Alpha ?? 0f, Beta ?? 0f);
    }
}

/// <summary>The section <c>origin</c> of a recurrent stack.</summary>
internal sealed record OriginSection(string WrittenBy, string? Source = null)
{
    /// <summary>Its members.</summary>
    public static FieldTable<OriginSection> Table { get; } = new("an origin", new(""),
    [
        new Field<OriginSection, string>("writtenBy", Spelling.Text, s => s.WrittenBy, (s, v) => s with { WrittenBy = v }),
        new Field<OriginSection, string?>("source", Spelling.Text!, s => s.Source, (s, v) => s with { Source = v }) { Usual = null },
    ]);
}
