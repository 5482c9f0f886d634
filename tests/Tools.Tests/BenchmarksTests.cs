using System.Text.Json;
using TinySD.Formats.Models;
using TinySD.Runtime.Models;

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
    public async Task Every_way_to_run_a_model_has_its_bytes_and_the_metric_that_eval_has()
    {
        using var folder = new TestFolder();
        string words = string.Concat(Enumerable.Range(0, 60).Select(i => $"the {i % 13} sat on the {i * i % 7} mat\n"));
        string text = folder.PutText("text.txt", words), table = folder.PutText("table.csv", "x,y\n" + string.Concat(
            Enumerable.Range(0, 200).Select(i => FormattableString.Invariant($"{Math.Sin(i * 0.7)},{Math.Cos(i * 0.3)}\n"))));
        string language = folder["lm.tsd"], regressor = folder["r.tsd"];
        CliResult first = Tinysd.Run(
            "train", "lm", "--train", text, "--valid", text, "--hidden", "16", "--epochs", "1", "--no-checkpoints", "--out", language);
        CliResult second = Tinysd.Run(
            "train", "regressor", "--train", table, "--targets", "y", "--hidden", "8", "--epochs", "1", "--out", regressor);
        await Assert.That(first.Code + second.Code).IsEqualTo(0).Because(first.Error + second.Error);
        CliResult result = await RunAsync(
            "inference-paths", language, regressor, "--text", text, "--series", table, "--rows", "120,80", "--rounds", "2",
            "--block-ms", "1", "--other-mib", "1", "--json");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        JsonElement[] rows = [.. result.Json.GetProperty("rows").EnumerateArray()];
        JsonElement lm = rows.First(row => row.GetProperty("model").GetString() == "lm.tsd");
        JsonElement reg = rows.First(row => row.GetProperty("model").GetString() == "r.tsd");
        await Assert.That(lm.GetProperty("path").GetString()).IsEqualTo("float32");
        double perplexity =
            Tinysd.Run("eval", language, "--data", text, "--streams", "1", "--json").Json.GetProperty("perplexity").GetDouble();
        double mse = Tinysd.Run("eval", regressor, "--data", table, "--rows", "120,80", "--json").Json.GetProperty("mse").GetDouble();
        await Assert.That(lm.GetProperty("value").GetDouble()).IsEqualTo(perplexity).Within(perplexity * 1e-6);
        await Assert.That(reg.GetProperty("value").GetDouble()).IsEqualTo(mse).Within(mse * 1e-9);
        await Assert.That(lm.GetProperty("fileBytes").GetInt64()).IsEqualTo(new FileInfo(language).Length);
        LanguageModel model = LanguageModelFile.Load(language).Model;
        await Assert.That(lm.GetProperty("weightBytes").GetInt64())
            .IsEqualTo(sizeof(float) * ((long)model.Layout.LengthFloats + model.PreparedFloats));
        foreach (JsonElement row in rows)
        {
            string told = $"{row.GetProperty("model")} {row.GetProperty("path")}";
            await Assert.That(row.GetProperty("allocatedBytes").GetDouble()).IsEqualTo(0).Because(told);
            await Assert.That(row.GetProperty("sessionBytes").GetInt64()).IsGreaterThan(0).Because(told);
        }
    }

    [Test]
    public async Task A_model_without_its_data_and_a_file_that_is_none_are_told_in_a_line()
    {
        using var folder = new TestFolder();
        string stack = folder["s.tsd"];
        RecurrentStackFile.Save(stack, new RecurrentStack(new() { Cell = Runtime.Layers.CellKind.Gru, InputSize = 3, HiddenSize = 4 }));
        CliResult other = await RunAsync("inference-paths", stack);
        await Assert.That(other.Code).IsEqualTo(1);
        await Assert.That(other.Error).Contains("is of kind 'recurrent-stack'; expected a language model or a regressor.");
        CliResult none = await RunAsync("inference-paths", folder["none.tsd"]);
        await Assert.That(none.Error).StartsWith("error: there is no file").And.Contains("none.tsd");
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
