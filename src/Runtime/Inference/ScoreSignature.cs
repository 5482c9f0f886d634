using System.Globalization;

namespace TinySD.Runtime.Inference;

/// <summary>What the signatures of all scores have, in sacreBLEU's spelling.</summary>
internal static class ScoreSignature
{
    /// <summary>References of each sentence, and whether case counts.</summary>
    public static string Start(int? references, bool isLowerCase) => string.Create(
        CultureInfo.InvariantCulture,
        $"nrefs:{references?.ToString(CultureInfo.InvariantCulture) ?? "var"}|case:{(isLowerCase ? "lc" : "mixed")}");

    /// <summary>The program that counted.</summary>
    /// <exception cref="ArgumentException">It has no name.</exception>
    public static string End(string version)
    {
        ArgumentException.ThrowIfNullOrEmpty(version);
        return $"version:{version}";
    }

    /// <summary>A switch.</summary>
    public static string YesOrNo(bool value) => value ? "yes" : "no";
}
