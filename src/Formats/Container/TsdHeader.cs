using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace TinySD.Formats;

/// <summary>A <c>.tsd</c> file's header: its kind, its tensors, and what else the kind keeps there, as raw JSON.</summary>
internal sealed record TsdHeader(string Kind, ImmutableArray<TsdTensor> Tensors, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Sections)
{
    public const int MaxDepth = 16, MaxNameLength = 256, MaxKindLength = 64, MaxRank = 8;

    private static readonly SearchValues<char> s_kindCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    /// <summary>Reads a header whose checksum is right; it may still be wrong, by a faulty writer or by intent.</summary>
    /// <param name="file">Named in the problem.</param>
    /// <param name="json">The header's bytes.</param>
    /// <param name="fileBytes">Length of the file.</param>
    /// <param name="header">What it says.</param>
    /// <param name="problem">Why it is refused.</param>
    public static bool TryRead(
        string file, ReadOnlyMemory<byte> json, long fileBytes, [NotNullWhen(true)] out TsdHeader? header,
        [NotNullWhen(false)] out FileProblem? problem)
    {
        header = null;
        problem = TryReadMembers(file, json, out string? kind, out TensorEntry[]? entries, out var sections);
        if (problem is not null) return false;
        if (kind is null || entries is null)
        {
            problem = Invalid(file, TsdPrologue.Length, "header", $"the header has no member '{(kind is null ? "kind" : "tensors")}'");
            return false;
        }

        var placing = new TensorPlacing(file, TsdPrologue.RoundUp(TsdPrologue.Length + json.Length), fileBytes);
        foreach (TensorEntry? entry in entries)
        {
            problem = placing.Add(entry);
            if (problem is not null) return false;
        }

        problem = placing.Finish();
        if (problem is not null) return false;
        header = new TsdHeader(kind, placing.Tensors, sections);
        return true;
    }

    /// <summary>Reads one section strictly.</summary>
    /// <param name="file">The file it is from.</param>
    /// <param name="name">The section.</param>
    /// <param name="type">What it should be.</param>
    /// <param name="value">What it is.</param>
    /// <param name="problem">Why it is refused.</param>
    public static bool TryReadSection<T>(
        TsdFile file, string name, JsonTypeInfo<T> type, [NotNullWhen(true)] out T? value, [NotNullWhen(false)] out FileProblem? problem)
        where T : class
    {
        value = null;
        if (!file.Sections.TryGetValue(name, out ReadOnlyMemory<byte> json))
        {
            string message = $"a '{file.Kind}' file needs a header member '{name}', and this one has none";
            problem = Invalid(file.Path, TsdPrologue.Length, name, message);
            return false;
        }

        value = TryDeserialize(file.Path, file.OffsetOf(json), json.Span, name, type, out problem);
        return value is not null && problem is null;
    }

    private static T? TryDeserialize<T>(
        string file, long start, ReadOnlySpan<byte> json, string part, JsonTypeInfo<T> type, out FileProblem? problem)
        where T : class
    {
        try
        {
            T? value = JsonSerializer.Deserialize(json, type);
            problem = value is null ? Invalid(file, start, part, $"the header member '{part}' is null") : null;
            return value;
        }
        catch (JsonException exception)
        {
            problem = FromJson(file, start, json, part, exception);
            return null;
        }
    }

    private static FileProblem? TryReadMembers(
        string file,
        ReadOnlyMemory<byte> json,
        out string? kind,
        out TensorEntry[]? entries,
        out Dictionary<string, ReadOnlyMemory<byte>> sections)
    {
        kind = null;
        entries = null;
        sections = [];

        // The JSON reader would put a replacement character in the place of bytes that are no UTF-8.
        if (!Utf8.IsValid(json.Span)) return Invalid(file, TsdPrologue.Length, "header", "the header is not UTF-8");
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
                return Invalid(file, TsdPrologue.Length, "header", "the header is not a JSON object");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                long at = TsdPrologue.Length + reader.TokenStartIndex;
                string name = reader.GetString()!;
                if ((name == "kind" && kind is not null) || (name == "tensors" && entries is not null) || sections.ContainsKey(name))
                    return Invalid(file, at, "header", $"the header has the member '{Words.Shown(name)}' twice");
                reader.Read();
                at = TsdPrologue.Length + reader.TokenStartIndex;
                if (name == "kind")
                {
                    kind = reader.TokenType == JsonTokenType.String ? reader.GetString()! : "";
                    if (!IsKind(kind))
                        return Invalid(file, at, "kind", "the header's 'kind' must be 1 to 64 lower-case letters, digits and hyphens");
                }
                else
                {
                    int start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    ReadOnlyMemory<byte> value = json[start..(int)reader.BytesConsumed];
                    if (name != "tensors")
                    {
                        sections.Add(name, value);
                        continue;
                    }

                    entries = TryDeserialize(file, at, value.Span, name, TsdJson.Default.TensorEntryArray, out FileProblem? problem);
                    if (problem is not null) return problem;
                }
            }

            // Reads on to the end, where anything but white space is an error.
            reader.Read();
            return null;
        }
        catch (JsonException exception)
        {
            return FromJson(file, TsdPrologue.Length, json.Span, "header", exception);
        }
        catch (InvalidOperationException)
        {
            return Invalid(
                file, TsdPrologue.Length + reader.TokenStartIndex, "header", "a string in the header holds half of a surrogate pair");
        }
    }

    private static bool IsKind(string kind) =>
        kind.Length is > 0 and <= MaxKindLength && !kind.AsSpan().ContainsAnyExcept(s_kindCharacters);

    private static FileProblem FromJson(string file, long start, ReadOnlySpan<byte> json, string part, JsonException exception)
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

    private static FileProblem Invalid(string file, long offset, string part, string message) =>
        new(FileProblemKind.HeaderInvalid, file, $"{file}: {message} (byte {offset}). The program that wrote it is at fault.")
        { Offset = offset, Part = part };
}
