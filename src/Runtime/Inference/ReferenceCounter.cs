namespace TinySD.Runtime.Inference;

/// <summary>Counts sentences, and how many references each has.</summary>
internal sealed class ReferenceCounter
{
    private bool _varies;
    private int _each;

    /// <summary>Sentences so far.</summary>
    public long Sentences { get; private set; }

    /// <summary>References of every sentence; null where they are not equally many, 0 where there is no sentence.</summary>
    public int? Each => _varies ? null : _each;

    /// <summary>Takes a sentence.</summary>
    /// <exception cref="ArgumentException">It has no reference.</exception>
    public void Add(int references)
    {
        if (references == 0) Throw.Argument("a translation without a reference cannot be measured");
        _varies |= Sentences > 0 && references != _each;
        _each = references;
        Sentences++;
    }
}
