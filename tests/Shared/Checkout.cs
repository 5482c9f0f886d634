namespace TinySD.Tests.Shared;

/// <summary>The checkout that this build came from, found by walking up from the test assembly.</summary>
internal static class Checkout
{
    /// <summary>Its root.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "TinySD.sln"))) return folder.FullName;
        }

        throw new InvalidOperationException("no TinySD.sln above the test assembly: run the tests from a checkout");
    }
}
