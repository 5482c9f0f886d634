namespace TinySD.Tools.Json;

/// <summary>Numbers as JSON has them, which knows no infinity: null stands for one that is infinite or not a number.</summary>
internal static class FiniteNumber
{
    /// <summary>Writes one as a value.</summary>
    public static void Write(Utf8JsonWriter writer, double value)
    {
        if (double.IsFinite(value)) writer.WriteNumberValue(value);
        else writer.WriteNullValue();
    }
}
