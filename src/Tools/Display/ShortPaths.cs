namespace TinySD.Tools.Display;

/// <summary>Paths as short as they can be told apart: a file's name, and as many of its folders as it takes.</summary>
internal static class ShortPaths
{
    /// <summary>One for each of some paths, which are of different files.</summary>
    public static string[] Of(IReadOnlyList<string> paths)
    {
        string[][] parts = [.. paths.Select(path => Path.GetFullPath(path).Split(Path.DirectorySeparatorChar))];
        return Array.ConvertAll(parts, own =>
        {
            int count = 1;
            while (count < own.Length && parts.Count(other => EndsAlike(own, other, count)) > 1) count++;
            return string.Join(Path.DirectorySeparatorChar, own[^count..]);
        });
    }

    private static bool EndsAlike(string[] one, string[] other, int count) =>
        one.AsSpan(one.Length - count).SequenceEqual(other.AsSpan(Math.Max(0, other.Length - count)));
}
