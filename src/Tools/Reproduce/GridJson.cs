using System.Text.Json.Serialization.Metadata;
using TinySD.Tools.Json;

namespace TinySD.Tools.Reproduce;

/// <summary>The shapes of a grid's files. Members that end in <c>Metric</c> end in the task's name for it, by
/// <see cref="GridFiles"/>.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, Converters = [typeof(FiniteNumber)])]
[JsonSerializable(typeof(GridManifest))]
[JsonSerializable(typeof(GridRunResult))]
[JsonSerializable(typeof(GridEpochEntry))]
[JsonSerializable(typeof(GridDivergence))]
[JsonSerializable(typeof(GridRunTimes))]
[JsonSerializable(typeof(GridTimes))]
[JsonSerializable(typeof(GridReport))]
[JsonSerializable(typeof(GridSet))]
internal sealed partial class GridJson : JsonSerializerContext;

/// <summary>Reads and writes the small files of a grid's folder.</summary>
internal sealed class GridFiles
{
    // Many times what the longest learning curve takes.
    private const long MostBytes = 1 << 24;

    private const string MetricEnd = "Metric";

    private static readonly JsonWriterOptions s_indented = new() { Indented = true, Encoder = CliJson.Encoder };

    private readonly GridKind _kind;
    private readonly JsonSerializerOptions _options;

    public GridFiles(GridKind kind)
    {
        _kind = kind;
        _options = new(GridJson.Default.Options) { TypeInfoResolver = GridJson.Default.WithAddedModifier(Name) };
        _options.Converters.Add(new EpochConverter());
    }

    /// <summary>Writes a file whole or not at all.</summary>
    /// <exception cref="FileProblemException">It cannot be written.</exception>
    public void Save<T>(string path, T value) => AtomicFile.WriteOwn(path, stream =>
    {
        using (var writer = new Utf8JsonWriter(stream, s_indented)) JsonSerializer.Serialize(writer, value, TypeOf<T>());
        stream.WriteByte((byte)'\n');
    });

    /// <summary>Reads a file.</summary>
    /// <returns>Null where there is none.</returns>
    /// <exception cref="FailureException">It is not what was written.</exception>
    public T? Load<T>(string path)
        where T : class, IGridFile
    {
        // A link that leads to nothing would count as there.
        var file = new FileInfo(FileIdentity.Of(path).Path);
        if (!file.Exists) return null;
        if (file.Length > MostBytes) throw Damaged(path, $"it has {file.Length} bytes, and at most {MostBytes} were expected", null);
        try
        {
            T read = JsonSerializer.Deserialize(File.ReadAllBytes(path), TypeOf<T>()) ?? throw Damaged(path, "it says null", null);
            return read.FindFault(_kind) is { } fault ? throw Damaged(path, fault, null) : read;
        }
        catch (JsonException exception)
        {
            throw Damaged(path, Failures.OneLine(exception), exception);
        }
    }

    public JsonObject ToJson(GridReport report) => JsonSerializer.SerializeToNode(report, TypeOf<GridReport>())!.AsObject();

    private JsonTypeInfo<T> TypeOf<T>() => (JsonTypeInfo<T>)_options.GetTypeInfo(typeof(T));

    private void Name(JsonTypeInfo type)
    {
        foreach (JsonPropertyInfo member in type.Properties.Where(member => member.Name.EndsWith(MetricEnd, StringComparison.Ordinal)))
        {
            member.Name = member.Name[..^MetricEnd.Length] + _kind.Words.JsonEnd;
            if (member.PropertyType == typeof(double)) member.CustomConverter = new MetricNumber(_kind.Words.IsExpOfLoss);
        }
    }

    private FailureException Damaged(string path, string why, Exception? cause) => new(
        $"{path} is not as '{_kind.Command}' wrote it: {why}.", cause)
    {
        Advice = "Remove it, and what it said is made again; where it is the grid's manifest, begin anew in another folder.",
    };

    // Null says of exp of the loss, which stands beside it, that no number holds it, and of others that they were not measured.
    private sealed class MetricNumber(bool isExpOfLoss) : FiniteNumber
    {
        public override bool HandleNull => true;

        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType != JsonTokenType.Null ? base.Read(ref reader, typeToConvert, options)
            : isExpOfLoss ? double.PositiveInfinity : double.NaN;
    }

    private sealed class EpochConverter : JsonConverter<EpochOutcome>
    {
        public override EpochOutcome? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            JsonSerializer.Deserialize(ref reader, TypeOf(options))?.ToOutcome();

        public override void Write(Utf8JsonWriter writer, EpochOutcome value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, GridEpochEntry.Of(value), TypeOf(options));

        private static JsonTypeInfo<GridEpochEntry> TypeOf(JsonSerializerOptions options) =>
            (JsonTypeInfo<GridEpochEntry>)options.GetTypeInfo(typeof(GridEpochEntry));
    }
}
