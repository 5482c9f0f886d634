namespace TinySD.Formats.Container;

/// <summary>A <c>.tsd</c> file's header: its kind, its tensors, and what else the kind keeps there, as raw JSON.</summary>
/// <remarks>A header is read as what an attacker wrote: nothing is made into objects before its parts are counted and measured, so that the
/// memory it takes stays within a small multiple of the file, also where that consists of millions of empty values.</remarks>
internal sealed record TsdHeader(
    string Kind, ImmutableArray<TsdTensor> Tensors, IReadOnlyDictionary<string, int> Indices,
    IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Sections)
{
    public const int MaxDepth = 16, MaxNameLength = 256, MaxKindLength = 64, MaxRank = 8, MaxMembers = 64, MaxEntryValues = 64;

    /// <summary>The longest string as it is written: 4096 UTF-16 code units, as many as the longest token has, each as an escape of six
    /// characters.</summary>
    public const int MaxStringBytes = 6 * 4096;

    /// <summary>Reads a header whose checksum is right; it may still be wrong, by a faulty writer or by intent.</summary>
    public static bool TryRead(
        string file, ReadOnlyMemory<byte> json, long fileBytes, [NotNullWhen(true)] out TsdHeader? header,
        [NotNullWhen(false)] out FileProblem? problem)
    {
        var reading = new TsdHeaderReader(file, json, fileBytes);
        problem = reading.Read();
        header = problem is null ? reading.Header : null;
        return problem is null && header is not null;
    }

    /// <summary>Makes JSON into objects, or says why not.</summary>
    internal static T? TryDeserialize<T>(
        string file, long start, ReadOnlyMemory<byte> json, string part, Func<ReadOnlyMemory<byte>, T> read, out FileProblem? problem)
        where T : class
    {
        try
        {
            problem = null;
            return read(json);
        }
        catch (JsonException exception)
        {
            problem = FromJson(file, start, json.Span, part, exception);
            return null;
        }
        catch (InvalidOperationException)
        {
            problem = FromJson(file, start, json.Span, part, new JsonException("a string holds half of a surrogate pair", "$", 0, 0));
            return null;
        }
    }

    /// <summary>JSON values at all levels together; a section was walked when its file was opened, and is JSON.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    internal static long CountValues(ReadOnlySpan<byte> json)
    {
        long count = 0;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.PropertyName or JsonTokenType.EndArray or JsonTokenType.EndObject)) count++;
        }

        return count;
    }

    internal static FileProblem FromJson(string file, long start, ReadOnlySpan<byte> json, string part, JsonException exception)
    {
        // The exception counts lines and bytes within a line; a file's reader wants one number.
        int lineStart = 0;
        for (long line = exception.LineNumber ?? 0; line > 0; line--)
        {
            int end = json[lineStart..].IndexOf((byte)'\n');
            if (end < 0) break;
            lineStart += end + 1;
        }

        long offset = start + Math.Min(lineStart + (exception.BytePositionInLine ?? 0), json.Length);
        string place = exception.Path is null or "$" ? part : part + Words.Shown(exception.Path.AsSpan().TrimStart('$'));
        return Invalid(file, offset, place, $"the header is not as the format asks, at {place}: {Words.OfJson(exception)}");
    }

    internal static FileProblem Invalid(string file, long offset, string part, string message) =>
        new(FileProblemKind.HeaderInvalid, file, $"{file}: {message} (byte {offset}). {Blame.OnWriter}")
        { Offset = offset, Part = part };
}
