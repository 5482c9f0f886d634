using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using TinySD.Runtime.Models;

namespace TinySD.Runtime.Tests;

/// <summary>Who may know whom: fails when an arrow points the wrong way.</summary>
public sealed partial class ArchitectureTests
{
    // The rooms of the runtime and what each may use. A room that is new must be given its place here. Inference and Training take a
    // hardware profile from the host only to hand it to Ops.
    private static readonly Rooms s_rooms = new("src/Runtime", "TinySD.Runtime", new Dictionary<string, string[]>
    {
        ["Numerics"] = [],
        ["Threading"] = ["Numerics"],
        ["Memory"] = ["Numerics"],
        ["Hardware"] = ["Numerics"],
        ["Masks"] = ["Numerics"],
        ["Kernels"] = ["Numerics"],
        ["Ops"] = ["Numerics", "Threading", "Memory", "Masks", "Hardware", "Kernels"],
        ["Layers"] = ["Numerics", "Threading", "Memory", "Masks", "Ops"],
        ["Models"] = ["Numerics", "Threading", "Memory", "Masks", "Ops", "Layers"],
        ["Inference"] = ["Numerics", "Threading", "Memory", "Masks", "Ops", "Layers", "Models", "Hardware"],
        ["Training"] = ["Numerics", "Threading", "Memory", "Masks", "Ops", "Layers", "Models", "Hardware"],
        ["Tasks"] = ["Numerics", "Threading", "Memory", "Masks", "Ops", "Layers", "Models", "Hardware", "Inference", "Training"],
    });

    [Test]
    public async Task Rooms_of_the_runtime_use_only_the_rooms_below_them() => await Assert.That(s_rooms.Faults()).IsEmpty();

    [Test]
    public async Task The_list_of_rooms_has_no_circle() => await Assert.That(s_rooms.Order()[0]).IsEqualTo("Numerics");

    [Test]
    [Arguments("src/Runtime", "TinySD.Formats|TinySD.Tools")]
    [Arguments("src/Formats", "TinySD.Tools")]
    public async Task No_project_knows_the_ones_above_it(string project, string above)
    {
        var wrong = new List<string>();
        foreach ((string path, string code) in Repository.Sources(project))
        {
            if (Regex.IsMatch(code, $@"\b({above.Replace(".", @"\.", StringComparison.Ordinal)})\b")) wrong.Add(path);
        }

        foreach (string file in Directory.EnumerateFiles(Path.Combine(Checkout.Root, project), "*.csproj"))
        {
            string names = above.Replace(".", @"\.", StringComparison.Ordinal);
            if (Regex.IsMatch(await File.ReadAllTextAsync(file), $"ProjectReference[^>]*({names})")) wrong.Add(file);
        }

        await Assert.That(wrong).IsEmpty();
    }

    [Test]
    public async Task The_runtime_uses_no_files_console_environment_reflection_tasks_or_thread_pool()
    {
        var wrong = new List<string>();
        using var file = new PEReader(File.OpenRead(typeof(LanguageModel).Assembly.Location));
        MetadataReader metadata = file.GetMetadataReader();
        foreach (TypeReference type in metadata.TypeReferences.Select(metadata.GetTypeReference))
        {
            string name = $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
            // What the compiler itself writes into every assembly.
            if (name.StartsWith("System.Reflection.", StringComparison.Ordinal) && name.EndsWith("Attribute", StringComparison.Ordinal))
                continue;
            if (Forbidden().IsMatch(name)) wrong.Add(name);
        }

        await Assert.That(wrong).IsEmpty();
    }

    [Test]
    public async Task Only_the_worker_pool_starts_threads()
    {
        IEnumerable<string> starters = Repository.Sources("src/Runtime")
            .Where(source => source.Code.Contains("new Thread(", StringComparison.Ordinal)).Select(source => source.Path);
        await Assert.That(string.Join(' ', starters)).IsEqualTo("Threading/WorkerPool.cs");
    }

    [Test]
    public async Task Intrinsics_live_in_the_lanes_and_where_a_width_is_chosen()
    {
        string[] allowed = ["Hardware/CpuFeatures.cs", "Kernels/DotTile.cs", "Ops/KernelChoice.cs", "Ops/LaneKernels.cs"];
        IEnumerable<string> users = Repository.Sources("src/Runtime")
            .Where(source => source.Code.Contains("System.Runtime.Intrinsics", StringComparison.Ordinal))
            .Select(source => source.Path)
            .Where(path => !path.StartsWith("Kernels/Lanes/", StringComparison.Ordinal) && !allowed.Contains(path));
        await Assert.That(users).IsEmpty();
    }

    [Test]
    public async Task What_the_system_s_C_library_computes_is_nowhere_used()
    {
        IEnumerable<string> users = Repository.Sources("src/Runtime")
            .Where(source => OfTheSystem().IsMatch(source.Code))
            .Select(source => source.Path);
        await Assert.That(users).IsEmpty();
    }

    [GeneratedRegex(@"\bMathF?\.(A?(Cos|Sin|Tan)h?(Pi)?|Atan2|Exp\w*|Log[12P]?\w*|Pow|Cbrt|Hypot)\(")]
    private static partial Regex OfTheSystem();

    [GeneratedRegex(
        @"^System\.(IO\.|Console$|Environment$|AppContext$|Reflection\.|Activator$|" +
        @"Diagnostics\.Process|Net\.|Threading\.ThreadPool$|Threading\.Tasks\.)")]
    private static partial Regex Forbidden();
}
