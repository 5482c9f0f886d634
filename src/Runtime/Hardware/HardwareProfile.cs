namespace TinySD.Runtime.Hardware;

/// <summary>What kind of machine a profile describes.</summary>
public enum HardwareKind
{
    /// <summary>A processor with vector registers; the kernels run on it.</summary>
    Simd,

    /// <summary>A systolic array; it is simulated.</summary>
    Systolic,
}

/// <summary>What a machine is, as far as it matters to speed. Data only: results have the same bits under every profile.</summary>
public sealed record HardwareProfile
{
    /// <summary>1 to 64 lower-case letters, digits, full stops and hyphens, a letter or digit first.</summary>
    public required string Name { get; init; }

    /// <summary>For people, with the sources of its figures.</summary>
    public required string Description { get; init; }

    /// <summary>The profile to take where this one cannot run, or <see langword="null"/>.</summary>
    public string? Fallback { get; init; }

    /// <summary>Kept counts of a mask schedule for this machine are multiples of it; 1 leaves them as they are.</summary>
    public int KeepMultiple { get; init; } = 1;

    /// <summary>Neighbouring units that a mask schedule for this machine keeps or drops together.</summary>
    public int GroupSize { get; init; } = 1;

    /// <summary>The processor; exactly one of this and <see cref="Systolic"/> is there.</summary>
    public SimdMachine? Simd { get; init; }

    /// <summary>The array.</summary>
    public SystolicArray? Systolic { get; init; }

    /// <summary>Which of the two it is.</summary>
    public HardwareKind Kind => Simd is null ? HardwareKind.Systolic : HardwareKind.Simd;

    /// <summary>The first figure that is impossible, or <see langword="null"/> for a sound profile.</summary>
    public HardwareFault? FindFault() => HardwareRules.FindFault(this);

    /// <summary>Refuses a profile with an impossible figure.</summary>
    /// <exception cref="ArgumentException">It has one; the message names it.</exception>
    public void Validate()
    {
        if (FindFault() is { } fault) Throw.Argument($"the hardware profile {Name}: {fault.Key} {fault.Message}");
    }
}

/// <summary>A figure of a profile that is impossible.</summary>
/// <param name="Key">The figure as profile files spell it, for example <c>simd.tiles.windowColumns</c>.</param>
/// <param name="Message">What goes on after the key: <c>is 20; expected a multiple of 16</c>.</param>
public sealed record HardwareFault(string Key, string Message);
