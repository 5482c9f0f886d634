using System.Text.Encodings.Web;

namespace TinySD.Tools.Json;

/// <summary>What <c>--json</c> prints: camel-case names; what has no value is left out, and null is a number that is not finite.</summary>
internal static class CliJson
{
    private static readonly JsonWriterOptions s_options = new() { Indented = true, Encoder = Encoder };

    /// <summary>Leaves letters of every script as they are; the output is UTF-8 and no web page.</summary>
    public static JavaScriptEncoder Encoder => JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    /// <summary>Writes one object and a line end.</summary>
    public static void Write(TextWriter output, IJsonObject value) => Write(output, writer => new JsonMembers(writer).Write(value));

    /// <summary>Writes one object, which may be too long to be kept whole and is then flushed now and then, and a line end.</summary>
    public static void Write(TextWriter output, Action<Utf8JsonWriter> write)
    {
        using var text = new Utf8TextStream(output);
        using (var writer = new Utf8JsonWriter(text, s_options)) write(writer);
        output.WriteLine();
    }

    /// <summary>Writes an object whose one member is a list of rows, which come as they are made.</summary>
    public static void WriteRows(TextWriter output, Action<Utf8JsonWriter> writeRows) => Write(output, json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("rows");
        writeRows(json);
        json.WriteEndArray();
        json.WriteEndObject();
    });
}
