namespace TinySD.Tools.Display;

/// <summary>Draws series of numbers as text: no colour, no escape codes, fit for any terminal and for a file.</summary>
internal static class TextPlot
{
    /// <summary>A line of the plot: what its points are drawn with, its legend, and its values, evenly spaced along x.</summary>
    public sealed record Series(char Mark, string Name, IReadOnlyList<double> Values)
    {
        /// <summary>Whether its points take the place of others, as those do that single some of them out.</summary>
        public bool IsOnTop { get; init; }
    }

    private const char SharedMark = '*';
    private const int LabelWidth = 6;
    private const string BetweenNames = "   ";

    // A few values are spread out, over so many columns, or so far.
    private const int SpreadColumns = 40, ColumnsPerValue = 4;

    /// <summary>Draws series of as many values over one pair of axes, in so many columns in all and rows of the drawing itself; a few
    /// values are spread out over more columns if asked.</summary>
    public static string Draw(IReadOnlyList<Series> series, int width, int height, string yTitle, string xTitle, bool spread = false)
    {
        if (series.Count == 0 || series.Any(one => one.Values.Count == 0)) return "";
        int count = series[0].Values.Count, widest = Math.Clamp(width - LabelWidth - 2, 2, 200), values = Math.Clamp(count, 2, widest);
        int most = Math.Max(SpreadColumns / (values - 1), ColumnsPerValue);
        int apart = count < 2 || !spread ? 1 : Math.Clamp((widest - 1) / (values - 1), 1, most);
        int columns = ((values - 1) * apart) + 1;
        double[][] shrunk = [.. series.Select(one => Shrink(one.Values, values))];
        Axis up = AxisOf([.. shrunk.SelectMany(one => one).Where(double.IsFinite)]);

        char[,] grid = new char[height, columns];
        for (int value = 0; value < values; value++)
        {
            for (int i = 0; i < series.Count; i++) Put(value * apart, shrunk[i][value], series[i]);
        }

        var text = new StringBuilder();
        AddLegend();
        for (int row = 0; row < height; row++)
        {
            bool hasLabel = row % 3 == 0 || row == height - 1;
            string label = hasLabel ? Label(row) : "";
            text.Append(CultureInfo.InvariantCulture, $"{label.PadLeft(LabelWidth)} {(hasLabel ? '┤' : '│')}");
            var line = new StringBuilder(columns);
            for (int column = 0; column < columns; column++) line.Append(grid[row, column] == 0 ? ' ' : grid[row, column]);
            text.Append(line.ToString().TrimEnd()).Append('\n');
        }

        string last = count.ToString(CultureInfo.InvariantCulture);
        text.Append(new string(' ', LabelWidth + 1)).Append('└').Append('─', columns).Append('\n');
        string title = xTitle.PadLeft((columns + xTitle.Length) / 2).PadRight(Math.Max(0, columns - 1 - last.Length));
        return text.Append(new string(' ', LabelWidth + 2)).Append('1').Append(title).Append(last).Append('\n').ToString();

        // As many names on a line as it holds.
        void AddLegend()
        {
            int below = series.Count(one => !one.IsOnTop), at = 0;
            string[] shared = below < 2 ? [] : [$"{SharedMark} {(below == 2 ? "both" : "several")}"];
            foreach (string name in (string[])[yTitle, .. series.Select(one => $"{one.Mark} {one.Name}"), .. shared])
            {
                string between = at == 0 ? "" : at == yTitle.Length ? $" {BetweenNames}" : BetweenNames;
                if (at > 0 && at + between.Length + TextWidth.Of(name) > width) (between, at) = ("\n", -1);
                text.Append(between).Append(name);
                at += between.Length + TextWidth.Of(name);
            }

            text.Append('\n');
        }

        // What is infinite stands at the edge, what is no number nowhere.
        void Put(int column, double value, Series one)
        {
            if (double.IsNaN(value)) return;
            int row = (int)Math.Round((1 - up.Share(value)) * (height - 1));
            grid[row, column] = grid[row, column] == 0 || one.IsOnTop ? one.Mark : SharedMark;
        }

        string Label(int row)
        {
            double part = (double)row / (height - 1), number = (up.High * (1 - part)) + (up.Low * part);
            return Math.Abs(number) < 1e5 ? Figures.Fixed(number, 2) : Figures.Perplexity(number);
        }
    }

    // Of equal values, one step more.
    private static Axis AxisOf(double[] values)
    {
        if (values.Length == 0) return new(0, 1);
        double low = values.Min(), high = values.Max();
        return high > low ? new(low, high) : low + 1 > low ? new(low, low + 1) : Axis.Around(low, high, 0, 0);
    }

    /// <summary>Averages neighbours until there are as many values as columns. Those that are no numbers do not count, if there are
    /// others.</summary>
    private static double[] Shrink(IReadOnlyList<double> values, int columns)
    {
        double[] means = new double[columns];
        for (int column = 0; column < columns; column++)
        {
            int from = (int)((long)column * values.Count / columns);
            int to = Math.Max(from + 1, (int)((long)(column + 1) * values.Count / columns));
            double[] known = [.. values.Skip(from).Take(to - from).Where(value => !double.IsNaN(value))];
            means[column] = known.Length == 0 ? double.NaN : known.Sum(value => value / known.Length);
        }

        return means;
    }
}
