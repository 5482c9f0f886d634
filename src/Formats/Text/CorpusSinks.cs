namespace TinySD.Formats.Text;

/// <summary>Counts each token.</summary>
/// <param name="name">The text's name, for messages.</param>
internal readonly struct CountingSink(string name) : ITokenSink
{
    private readonly SpanLookup<long> _lookup = new(new(StringComparer.Ordinal));

    public Dictionary<string, long> Counts => _lookup.Dictionary;

    public void Accept(ReadOnlySpan<char> token, long line)
    {
        if (token.Length > Tokenizer.MaxWordLength) Throw.Problem(CorpusReader.WordTooLong(name, line));
        _lookup.ValueOf(token)++;
    }
}

/// <summary>Stores each token's id.</summary>
/// <param name="name">The text's name, for messages.</param>
/// <param name="vocabulary">The ids.</param>
/// <param name="store">Where they go.</param>
internal readonly struct EncodingSink(string name, Vocabulary vocabulary, TokenStore store) : ITokenSink
{
    public void Accept(ReadOnlySpan<char> token, long line) => store.Add(IdOf(token, line));

    private int IdOf(ReadOnlySpan<char> token, long line)
    {
        if (vocabulary.TryGetId(token, out int id)) return id;
        if (token.Length > Tokenizer.MaxWordLength) Throw.Problem(CorpusReader.WordTooLong(name, line));
        if (vocabulary.UnknownId is not { } unknown)
        {
            Throw.Problem(NotInVocabulary(token, line));
            unknown = 0;
        }

        return unknown;
    }

    private FileProblem NotInVocabulary(ReadOnlySpan<char> token, long line)
    {
        string shown = Words.Shown(token), what = vocabulary.Level == TextLevel.Word ? "word" : "character";
        return new(FileProblemKind.UnknownToken, name,
            $"{name}, line {line}: the {what} '{shown}' is not in the model's vocabulary, and that has no {Vocabulary.Unknown}. " +
            "A vocabulary that is built with a minimum count of 2 has it.")
        { Line = line, Part = token.ToString() };
    }
}

/// <summary>Finds what a vocabulary lacks.</summary>
internal struct MissingSink(Vocabulary vocabulary) : ITokenSink
{
    private long _count, _total;
    private string? _first;

    public readonly MissingTokens Found => new(_count, _total, _first);

    public void Accept(ReadOnlySpan<char> token, long line)
    {
        _total++;
        if (vocabulary.TryGetId(token, out _)) return;
        _count++;
        _first ??= token.ToString();
    }
}

/// <summary>Passes the tokens before a place on to one sink, and those after it to another.</summary>
internal struct PartingSink<TBefore, TAfter>(long cut, TBefore before, TAfter after) : ITokenSink
    where TBefore : struct, ITokenSink
    where TAfter : struct, ITokenSink
{
    private long _count;
    private TBefore _before = before;
    private TAfter _after = after;

    public readonly TAfter After => _after;

    public void Accept(ReadOnlySpan<char> token, long line)
    {
        if (_count++ < cut) _before.Accept(token, line);
        else _after.Accept(token, line);
    }
}

/// <summary>Takes tokens and makes nothing of them but their number.</summary>
internal struct TallySink : ITokenSink
{
    public long Count { get; private set; }

    public void Accept(ReadOnlySpan<char> token, long line) => Count++;
}
