using TinySD.Tools.Json;
using TinySD.Tools.Machines;

namespace TinySD.Tools.Reproduce;

/// <summary>What figures depend on, as a grid's files have it.</summary>
internal static class GridSurroundings
{
    public static Surroundings Read(GridMembers json) => new(
        json.String("processor"), json.Int("cores"), json.String("caches"), json.String("instructionSet"), json.String("operatingSystem"),
        json.String("runtime"), json.String("profile"), json.Int("threads"), json.String("build"));

    public static void Write(JsonMembers json, Surroundings on) => json
        .Add(on.Processor, "processor").Add(on.Cores, "cores").Add(on.Caches, "caches").Add(on.InstructionSet, "instructionSet")
        .Add(on.OperatingSystem, "operatingSystem").Add(on.Runtime, "runtime").Add(on.Profile, "profile").Add(on.Threads, "threads")
        .Add(on.Build, "build");
}
