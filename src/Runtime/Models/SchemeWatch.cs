namespace TinySD.Runtime.Models;

/// <summary>Counts the tags that contradict a scheme, and remembers the first.</summary>
/// <param name="scheme">The scheme.</param>
internal sealed class SchemeWatch(TagScheme scheme)
{
    private (int Sentence, int Word) _at;
    private string _reason = "";

    /// <summary>Tags that contradict it.</summary>
    public long Faults { get; private set; }

    /// <summary>Looks at a sentence.</summary>
    public void Look(int sentence, ReadOnlySpan<string> tags)
    {
        string before = "O";
        for (int i = 0; i < tags.Length; i++)
        {
            if (!Keeps(tags[i], before, isLast: i == tags.Length - 1))
            {
                if (Faults++ == 0) (_at, _reason) = ((sentence, i), ReasonOf(tags[i], before, isStart: i == 0));
            }

            before = tags[i];
        }
    }

    /// <summary>What was found out, if this is the scheme.</summary>
    public SchemeFinding ToFinding() =>
        new(scheme, Faults == 0 ? null : new SchemeFault(_at.Sentence, _at.Word, Faults, _reason));

    private bool Keeps(string tag, string before, bool isLast)
    {
        EntityTag own = EntityTag.Of(tag);
        if (scheme == TagScheme.None) return own.Type.IsEmpty;
        return own.IsOf(scheme) && (own.IsInside || EntityTag.IsOutside(tag)) && Follows(before, tag)
            && (!isLast || TagSchemes.CanEnd(tag, scheme));
    }

    // A predecessor of another scheme has been counted itself.
    private bool Follows(string before, string tag) =>
        !EntityTag.Of(before).IsOf(scheme) || TagSchemes.IsAllowed(before, tag, scheme);

    private string ReasonOf(string tag, string before, bool isStart)
    {
        EntityTag own = EntityTag.Of(tag);
        string name = TagSchemes.NameOf(scheme);
        if (scheme == TagScheme.None) return $"'{tag}' is an entity's tag among {name}";
        if (!own.IsOf(scheme)) return $"{name} has no '{tag}'";
        if (!own.IsInside && !EntityTag.IsOutside(tag)) return $"'{tag}' is neither O nor B-, I-, E- or S- with a type, as {name} has them";
        if (Follows(before, tag)) return $"'{tag}' cannot end a sentence in {name}";
        return isStart ? $"'{tag}' cannot begin a sentence in {name}" : $"'{tag}' cannot follow '{before}' in {name}";
    }
}
