namespace TinySD.Tools.Training;

/// <summary>Options and values as reports show them.</summary>
internal static class SettingRows
{
    /// <summary>A recipe's rows, and after the first, which names its preset, those of settings beside it.</summary>
    public static IEnumerable<(string Option, string Value)> With(
        IEnumerable<(string Option, string Value)> recipe, params IReadOnlyList<(string Option, string Value)> beside)
    {
        (string Option, string Value)[] all = [.. recipe];
        return [all[0], .. beside, .. all[1..]];
    }
}
