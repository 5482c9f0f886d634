namespace TinySD.Tools.Display;

/// <summary>Paths as short as they can be told apart: a file's name, and as many of its folders as it takes.</summary>
internal static class ShortPaths
{
    /// <summary>One for each of some paths, which are of different files.</summary>
    public static string[] Of(string[] paths)
    {
        string[][] parts = Array.ConvertAll(paths, path => Path.GetFullPath(path).Split(Path.DirectorySeparatorChar));
        return Array.ConvertAll(parts, own =>
        {
            int count = 1;
            while (count < own.Length && Array.Exists(parts, other => other != own && EndsAlike(own, other, count))) count++;
            return string.Join(Path.DirectorySeparatorChar, own[^count..]);
        });
    }

    private static bool EndsAlike(string[] one, string[] other, int count) =>
        one.AsSpan(one.Length - count).SequenceEqual(other.AsSpan(Math.Max(0, other.Length - count)));
}
