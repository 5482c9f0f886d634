namespace TinySD.Tools.Display;

/// <summary>Numbers as people read them, the same in every culture.</summary>
internal static class Figures
{
    /// <summary>The natural logarithm of 2.</summary>
    public const double NatsPerBit = 0.6931471805599453;

    private const string Short = "0.##e+0";

    /// <summary>A count with its thousands marked.</summary>
    public static string Count(double count) => Text(count, Math.Abs(count) < 1e18 ? "N0" : Short);

    /// <summary>A count of something, as <c>1 step</c> or <c>35 steps</c>.</summary>
    public static string Count(long count, string what) => $"{Count(count)} {what}{(count == 1 ? "" : "s")}";

    /// <summary>A perplexity: two decimals, or fewer where there are many digits before them.</summary>
    public static string Perplexity(double perplexity) => Text(perplexity, Math.Abs(perplexity) < 10_000 ? "0.00" : Short);

    /// <summary>A loss in bits.</summary>
    public static string Bits(double nats) => Fixed(nats / NatsPerBit, 3);

    /// <summary>A number with a fixed count of decimals, or fewer digits where it is very large.</summary>
    public static string Fixed(double number, int decimals) => Text(number, Math.Abs(number) < 1e15 ? "F" + decimals : Short);

    /// <summary>A setting, as short as it can be written without loss.</summary>
    public static string Setting(float number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A share that somebody typed, as <c>5 %</c>.</summary>
    public static string Percent(float share) => Text((double)(100m * (decimal)share), "0.####") + " %";

    /// <summary>Bytes of a memory as <c>48 KiB</c> or <c>1.5 MiB</c>.</summary>
    public static string Size(long bytes) => bytes >= 1 << 20
        ? $"{Text(bytes / 1048576.0, "0.##")} MiB"
        : bytes >= 1 << 10 ? $"{Text(bytes / 1024.0, "0")} KiB" : Count(bytes, "byte");

    /// <summary>A time span as <c>12 s</c>, <c>3:05</c> or <c>2:03:05</c>.</summary>
    public static string Duration(double seconds)
    {
        if (!(seconds < 100 * 24 * 3600.0)) return "very long";

        // A clock that was put back in between makes less than nothing.
        var span = TimeSpan.FromSeconds(Math.Round(Math.Max(0, seconds)));
        if (span.TotalMinutes < 1) return span.Seconds.ToString(CultureInfo.InvariantCulture) + " s";
        return span.TotalHours < 1
            ? span.ToString(@"m\:ss", CultureInfo.InvariantCulture)
            : ((int)span.TotalHours).ToString(CultureInfo.InvariantCulture) + span.ToString(@"\:mm\:ss", CultureInfo.InvariantCulture);
    }

    private static string Text(double number, string format) => number switch
    {
        double.PositiveInfinity => "∞",
        double.NegativeInfinity => "-∞",
        _ => number.ToString(format, CultureInfo.InvariantCulture),
    };
}
