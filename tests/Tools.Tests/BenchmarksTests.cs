using System.Text.Json;

namespace TinySD.Tools.Tests;

/// <summary>The benchmarks' commands run, refuse what is none, and tell what they measured; no figure of time is looked at.</summary>
public sealed class BenchmarksTests
{
    [Test]
    public async Task Steps_are_compared_before_they_are_timed_and_allocate_nothing()
    {
        CliResult result = await RunAsync(
            "inference-steps", "--shapes", "5/16", "24/16xB3xT4", "--rounds", "3", "--block-ms", "1", "--other-mib", "1", "--json");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        JsonElement[] shapes = [.. result.Json.GetProperty("shapes").EnumerateArray()];
        await Assert.That(shapes.Select(shape => shape.GetProperty("name").GetString()!)).IsEquivalentTo(["5/16", "24/16xB3xT4"]);
        await Assert.That(shapes[0].GetProperty("matrixBytes").GetInt64()).IsEqualTo(4 * 16 * (5 + 16) * sizeof(float));
        await Assert.That(shapes[1].GetProperty("batch").GetInt32()).IsEqualTo(3);
        await Assert.That(shapes[1].GetProperty("steps").GetInt32()).IsEqualTo(4);
        foreach (JsonElement contestant in shapes.SelectMany(shape => shape.GetProperty("contestants").EnumerateArray()))
        {
            string name = contestant.GetProperty("name").GetString()!;
            await Assert.That(contestant.GetProperty("allocatedBytes").GetDouble()).IsEqualTo(0).Because(name);
            JsonElement times = contestant.GetProperty("microseconds");
            double[] spread = [.. Spread.Select(part => times.GetProperty(part).GetDouble())];
            await Assert.That(spread).IsInOrder().Because(name);
            await Assert.That(spread[0]).IsGreaterThan(0).Because(name);
            bool isSingle = name.EndsWith("float32", StringComparison.Ordinal);
            if (isSingle) await Assert.That(contestant.GetProperty("largestDifference").GetDouble()).IsEqualTo(0);
            if (isSingle) await Assert.That(contestant.GetProperty("ofBasis").GetProperty("upper").GetDouble()).IsEqualTo(1);
        }
    }

    [Test]
    public async Task Steps_are_told_as_tables_too()
    {
        CliResult result =
            await RunAsync("inference-steps", "--shapes", "3/8", "--rounds", "2", "--block-ms", "1", "--other-mib", "1");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Out).Contains("| microseconds a call").And.Contains("| 3/8 ").And.Contains("TinySD, float32")
            .And.Contains("TinySD.Runtime.dll");
    }

    [Test]
    public async Task A_shape_that_is_none_and_a_library_that_is_not_there_are_told_in_a_line()
    {
        foreach (string shape in (string[])["4:8", "4", "0/8", "4/8xQ3", "4/8x", "9999/8"])
        {
            CliResult wrong = await RunAsync("inference-steps", "--shapes", shape);
            await Assert.That(wrong.Code).IsNotEqualTo(0).Because(shape);
            await Assert.That(wrong.Error).Contains($"--shapes has '{shape}'; expected for example 650/650");
        }

        CliResult library = await RunAsync("inference-steps", "--shapes", "4/8", "--library", "/no/such/libtinysd.so");
        await Assert.That(library.Error).Contains("/no/such/libtinysd.so is not there; dotnet publish src/Native makes it.");
    }

    [Test]
    public async Task A_plain_build_has_no_native_library_of_a_peer()
    {
        string bin = BuiltProgram.FolderOf("tests/Benchmarks");
        string dependencies = await File.ReadAllTextAsync(Path.Combine(bin, "TinySD.Benchmarks.deps.json"));
        if (dependencies.Contains("libonnxruntime.so", StringComparison.Ordinal)) Skip.Test("it was built with -p:OnnxRuntime=true");
        CliResult peer = await RunAsync("inference-steps", "--shapes", "4/8", "--peer", "onnxruntime");
        await Assert.That(peer.Code).IsEqualTo(1);
        await Assert.That(peer.Error).Contains("error: this build has no ONNX Runtime: build or run with -p:OnnxRuntime=true.");
    }

    private static readonly string[] Spread = ["minimum", "lower", "median", "upper"];

    private static Task<CliResult> RunAsync(params string[] args) =>
        BuiltProgram.RunAsync("tests/Benchmarks", "TinySD.Benchmarks", null, args);
}
