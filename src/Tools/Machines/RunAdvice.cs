namespace TinySD.Tools.Machines;

/// <summary>A format as it was weighed.</summary>
/// <param name="Format">Which.</param>
/// <param name="StepBytes">Bytes of weights that a step reads.</param>
/// <param name="Source">Where they come from.</param>
/// <param name="Speedup">How many times as fast as single precision a step is, by the estimate.</param>
internal sealed record WeighedFormat(RunFormat Format, long StepBytes, WeightSource Source, double Speedup);

/// <summary>How a model is best run on a machine, one sequence at a time.</summary>
/// <param name="Profile">The machine's profile.</param>
/// <param name="IsHere">Whether it is fitted to this machine.</param>
/// <param name="Format">The format.</param>
/// <param name="Share">The share of its units, 1 for all.</param>
/// <param name="Formats">All formats as they were weighed, of the whole model.</param>
/// <param name="Reason">Why, in a line.</param>
internal sealed record RunAdvice(
    string Profile, bool IsHere, RunFormat Format, double Share, List<WeighedFormat> Formats, string Reason)
{
    /// <summary>How much faster a format must be than one that rounds less.</summary>
    private const double ClearGain = 1.25;

    /// <summary>Weighs the formats. A format that rounds more is chosen only where a step is clearly faster, or where the machine has
    /// no room for the others; and of a model that was trained to run with a share of its units, where a core's own caches do not hold it
    /// whole, the largest share that a nearer cache holds.</summary>
    /// <param name="weights">What a step reads.</param>
    /// <param name="profile">A processor's profile.</param>
    /// <param name="isHere">Whether it is fitted to this machine, whose instructions are known better than any profile says.</param>
    public static RunAdvice For(StepWeights weights, HardwareProfile profile, bool isHere)
    {
        var cost = new StepCost(profile.Simd!, isHere && StepCost.HasByteDotsHere);
        double single = cost.CyclesOf(weights, RunFormat.Single);
        var formats = new List<WeighedFormat>();
        foreach (RunFormat format in RunFormat.All)
        {
            long bytes = format.BytesOf(weights);
            formats.Add(new(format, bytes, cost.SourceOf(bytes), single / cost.CyclesOf(weights, format)));
        }

        WeighedFormat best = weights.IsInt8 ? formats[^1] : cost.IsAllMemory ? FirstThatFits(formats) : Fastest(formats);
        string reason = weights.IsInt8
            ? $"the file holds the weights as int8: {Where(best)}"
            : cost.IsAllMemory ? ReasonOfRoom(formats, best) : ReasonOfSpeed(formats, best);
        double share = ShareOf(weights, best, cost);
        if (weights.Shares.Count > 0) reason += ReasonOfShare(weights, best, share, cost);
        return new(profile.Name, isHere, best.Format, share, formats, reason);
    }

    private static WeighedFormat Fastest(List<WeighedFormat> formats)
    {
        WeighedFormat best = formats[0];
        foreach (WeighedFormat format in formats)
            if (format.Speedup >= ClearGain * best.Speedup) best = format;
        return best;
    }

    private static WeighedFormat FirstThatFits(List<WeighedFormat> formats) =>
        formats.Find(format => !format.Source.IsRest) ?? formats[^1];

    // A share costs more of a model's accuracy than rounding: only for weights that come from behind a core's own caches.
    private static double ShareOf(StepWeights weights, WeighedFormat best, StepCost cost)
    {
        if (best.Source.IsOwn) return 1;
        for (int i = weights.Shares.Count - 2; i >= 0; i--)
        {
            long bytes = best.Format.BytesOf(weights.At(weights.Shares[i]));
            if (cost.DistanceOf(cost.SourceOf(bytes)) < cost.DistanceOf(best.Source)) return weights.Shares[i];
        }

        return 1;
    }

    private static string ReasonOfSpeed(List<WeighedFormat> formats, WeighedFormat best)
    {
        string others = string.Join(", ", formats.FindAll(format => format != best && format != formats[0]).ConvertAll(
            format => $"{format.Format.Name} {Times(format)}"));
        return best == formats[0]
            ? $"{Where(best)}, and no smaller format is clearly faster: by the estimate {others}"
            : $"{Where(best)}, instead of {Figures.Size(formats[0].StepBytes)} from {formats[0].Source.Name} as float32: by the estimate " +
                $"{Times(best)} as fast, {others}";
    }

    private static string ReasonOfRoom(List<WeighedFormat> formats, WeighedFormat best) => best.Source.IsRest
        ? $"even as int8 its {Figures.Size(best.StepBytes)} of weights are more than the machine's memories hold"
        : best == formats[0]
            ? $"{Where(best)}, and there is room for them"
            : $"{Where(best)}, and there is no room for the {Figures.Size(formats[0].StepBytes)} of float32";

    private static string ReasonOfShare(StepWeights weights, WeighedFormat best, double share, StepCost cost)
    {
        if (best.Source.IsOwn) return $"; with all of its units, though it was trained to run with fewer: {best.Source.Name} holds them";
        if (share == 1) return "; no share of its units that it was trained to run with brings them nearer";
        StepWeights part = weights.At(share);
        long bytes = best.Format.BytesOf(part);
        double gain = cost.CyclesOf(weights, best.Format) / cost.CyclesOf(part, best.Format);
        return $"; with {Figures.Setting((float)share)} of its units, which it was trained to run with too, {Figures.Size(bytes)} from " +
            $"{cost.SourceOf(bytes).Name}: {Figures.Fixed(gain, 1)} times as fast again";
    }

    private static string Where(WeighedFormat format) =>
        $"a step reads {Figures.Size(format.StepBytes)} of weights, from {format.Source.Name}";

    private static string Times(WeighedFormat format) => $"{Figures.Fixed(format.Speedup, 1)} times";
}
