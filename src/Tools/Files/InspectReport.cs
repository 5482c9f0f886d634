using TinySD.Tools.Json;
using TinySD.Tools.Machines;

namespace TinySD.Tools.Files;

/// <summary>What <c>tinysd inspect</c> says of a file of any kind: facts and tensors, as text or as JSON.</summary>
/// <remarks>
/// A file may hold hundreds of thousands of tensors, or a text as long as itself. As text the first of each are shown, unless all are asked
/// for; JSON is whole, and written as it is made. The tensors are gone through more than once.
/// </remarks>
internal sealed record InspectReport(string Kind, string Path, long Bytes, IReadOnlyCollection<TensorResult> Tensors)
{
    private const int ShownTensors = 500, ShownFacts = 100, ShownNames = 40, ShownLength = 100;

    /// <summary>What may wait in a JSON writer.</summary>
    public const int FlushBytes = 1 << 16;

    /// <summary>What the count of all numbers is called.</summary>
    public string Numbers { get; init; } = "parameters";

    /// <summary>How many numbers there are, as JSON says it.</summary>
    public long Count { get; init; }

    /// <summary>Facts whose number and length do not depend on what is in the file.</summary>
    public IReadOnlyList<(string Name, string Value)> Facts { get; init; } = [];

    /// <summary>Lists of names in the file.</summary>
    public IReadOnlyList<(string Name, IReadOnlyCollection<string> Values)> Lists { get; init; } = [];

    /// <summary>Names and texts in the file, which its writer chose.</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>> Texts { get; init; } = [];

    /// <summary>Members of the JSON object that stand before the tensors, and after them.</summary>
    public IReadOnlyList<(string Name, Action<Utf8JsonWriter> Write)> Before { get; init; } = [];

    public IReadOnlyList<(string Name, Action<Utf8JsonWriter> Write)> After { get; init; } = [];

    /// <summary>Of a model, what a step of it reads.</summary>
    public StepWeights? Step { get; init; }

    public bool HasChecksums { get; init; }

    /// <summary>Whether there is a list of tensors at all.</summary>
    public bool HasTensors { get; init; } = true;

    /// <summary>The report with how the model is best run on a machine; as it is where it is of no model.</summary>
    /// <param name="profile">A processor's profile.</param>
    /// <param name="isHere">Whether it is fitted to this machine.</param>
    public InspectReport Advise(HardwareProfile profile, bool isHere)
    {
        if (Step is null) return this;
        var advice = RunAdvice.For(Step, profile, isHere);
        string where = isHere ? $"this machine ({profile.Name}, fitted)" : profile.Name;
        string share = advice.Share == 1 ? "" : $", with {Figures.Setting((float)advice.Share)} of its units";
        IReadOnlyList<AdvisedFormat> formats = advice.Formats.ConvertAll(
            format => new AdvisedFormat(format.Format.Name, format.StepBytes, format.Source.Name, format.Speedup));
        var result = new AdviceResult(profile.Name, isHere, advice.Format.Name, advice.Share, advice.Reason, formats);
        return this with
        {
            Facts = [.. Facts, ("best run as", $"{advice.Format.Name}{share}, on {where}"), ("because", advice.Reason)],
            Before = [.. Before, ("recommendation", writer => new JsonMembers(writer).Write(result))],
        };
    }

    /// <summary>Writes the report: the first of everything, or all; JSON has all anyhow.</summary>
    public void Write(CliContext context, bool all)
    {
        if (context.Json) CliJson.Write(context.Console.Out, WriteJson);
        else WriteText(context.Console, all);
        context.Warnings.NoEffect(context.Json && all, "--all", " with --json, which is always whole");
    }

    private void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("kind", Kind);
        writer.WriteString("file", Path);
        writer.WriteNumber("bytes", Bytes);
        writer.WriteNumber("parameters", Count);
        WriteMembers(Before);
        writer.WriteStartArray("tensors");
        var json = new JsonMembers(writer);
        foreach (TensorResult tensor in Tensors)
        {
            json.Write(tensor);
            if (writer.BytesPending > FlushBytes) writer.Flush();
        }

        writer.WriteEndArray();
        WriteMembers(After);
        writer.WriteEndObject();

        void WriteMembers(IReadOnlyList<(string Name, Action<Utf8JsonWriter> Write)> members)
        {
            foreach ((string name, Action<Utf8JsonWriter> write) in members)
            {
                writer.WritePropertyName(name);
                write(writer);
            }
        }
    }

    private void WriteText(CliConsole console, bool all)
    {
        console.Write(Rows(all), "", "");
        if (!HasTensors) return;
        if (HasChecksums) console.Write(TensorRows(all), "tensor", "dtype", "shape", ">offset", ">bytes", "checksum (XXH3-128)");
        else console.Write(TensorRows(all), "tensor", "dtype", "shape", ">offset", ">bytes");
        if (Tensors.Count > ShownTensors && !all)
            console.Prose.WriteLine($"… and {Figures.Count(Tensors.Count - ShownTensors, "more tensor")}; --all shows all, --json too");
    }

    private IEnumerable<string[]> Rows(bool all)
    {
        yield return ["file", Path];
        yield return ["kind", Kind];
        yield return ["bytes", Figures.Count(Bytes)];
        if (HasTensors) yield return [Numbers, Figures.Count(Count)];
        foreach ((string name, string value) in Facts) yield return [name, Cut(value, 4 * ShownLength, all)];
        foreach ((string name, IReadOnlyCollection<string> values) in Lists) yield return [name, List(values, all)];
        foreach ((string name, string value) in all ? Texts : Texts.Take(ShownFacts))
            yield return [Cut(name, ShownLength, all), Cut(value, ShownLength, all)];
        if (Texts.Count > ShownFacts && !all)
            yield return ["…", $"and {Figures.Count(Texts.Count - ShownFacts)} more; --all shows all, --json too"];
    }

    private IEnumerable<string[]> TensorRows(bool all)
    {
        foreach (TensorResult t in all ? Tensors : Tensors.Take(ShownTensors))
        {
            string[] row =
            [
                Cut(t.Name, ShownLength, all), t.Dtype, $"[{string.Join(", ", t.Shape)}]", t.Offset.ToString(CultureInfo.InvariantCulture),
                t.Bytes.ToString(CultureInfo.InvariantCulture),
            ];
            yield return t.Checksum is { } checksum ? [.. row, checksum] : row;
        }
    }

    private static string List(IReadOnlyCollection<string> names, bool all)
    {
        string shown = string.Join(", ", (all ? names : names.Take(ShownNames)).Select(name => Cut(name, ShownLength, all)));
        return all || names.Count <= ShownNames ? shown : $"{shown} … and {Figures.Count(names.Count - ShownNames)} more; --all shows all";
    }

    private static string Cut(string text, int length, bool all) => all ? text : VisibleText.Cut(text, length);
}
