namespace TinySD.Tools.Tasks.Tagging;

/// <summary>Makes sentences of the lines that come.</summary>
internal abstract class TagInput
{
    // What ends a line in a file of columns cannot stand in a word there.
    private static readonly SearchValues<char> s_blanks = SearchValues.Create(" \t\v\f\r");

    /// <summary>Takes a line.</summary>
    /// <returns>The sentence that ended with it, or null.</returns>
    /// <exception cref="FailureException">It is not as others were.</exception>
    public abstract TagSentence? Take(string line, long number);

    /// <summary>The sentence that the end of all lines ends, or null.</summary>
    public abstract TagSentence? End();

    /// <summary>What blanks and tabs are between, without them.</summary>
    protected static List<string> Cut(string line)
    {
        var columns = new List<string>();
        ReadOnlySpan<char> rest = line;
        while (true)
        {
            int start = rest.IndexOfAnyExcept(s_blanks);
            if (start < 0) return columns;
            rest = rest[start..];
            int length = rest.IndexOfAny(s_blanks);
            if (length < 0) length = rest.Length;
            columns.Add(rest[..length].ToString());
            rest = rest[length..];
        }
    }
}

/// <summary>One tokenised sentence a line, blanks between words.</summary>
internal sealed class LineInput : TagInput
{
    public override TagSentence Take(string line, long number)
    {
        List<string> words = Cut(line);
        return new(words, words, []);
    }

    public override TagSentence? End() => null;
}

/// <summary>A word a line in one of several columns, and a blank line after each sentence.</summary>
/// <param name="name">What to call the lines in messages.</param>
/// <param name="column">The column of words, from 1 or from -1 backwards.</param>
internal sealed class ColumnInput(string name, int column) : TagInput
{
    private readonly List<string> _words = [], _lines = [], _before = [];
    private int _count;
    private long _first;
    private char _separator = ' ';

    public override TagSentence? Take(string line, long number)
    {
        List<string> columns = Cut(line);
        if (columns.Count == 0) return End();
        bool isMark = columns[0] == ConllFile.DocumentMark, isFirst = _words.Count == 0;
        if (isMark)
        {
            // A document may begin without a blank line before.
            TagSentence? ended = isFirst ? null : End();
            _before.Add($"{line.TrimEnd()}{SeparatorOf(line)}O");
            _before.Add("");
            return ended;
        }

        // As CoNLL-U has comments; a word may begin so, too.
        bool isComment = isFirst && columns[0] is ['#', ..] && (_count == 0 ? columns is ["#", _, ..] : columns.Count != _count);
        if (isComment)
        {
            _before.Add(line);
            return null;
        }

        if (_count == 0) Begin(columns.Count, number);
        if (columns.Count != _count)
        {
            throw new FailureException(
                $"{name}, line {number}: {Figures.Count(columns.Count, "column")}; {_count} expected, as in line {_first}.");
        }

        if (isFirst) _separator = SeparatorOf(line);
        _words.Add(columns[column < 0 ? _count + column : column - 1]);
        _lines.Add(line.TrimEnd());
        return null;
    }

    public override TagSentence? End()
    {
        if (_words.Count == 0 && _before.Count == 0) return null;
        var sentence = new TagSentence([.. _words], [.. _lines], [.. _before], _separator);
        _words.Clear();
        _lines.Clear();
        _before.Clear();
        return sentence;
    }

    private void Begin(int count, long number)
    {
        int place = column < 0 ? count + column : column - 1;
        if (place < 0 || place >= count)
        {
            throw new FailureException(
                $"{name}, line {number}: {Figures.Count(count, "column")}, and words were asked for in column {column} " +
                $"({ColumnOptions.WordName}).");
        }

        (_count, _first) = (count, number);
    }

    private static char SeparatorOf(string line) => line.Contains('\t') ? '\t' : ' ';
}
