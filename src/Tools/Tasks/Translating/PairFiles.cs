namespace TinySD.Tools.Tasks.Translating;

/// <summary>Two files whose lines belong together.</summary>
/// <param name="Source">The sentences, a line each.</param>
/// <param name="Target">Their translations.</param>
internal sealed record PairFiles(string Source, string Target)
{
    public override string ToString() => $"{Source}, {Target}";
}
