using System.Text.Json.Serialization;
using TinySD.Runtime.Hardware;

namespace TinySD.Formats.Hardware;

/// <summary>JSON as hardware profiles hold it: camel-case names, no unknown and no repeated member, nothing null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.Strict,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    MaxDepth = HardwareProfileReader.MaxDepth)]
[JsonSerializable(typeof(ProfileEntry))]
internal sealed partial class HardwareJson : JsonSerializerContext;

/// <summary>A profile, spelled out apart from the runtime's record: a name changed there must not change the files.</summary>
internal sealed class ProfileEntry
{
    /// <summary>For editors.</summary>
    [JsonPropertyName("$schema")]
    public string? Schema { get; init; }

    public required string Name { get; init; }

    public required string Description { get; init; }

    public required string Kind { get; init; }

    public string? Fallback { get; init; }

    // Set, not init: the generated reader gives init members that are missing their type's default, not the one that stands here.
    public int KeepMultiple { get; set; } = 1;

    public int GroupSize { get; set; } = 1;

    public SimdEntry? Simd { get; init; }

    public SystolicEntry? Systolic { get; init; }

    public static ProfileEntry From(HardwareProfile profile) => new()
    {
        Schema = "hardware-profile.schema.json",
        Name = profile.Name,
        Description = profile.Description,
        Kind = HardwareSpelling.Kinds.NameOf(profile.Kind),
        Fallback = profile.Fallback,
        KeepMultiple = profile.KeepMultiple,
        GroupSize = profile.GroupSize,
        Simd = profile.Simd is { } simd ? SimdEntry.From(simd) : null,
        Systolic = profile.Systolic is { } systolic ? SystolicEntry.From(systolic) : null,
    };

    /// <summary>The profile, its words known to be right.</summary>
    public HardwareProfile ToProfile() => new()
    {
        Name = Name,
        Description = Description,
        Fallback = Fallback,
        KeepMultiple = KeepMultiple,
        GroupSize = GroupSize,
        Simd = Simd?.ToMachine(),
        Systolic = Systolic?.ToArray(),
    };
}

/// <summary>The member <c>simd</c>.</summary>
internal sealed class SimdEntry
{
    public required string InstructionSet { get; init; }

    public string? PublishSetting { get; init; }

    public required int LaneWidth { get; init; }

    public required int VectorRegisters { get; init; }

    public required long L1Bytes { get; init; }

    public required long L2Bytes { get; init; }

    public required long L3Bytes { get; init; }

    public required int Cores { get; init; }

    public required TilesEntry Tiles { get; init; }

    public static SimdEntry From(SimdMachine machine) => new()
    {
        InstructionSet = HardwareSpelling.Instructions.NameOf(machine.Instructions),
        PublishSetting = machine.PublishSetting,
        LaneWidth = machine.LaneWidth,
        VectorRegisters = machine.VectorRegisters,
        L1Bytes = machine.L1Bytes,
        L2Bytes = machine.L2Bytes,
        L3Bytes = machine.L3Bytes,
        Cores = machine.Cores,
        Tiles = TilesEntry.From(machine.Tiles),
    };

    public SimdMachine ToMachine() => new()
    {
        Instructions = HardwareSpelling.Instructions.ValueOf(InstructionSet),
        PublishSetting = PublishSetting,
        LaneWidth = LaneWidth,
        VectorRegisters = VectorRegisters,
        L1Bytes = L1Bytes,
        L2Bytes = L2Bytes,
        L3Bytes = L3Bytes,
        Cores = Cores,
        Tiles = Tiles.ToTiles(),
    };
}

/// <summary>The member <c>simd.tiles</c>.</summary>
internal sealed class TilesEntry
{
    public required int ForwardRows { get; init; }

    public required int ForwardColumns { get; init; }

    public required int WindowColumns { get; init; }

    public required long StreamedFloats { get; init; }

    public required int StreamedUnits { get; init; }

    public required int StreamedAhead { get; init; }

    public required int GradientSteps { get; init; }

    public static TilesEntry From(ProductTiles tiles) => new()
    {
        ForwardRows = tiles.ForwardRows,
        ForwardColumns = tiles.ForwardColumns,
        WindowColumns = tiles.WindowColumns,
        StreamedFloats = tiles.StreamedFloats,
        StreamedUnits = tiles.StreamedUnits,
        StreamedAhead = tiles.StreamedAhead,
        GradientSteps = tiles.GradientSteps,
    };

    public ProductTiles ToTiles() => new()
    {
        ForwardRows = ForwardRows,
        ForwardColumns = ForwardColumns,
        WindowColumns = WindowColumns,
        StreamedFloats = StreamedFloats,
        StreamedUnits = StreamedUnits,
        StreamedAhead = StreamedAhead,
        GradientSteps = GradientSteps,
    };
}

/// <summary>The member <c>systolic</c>.</summary>
internal sealed class SystolicEntry
{
    public required int Rows { get; init; }

    public required int Columns { get; init; }

    public required string Dataflow { get; init; }

    public required long InputBytes { get; init; }

    public required long WeightBytes { get; init; }

    public required long OutputBytes { get; init; }

    public required double WordsPerCycle { get; init; }

    public required double ClockMegahertz { get; init; }

    public required string Number { get; init; }

    public required bool DrainOverlaps { get; init; }

    public static SystolicEntry From(SystolicArray array) => new()
    {
        Rows = array.Rows,
        Columns = array.Columns,
        Dataflow = HardwareSpelling.Dataflows.NameOf(array.Dataflow),
        InputBytes = array.InputBytes,
        WeightBytes = array.WeightBytes,
        OutputBytes = array.OutputBytes,
        WordsPerCycle = array.WordsPerCycle,
        ClockMegahertz = array.ClockMegahertz,
        Number = HardwareSpelling.Numbers.NameOf(array.Number),
        DrainOverlaps = array.DrainOverlaps,
    };

    public SystolicArray ToArray() => new()
    {
        Rows = Rows,
        Columns = Columns,
        Dataflow = HardwareSpelling.Dataflows.ValueOf(Dataflow),
        InputBytes = InputBytes,
        WeightBytes = WeightBytes,
        OutputBytes = OutputBytes,
        WordsPerCycle = WordsPerCycle,
        ClockMegahertz = ClockMegahertz,
        Number = HardwareSpelling.Numbers.ValueOf(Number),
        DrainOverlaps = DrainOverlaps,
    };
}

/// <summary>The words of profile files.</summary>
public static class HardwareSpelling
{
    internal static Choice<HardwareKind> Kinds { get; } = new("kind", (HardwareKind.Simd, "simd"), (HardwareKind.Systolic, "systolic"));

    internal static Choice<SimdInstructions> Instructions { get; } = new(
        "instruction set", (SimdInstructions.Scalar, "scalar"), (SimdInstructions.Sse42, "sse4.2"), (SimdInstructions.Avx2, "avx2"),
        (SimdInstructions.Avx512, "avx512"), (SimdInstructions.AdvSimd, "advsimd"), (SimdInstructions.Helium, "helium"));

    /// <summary>What stays in a systolic array.</summary>
    public static Choice<SystolicDataflow> Dataflows { get; } = new(
        "dataflow", (SystolicDataflow.OutputStationary, "os"), (SystolicDataflow.WeightStationary, "ws"), (SystolicDataflow.InputStationary, "is"));

    internal static Choice<SystolicNumber> Numbers { get; } = new(
        "number format", (SystolicNumber.Binary32, "float32"), (SystolicNumber.BFloat16, "bfloat16"), (SystolicNumber.Binary16, "float16"),
        (SystolicNumber.Integer8, "int8"));

    /// <summary>What is wrong with a word at a key, or null.</summary>
    internal static string? FindFault(string key, string word) => key switch
    {
        "kind" => Kinds.FindFault(word),
        "simd.instructionSet" => Instructions.FindFault(word),
        "systolic.dataflow" => Dataflows.FindFault(word),
        "systolic.number" => Numbers.FindFault(word),
        _ => null,
    };
}
