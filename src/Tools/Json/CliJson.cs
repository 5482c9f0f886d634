using System.Runtime.ExceptionServices;
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
        using (var writer = new Utf8JsonWriter(text, s_options))
        {
            try
            {
                write(writer);
            }
            catch
            {
                // What is not yet out stays in: a part of an object is none.
                writer.Reset();
                throw;
            }
        }

        output.WriteLine();
    }

    /// <summary>Writes an object that has a list of rows, which come as they are made. Where they end in a failure it has that
    /// too, and is whole all the same.</summary>
    /// <param name="context">Where it goes, and whose it is.</param>
    /// <param name="writeRows">Writes rows.</param>
    /// <param name="before">Members before the list.</param>
    /// <param name="after">Members that there are when all rows are.</param>
    public static void WriteRows(
        CliContext context, Action<Utf8JsonWriter> writeRows, Action<Utf8JsonWriter>? before = null, Action<Utf8JsonWriter>? after = null)
    {
        Exception? failed = null;
        Write(context.Console.Out, json =>
        {
            json.WriteStartObject();
            before?.Invoke(json);
            json.WriteStartArray("rows");
            try
            {
                writeRows(json);
            }
            catch (Exception exception) when (exception is not BrokenPipeException)
            {
                failed = exception;
            }

            json.WriteEndArray();
            if (failed is null) after?.Invoke(json);
            else FailureJson.WriteMember(json, Failure.Of(failed, context.Warnings.Command));
            json.WriteEndObject();
        });
        if (failed is not null) ExceptionDispatchInfo.Throw(failed);
    }
}
