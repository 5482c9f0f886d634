namespace TinySD.Formats.Text;

/// <summary>Reads a file of <see cref="WordVectors"/> line by line, and keeps what is wanted.</summary>
internal sealed class WordVectorReader : IDisposable
{
    // Lines between two looks at the clock.
    private const int Stride = 4096;

    private readonly string _path;
    private readonly LineReader _lines;
    private readonly int? _asked;
    private readonly SpanLookup<float[]?> _wanted;
    private long _count, _promised = -1, _firstLine;
    private int _dimension;

    /// <summary>Opens a file.</summary>
    public WordVectorReader(string path, IReadOnlyCollection<string> words, int? asked)
    {
        (_path, _asked) = (path, asked);
        var wanted = new Dictionary<string, float[]?>(StringComparer.Ordinal);
        foreach (string word in words)
        {
            wanted[word] = null;
            wanted[word.ToLowerInvariant()] = null;
        }

        _wanted = new(wanted);
        _lines = LineReader.Open(path);
    }

    /// <summary>Reads all.</summary>
    public WordVectors Read(Action<double>? progress, CancellationToken stop)
    {
        ReadStart();
        while (_lines.TryReadBytes(out ReadOnlySpan<byte> line))
        {
            Take(line);
            if (_lines.Line % Stride != 0) continue;
            progress?.Invoke(_lines.Share);
            stop.ThrowIfCancellationRequested();
        }

        if (_count == 0)
        {
            Throw.Problem(new(FileProblemKind.Empty, _path,
                $"{_path} has no word vectors; lines with a word and its numbers were expected"));
        }

        var vectors = new Dictionary<string, float[]>(StringComparer.Ordinal);
        foreach (KeyValuePair<string, float[]?> pair in _wanted.Dictionary)
        {
            if (pair.Value is { } vector) vectors.Add(pair.Key, vector);
        }

        string[] remarks = _promised < 0 || _promised == _count ? [] :
        [
            $"{_path}: its first line speaks of {Words.Count(_promised, "word")}, and {Words.Count(_count)} " +
            $"{(_count == 1 ? "follows" : "follow")}; if it was cut short, copy or download it again.",
        ];
        return new WordVectors(_dimension, _count, vectors, remarks);
    }

    public void Dispose() => _lines.Dispose();

    // The first line tells how many numbers there are, and may be about the others.
    private void ReadStart()
    {
        ReadOnlySpan<byte> line = default;
        while (CountFields(line) == 0)
        {
            if (!_lines.TryReadBytes(out line)) return;
        }

        if (ForeignFile.Describe(line[..Math.Min(line.Length, ForeignFile.FirstBytes)], _path) is { } format)
            Throw.Problem(new(FileProblemKind.Binary, _path, $"{_path} is not text: it begins like {format}") { Offset = 0 });
        bool hasHeader = IsHeader(line, out long count, out int dimension);
        if (!hasHeader) dimension = NumbersAtEnd(line);
        if (dimension == 0)
        {
            CheckBinary(line);
            throw Refused($"a word and its numbers were expected, and found was '{Shown(line)}'");
        }

        if (_asked is { } asked && asked != dimension)
        {
            Throw.Problem(new(FileProblemKind.DoesNotFit, _path,
                $"{_path} has vectors of {Words.Count(dimension, "number")}, and {Words.Count(asked)} were asked for"));
        }

        (_dimension, _firstLine) = (dimension, _lines.Line);
        if (hasHeader) _promised = count;
        else Take(line);
    }

    private void Take(ReadOnlySpan<byte> line)
    {
        CheckBinary(line);
        int fields = CountFields(line), extra = fields - 1 - _dimension;
        if (fields == 0) return;
        _count++;

        // A word that is white space itself; nobody asks for it.
        if (extra == -1 && IsBlank(line[0])) return;
        ReadOnlySpan<byte> rest = line;
        ReadOnlySpan<byte> first = NextField(ref rest);
        int end = line.Length - rest.Length;
        bool isWrong = extra < 0;
        for (; extra > 0; extra--)
        {
            isWrong |= TryNumber(NextField(ref rest), out _);
            end = line.Length - rest.Length;
        }

        if (isWrong)
        {
            throw Refused($"{Words.Count(fields - 1, "number")} behind '{Shown(first)}'; {Words.Count(_dimension)} were expected, " +
                $"as line {_firstLine} has it");
        }

        Keep(line[..end].Trim(" \t"u8), rest);
    }

    private void Keep(ReadOnlySpan<byte> word, ReadOnlySpan<byte> numbers)
    {
        using SpanOwner<char> characters = SpanOwner<char>.Allocate(Encoding.UTF8.GetMaxCharCount(word.Length));
        ReadOnlySpan<char> name = characters.Span[..Encoding.UTF8.GetChars(word, characters.Span)];
        if (!_wanted.TryGetValue(name, out float[]? known) || known is not null) return;
        float[] vector = new float[_dimension];
        for (int i = 0; i < vector.Length; i++)
        {
            ReadOnlySpan<byte> field = NextField(ref numbers);
            if (!TryNumber(field, out vector[i]))
                throw Refused($"number {i + 1} of '{Shown(word)}' is '{Shown(field)}'; a finite number was expected");
        }

        _wanted.Dictionary[name.ToString()] = vector;
    }

    private static bool IsHeader(ReadOnlySpan<byte> line, out long count, out int dimension)
    {
        (count, dimension) = (0, 0);
        return CountFields(line) == 2
            && long.TryParse(NextField(ref line), NumberStyles.None, CultureInfo.InvariantCulture, out count)
            && int.TryParse(NextField(ref line), NumberStyles.None, CultureInfo.InvariantCulture, out dimension) && dimension > 0;
    }

    private static int NumbersAtEnd(ReadOnlySpan<byte> line)
    {
        int fields = CountFields(line), numbers = 0;
        for (int i = 0; i < fields; i++) numbers = TryNumber(NextField(ref line), out _) && i > 0 ? numbers + 1 : 0;
        return numbers;
    }

    private static bool TryNumber(ReadOnlySpan<byte> field, out float value) =>
        float.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && float.IsFinite(value);

    private static int CountFields(ReadOnlySpan<byte> line)
    {
        int count = 0;
        bool wasBlank = true;
        foreach (byte value in line)
        {
            bool isBlank = IsBlank(value);
            if (wasBlank && !isBlank) count++;
            wasBlank = isBlank;
        }

        return count;
    }

    private static ReadOnlySpan<byte> NextField(ref ReadOnlySpan<byte> rest)
    {
        rest = rest.TrimStart(" \t"u8);
        int length = rest.IndexOfAny((byte)' ', (byte)'\t');
        if (length < 0) length = rest.Length;
        ReadOnlySpan<byte> field = rest[..length];
        rest = rest[length..];
        return field;
    }

    private static bool IsBlank(byte value) => value is (byte)' ' or (byte)'\t';

    private static string Shown(ReadOnlySpan<byte> bytes) => Words.Shown(DecodedText.Decode(bytes[..Math.Min(bytes.Length, 256)]));

    private void CheckBinary(ReadOnlySpan<byte> line)
    {
        if (!line.Contains((byte)0)) return;
        Throw.Problem(new(FileProblemKind.Binary, _path,
            $"{_path}, line {_lines.Line}: a zero byte, so this is no text. Is it word2vec's binary form? Save it as text.")
        { Line = _lines.Line });
    }

    private FileProblemException Refused(string what) =>
        new(new(FileProblemKind.LineInvalid, _path, $"{_path}, line {_lines.Line}: {what}.") { Line = _lines.Line });
}
