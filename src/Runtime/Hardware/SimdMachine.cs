namespace TinySD.Runtime.Hardware;

/// <summary>A processor with vector registers.</summary>
public sealed record SimdMachine
{
    /// <summary>The instructions that the kernels use.</summary>
    public required SimdInstructions Instructions { get; init; }

    /// <summary>What a native build is told, the value of <c>IlcInstructionSet</c>; <see langword="null"/> where there is none.</summary>
    public string? PublishSetting { get; init; }

    /// <summary>Floats in a register: 4, 8 or 16.</summary>
    public required int LaneWidth { get; init; }

    /// <summary>Vector registers that a program can name.</summary>
    public required int VectorRegisters { get; init; }

    /// <summary>First-level data cache of a core, bytes; for a machine without caches, its fastest memory.</summary>
    public required long L1Bytes { get; init; }

    /// <summary>Second-level cache of a core, bytes; 0 for none.</summary>
    public required long L2Bytes { get; init; }

    /// <summary>Last cache, shared, bytes; 0 for none.</summary>
    public required long L3Bytes { get; init; }

    /// <summary>Cores.</summary>
    public required int Cores { get; init; }

    /// <summary>How products are cut.</summary>
    public required ProductTiles Tiles { get; init; }
}
