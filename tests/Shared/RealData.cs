namespace TinySD.Tests.Shared;

/// <summary>Public data below the folder that <c>TINYSD_DATA</c> names. Without it a test is skipped; with it a missing
/// file is a failure.</summary>
internal static class RealData
{
    public static string Find(string relativePath)
    {
        string? folder = Environment.GetEnvironmentVariable("TINYSD_DATA");
        if (string.IsNullOrEmpty(folder)) Skip.Test($"TINYSD_DATA is not set; it should name the folder that holds {relativePath}");
        string path = Path.Combine(folder!, relativePath);
        return File.Exists(path) ? path : throw new FileNotFoundException($"TINYSD_DATA is set to {folder}, which has no {relativePath}");
    }
}
