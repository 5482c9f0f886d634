namespace TinySD.Tools.Display;

/// <summary>Draws a number as a bar of text.</summary>
internal static class Bars
{
    private const string Eighths = " ▏▎▍▌▋▊▉";

    /// <summary>A bar of <paramref name="share"/> of <paramref name="width"/> columns, to an eighth of a column.</summary>
    public static string Draw(double share, int width)
    {
        int eighths = (int)Math.Round(Math.Clamp(share, 0, 1) * width * 8);
        return (new string('█', eighths / 8) + Eighths[eighths % 8]).TrimEnd();
    }
}
