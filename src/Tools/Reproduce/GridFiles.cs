using TinySD.Tools.Json;

namespace TinySD.Tools.Reproduce;

/// <summary>Reads and writes the small files of a grid's folder. Names that end in <c>Metric</c> in the code end in the task's name for it
/// there.</summary>
internal sealed class GridFiles(GridKind kind)
{
    // Many times what the longest learning curve takes.
    private const long MostBytes = 1 << 24;

    private static readonly JsonWriterOptions s_indented = new() { Indented = true, Encoder = CliJson.Encoder };

    /// <summary>Writes a file whole or not at all.</summary>
    /// <exception cref="FileProblemException">It cannot be written.</exception>
    public void Save(string path, IJsonObject value) => AtomicFile.WriteOwn(path, stream =>
    {
        using (var writer = new Utf8JsonWriter(stream, s_indented)) MembersOf(writer).Write(value);
        stream.WriteByte((byte)'\n');
    });

    /// <summary>Reads a file.</summary>
    /// <returns>Null where there is none.</returns>
    /// <exception cref="FailureException">It is not what was written.</exception>
    public T? Load<T>(string path, Func<GridMembers, T> read)
        where T : class, IGridFile
    {
        // A link that leads to nothing would count as there.
        var file = new FileInfo(FileIdentity.Of(path).Path);
        if (!file.Exists) return null;
        if (file.Length > MostBytes) throw Damaged(path, $"it has {file.Length} bytes, and at most {MostBytes} were expected", null);
        try
        {
            T found = read(GridMembers.Of("it", JsonElement.Parse(File.ReadAllBytes(path)), kind.Words));
            return found.FindFault(kind) is { } fault ? throw Damaged(path, fault, null) : found;
        }
        catch (JsonException exception)
        {
            throw Damaged(path, Failures.OneLine(exception), exception);
        }
    }

    /// <summary>Writes a report as one JSON object, with what only the task knows.</summary>
    public void Write(TextWriter output, GridReport report, GridTask task) =>
        CliJson.Write(output, writer => MembersOf(writer).Write(json => report.Write(json, task)));

    private JsonMembers MembersOf(Utf8JsonWriter writer) => new(writer) { Metric = kind.Words.JsonEnd };

    private FailureException Damaged(string path, string why, Exception? cause) => new(
        $"{path} is not as '{kind.Command}' wrote it: {why}.", cause)
    {
        Advice = "Remove it, and what it said is made again; where it is the grid's manifest, begin anew in another folder.",
    };
}
