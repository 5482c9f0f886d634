namespace TinySD.Formats.Text;

/// <summary>Reads vocabularies that others wrote: a token a line, or JSON.</summary>
/// <remarks>A token's number is that of its line, from 0. At level <c>char</c> the line feed, which no line can hold, is an empty line, or
/// two where it was written like the others with a line end behind it. A name that ends in <c>.json</c> stands for an array of tokens, or
/// an object of tokens and their numbers.</remarks>
public static class VocabularyFile
{
    // More text than any vocabulary has, and little enough for a machine that runs a model of it.
    private const int MaxLength = 1 << 28;

    /// <summary>Reads a vocabulary.</summary>
    /// <param name="path">The file; UTF-8, plain or gzip.</param>
    /// <param name="level">What a token is.</param>
    /// <exception cref="FileProblemException">It cannot be read, or is no vocabulary.</exception>
    public static Vocabulary Read(string path, TextLevel level)
    {
        bool isJson = path.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
            || path.EndsWith(".json.gz", StringComparison.OrdinalIgnoreCase);
        string text = TextFile.ReadAll(path, MaxLength)
            ?? throw Refused(path, $": it goes on for more than {Words.Count(MaxLength)} characters");
        if (text.AsSpan().Count(isJson ? '"' : '\n') > 2L * Vocabulary.MaxCount)
            throw Refused(path, $": it has more than {Words.Count(Vocabulary.MaxCount)} tokens");
        IReadOnlyList<string> tokens = isJson ? ReadJson(path, text) : ReadLines(text, level);
        try
        {
            // Where no token stands for a line's end, lines end in nothing.
            bool hasMark = level != TextLevel.Word || tokens.Contains(Vocabulary.EndOfLine);
            return new Vocabulary(level, tokens, hasMark ? LineMarks.Always : LineMarks.None);
        }
        catch (ArgumentException exception)
        {
            string place = isJson ? "" : " (a token a line, counted from 0)";
            throw Refused(path, $" of level {TextSpelling.Levels.NameOf(level)}: {Words.OfArgument(exception)}{place}");
        }
    }

    private static List<string> ReadLines(string text, TextLevel level)
    {
        var lines = text.Split('\n').ToList();
        if (lines[^1].Length == 0) lines.RemoveAt(lines.Count - 1);

        // Where all lines end in a carriage return it is part of their ends; where one does not, it is what it is.
        if (lines.Count > 0 && lines.TrueForAll(line => line.EndsWith('\r'))) lines = lines.ConvertAll(line => line[..^1]);
        if (level != TextLevel.Character) return lines;
        var tokens = new List<string>(lines.Count);
        for (int i = 0; i < lines.Count; i++)
        {
            bool isLineFeed = lines[i].Length == 0;
            tokens.Add(isLineFeed ? "\n" : lines[i]);
            if (isLineFeed && i + 1 < lines.Count && lines[i + 1].Length == 0) i++;
        }

        return tokens;
    }

    private static List<string> ReadJson(string path, string text)
    {
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text), new JsonReaderOptions { MaxDepth = 2 });
            reader.Read();
            return reader.TokenType switch
            {
                JsonTokenType.StartArray => ReadArray(path, ref reader),
                JsonTokenType.StartObject => ReadObject(path, ref reader),
                _ => throw Refused(path, " in JSON: an array of tokens, or an object of tokens and their numbers, was expected"),
            };
        }
        catch (JsonException exception)
        {
            throw Refused(path, $" in JSON: {Words.OfJson(exception)}");
        }
        catch (InvalidOperationException)
        {
            throw Refused(path, " in JSON: a string holds half of a surrogate pair");
        }
    }

    private static List<string> ReadArray(string path, ref Utf8JsonReader reader)
    {
        var tokens = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.String)
                throw Refused(path, $" in JSON: element {tokens.Count} of its array is not a string");
            tokens.Add(reader.GetString()!);
        }

        reader.Read();
        return tokens;
    }

    private static List<string> ReadObject(string path, ref Utf8JsonReader reader)
    {
        var tokens = new Dictionary<int, string>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string token = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out int number) || number < 0)
                throw Refused(path, $" in JSON: '{Words.Shown(token)}' has no number of at least 0");
            if (!tokens.TryAdd(number, token))
                throw Refused(path, $" in JSON: '{Words.Shown(tokens[number])}' and '{Words.Shown(token)}' have the same number, {number}");
        }

        reader.Read();
        string[] inOrder = new string[tokens.Count];
        for (int number = 0; number < inOrder.Length; number++)
        {
            inOrder[number] = tokens.GetValueOrDefault(number)
                ?? throw Refused(path, $" in JSON: it has {Words.Count(tokens.Count)} tokens, and none has the number {number}");
        }

        return [.. inOrder];
    }

    private static FileProblemException Refused(string path, string why) =>
        new(new(FileProblemKind.ModelInvalid, path, $"{path} is no vocabulary{why}"));
}
