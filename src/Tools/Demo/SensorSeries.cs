using TinySD.Tools.Synthetic;

namespace TinySD.Tools.Demo;

/// <summary>A fault of a sensor: its rows, counted from the first of the test part.</summary>
/// <param name="Name">What is wrong.</param>
/// <param name="First">Its first row.</param>
/// <param name="Count">How many rows it lasts.</param>
internal sealed record SensorFault(string Name, int First, int Count)
{
    // The value comes back, and what is predicted of the next ones still has the wrong ones before it.
    private const int Aftermath = 3;

    /// <summary>Whether an alarm in a row is for it: in its rows, or the few after them.</summary>
    public bool Explains(int row) => row >= First && row < First + Count + Aftermath;
}

/// <summary>A made-up sensor: the temperature in a workshop, every two hours, which follows the day, less at weekends, with noise. Sums and
/// products make it and nothing else, so that it is the same on every machine.</summary>
internal static class SensorSeries
{
    /// <summary>Rows of a day.</summary>
    public const int RowsPerDay = 12;

    /// <summary>What the model file calls its parts, and its columns.</summary>
    public const string Name = "tinysd-sensor", Target = "temperature";

    // It begins on a Monday, and the test part on a Thursday, to have a weekend.
    private const int DaysPerWeek = 7, Workdays = 5, TrainDays = 143, ValidDays = 14, TestDays = 5;

    // Degrees: the mean, half the way from night to day on a workday and at a weekend, how far noise goes, and how far the spike does.
    private const double Mean = 21, Workday = 6, Weekend = 3, Noise = 0.6, Drift = 0.3, Spike = 6;

    // Of the noise that lasts, what is left of it in the next row.
    private const double Lasting = 0.8;

    /// <summary>What is wrong with the test part.</summary>
    public static IReadOnlyList<SensorFault> Faults { get; } = [new("a stuck sensor", 15, 6), new("a spike", 46, 1)];

    /// <summary>What is fed.</summary>
    public static IReadOnlyList<string> Inputs { get; } = [Target, "hour", "workday"];

    /// <summary>All rows, those of the training part first, and then those to validate and to test on.</summary>
    public static (SeriesPart Train, SeriesPart Valid, SeriesPart Test) Make()
    {
        const int train = TrainDays * RowsPerDay, valid = ValidDays * RowsPerDay, test = TestDays * RowsPerDay;
        double[] temperature = new double[train + valid + test], hour = new double[temperature.Length];
        double[] workday = new double[temperature.Length];
        double drift = 0;
        for (int row = 0; row < temperature.Length; row++)
        {
            var random = SplitMix64.Of(1, (ulong)row);
            bool isWorkday = row / RowsPerDay % DaysPerWeek < Workdays;
            drift = (Lasting * drift) + (Drift * Symmetric(ref random));
            double swing = (isWorkday ? Workday : Weekend) * Wave((double)(row % RowsPerDay) / RowsPerDay);
            temperature[row] = Math.Round(Mean + swing + drift + (Noise * Symmetric(ref random)), 2);
            hour[row] = row % RowsPerDay * (24 / RowsPerDay);
            workday[row] = isWorkday ? 1 : 0;
        }

        Span<double> tested = temperature.AsSpan(train + valid);
        (SensorFault stuck, SensorFault spike) = (Faults[0], Faults[1]);
        tested.Slice(stuck.First, stuck.Count).Fill(tested[stuck.First - 1]);
        tested[spike.First] += Spike;
        var table = new SeriesTable(Inputs, [temperature, hour, workday]);
        return (new(table, 0, train), new(table, train, valid), new(table, train + valid, test));
    }

    // A smooth wave of a day, from -1 at four in the morning to 1 at four in the afternoon: a cubic for each half of it.
    private static double Wave(double day)
    {
        double at = day - (4.0 / 24);
        if (at < 0) at += 1;
        double up = 2 * (at < 0.5 ? at : 1 - at);
        return (2 * up * up * (3 - (2 * up))) - 1;
    }

    // From -1 to 1, most often near 0.
    private static double Symmetric(ref SplitMix64 random) => random.NextDouble() + random.NextDouble() - 1;
}
