using System.Text;
using System.Text.Json.Nodes;
using TinySD.Formats.Hardware;
using TinySD.Runtime.Hardware;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Models;

namespace TinySD.Formats.Tests;

/// <summary>Every file in <c>hw-profiles</c>: it is valid by the schema, is built in, is what its name says, and runs where it
/// can.</summary>
public sealed class ShippedProfileTests
{
    private static readonly string _folder = Path.Combine(Checkout.Root, "hw-profiles");

    [Test]
    public async Task The_files_are_those_that_are_built_in_byte_for_byte()
    {
        await Assert.That(string.Join(' ', BuiltInProfiles.Names)).IsEqualTo(
            "arm64-neon cortex-m-class x64-sse42 x64-avx2 x64-avx512 systolic-8x8 systolic-16x16 systolic-32x32 systolic-128x128 " +
            "systolic-256x256");
        await Assert.That(Names().Order()).IsEquivalentTo(BuiltInProfiles.Names.Order(), CollectionOrdering.Matching);
        foreach (string name in Names())
        {
            string file = await File.ReadAllTextAsync(PathOf(name));
            await Assert.That(Encoding.UTF8.GetString(BuiltInProfiles.TextOf(name)!)).IsEqualTo(file);
        }

        await Assert.That(BuiltInProfiles.Find("x64-avx1024")).IsEmpty();
    }

    [Test]
    [MethodDataSource(nameof(Names))]
    public async Task Is_valid_by_the_schema_and_loads_with_its_fallbacks(string name)
    {
        byte[] json = await File.ReadAllBytesAsync(PathOf(name));
        await Assert.That(new JsonSchema(Path.Combine(_folder, "hardware-profile.schema.json")).FindFault(json)).IsNull();
        await Assert.That(JsonNode.Parse(json)!["$schema"]!.GetValue<string>()).IsEqualTo("hardware-profile.schema.json");
        var chain = HardwareProfileFile.Load(PathOf(name));
        await Assert.That(chain[0].Name).IsEqualTo(name);
        await Assert.That(chain[0].Kind)
            .IsEqualTo(name.StartsWith("systolic-", StringComparison.Ordinal) ? HardwareKind.Systolic : HardwareKind.Simd);
        if (chain[0].Systolic is { } array) await Assert.That($"systolic-{array.Rows}x{array.Columns}").IsEqualTo(name);
        await Assert.That(chain[0]).IsEqualTo(BuiltInProfiles.Find(name)[0]);
        await Assert.That(string.Join(' ', chain.Skip(1).Select(profile => profile.Name))).IsEqualTo(name switch
        {
            "x64-avx512" => "x64-avx2 x64-sse42",
            "x64-avx2" => "x64-sse42",
            _ => "",
        });
    }

    /// <summary>The runtime without a profile and the shipped ones cut alike, so that naming a profile costs nothing.</summary>
    [Test]
    [Arguments("x64-sse42", 3, 16, 128)]
    [Arguments("x64-avx2", 4, 24, 64)]
    [Arguments("x64-avx512", 10, 32, 64)]
    public async Task On_x64_the_tiles_are_the_runtime_s_own(string name, int rows, int columns, int units) => await Assert
        .That(BuiltInProfiles.Find(name)[0].Simd!.Tiles)
        .IsEqualTo(new ProductTiles { ForwardRows = rows, ForwardColumns = columns, ForwardUnits = units });

    [Test]
    [MethodDataSource(nameof(Names))]
    public async Task Is_written_as_it_was_read(string name)
    {
        HardwareProfile profile = BuiltInProfiles.Find(name)[0];
        using var folder = new TestFolder();
        HardwareProfileFile.Save(folder["p.json"], profile);
        byte[] written = await File.ReadAllBytesAsync(folder["p.json"]);
        await Assert.That(HardwareProfileFile.TryRead("p", written, out HardwareProfile? again, out _)).IsTrue();
        await Assert.That(again).IsEqualTo(profile);
        await Assert.That(new JsonSchema(Path.Combine(_folder, "hardware-profile.schema.json")).FindFault(written)).IsNull();
    }

    [Test]
    [MethodDataSource(nameof(Names))]
    public async Task Gives_the_same_bits_as_any_other_or_is_refused(string name)
    {
        HardwareProfile profile = BuiltInProfiles.Find(name)[0];
        var model = new LanguageModel(new() { VocabularySize = 30, EmbeddingSize = 40, HiddenSize = 50, LayerCount = 2 });
        model.Initialize(1, 0.1f, 0);
        if (profile.Simd is not { } simd || !CpuFeatures.Here.Runs(simd.Instructions))
        {
            await Assert.That(() => new LanguageModelEvaluator(model, hardware: profile)).Throws<ArgumentException>();
            return;
        }

        int[] tokens = [.. Enumerable.Range(0, 200).Select(i => i * 7 % 30)];
        double expected = new LanguageModelEvaluator(model).Evaluate(tokens).NegativeLogLikelihood;
        await Assert.That(new LanguageModelEvaluator(model, hardware: profile).Evaluate(tokens).NegativeLogLikelihood).IsEqualTo(expected);
    }

    [Test]
    [Arguments(SimdInstructions.Avx512, "x64-avx512")]
    [Arguments(SimdInstructions.Avx2, "x64-avx2")]
    [Arguments(SimdInstructions.Sse42, "x64-sse42")]
    [Arguments(SimdInstructions.AdvSimd, "arm64-neon")]
    [Arguments(SimdInstructions.Scalar, null)]
    public async Task The_best_for_a_build_is_the_widest_that_it_runs(SimdInstructions build, string? expected) =>
        await Assert.That(BuiltInProfiles.BestFor(new CpuFeatures(SimdInstructions.Avx512, build))?.Name).IsEqualTo(expected);

    public static IEnumerable<string> Names() => Directory.EnumerateFiles(_folder, "*.json").Select(Path.GetFileNameWithoutExtension)
        .Where(name => !name!.EndsWith(".schema", StringComparison.Ordinal))!;

    private static string PathOf(string name) => Path.Combine(_folder, name + ".json");
}
