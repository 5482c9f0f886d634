using TinySD.Formats.Fields;

namespace TinySD.Formats.Container;

/// <summary>Reads the sections of a file's header for a kind, and remembers which one, so that what is wrong is said of it.</summary>
internal sealed class SectionReader(TsdFile file)
{
    /// <summary>JSON values of a section whose size does not depend on the data, many more than there are.</summary>
    public const long MostValues = 256;

    public TsdFile File => file;

    /// <summary>The section that was read last.</summary>
    public string Part { get; private set; } = "kind";

    /// <summary>Reads all but the numbers of a file.</summary>
    /// <typeparam name="T">What it says.</typeparam>
    /// <param name="file">An open file.</param>
    /// <param name="kind">The kind it should be of.</param>
    /// <param name="sections">The header's members but <c>kind</c> and <c>tensors</c>; others are refused.</param>
    /// <param name="invalid">What a file that contradicts itself is refused as.</param>
    /// <param name="read">Reads them. An argument exception is the file's fault, and said of the section that was read last.</param>
    /// <param name="content">What it says.</param>
    /// <param name="problem">Why it is refused.</param>
    public static bool TryRead<T>(
        TsdFile file, string kind, IReadOnlyList<string> sections, FileProblemKind invalid, Func<SectionReader, T> read,
        [NotNullWhen(true)] out T? content, [NotNullWhen(false)] out FileProblem? problem)
        where T : class
    {
        content = null;
        problem = null;
        var reader = new SectionReader(file);
        try
        {
            if (file.Kind != kind) Throw.Problem(file.WrongKind(kind));
            T found = read(reader);
            if (file.Sections.Keys.FirstOrDefault(name => !sections.Contains(name)) is { } unknown)
                problem = Invalid(file, invalid, unknown, $"a '{kind}' file has no header member '{Words.Shown(unknown)}'");
            else content = found;
        }
        catch (FileProblemException exception)
        {
            problem = exception.Problem;
        }
        catch (ArgumentException exception)
        {
            problem = Invalid(file, invalid, reader.Part, $"the {reader.Part} is not as the format asks: {Words.OfArgument(exception)}");
        }

        return content is not null && problem is null;
    }

    /// <summary>Of a file that contradicts itself.</summary>
    public static FileProblem Invalid(TsdFile file, FileProblemKind kind, string part, string message) =>
        Blame.Writer(kind, file.Path, message) with
        { Part = part, Offset = file.Sections.TryGetValue(part, out ReadOnlyMemory<byte> json) ? file.OffsetOf(json) : TsdPrologue.Length };

    /// <summary>Reads a section that is one record.</summary>
    /// <exception cref="FileProblemException">It is missing, or not as its table says.</exception>
    /// <exception cref="ArgumentException">A word is none of the format's.</exception>
    public T Read<T>(string name, FieldTable<T> table, long mostValues = MostValues)
        where T : class => Read(name, mostValues, table.Read);

    /// <summary>Reads a section.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="mostValues">More JSON values than this, at all levels together, are not made into objects.</param>
    /// <param name="read">Reads its JSON.</param>
    /// <exception cref="FileProblemException">It is missing, or not as it should be.</exception>
    public T Read<T>(string name, long mostValues, Func<ReadOnlyMemory<byte>, T> read)
        where T : class
    {
        Part = name;
        if (!file.Sections.TryGetValue(name, out ReadOnlyMemory<byte> json))
            Throw.Problem(Invalid(TsdPrologue.Length, $"a '{file.Kind}' file needs a header member '{name}', and this one has none"));
        long start = file.OffsetOf(json), count = TsdHeader.CountValues(json.Span);
        if (count > mostValues)
        {
            string limit = $"at most {Words.Count(mostValues)} were expected";
            Throw.Problem(Invalid(start, $"the header member '{name}' has {Words.Count(count)} values; {limit}"));
        }

        if (json.Span.SequenceEqual("null"u8)) Throw.Problem(Invalid(start, $"the header member '{name}' is null"));
        T? value = TsdHeader.TryDeserialize(file.Path, start, json, name, read, out FileProblem? problem);
        if (problem is not null) Throw.Problem(problem);
        return value!;

        FileProblem Invalid(long at, string message) => TsdHeader.Invalid(file.Path, at, name, message);
    }
}
