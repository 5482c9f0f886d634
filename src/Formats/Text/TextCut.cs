namespace TinySD.Formats.Text;

/// <summary>A place between two tokens of a text, where it is cut in two.</summary>
/// <param name="Tokens">Tokens before it.</param>
/// <param name="Total">Tokens of the whole text.</param>
/// <param name="Line">The line of the first token after it, counted from 1; 0 at level <see cref="TextLevel.Byte"/>, which has no
/// lines, and where there is no such token.</param>
public readonly record struct TextCut(long Tokens, long Total, long Line)
{
    /// <summary>Finds where a share of a text's tokens at its end begins.</summary>
    /// <remarks>Of N tokens the share's are round(share N), halves to even. The text is cut where a line begins, the one nearest to that
    /// place and of two the earlier; or at the place itself where no line begins within half of the share's tokens of it, and at level
    /// <see cref="TextLevel.Byte"/>. The first line's beginning is no place to cut. Reads the file twice.</remarks>
    /// <param name="path">The file.</param>
    /// <param name="rules">How it becomes tokens.</param>
    /// <param name="share">The share, above 0 and below 1. Of a short text a part may have no token.</param>
    /// <param name="progress">Told after every block how much is read, 0 to 1.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="FileProblemException">The file cannot be read, is empty, is not text, is not UTF-8, or is a damaged gzip
    /// file.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was asked for.</exception>
    public static TextCut Find(
        string path, TokenRules rules, double share, Action<double>? progress = null, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(rules);
        if (share is not (> 0 and < 1)) Throw.OutOfRange(nameof(share), share, "above 0 and below 1");
        long total = 0;
        if (rules.Level == TextLevel.Byte)
        {
            CorpusReader.ReadBytes(path, block => total += block.Length, progress, stop);
            return new(total - WantedOf(total), total, 0);
        }

        var tally = default(TallySink);
        CorpusReader.ReadFile(path, rules, ref tally, Half(0), stop);
        total = tally.Count;
        long wanted = WantedOf(total);
        var lines = new NearestLineSink(total - wanted, wanted / 2);
        CorpusReader.ReadFile(path, rules, ref lines, Half(0.5), stop);
        return new(lines.Place, total, lines.Line);

        long WantedOf(long tokens) => (long)Math.Round(tokens * share);

        Action<double>? Half(double from) => progress is null ? null : done => progress(from + (done / 2));
    }

    /// <summary>Finds the line's beginning that is nearest to a place.</summary>
    /// <param name="target">The place: tokens before it.</param>
    /// <param name="most">The most tokens from there to the beginning.</param>
    private struct NearestLineSink(long target, long most) : ITokenSink
    {
        private long _count, _line, _lineOfTarget, _distance = long.MaxValue;
        private (long Place, long Line) _nearest;

        /// <summary>Tokens before it, or before the place where there is none near it.</summary>
        public readonly long Place => IsFound ? _nearest.Place : target;

        /// <summary>Its line, or the place's.</summary>
        public readonly long Line => IsFound ? _nearest.Line : _lineOfTarget;

        private readonly bool IsFound => _distance < long.MaxValue;

        public void Accept(ReadOnlySpan<char> token, long line)
        {
            if (_count == target) _lineOfTarget = line;
            if (line != _line && _count > 0 && Math.Abs(_count - target) is var distance && distance <= most && distance < _distance)
                (_nearest, _distance) = ((_count, line), distance);
            _line = line;
            _count++;
        }
    }
}
