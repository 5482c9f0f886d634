namespace TinySD.Tools.Display;

/// <summary>Draws series of numbers as text: no colour, no escape codes, fit for any terminal and for a file.</summary>
internal static class TextPlot
{
    /// <summary>A line of the plot: what its points are drawn with, its legend, and its values, evenly spaced along x.</summary>
    public sealed record Series(char Mark, string Name, IReadOnlyList<double> Values);

    private const char BothMark = '*';
    private const int LabelWidth = 6;

    // A few values are spread out, so far at most.
    private const int MostColumnsPerValue = 4;

    /// <summary>Draws two series of as many values over one pair of axes, in so many columns in all and rows of the drawing itself; a few
    /// values are spread out over more columns if asked.</summary>
    public static string Draw(Series first, Series second, int width, int height, string yTitle, string xTitle, bool spread = false)
    {
        if (first.Values.Count == 0 || second.Values.Count == 0) return "";
        int count = first.Values.Count, widest = Math.Clamp(width - LabelWidth - 2, 2, 200), values = Math.Clamp(count, 2, widest);
        int apart = count < 2 || !spread ? 1 : Math.Clamp((widest - 1) / (values - 1), 1, MostColumnsPerValue);
        int columns = ((values - 1) * apart) + 1;
        double[] one = Shrink(first.Values, values), two = Shrink(second.Values, values);
        Axis up = AxisOf([.. one.Concat(two).Where(double.IsFinite)]);

        char[,] grid = new char[height, columns];
        for (int value = 0; value < values; value++)
        {
            int column = value * apart;
            Put(column, one[value], first.Mark);
            Put(column, two[value], second.Mark);
        }

        var text = new StringBuilder();
        text.Append($"{yTitle}    {first.Mark} {first.Name}   {second.Mark} {second.Name}   {BothMark} both\n");
        for (int row = 0; row < height; row++)
        {
            bool hasLabel = row % 3 == 0 || row == height - 1;
            string label = hasLabel ? Label(row) : "";
            text.Append(CultureInfo.InvariantCulture, $"{label.PadLeft(LabelWidth)} {(hasLabel ? '┤' : '│')}");
            var line = new StringBuilder(columns);
            for (int column = 0; column < columns; column++) line.Append(grid[row, column] == 0 ? ' ' : grid[row, column]);
            text.Append(line.ToString().TrimEnd()).Append('\n');
        }

        string last = first.Values.Count.ToString(CultureInfo.InvariantCulture);
        text.Append(new string(' ', LabelWidth + 1)).Append('└').Append('─', columns).Append('\n');
        string title = xTitle.PadLeft((columns + xTitle.Length) / 2).PadRight(Math.Max(0, columns - 1 - last.Length));
        return text.Append(new string(' ', LabelWidth + 2)).Append('1').Append(title).Append(last).Append('\n').ToString();

        // What is infinite stands at the edge, what is no number nowhere.
        void Put(int column, double value, char mark)
        {
            if (double.IsNaN(value)) return;
            int row = (int)Math.Round((1 - up.Share(value)) * (height - 1));
            grid[row, column] = grid[row, column] == 0 ? mark : BothMark;
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

    /// <summary>Averages neighbours until there are as many values as columns.</summary>
    private static double[] Shrink(IReadOnlyList<double> values, int columns)
    {
        double[] means = new double[columns];
        for (int column = 0; column < columns; column++)
        {
            int from = (int)((long)column * values.Count / columns);
            int to = Math.Max(from + 1, (int)((long)(column + 1) * values.Count / columns));
            for (int i = from; i < to; i++) means[column] += values[i] / (to - from);
        }

        return means;
    }
}
