using System.Globalization;

namespace TinySD.Runtime.Hardware;

/// <summary>What makes the figures of a profile possible.</summary>
internal static class HardwareRules
{
    public const int MaxNameLength = 64, MaxDescriptionLength = 2000, MaxSettingLength = 200;

    private const long MaxBytes = 1L << 40;

    // Cycles and seconds are divided by such numbers, and stay what they are for.
    private const double LeastNumber = 0.001;

    public static HardwareFault? FindFault(HardwareProfile profile)
    {
        if (!IsName(profile.Name)) return new("name", $"must be 1 to {MaxNameLength} lower-case letters, digits, full stops and hyphens");
        if (profile.Description.Length is 0 or > MaxDescriptionLength)
            return new("description", $"must have 1 to {MaxDescriptionLength} characters");
        if (profile.Fallback is { } fallback && !IsName(fallback)) return new("fallback", "must be the name of a profile");
        if (profile.Fallback == profile.Name) return new("fallback", "is the profile itself; name another, or leave it out");
        HardwareFault? fault = Within("keepMultiple", profile.KeepMultiple, 1, 65536) ?? Within("groupSize", profile.GroupSize, 1, 65536);
        if (fault is not null) return fault;
        if (profile.Simd is null == profile.Systolic is null) return new("kind", "must have exactly one machine, simd or systolic");
        return profile.Simd is { } simd ? FindFault(simd) : FindFault(profile.Systolic!);
    }

    private static HardwareFault? FindFault(SimdMachine simd)
    {
        (int width, int registers) = Registers(simd.Instructions);
        if (!Enum.IsDefined(simd.Instructions)) return new("simd.instructionSet", "is none that is known");
        if (simd.PublishSetting is { } setting && !IsSetting(setting))
            return new("simd.publishSetting", $"must be 1 to {MaxSettingLength} letters, digits, and any of . , - _ +");
        if (simd.LaneWidth != width)
            return Wrong("simd.laneWidth", simd.LaneWidth, $"{width}, the floats in a register of this instruction set");
        if (simd.VectorRegisters != registers)
            return Wrong("simd.vectorRegisters", simd.VectorRegisters, $"{registers}, as many as this instruction set has");
        return Within("simd.l1Bytes", simd.L1Bytes, 1024, MaxBytes)
            ?? Cache("simd.l2Bytes", simd.L2Bytes, simd.L1Bytes)
            ?? Cache("simd.l3Bytes", simd.L3Bytes, Math.Max(simd.L1Bytes, simd.L2Bytes))
            ?? Within("simd.cores", simd.Cores, 1, 1024)
            ?? FindFault(simd.Tiles, width, registers);
    }

    private static HardwareFault? FindFault(ProductTiles tiles, int laneWidth, int registers)
    {
        HardwareFault? fault = Within("simd.tiles.forwardRows", tiles.ForwardRows, 1, ProductTiles.MaxForwardRows);
        if (fault is not null) return fault;
        bool isHalfLine = tiles.ForwardColumns == 24 && laneWidth == 8;
        if (!isHalfLine && Multiple("simd.tiles.forwardColumns", tiles.ForwardColumns, 4 * laneWidth) is { } wrong) return wrong;
        int vectors = tiles.ForwardColumns / laneWidth;
        string why = $"with {tiles.ForwardColumns} columns each row takes {vectors} of the {registers} registers";
        if (tiles.ForwardRows * vectors > registers)
            return Wrong("simd.tiles.forwardRows", tiles.ForwardRows, $"at most {registers / vectors}: {why}");

        return Multiple("simd.tiles.windowColumns", tiles.WindowColumns, 1 << 20)
            ?? Within("simd.tiles.streamedFloats", tiles.StreamedFloats, 1, MaxBytes)
            ?? Within("simd.tiles.forwardUnits", tiles.ForwardUnits, 1, 65536)
            ?? Within("simd.tiles.streamedUnits", tiles.StreamedUnits, 1, 65536)
            ?? Multiple("simd.tiles.streamedAhead", tiles.StreamedAhead, 4096)
            ?? Within("simd.tiles.gradientSteps", tiles.GradientSteps, 1, 65536);
    }

    private static HardwareFault? FindFault(SystolicArray array)
    {
        if (!Enum.IsDefined(array.Dataflow)) return new("systolic.dataflow", "is none that is known");
        if (!Enum.IsDefined(array.Number)) return new("systolic.number", "is none that is known");
        return Within("systolic.rows", array.Rows, 1, 4096)
            ?? Within("systolic.columns", array.Columns, 1, 4096)
            ?? Within("systolic.inputBytes", array.InputBytes, 1, MaxBytes)
            ?? Within("systolic.weightBytes", array.WeightBytes, 1, MaxBytes)
            ?? Within("systolic.outputBytes", array.OutputBytes, 1, MaxBytes)
            ?? Number("systolic.wordsPerCycle", array.WordsPerCycle, 1_000_000)
            ?? Number("systolic.clockMegahertz", array.ClockMegahertz, 100_000);
    }

    // Floats in a register, and registers.
    private static (int Width, int Registers) Registers(SimdInstructions instructions) => instructions switch
    {
        SimdInstructions.Avx512 => (16, 32),
        SimdInstructions.Avx2 => (8, 16),
        SimdInstructions.AdvSimd => (4, 32),
        SimdInstructions.Helium => (4, 8),
        _ => (4, 16),
    };

    private static bool IsName(string name)
    {
        if (name.Length is 0 or > MaxNameLength || !char.IsAsciiLetterOrDigit(name[0])) return false;
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('.' or '-')) return false;
        }

        return true;
    }

    // It reaches a build as one of its properties.
    private static bool IsSetting(string setting)
    {
        foreach (char c in setting)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or ',' or '-' or '_' or '+')) return false;
        }

        return setting.Length is > 0 and <= MaxSettingLength;
    }

    private static HardwareFault? Within(string key, long found, long min, long max) =>
        found >= min && found <= max ? null : Wrong(key, found, $"a whole number from {Text(min)} to {Text(max)}");

    private static HardwareFault? Multiple(string key, int found, int max) =>
        found > 0 && found <= max && found % ProductTiles.LineFloats == 0
            ? null
            : Wrong(key, found, $"a multiple of {ProductTiles.LineFloats} from {ProductTiles.LineFloats} to {Text(max)}");

    private static HardwareFault? Cache(string key, long found, long below) =>
        found == 0 || (found >= below && found <= MaxBytes)
            ? null
            : Wrong(key, found, $"0 for none, or at least {Text(below)}, what the cache before it holds, and at most {Text(MaxBytes)}");

    private static HardwareFault? Number(string key, double found, double max) =>
        found >= LeastNumber && found <= max
            ? null
            : new(key, $"is {Text(found)}; expected a number of at least {Text(LeastNumber)} and at most {Text(max)}");

    private static HardwareFault Wrong(string key, long found, string expected) => new(key, $"is {Text(found)}; expected {expected}");

    private static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}
