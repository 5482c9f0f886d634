using TinySD.Formats.Hardware;
using TinySD.Runtime.Hardware;

namespace TinySD.Formats.Tests;

/// <summary>Hardware profiles: those that are shipped, each with its fallbacks built in.</summary>
internal sealed class ProfileFuzz : FuzzFormat
{
    public override string Name => "json";

    public override IReadOnlyList<string> Words =>
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud800", "null", "true", "false", "1e999", "-0", "\n", "\t", "\0", "\uFEFF",
        "/**/", "é",
        "\"fallback\":\"x64-avx2\",", "\"name\":\"x\",", "\"kind\":\"systolic\",", "\"simd\":{", "\"systolic\":{", "\"keepMultiple\":0,",
        "[[[[[[[[[", "{\"simd\":",
    ];

    public override IReadOnlyList<FileProblemKind> Expected =>
        [FileProblemKind.ProfileInvalid, FileProblemKind.NotUtf8, FileProblemKind.Empty];

    public override IReadOnlyList<byte[]> MakeSeeds() => [.. BuiltInProfiles.Names.Select(name => BuiltInProfiles.TextOf(name)!)];

    // The fault may be in a fallback.
    public override bool IsNamed(FileProblem problem, string path) =>
        base.IsNamed(problem, path) || (BuiltInProfiles.Names.Contains(problem.File)
            && problem.Message.StartsWith(problem.File, StringComparison.Ordinal));

    public override FileProblem? ReadAll(string path)
    {
        if (!HardwareProfileFile.TryLoad(path, out var chain, out FileProblem? problem)) return problem;
        foreach (HardwareProfile profile in chain)
        {
            using var text = new MemoryStream();
            HardwareProfileFile.Write(text, profile);
        }

        return null;
    }
}
