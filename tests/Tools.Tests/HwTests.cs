using System.Text.Json;
using TinySD.Formats.Hardware;
using TinySD.Runtime.Hardware;
using TinySD.Tools.Errors;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tests;

/// <summary><c>hw</c> and <c>--profile</c>: what is listed, what runs, and what is said of a profile that does not.</summary>
public sealed class HwTests
{
    [Test]
    public async Task List_names_every_profile_and_one_default()
    {
        CliResult result = Tinysd.Run("hw", "list", "--json");
        await Assert.That(result.Code).IsEqualTo(0);
        JsonElement[] profiles = [.. result.Json.GetProperty("profiles").EnumerateArray()];
        await Assert.That(profiles.Select(p => p.GetProperty("name").GetString()!))
            .IsEquivalentTo(BuiltInProfiles.Names, CollectionOrdering.Matching);
        await Assert.That(profiles.Count(p => p.GetProperty("isDefault").GetBoolean())).IsEqualTo(1);
        string text = Tinysd.Run("hw", "list").Out;
        foreach (string name in BuiltInProfiles.Names) await Assert.That(text).Contains(name);
    }

    [Test]
    public async Task Show_prints_a_profile_that_can_be_read_again()
    {
        CliResult result = Tinysd.Run("hw", "show", "systolic-16x16", "--json");
        await Assert.That(result.Code).IsEqualTo(0);
        await Assert.That(result.Json.GetProperty("systolic").GetProperty("rows").GetInt32()).IsEqualTo(16);
        await Assert.That(Tinysd.Run("hw", "show", "systolic-16x16").Out).StartsWith(result.Out);
        await Assert.That(Tinysd.Run("hw", "show", "z80").Error)
            .StartsWith("tinysd hw show: NAME is 'z80'; expected the name of a file or one of arm64-neon,");
    }

    [Test]
    public async Task A_command_refuses_a_profile_that_nothing_runs_on()
    {
        CliResult result = Tinysd.Run("bench", "--preset", "char-small", "--steps", "1", "--profile", "systolic-8x8");
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Error).StartsWith(
            "tinysd bench: the profile systolic-8x8 is of a systolic array, on which nothing trains; use --profile ");
        await Assert.That(result.Error.Count(c => c == '\n')).IsEqualTo(1);
    }

    [Test]
    public async Task Bench_runs_under_a_lesser_profile_and_says_so()
    {
        if (!CpuFeatures.Here.Runs(SimdInstructions.Avx2)) return;
        CliResult result = Tinysd.Run("bench", "--preset", "char-small", "--steps", "1", "--profile", "x64-avx2", "--json", "--quiet");
        await Assert.That(result.Json.GetProperty("instructionSet").GetString()).IsEqualTo("AVX2");
    }

    /// <summary>The check is given the features of other machines; one real lesser CPU is not to be had in a test.</summary>
    [Test]
    [Arguments(SimdInstructions.Avx2, SimdInstructions.Avx2, "x64-avx512",
        "the profile x64-avx512 needs AVX-512, which this CPU does not have; use --profile x64-avx2.")]
    [Arguments(SimdInstructions.Avx512, SimdInstructions.Avx2, "x64-avx512",
        "the profile x64-avx512 needs AVX-512, for which this program was not built; use --profile x64-avx2, or publish with " +
        "-p:HardwareProfile=x64-avx512.")]
    [Arguments(SimdInstructions.AdvSimd, SimdInstructions.AdvSimd, "x64-avx2",
        "the profile x64-avx2 needs AVX2, which this CPU does not have; use --profile arm64-neon.")]
    [Arguments(SimdInstructions.Avx2, SimdInstructions.Avx2, "cortex-m-class",
        "the profile cortex-m-class needs Helium, which this CPU does not have; use --profile x64-avx2.")]
    [Arguments(SimdInstructions.Scalar, SimdInstructions.Scalar, "x64-sse42",
        "the profile x64-sse42 needs SSE4.2, which this CPU does not have; leave --profile out.")]
    public async Task A_profile_that_does_not_run_is_refused_with_what_to_do(
        SimdInstructions cpu, SimdInstructions build, string name, string message)
    {
        FailureException refused =
            Assert.Throws<FailureException>(() => Profiles.Runnable(BuiltInProfiles.Find(name), new CpuFeatures(cpu, build)));
        await Assert.That(refused.Message).IsEqualTo(message);
    }

    /// <summary>The real search, which takes seconds: its profile is sound, says where its figures are from, replaces itself, and trains to
    /// the same bits.</summary>
    [Test]
    public async Task Detect_writes_a_profile_of_this_machine_that_trains_to_the_same_bits()
    {
        using var folder = new TestFolder();
        string file = folder["desk.json"];
        CliResult result = Tinysd.Run("hw", "detect", "--out", file, "--threads", "1", "--json", "--quiet");
        await Assert.That(result.Code).IsEqualTo(0);
        await Assert.That(result.Error).IsEqualTo("");
        HardwareProfile profile = HardwareProfileFile.Load(file)[0], best = BuiltInProfiles.BestFor(CpuFeatures.Here)!;
        await Assert.That((profile.Name, profile.Fallback)).IsEqualTo(("desk", best.Name));
        await Assert.That(profile.Simd!.Cores).IsEqualTo(Environment.ProcessorCount);
        await Assert.That((profile.Simd.Instructions, profile.Simd.PublishSetting))
            .IsEqualTo((best.Simd!.Instructions, best.Simd.PublishSetting));
        await Assert.That(profile.Description).StartsWith("Written by 'tinysd hw detect' on ");
        await Assert.That(profile.Description).Contains("Tiles: timed on 1 thread with products of 650 and 1500 units");
        await Assert.That(profile.Description).DoesNotContain(Environment.MachineName);
        await Assert.That(result.Json.GetProperty("file").GetString()).IsEqualTo(file);
        await Assert.That(result.Json.GetProperty("tiles").GetArrayLength()).IsEqualTo(7);

        await Assert.That(folder.TrainModelTo(folder["with.tsd"], 2, "--profile", file).Code).IsEqualTo(0);
        await Assert.That(folder.TrainModelTo(folder["without.tsd"], 1).Code).IsEqualTo(0);
        byte[] with = await File.ReadAllBytesAsync(folder["with.tsd"]), without = await File.ReadAllBytesAsync(folder["without.tsd"]);
        await Assert.That(with.AsSpan().SequenceEqual(without)).IsTrue();
        string[] generate = ["generate", folder["with.tsd"], "--length", "20"];
        await Assert.That(Tinysd.Run([.. generate, "--profile", file])).IsEqualTo(Tinysd.Run(generate));
    }

    [Test]
    public async Task Detect_replaces_profiles_and_nothing_else()
    {
        using var folder = new TestFolder();
        string text = folder.PutText("notes.json", "{ \"mine\": 1 }");
        CliResult result = Tinysd.Run("hw", "detect", "--out", text);
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Error)
            .StartsWith($"tinysd hw detect: {text} is there and is no hardware profile that could be replaced; give another --out.");
        await Assert.That(result.Error.Count(c => c == '\n')).IsEqualTo(1);
        await Assert.That(await File.ReadAllTextAsync(text)).IsEqualTo("{ \"mine\": 1 }");
        await Assert.That(Tinysd.Run("hw", "detect", "--out", folder["nowhere/a.json"]).Code).IsEqualTo(1);
    }

    [Test]
    [Arguments("--name", "x64-avx2", "--name gives the name x64-avx2, which is a built-in profile's; choose another.")]
    [Arguments("--name", "My desk",
        "--name gives the name 'My desk', and a profile's must be 1 to 64 lower-case letters, digits, full stops and hyphens.")]
    [Arguments("--out", "x64-avx2.json", "--out gives the name x64-avx2, which is a built-in profile's; choose another.")]
    [Arguments("--threads", "0", "--threads is '0'; expected a whole number from 1 to 1024.")]
    public async Task Detect_refuses_names_that_would_not_be_found_again(string option, string value, string message)
    {
        CliResult result = Tinysd.Run("hw", "detect", option, value);
        await Assert.That(result.Code).IsEqualTo(2);
        await Assert.That(result.Error).StartsWith($"tinysd hw detect: {message}");
    }

    [Test]
    public async Task Detect_stopped_writes_nothing()
    {
        using var folder = new TestFolder();
        CliResult result = Tinysd.RunUntil("timing products", "hw", "detect", "--out", folder["desk.json"], "--threads", "1");
        await Assert.That(result.Code).IsEqualTo(130);
        await Assert.That(result.Error).Contains("stopped before the end; nothing was written to ");
        await Assert.That(Directory.GetFiles(folder.Path, "desk*")).IsEmpty();
    }

    /// <summary>Every command that computes takes the option, and refuses what does not run before it reads or writes anything.</summary>
    [Test]
    [Arguments("train lm --train none --valid nowhere --out none.tsd")]
    [Arguments("eval none --data none")]
    [Arguments("generate none")]
    [Arguments("bench --steps 1")]
    [Arguments("demo --steps 1")]
    public async Task Every_command_that_computes_takes_a_profile(string command)
    {
        CliResult result = Tinysd.Run([.. command.Split(' '), "--profile", "systolic-8x8"]);
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Error)
            .Contains(": the profile systolic-8x8 is of a systolic array, on which nothing trains; use --profile ");
    }

    [Test]
    public async Task A_program_built_for_less_says_how_to_build_it_for_more()
    {
        await Assert.That(Profiles.BuiltForLess(new CpuFeatures(SimdInstructions.Avx512, SimdInstructions.Avx512))).IsNull();
        await Assert.That(Profiles.BuiltForLess(new CpuFeatures(SimdInstructions.Avx512, SimdInstructions.Avx2))).IsEqualTo(
            "This program was built for AVX2, and the CPU has AVX-512: dotnet publish src/Tools -c Release -p:HardwareProfile=x64-avx512 " +
            "makes a faster one.");
    }
}
