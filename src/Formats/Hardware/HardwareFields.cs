using TinySD.Formats.Fields;

namespace TinySD.Formats.Hardware;

/// <summary>A profile as its file has it.</summary>
internal sealed record ProfileText(HardwareProfile Profile, HardwareKind Kind, string? Schema);

/// <summary>The members of a profile's file.</summary>
internal static class HardwareFields
{
    private const string What = "a profile";

    // Their ranges are the runtime's to know.
    private static readonly Spelling<int> s_int = Spelling.Whole<int>();
    private static readonly Spelling<long> s_long = Spelling.Whole<long>();

    private static readonly FieldTable<ProductTiles> s_tiles = new(What, new(),
    [
        new Field<ProductTiles, int>("forwardRows", s_int, t => t.ForwardRows, (t, v) => t with { ForwardRows = v }),
        new Field<ProductTiles, int>("forwardColumns", s_int, t => t.ForwardColumns, (t, v) => t with { ForwardColumns = v }),
        new Field<ProductTiles, int>("forwardUnits", s_int, t => t.ForwardUnits, (t, v) => t with { ForwardUnits = v })
        { Usual = 128, IsAlwaysWritten = true },
        new Field<ProductTiles, int>("windowColumns", s_int, t => t.WindowColumns, (t, v) => t with { WindowColumns = v }),
        new Field<ProductTiles, long>("streamedFloats", s_long, t => t.StreamedFloats, (t, v) => t with { StreamedFloats = v }),
        new Field<ProductTiles, int>("streamedUnits", s_int, t => t.StreamedUnits, (t, v) => t with { StreamedUnits = v }),
        new Field<ProductTiles, int>("streamedAhead", s_int, t => t.StreamedAhead, (t, v) => t with { StreamedAhead = v }),
        new Field<ProductTiles, int>("gradientSteps", s_int, t => t.GradientSteps, (t, v) => t with { GradientSteps = v }),
    ]);

    private static readonly FieldTable<SimdMachine> s_simd = new(What, new()
    { Instructions = default, LaneWidth = 0, VectorRegisters = 0, L1Bytes = 0, L2Bytes = 0, L3Bytes = 0, Cores = 0, Tiles = new() },
    [
        new Field<SimdMachine, SimdInstructions>(
            "instructionSet", HardwareSpelling.Instructions, m => m.Instructions, (m, v) => m with { Instructions = v }),
        new Field<SimdMachine, string?>("publishSetting", Spelling.Text!, m => m.PublishSetting, (m, v) => m with { PublishSetting = v })
        { Usual = null },
        new Field<SimdMachine, int>("laneWidth", s_int, m => m.LaneWidth, (m, v) => m with { LaneWidth = v }),
        new Field<SimdMachine, int>("vectorRegisters", s_int, m => m.VectorRegisters, (m, v) => m with { VectorRegisters = v }),
        new Field<SimdMachine, long>("l1Bytes", s_long, m => m.L1Bytes, (m, v) => m with { L1Bytes = v }),
        new Field<SimdMachine, long>("l2Bytes", s_long, m => m.L2Bytes, (m, v) => m with { L2Bytes = v }),
        new Field<SimdMachine, long>("l3Bytes", s_long, m => m.L3Bytes, (m, v) => m with { L3Bytes = v }),
        new Field<SimdMachine, int>("cores", s_int, m => m.Cores, (m, v) => m with { Cores = v }),
        new Field<SimdMachine, ProductTiles?>("tiles", new Nested<ProductTiles>(s_tiles), m => m.Tiles, (m, v) => m with { Tiles = v! }),
    ]);

    private static readonly FieldTable<SystolicArray> s_systolic = new(What, new()
    {
        Rows = 0, Columns = 0, Dataflow = default, InputBytes = 0, WeightBytes = 0, OutputBytes = 0, WordsPerCycle = 0, ClockMegahertz = 0,
        Number = default, DrainOverlaps = false,
    },
    [
        new Field<SystolicArray, int>("rows", s_int, a => a.Rows, (a, v) => a with { Rows = v }),
        new Field<SystolicArray, int>("columns", s_int, a => a.Columns, (a, v) => a with { Columns = v }),
        new Field<SystolicArray, SystolicDataflow>(
            "dataflow", HardwareSpelling.Dataflows, a => a.Dataflow, (a, v) => a with { Dataflow = v }),
        new Field<SystolicArray, long>("inputBytes", s_long, a => a.InputBytes, (a, v) => a with { InputBytes = v }),
        new Field<SystolicArray, long>("weightBytes", s_long, a => a.WeightBytes, (a, v) => a with { WeightBytes = v }),
        new Field<SystolicArray, long>("outputBytes", s_long, a => a.OutputBytes, (a, v) => a with { OutputBytes = v }),
        new Field<SystolicArray, double>("wordsPerCycle", Spelling.Any, a => a.WordsPerCycle, (a, v) => a with { WordsPerCycle = v }),
        new Field<SystolicArray, double>("clockMegahertz", Spelling.Any, a => a.ClockMegahertz, (a, v) => a with { ClockMegahertz = v }),
        new Field<SystolicArray, SystolicNumber>("number", HardwareSpelling.Numbers, a => a.Number, (a, v) => a with { Number = v }),
        new Field<SystolicArray, bool>("drainOverlaps", Spelling.Switch, a => a.DrainOverlaps, (a, v) => a with { DrainOverlaps = v }),
    ]);

    /// <summary>All of them.</summary>
    public static FieldTable<ProfileText> Table { get; } = new(What, new(new() { Name = "", Description = "" }, HardwareKind.Simd, null),
    [
        new Field<ProfileText, string?>("$schema", Spelling.Text!, t => t.Schema, (t, v) => t with { Schema = v }) { Usual = null },
        new Field<ProfileText, string>(
            "name", Spelling.Text, t => t.Profile.Name, (t, v) => t with { Profile = t.Profile with { Name = v } }),
        new Field<ProfileText, string>(
            "description", Spelling.Text, t => t.Profile.Description, (t, v) => t with { Profile = t.Profile with { Description = v } }),
        new Field<ProfileText, HardwareKind>("kind", HardwareSpelling.Kinds, t => t.Kind, (t, v) => t with { Kind = v }),
        new Field<ProfileText, string?>(
            "fallback", Spelling.Text!, t => t.Profile.Fallback, (t, v) => t with { Profile = t.Profile with { Fallback = v } })
        { Usual = null },
        new Field<ProfileText, int>(
            "keepMultiple", s_int, t => t.Profile.KeepMultiple, (t, v) => t with { Profile = t.Profile with { KeepMultiple = v } })
        { Usual = 1, IsAlwaysWritten = true },
        new Field<ProfileText, int>(
            "groupSize", s_int, t => t.Profile.GroupSize, (t, v) => t with { Profile = t.Profile with { GroupSize = v } })
        { Usual = 1, IsAlwaysWritten = true },
        new Field<ProfileText, SimdMachine?>(
            "simd", new Nested<SimdMachine>(s_simd), t => t.Profile.Simd, (t, v) => t with { Profile = t.Profile with { Simd = v } })
        { Usual = null },
        new Field<ProfileText, SystolicArray?>("systolic", new Nested<SystolicArray>(s_systolic),
            t => t.Profile.Systolic, (t, v) => t with { Profile = t.Profile with { Systolic = v } }) { Usual = null },
    ]);
}

/// <summary>The words of profile files.</summary>
public static class HardwareSpelling
{
    /// <summary>What stays in a systolic array.</summary>
    public static Choice<SystolicDataflow> Dataflows { get; } = new("dataflow",
        (SystolicDataflow.OutputStationary, "os"), (SystolicDataflow.WeightStationary, "ws"), (SystolicDataflow.InputStationary, "is"));

    internal static Choice<HardwareKind> Kinds { get; } = new("kind", (HardwareKind.Simd, "simd"), (HardwareKind.Systolic, "systolic"));

    internal static Choice<SimdInstructions> Instructions { get; } = new("instruction set",
        (SimdInstructions.Scalar, "scalar"), (SimdInstructions.Sse42, "sse4.2"), (SimdInstructions.Avx2, "avx2"),
        (SimdInstructions.Avx512, "avx512"), (SimdInstructions.AdvSimd, "advsimd"), (SimdInstructions.Helium, "helium"));

    internal static Choice<SystolicNumber> Numbers { get; } = new("number format",
        (SystolicNumber.Binary32, "float32"), (SystolicNumber.BFloat16, "bfloat16"), (SystolicNumber.Binary16, "float16"),
        (SystolicNumber.Integer8, "int8"));
}
