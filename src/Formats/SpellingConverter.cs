namespace TinySD.Formats;

/// <summary>Puts an enumeration into JSON by its words.</summary>
internal abstract class SpellingConverter<T>(Choice<T> names) : JsonConverter<T>
    where T : struct, Enum
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String ? names.ValueOf(reader.GetString()!) : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(names.NameOf(value));
}
