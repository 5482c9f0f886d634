using System.CommandLine;
using System.Text.Json;

namespace TinySD.Benchmarks.Reports;

/// <summary>A command's result as one JSON object on standard output: what the figures depend on, then the figures.</summary>
internal static class JsonReport
{
    public static void Write(ParseResult command, string load, Action<Utf8JsonWriter> members)
    {
        using Stream output = Console.OpenStandardOutput();
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("command", Section.CommandOf(command));
            json.WriteString("commit", SourceVersion.Describe());
            json.WriteString("date", DateTime.UtcNow);
            json.WriteString("cpu", Machine.Cpu);
            json.WriteNumber("cores", Environment.ProcessorCount);
            json.WriteString("operatingSystem", Machine.OperatingSystem);
            json.WriteString("runtime", Machine.Runtime);
            json.WriteString("instructionSets", Machine.InstructionSets);
            json.WriteString("otherLoad", load.Trim());
            members(json);
            json.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }

    /// <summary>Writes a sample's spread as a member.</summary>
    public static void Write(Utf8JsonWriter json, string name, Quartiles spread)
    {
        json.WriteStartObject(name);
        json.WriteNumber("minimum", spread.Minimum);
        json.WriteNumber("lower", spread.Lower);
        json.WriteNumber("median", spread.Median);
        json.WriteNumber("upper", spread.Upper);
        json.WriteEndObject();
    }
}
