using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using TinySD.Tools.Json;

namespace TinySD.Tools.Reproduce;

/// <summary>The small files of a grid's folder.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, Converters = [typeof(FiniteNumber)])]
[JsonSerializable(typeof(GridManifest))]
[JsonSerializable(typeof(GridRunResult))]
[JsonSerializable(typeof(GridDivergence))]
[JsonSerializable(typeof(GridRunTimes))]
[JsonSerializable(typeof(GridTimes))]
[JsonSerializable(typeof(GridReport))]
internal sealed partial class GridJson : JsonSerializerContext
{
    // Many times what the longest learning curve takes.
    private const long MostBytes = 1 << 24;

    private static readonly JsonWriterOptions s_options = new() { Indented = true, Encoder = CliJson.Encoder };

    /// <summary>Writes a file whole or not at all.</summary>
    /// <exception cref="FileProblemException">It cannot be written.</exception>
    public static void Save<T>(string path, T value, JsonTypeInfo<T> type) => AtomicFile.WriteOwn(path, stream =>
    {
        using (var writer = new Utf8JsonWriter(stream, s_options)) JsonSerializer.Serialize(writer, value, type);
        stream.WriteByte((byte)'\n');
    });

    /// <summary>Reads a file.</summary>
    /// <returns>Null where there is none.</returns>
    /// <exception cref="FailureException">It is not what was written.</exception>
    public static T? Load<T>(string path, JsonTypeInfo<T> type)
        where T : class, IGridFile
    {
        // A link that leads to nothing would count as there.
        var file = new FileInfo(FileIdentity.Of(path).Path);
        if (!file.Exists) return null;
        if (file.Length > MostBytes) throw Damaged(path, $"it has {file.Length} bytes, and at most {MostBytes} were expected", null);
        try
        {
            T read = JsonSerializer.Deserialize(File.ReadAllBytes(path), type) ?? throw Damaged(path, "it says null", null);
            return read.FindFault() is { } fault ? throw Damaged(path, fault, null) : read;
        }
        catch (JsonException exception)
        {
            throw Damaged(path, Failures.OneLine(exception), exception);
        }
    }

    private static FailureException Damaged(string path, string why, Exception? cause) => new(
        $"{path} is not as 'reproduce lm' wrote it: {why}.", cause)
    {
        Advice = "Remove it, and what it said is made again; where it is the grid's manifest, begin anew in another folder.",
    };
}
