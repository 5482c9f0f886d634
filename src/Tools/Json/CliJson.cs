using System.Text.Encodings.Web;
using System.Text.Json.Serialization.Metadata;

namespace TinySD.Tools.Json;

/// <summary>What <c>--json</c> prints: camel-case names; what has no value is left out, and null is a number that is not finite.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(FiniteNumber)])]
[JsonSerializable(typeof(RecipeResult))]
[JsonSerializable(typeof(TrainLmResult))]
[JsonSerializable(typeof(EvalResult))]
[JsonSerializable(typeof(GenerateResult))]
[JsonSerializable(typeof(VocabularyResult))]
[JsonSerializable(typeof(TensorResult))]
[JsonSerializable(typeof(VerifyResult))]
[JsonSerializable(typeof(AnalyzeResult))]
[JsonSerializable(typeof(DemoResult))]
[JsonSerializable(typeof(BenchResult))]
[JsonSerializable(typeof(SimulateResult))]
[JsonSerializable(typeof(ProfileListResult))]
[JsonSerializable(typeof(DetectResult))]
[JsonSerializable(typeof(ScheduleResult))]
[JsonSerializable(typeof(NoiseResult))]
[JsonSerializable(typeof(SynthesizeResult))]
[JsonSerializable(typeof(RunResult))]
[JsonSerializable(typeof(StackResult))]
[JsonSerializable(typeof(ExportResult))]
[JsonSerializable(typeof(OnnxResult))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
internal sealed partial class CliJson : JsonSerializerContext
{
    private static readonly JsonWriterOptions s_options = new() { Indented = true, Encoder = Encoder };

    /// <summary>Leaves letters of every script as they are; the output is UTF-8 and no web page.</summary>
    public static JavaScriptEncoder Encoder => JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    /// <summary>Writes one object and a line end.</summary>
    public static void Write<T>(TextWriter output, T value, JsonTypeInfo<T> type) =>
        Write(output, writer => JsonSerializer.Serialize(writer, value, type));

    /// <summary>Writes one object, which may be too long to be kept whole and is then flushed now and then, and a line end.</summary>
    public static void Write(TextWriter output, Action<Utf8JsonWriter> write)
    {
        using var text = new Utf8TextStream(output);
        using (var writer = new Utf8JsonWriter(text, s_options)) write(writer);
        output.WriteLine();
    }
}
