namespace TinySD.Tools.Json;

/// <summary>What <c>--json</c> prints of a failure: <c>error: {message, remedy, file, offset}</c>, null where there is none.</summary>
internal static class FailureJson
{
    /// <summary>An object that has nothing else.</summary>
    public static void Write(Utf8JsonWriter json, Failure failure)
    {
        json.WriteStartObject();
        WriteMember(json, failure);
        json.WriteEndObject();
    }

    /// <summary>A member of another object.</summary>
    public static void WriteMember(Utf8JsonWriter json, Failure failure)
    {
        json.WriteStartObject("error");
        json.WriteString("message", failure.Message);
        json.WriteString("remedy", failure.Remedy);
        json.WriteString("file", failure.File);
        if (failure.Offset is { } offset) json.WriteNumber("offset", offset);
        else json.WriteNull("offset");
        json.WriteEndObject();
    }
}
