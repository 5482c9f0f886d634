using System.Text.Json.Serialization;

namespace TinySD.Tools.Json;

/// <summary>Numbers as JSON has them, which knows no infinity: null stands for one that is infinite or not a number.</summary>
internal class FiniteNumber : JsonConverter<double>
{
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
    {
        if (double.IsFinite(value)) writer.WriteNumberValue(value);
        else writer.WriteNullValue();
    }
}

/// <summary>A perplexity, of which null says that it is infinite; the loss that it is exp of stands beside it.</summary>
internal sealed class PerplexityNumber : FiniteNumber
{
    public override bool HandleNull => true;

    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? double.PositiveInfinity : base.Read(ref reader, typeToConvert, options);
}
