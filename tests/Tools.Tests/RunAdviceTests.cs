using System.Text.Json;
using TinySD.Formats.Container;
using TinySD.Formats.Hardware;
using TinySD.Formats.Models;
using TinySD.Runtime.Hardware;
using TinySD.Runtime.Models;
using TinySD.Tools.Machines;

namespace TinySD.Tools.Tests;

/// <summary>What <c>inspect</c> recommends to run a model in: by bytes, caches and instructions of a profile.</summary>
public sealed class RunAdviceTests
{
    [Test]
    [Arguments("x64-avx512")]
    [Arguments("x64-avx2")]
    [Arguments("x64-sse42")]
    [Arguments("arm64-neon")]
    public async Task A_model_that_lies_in_the_first_cache_is_run_as_it_is(string profile)
    {
        // A regressor of 8 units, one column in.
        var advice = RunAdvice.For(Layer(1, 8), Profile(profile), isHere: false);
        await Assert.That(advice.Format).IsEqualTo(RunFormat.Single);
        await Assert.That(advice.Formats.Select(format => format.Source.Name)).IsEquivalentTo(["L1", "L1", "L1"]);
        await Assert.That(advice.Reason).Contains("from L1, and no smaller format is clearly faster");
    }

    [Test]
    [Arguments("x64-avx512", 3000)]
    [Arguments("x64-avx2", 1500)]
    [Arguments("x64-sse42", 1500)]
    [Arguments("arm64-neon", 1500)]
    public async Task A_model_that_comes_from_memory_whatever_the_format_is_run_with_the_fewest_bytes(string profile, int hidden)
    {
        StepWeights weights = Layer(hidden, hidden);
        var advice = RunAdvice.For(weights, Profile(profile), isHere: false);
        await Assert.That(advice.Format).IsEqualTo(RunFormat.Byte);
        await Assert.That(advice.Formats[0].Source.Name).IsEqualTo("memory");
        await Assert.That(advice.Formats[0].StepBytes).IsEqualTo(4L * 4 * hidden * 2 * hidden);
        await Assert.That(advice.Formats[1].StepBytes).IsEqualTo(2L * 4 * hidden * 2 * hidden);
        await Assert.That(advice.Formats[2].StepBytes).IsEqualTo((4L * hidden * 2 * hidden) + (2 * 8 * 4L * hidden));

        // About as many times as fast as there are fewer bytes, and the rounding of what goes in is not free.
        await Assert.That(advice.Formats[1].Speedup).IsBetween(1.8, 2.0);
        await Assert.That(advice.Formats[2].Speedup).IsGreaterThan(3);
    }

    [Test]
    public async Task Bytes_without_dot_products_of_their_own_are_not_recommended_where_halves_are_as_fast()
    {
        // 6.3 MiB in single precision: from the last cache of this profile in every format but the smallest.
        StepWeights weights = Layer(450, 450);
        HardwareProfile profile = Profile("x64-avx512");
        await Assert.That(RunAdvice.For(weights, profile, isHere: false).Format).IsEqualTo(RunFormat.Half);
        double plain = new StepCost(profile.Simd!, hasByteDots: false).CyclesOf(weights, RunFormat.Byte);
        double dotted = new StepCost(profile.Simd!, hasByteDots: true).CyclesOf(weights, RunFormat.Byte);
        await Assert.That(dotted).IsLessThan(plain / 1.3);
    }

    [Test]
    public async Task Weights_come_from_the_nearest_cache_with_a_quarter_to_spare()
    {
        var cost = new StepCost(Profile("x64-avx2").Simd!, hasByteDots: false);
        (long Bytes, string Source)[] cases =
        [
            (1, "L1"), (24_576, "L1"), (24_577, "L2"), (196_608, "L2"), (196_609, "L3"), (6_291_456, "L3"), (6_291_457, "memory"),
        ];
        foreach ((long bytes, string source) in cases) await Assert.That(cost.SourceOf(bytes).Name).IsEqualTo(source).Because($"{bytes}");

        // A machine without a third cache goes from the second to memory.
        await Assert.That(new StepCost(Profile("arm64-neon").Simd!, false).SourceOf(800_000).Name).IsEqualTo("memory");
    }

    [Test]
    public async Task A_microcontroller_takes_the_first_format_that_has_room()
    {
        HardwareProfile profile = Profile("cortex-m-class");

        // 196,608 bytes of its larger memory are for weights: 4 * 96 * 192 numbers are 294,912 bytes, 147,456 and 73,728.
        var advice = RunAdvice.For(Layer(96, 96), profile, isHere: false);
        await Assert.That(advice.Format).IsEqualTo(RunFormat.Half);
        await Assert.That(advice.Reason).Contains("no room for the 288 KiB of float32");
        await Assert.That(RunAdvice.For(Layer(32, 32), profile, false).Format).IsEqualTo(RunFormat.Single);
        await Assert.That(RunAdvice.For(Layer(128, 128), profile, false).Format).IsEqualTo(RunFormat.Byte);
        await Assert.That(RunAdvice.For(Layer(650, 650), profile, false).Reason).Contains("more than the machine's memories hold");
    }

    [Test]
    public async Task A_share_is_recommended_where_a_nearer_cache_holds_it_and_of_models_that_were_trained_so()
    {
        // 8.2 MiB in single precision, 4.1 as bfloat16 in the last cache; of one half a quarter of that, of one quarter a sixteenth.
        StepWeights weights = Layer(512, 512);
        HardwareProfile profile = Profile("x64-avx512");
        await Assert.That(RunAdvice.For(weights, profile, false).Share).IsEqualTo(1);
        await Assert.That(RunAdvice.For(weights, profile, false).Reason).DoesNotContain("share");
        var advice = RunAdvice.For(weights with { Shares = [0.25, 0.5, 0.75, 1] }, profile, false);
        await Assert.That(advice.Format).IsEqualTo(RunFormat.Half);
        await Assert.That(weights.At(0.5).Matrices.Sum(matrix => matrix.Inputs * matrix.Columns) * 4)
            .IsEqualTo(weights.Matrices.Sum(matrix => matrix.Inputs * matrix.Columns));

        // 1 MiB does not leave a quarter of a second cache of 1 MiB free.
        await Assert.That(advice.Share).IsEqualTo(0.25);
        await Assert.That(advice.Reason).Contains("with 0.25 of its units, which it was trained to run with too");

        // Three quarters bring nothing nearer; and what lies in the second cache whole is run whole.
        var large = RunAdvice.For(weights with { Shares = [0.75, 1] }, profile, false);
        await Assert.That(large.Share).IsEqualTo(1);
        await Assert.That(large.Reason).Contains("no share of its units that it was trained to run with brings them nearer");
        var small = RunAdvice.For(Layer(128, 128) with { Shares = [0.25, 1] }, profile, false);
        await Assert.That(small.Share).IsEqualTo(1);
        await Assert.That(small.Reason).Contains("with all of its units, though it was trained to run with fewer: L2 holds them");
    }

    [Test]
    public async Task What_a_model_is_fed_and_what_it_answers_with_keep_their_size_in_a_share()
    {
        using var folder = new TestFolder();
        string table = "x,y\n" + string.Concat(Enumerable.Range(0, 60).Select(i => $"{i % 7},{i % 5}\n"));
        CliResult trained = Tinysd.Run(
            "train", "regressor", "--train", folder.PutText("t.csv", table), "--targets", "y", "--hidden", "12", "--layers", "2",
            "--epochs", "1", "--out", folder.Model);
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        using var file = TsdFile.Open(folder.Model);
        StepWeights weights = StepWeights.Of(file.Tensors, [])!;
        int outputs = (int)file.FindTensor("head.weight")!.Shape[1];
        string[] all = [.. weights.Matrices.Select(Text)], half = [.. weights.At(0.5).Matrices.Select(Text)];
        await Assert.That(string.Join(' ', all.Take(5))).IsEqualTo($"1x48 12x48 12x48 12x48 12x{outputs}");
        await Assert.That(string.Join(' ', half.Take(5))).IsEqualTo($"1x24 6x24 6x24 6x24 6x{outputs}");

        static string Text(StepMatrix matrix) => $"{matrix.Inputs}x{matrix.Columns}";
    }

    [Test]
    [Arguments("nested", true)]
    [Arguments("structured", false)]
    public async Task Inspect_knows_whether_a_model_was_trained_to_run_with_a_share_of_its_units(string kind, bool isNested)
    {
        using var folder = new TestFolder();
        string text = folder.PutText("t.txt", string.Concat(Enumerable.Range(0, 60).Select(i => $"the {i % 13} sat on the mat\n")));
        string[] rate = isNested ? [] : ["--rate", "0.5"];
        CliResult trained = Tinysd.Run(
        [
            "train", "lm", "--train", text, "--valid", text, "--hidden", "16", "--epochs", "1", "--no-checkpoints", "--dropout", kind,
            .. rate, "--out", folder.Model,
        ]);
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        JsonElement told = Tinysd.Run("inspect", folder.Model, "--json").Json.GetProperty("recommendation");
        await Assert.That(told.GetProperty("reason").GetString()!.Contains("it was trained to run with", StringComparison.Ordinal))
            .IsEqualTo(isNested);
    }

    [Test]
    public async Task Inspect_tells_it_of_a_profile_in_two_lines_and_as_JSON()
    {
        using var folder = new TestFolder();
        string path = folder["s.tsd"];
        var stack = new RecurrentStack(new() { Cell = Runtime.Layers.CellKind.Lstm, InputSize = 650, HiddenSize = 650 });
        RecurrentStackFile.Save(path, stack);
        CliResult text = Tinysd.Run("inspect", path, "--profile", "x64-avx2");
        await Assert.That(text.Code).IsEqualTo(0).Because(text.Error);
        string line = text.Out.Split('\n').Single(line => line.Contains("best run as", StringComparison.Ordinal));
        await Assert.That(line).Contains("int8, on x64-avx2");
        await Assert.That(text.Out).Contains("because").And.Contains("instead of 12.89 MiB from memory as float32");

        JsonElement told = Tinysd.Run("inspect", path, "--profile", "x64-avx2", "--json").Json.GetProperty("recommendation");
        await Assert.That(told.GetProperty("profile").GetString()).IsEqualTo("x64-avx2");
        await Assert.That(told.GetProperty("thisMachine").GetBoolean()).IsFalse();
        await Assert.That(told.GetProperty("format").GetString()).IsEqualTo("int8");
        await Assert.That(told.GetProperty("share").GetDouble()).IsEqualTo(1);
        JsonElement[] formats = [.. told.GetProperty("formats").EnumerateArray()];
        await Assert.That(formats.Select(format => format.GetProperty("format").GetString()!))
            .IsEquivalentTo(["float32", "bfloat16", "int8"], CollectionOrdering.Matching);
        await Assert.That(formats[0].GetProperty("stepBytes").GetInt64()).IsEqualTo(4L * 1300 * 2600);
        await Assert.That(formats[0].GetProperty("source").GetString()).IsEqualTo("memory");
        await Assert.That(formats[0].GetProperty("speedup").GetDouble()).IsEqualTo(1);
        await Assert.That(formats[2].GetProperty("speedup").GetDouble()).IsGreaterThan(2);

        JsonElement here = Tinysd.Run("inspect", path, "--json").Json.GetProperty("recommendation");
        await Assert.That(here.GetProperty("thisMachine").GetBoolean()).IsTrue();
    }

    [Test]
    public async Task A_profile_that_runs_no_model_is_refused_and_one_for_no_model_is_warned_of()
    {
        using var folder = new TestFolder();
        string path = folder["s.tsd"];
        RecurrentStackFile.Save(path, new RecurrentStack(new() { Cell = Runtime.Layers.CellKind.Gru, InputSize = 3, HiddenSize = 4 }));
        CliResult array = Tinysd.Run("inspect", path, "--profile", "systolic-8x8");
        await Assert.That(array.Code).IsEqualTo(2);
        await Assert.That(array.Error).Contains("--profile is 'systolic-8x8', a systolic array, on which no model runs");
        await Assert.That(Tinysd.Run("inspect", path, "--profile", "nothing").Code).IsEqualTo(2);
        await Assert.That(Tinysd.Run("export", path, "--out", folder["s.safetensors"]).Code).IsEqualTo(0);
        CliResult other = Tinysd.Run("inspect", folder["s.safetensors"], "--profile", "x64-avx2");
        await Assert.That(other.Code).IsEqualTo(0);
        await Assert.That(other.Error).Contains("--profile has no effect").And.Contains("is no model");
        await Assert.That(other.Out).DoesNotContain("best run as");
    }

    // The two matrices of an LSTM layer.
    private static StepWeights Layer(int inputs, int hidden) =>
        new([new(inputs, 4L * hidden, true, true), new(hidden, 4L * hidden, true, true, true)], false, []);

    private static HardwareProfile Profile(string name) => BuiltInProfiles.Find(name)[0];
}
