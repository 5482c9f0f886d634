namespace TinySD.Formats.Models;

// The JSON of a recurrent stack's header, spelled out apart from the runtime's records: a name changed there must not change the format.

/// <summary>The section <c>configuration</c> of a recurrent stack.</summary>
/// <remarks>The members with defaults are left out where they say what goes without saying.</remarks>
internal sealed record StackSection(
    string Cell, int InputSize, int HiddenSize, int LayerCount, string Direction, bool? ResetBeforeProduct = null, bool? Peepholes = null,
    bool? CoupledGates = null, float? Clip = null, ActivationEntry[]? Activations = null)
{
    public static StackSection From(RecurrentStackConfig config) => new(
        ModelSpelling.Cells.NameOf(config.Cell), config.InputSize, config.HiddenSize, config.LayerCount,
        ModelSpelling.Directions.NameOf(config.Direction), config.ResetBeforeProduct ? true : null, config.Peepholes ? true : null,
        config.CoupledGates ? true : null, config.Clip > 0f ? config.Clip : null,
        config.Activations.IsEmpty ? null : [.. config.Activations.Select(ActivationEntry.From)]);

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
            Activations = [.. (Activations ?? []).Select(entry => entry.ToActivation())],
        };
    }
}

/// <summary>A function in <see cref="StackSection.Activations"/>.</summary>
internal sealed record ActivationEntry(string Name, float? Alpha = null, float? Beta = null)
{
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
internal sealed record OriginSection(string WrittenBy, string? Source = null);
