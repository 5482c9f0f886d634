using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.Json;
using System.Text.RegularExpressions;
using TinySD.Formats.Container;
using TinySD.Formats.Text;

namespace TinySD.Formats.Tests;

/// <summary>Who may know whom: fails when an arrow points the wrong way.</summary>
public sealed partial class ArchitectureTests
{
    // Every room may use the root: how values are spelled, what is wrong with a file, and whose fault it is. Of another format's files,
    // what they are taken apart into (Parts) lies below the formats, and what chooses among those on top.
    private static readonly Rooms s_rooms = new("src/Formats", "TinySD.Formats", new Dictionary<string, string[]>
    {
        [Rooms.Root] = [],
        ["Fields"] = [Rooms.Root],
        ["Storage"] = [Rooms.Root],
        ["Container"] = [Rooms.Root, "Fields", "Storage"],
        ["Text"] = [Rooms.Root, "Storage"],
        ["Tables"] = [Rooms.Root, "Storage", "Text"],
        ["Schedules"] = [Rooms.Root, "Storage", "Container"],
        ["Hardware"] = [Rooms.Root, "Fields", "Storage"],
        ["Models"] = [Rooms.Root, "Fields", "Storage", "Container", "Text", "Tables"],
        ["Checkpoints"] = [Rooms.Root, "Fields", "Storage", "Container", "Text", "Tables", "Models"],
        ["Exchange.Parts"] = [Rooms.Root, "Fields", "Container", "Text", "Models"],
        ["Exchange.Safetensors"] = [Rooms.Root, "Storage", "Text", "Models", "Exchange.Parts"],
        ["Exchange.Onnx.Messages"] = [Rooms.Root, "Storage"],
        ["Exchange.Onnx.Operators"] = [Rooms.Root, "Models", "Exchange.Parts", "Exchange.Onnx.Messages"],
        ["Exchange.Onnx"] = [Rooms.Root, "Storage", "Models", "Exchange.Parts", "Exchange.Onnx.Messages", "Exchange.Onnx.Operators"],
        ["Exchange"] = [Rooms.Root, "Storage", "Exchange.Parts", "Exchange.Safetensors", "Exchange.Onnx"],
    });

    [Test]
    public async Task Rooms_of_the_formats_use_only_the_rooms_below_them() => await Assert.That(s_rooms.Faults()).IsEmpty();

    [Test]
    public async Task The_list_of_rooms_has_no_circle() => await Assert.That(s_rooms.Order()[0]).IsEqualTo(Rooms.Root);

    [Test]
    public async Task Formats_run_nothing() => await Assert.That(Used().Where(name => Running().IsMatch(name))).IsEmpty();

    // It is half a megabyte of every native program that loads a model.
    [Test]
    public async Task Formats_need_no_serializer()
    {
        await Assert.That(Used()).Contains("System.Text.Json.Utf8JsonReader");
        await Assert.That(Used().Where(name => name.StartsWith("System.Text.Json.", StringComparison.Ordinal)
            && (name.Contains("Serializ", StringComparison.Ordinal) || name.Contains("JsonDocument", StringComparison.Ordinal)))).IsEmpty();
    }

    // The container does not know what a token is, and yet must take the longest.
    [Test]
    public async Task A_header_takes_the_longest_token_with_every_character_as_an_escape()
    {
        string written = JsonSerializer.Serialize(new string('\u0001', Tokenizer.MaxWordLength));
        await Assert.That(written.Length).IsEqualTo("\"".Length + TsdHeader.MaxStringBytes + "\"".Length);
    }

    private static string[] Used()
    {
        using var file = new PEReader(File.OpenRead(typeof(TsdFile).Assembly.Location));
        MetadataReader metadata = file.GetMetadataReader();
        return [.. metadata.TypeReferences.Select(metadata.GetTypeReference)
            .Select(type => $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}")];
    }

    // What computes, and what it computes with.
    [GeneratedRegex(@"^TinySD\.Runtime\.((Ops|Kernels|Threading)\.|Inference\.\w*(Session|Sampler|Evaluator|Run)$" +
        @"|Training\.\w*(Trainer|Optimizer|Run)$|Layers\.\w*Layer$)")]
    private static partial Regex Running();
}
