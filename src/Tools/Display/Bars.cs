namespace TinySD.Tools.Display;

/// <summary>Draws a number as a bar of text.</summary>
internal static class Bars
{
    private const string Eighths = " ▏▎▍▌▋▊▉";

    /// <summary>A bar of <paramref name="share"/> of <paramref name="width"/> columns, to an eighth of a column.</summary>
    public static string Draw(double share, int width)
    {
        int eighths = (int)Math.Round(Length(share, 1, width) * 8);
        return (new string('█', eighths / 8) + Eighths[eighths % 8]).TrimEnd();
    }

    /// <summary>How long a bar is beside the longest one, 0 to <paramref name="width"/>; 0 where there is nothing to compare.</summary>
    public static double Length(double value, double longest, double width) =>
        value > 0 && longest > 0 ? Math.Min(double.IsInfinity(longest) ? 0 : value / longest, 1) * width : 0;
}
