namespace TinySD.Runtime.Layers;

/// <summary>Which tag may follow which, begin a sequence, or end it.</summary>
public sealed class TagConstraints
{
    private readonly bool[] _follows, _begins, _ends;

    /// <summary>All is allowed.</summary>
    /// <param name="tags">Tags K, at least 1.</param>
    public TagConstraints(int tags)
    {
        if (tags < 1) Throw.OutOfRange(nameof(tags), tags, "at least 1");
        Tags = tags;
        _follows = new bool[checked(tags * tags)];
        _begins = new bool[tags];
        _ends = new bool[tags];
        Array.Fill(_follows, true);
        Array.Fill(_begins, true);
        Array.Fill(_ends, true);
    }

    /// <summary>Tags K.</summary>
    public int Tags { get; }

    /// <summary>Whether <paramref name="to"/> may follow <paramref name="from"/>.</summary>
    public bool this[int from, int to]
    {
        get => _follows[(from * Tags) + to];
        set => _follows[(from * Tags) + to] = value;
    }

    /// <summary>Whether a sequence may begin with each tag, [K]; may be written.</summary>
    public Span<bool> Begins => _begins;

    /// <summary>Whether a sequence may end with each tag, [K]; may be written.</summary>
    public Span<bool> Ends => _ends;
}
