namespace TinySD.Formats.Container;

/// <summary>Walks a header once, from its first byte to its last, and refuses at the first rule that is broken.</summary>
internal sealed class TsdHeaderReader(string file, ReadOnlyMemory<byte> json, long fileBytes)
{
    private static readonly SearchValues<char> s_kindCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    private readonly Dictionary<string, ReadOnlyMemory<byte>> _sections = new(StringComparer.Ordinal);
    private readonly TensorPlacing _placing = new(file, TsdPrologue.RoundUp(TsdPrologue.Length + json.Length), fileBytes);
    private string? _kind;
    private bool _hasTensors;

    /// <summary>What was read, after no problem was found.</summary>
    public TsdHeader? Header { get; private set; }

    /// <summary>Reads it all.</summary>
    /// <returns>Null, or why it is refused.</returns>
    public FileProblem? Read()
    {
        // The JSON reader would put a replacement character in the place of bytes that are no UTF-8.
        if (!Utf8.IsValid(json.Span)) return Invalid(TsdPrologue.Length, "header", "the header is not UTF-8");
        FileProblem? problem = ReadMembers();
        if (problem is not null) return problem;
        if (_kind is null || !_hasTensors)
            return Invalid(TsdPrologue.Length, "header", $"the header has no member '{(_kind is null ? "kind" : "tensors")}'");
        problem = _placing.Finish();
        if (problem is null) Header = new TsdHeader(_kind, _placing.Tensors, _placing.Indices, _sections);
        return problem;
    }

    private FileProblem? ReadMembers()
    {
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = TsdHeader.MaxDepth });
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
                return Invalid(TsdPrologue.Length, "header", "the header is not a JSON object");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (ReadMember(ref reader) is { } problem) return problem;
            }

            // Reads on to the end, where anything but white space is an error.
            reader.Read();
            return null;
        }
        catch (JsonException exception)
        {
            return TsdHeader.FromJson(file, TsdPrologue.Length, json.Span, "header", exception);
        }
        catch (InvalidOperationException)
        {
            return Invalid(At(ref reader), "header", "a string in the header holds half of a surrogate pair");
        }
    }

    private FileProblem? ReadMember(ref Utf8JsonReader reader)
    {
        long at = At(ref reader);
        if (CheckString(ref reader) is { } problem) return problem;
        string name = reader.GetString()!;
        if ((name == "kind" && _kind is not null) || (name == "tensors" && _hasTensors) || _sections.ContainsKey(name))
            return Invalid(at, "header", $"the header has the member '{Words.Shown(name)}' twice");
        if (_sections.Count == TsdHeader.MaxMembers)
            return Invalid(at, "header", $"the header has more than {TsdHeader.MaxMembers} members beside 'kind' and 'tensors'");
        reader.Read();
        at = At(ref reader);
        switch (name)
        {
            case "kind":
                if (CheckString(ref reader) is { } tooLong) return tooLong;
                _kind = reader.TokenType == JsonTokenType.String ? reader.GetString()! : "";
                return IsKind(_kind)
                    ? null
                    : Invalid(at, "kind", "the header's 'kind' must be 1 to 64 lower-case letters, digits and hyphens");
            case "tensors":
                _hasTensors = true;
                return ReadTensors(ref reader);
            default:
                int start = (int)reader.TokenStartIndex;
                if (Walk(ref reader, out _) is { } fault) return fault;
                _sections.Add(name, json[start..(int)reader.BytesConsumed]);
                return null;
        }
    }

    private FileProblem? ReadTensors(ref Utf8JsonReader reader)
    {
        long at = At(ref reader);
        if (reader.TokenType == JsonTokenType.Null) return Invalid(at, "tensors", "the header member 'tensors' is null");
        if (reader.TokenType != JsonTokenType.StartArray)
            return Invalid(at, "tensors", "the header is not as the format asks, at tensors: an array was expected");
        for (int index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
        {
            at = At(ref reader);
            string part = $"tensors[{index}]";
            int start = (int)reader.TokenStartIndex;
            if (Walk(ref reader, out int values) is { } fault) return fault;
            if (values > TsdHeader.MaxEntryValues)
            {
                return new(FileProblemKind.TensorInvalid, file,
                    $"{file}: {part} has {Words.Count(values)} values; at most {TsdHeader.MaxEntryValues} are allowed. {Blame.OnWriter}")
                { Offset = at, Part = part };
            }

            ReadOnlyMemory<byte> entry = json[start..(int)reader.BytesConsumed];
            TensorEntry? tensor = null;
            if (!entry.Span.SequenceEqual("null"u8))
            {
                tensor = TsdHeader.TryDeserialize(file, at, entry, part, TensorEntry.Table.Read, out FileProblem? problem);
                if (problem is not null) return problem;
            }

            if (_placing.Add(tensor) is { } misplaced) return misplaced;
        }

        return null;
    }

    /// <summary>Goes to a value's end.</summary>
    /// <param name="reader">At its start.</param>
    /// <param name="values">How many values there are in it, itself included.</param>
    private FileProblem? Walk(ref Utf8JsonReader reader, out int values)
    {
        int depth = reader.CurrentDepth;
        values = 1;
        if (CheckString(ref reader) is { } first) return first;
        if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject)) return null;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType is not (JsonTokenType.PropertyName or JsonTokenType.EndArray or JsonTokenType.EndObject)) values++;
            if (CheckString(ref reader) is { } problem) return problem;
        }

        return null;
    }

    // A name or a word, not a novel: it is about to be made into a string, and perhaps to be shown.
    private FileProblem? CheckString(ref Utf8JsonReader reader) =>
        reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueSpan.Length > TsdHeader.MaxStringBytes
            ? Invalid(At(ref reader), "header",
                $"a string takes {Words.Count(reader.ValueSpan.Length)} bytes; at most {Words.Count(TsdHeader.MaxStringBytes)} are allowed")
            : null;

    private static bool IsKind(string kind) =>
        kind.Length is > 0 and <= TsdHeader.MaxKindLength && !kind.AsSpan().ContainsAnyExcept(s_kindCharacters);

    private static long At(ref Utf8JsonReader reader) => TsdPrologue.Length + reader.TokenStartIndex;

    private FileProblem Invalid(long offset, string part, string message) => TsdHeader.Invalid(file, offset, part, message);
}
