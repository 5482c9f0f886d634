namespace TinySD.Tools.Display;

/// <summary>A tick of an axis: where it stands, and what stands beside it.</summary>
internal sealed record AxisTick(double At, string Label);

/// <summary>The numbers that a drawing spans. For any finite ends, however large or close, positions are finite and ticks few.</summary>
internal readonly record struct Axis(double Low, double High)
{
    private const int MostTicks = 12;

    // Below this ratio of the ends, equal differences look as good as equal ratios; above so many powers of ten only powers are marked.
    private const double NearlyLinear = 4, MostDecades = 12;

    // Digits of a double; ticks closer than that are one.
    private const double Finest = 1e-12;

    private static readonly double[] s_steps = [1, 2, 5], s_coarse = [1, 1.5, 2, 3, 5, 7], s_wide = [1, 3];
    private static readonly double s_ln10 = Math.Log(10);

    /// <summary>An axis from one finite number to another or the same, and never of no length. Beyond both is a margin, a share of the way
    /// between them or at least so much.</summary>
    public static Axis Around(double low, double high, double share, double least)
    {
        double margin = Math.Max(((high / 2) - (low / 2)) * (2 * share), Math.Max(least, Math.Max(Math.Abs(low), Math.Abs(high)) * Finest));
        return new(Math.Max(low - margin, double.MinValue), Math.Min(high + margin, double.MaxValue));
    }

    /// <summary>Where a number, not NaN, stands between the ends: 0 at the low one, 1 at the high one, no further for what is
    /// beyond.</summary>
    public double Share(double value)
    {
        double length = High - Low;
        double share = double.IsFinite(length) ? (value - Low) / length : ((value / 2) - (Low / 2)) / ((High / 2) - (Low / 2));
        return Math.Clamp(share, 0, 1);
    }

    /// <summary>Round numbers, at most a dozen or so and no closer than <paramref name="closest"/>.</summary>
    public IReadOnlyList<AxisTick> Ticks(double closest = 0) =>
        RoundNumbers(Low, High, closest).ConvertAll(tick => new AxisTick(tick, Text(tick)));

    /// <summary>Round numbers for an axis of natural logarithms, labelled by what those are of.</summary>
    public IReadOnlyList<AxisTick> LogTicks()
    {
        double low = Math.Exp(Low), high = Math.Exp(High);
        if (High - Low <= MostDecades * s_ln10 && double.IsNormal(low) && double.IsFinite(high))
            return [.. LogNumbers(low, high).Select(tick => new AxisTick(Math.Log(tick), Text(tick)))];
        List<double> powers = RoundNumbers(Low / s_ln10, High / s_ln10, 1);
        return [.. powers.Where(power => double.IsFinite(power * s_ln10)).Select(power => new AxisTick(power * s_ln10, Power(power)))];
    }

    private static List<double> RoundNumbers(double low, double high, double closest)
    {
        // Of ends so far apart that no number says how far, half the way.
        (double length, double most) = double.IsFinite(high - low) ? (high - low, MostTicks) : ((high / 2) - (low / 2), MostTicks / 2.0);
        double unit = Math.Pow(10, Math.Floor(Math.Log10(length)) - 1);
        double step = new[] { unit, unit * 10, unit * 100 }.SelectMany(u => s_steps.Select(s => s * u))
            .FirstOrDefault(s => s >= closest && s > 0 && length / s <= most, closest);
        var ticks = new List<double>();
        if (!(step > 0) || !double.IsFinite(step)) return ticks;
        double first = Math.Ceiling((low / step) - 1e-9);
        for (int i = 0; i <= MostTicks + 1; i++)
        {
            double tick = (first + i) * step;
            if (!(tick <= high + (Math.Abs(high) * 1e-9))) break;

            // Where the ends differ in their last digits only, there is nothing round between them.
            if (double.IsFinite(tick) && (ticks.Count == 0 || tick > ticks[^1])) ticks.Add(tick);
        }

        return ticks;
    }

    private static IReadOnlyList<double> LogNumbers(double low, double high)
    {
        if (high / low < NearlyLinear) return RoundNumbers(low, high, 0);
        double[] wide = [.. Digits(s_wide)];
        return wide.Length >= 4 ? wide : [.. Digits(s_coarse)];

        IEnumerable<double> Digits(double[] kind)
        {
            for (int power = (int)Math.Floor(Math.Log10(low)); power <= Math.Log10(high); power++)
            {
                foreach (double digit in kind)
                {
                    double tick = digit * Math.Pow(10, power);
                    if (tick >= low && tick <= high) yield return tick;
                }
            }
        }
    }

    private static string Text(double value) =>
        value.ToString(value == 0 || Math.Abs(value) is >= 0.01 and < 1e5 ? "0.##" : "0.#e+0", CultureInfo.InvariantCulture);

    // 1e+400 is no double.
    private static string Power(double power)
    {
        string digits = Math.Abs(power) < 1e9 ? power.ToString("0", CultureInfo.InvariantCulture) : $"({Text(power)})";
        return $"1e{(power < 0 ? "" : "+")}{digits}";
    }
}
