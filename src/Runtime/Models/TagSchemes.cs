namespace TinySD.Runtime.Models;

/// <summary>Reads, converts and checks the tags of words that are in entities.</summary>
/// <remarks>A tag is <c>O</c>, or <c>B</c>, <c>I</c>, <c>E</c> or <c>S</c> with a hyphen and a type behind it, which may have hyphens in
/// it; a letter alone is an entity's without a type. <c>L</c> and <c>U</c> (BILOU) are read as <c>E</c> and <c>S</c>, <c>M</c> and
/// <c>W</c> (BMEWO) as <c>I</c> and <c>S</c>. Anything else is outside of entities, and is kept as it is.
/// <para>Tags of all schemes, and those of no scheme, are read alike: by the rules of conlleval, the script of the CoNLL shared tasks
/// (Tjong Kim Sang 2000). An entity begins at a B; at an S; at any tag whose predecessor is outside, of another type, or ended an entity
/// (E, S). It goes on until another begins or a word is outside, and never past the end of a sentence. The script knows no S and lets a
/// B right behind an E of the same type begin nothing; here both begin an entity, so that a text counts the same in all schemes.</para>
/// </remarks>
public static class TagSchemes
{
    /// <summary>The entities of a sentence, in their order.</summary>
    /// <param name="tags">The tags of its words, [T], of any scheme.</param>
    /// <exception cref="ArgumentException">A tag is <see langword="null"/>.</exception>
    public static IReadOnlyList<EntitySpan> FindEntities(ReadOnlySpan<string> tags)
    {
        var found = new List<EntitySpan>();
        int start = -1;
        EntityTag before = EntityTag.Of("O");
        for (int i = 0; i <= tags.Length; i++)
        {
            EntityTag tag = i < tags.Length ? EntityTag.Of(Checked(tags, i)) : EntityTag.Of("O");
            if (start >= 0 && (!tag.IsInside || tag.Begins(before)))
            {
                found.Add(new EntitySpan(start, i, before.Type.ToString()));
                start = -1;
            }

            if (start < 0 && tag.IsInside) start = i;
            before = tag;
        }

        return found;
    }

    /// <summary>Writes a sentence's tags in another scheme.</summary>
    /// <param name="tags">The tags of its words, [T], of any scheme.</param>
    /// <param name="to">The scheme; <see cref="TagScheme.None"/> leaves tags as they are.</param>
    /// <returns>[T].</returns>
    /// <exception cref="ArgumentException">A tag is <see langword="null"/>, or the scheme none of the names.</exception>
    public static string[] Convert(ReadOnlySpan<string> tags, TagScheme to)
    {
        Throw.IfUndefined(to);
        string[] written = tags.ToArray();
        IReadOnlyList<EntitySpan> entities = FindEntities(tags);
        if (to == TagScheme.None) return written;
        for (int i = 0; i < entities.Count; i++)
        {
            EntitySpan entity = entities[i];
            bool touches = i > 0 && entities[i - 1].End == entity.Start && entities[i - 1].Type == entity.Type;
            for (int at = entity.Start; at < entity.End; at++)
            {
                char place = PlaceOf(at == entity.Start, at == entity.End - 1, touches, to);
                written[at] = entity.Type.Length == 0 ? place.ToString() : $"{place}-{entity.Type}";
            }
        }

        return written;
    }

    /// <summary>Finds the scheme that tags keep: the one that fewest of them contradict.</summary>
    /// <param name="sentences">The tags of every sentence.</param>
    /// <exception cref="ArgumentException">A tag is <see langword="null"/>.</exception>
    public static SchemeFinding Detect(IReadOnlyList<string[]> sentences)
    {
        ArgumentNullException.ThrowIfNull(sentences);

        // Of those that fit equally well the first; plain tags last, for a text of B and I alone has entities without a type.
        SchemeWatch[] watches = [new(TagScheme.Iob2), new(TagScheme.Iob1), new(TagScheme.Bioes), new(TagScheme.None)];
        bool hasAny = false;
        for (int sentence = 0; sentence < sentences.Count; sentence++)
        {
            ReadOnlySpan<string> tags = Throw.IfNull(sentences[sentence], nameof(sentences));
            for (int i = 0; i < tags.Length; i++) hasAny |= !EntityTag.IsOutside(Checked(tags, i));
            foreach (SchemeWatch watch in watches) watch.Look(sentence, tags);
        }

        SchemeWatch best = watches[0];
        foreach (SchemeWatch watch in watches) best = watch.Faults < best.Faults ? watch : best;
        return hasAny ? best.ToFinding() : new SchemeFinding(null, null);
    }

    /// <summary>Whether a scheme lets one tag follow another. Plain tags count as outside.</summary>
    /// <param name="from">The tag.</param>
    /// <param name="to">The next word's.</param>
    /// <param name="scheme">The scheme; <see cref="TagScheme.None"/> lets all.</param>
    public static bool IsAllowed(string from, string to, TagScheme scheme) =>
        EntityTag.Of(Throw.IfNull(to)).MayFollow(EntityTag.Of(Throw.IfNull(from)), scheme);

    /// <summary>Whether a scheme lets a sentence begin with a tag.</summary>
    /// <inheritdoc cref="IsAllowed"/>
    public static bool CanStart(string tag, TagScheme scheme) => IsAllowed("O", tag, scheme);

    /// <summary>Whether a scheme lets a sentence end with a tag.</summary>
    /// <inheritdoc cref="IsAllowed"/>
    public static bool CanEnd(string tag, TagScheme scheme) => IsAllowed(tag, "O", scheme);

    /// <summary>Whether an entity that <see cref="FindEntities"/> found is written as a scheme's own grammar would have it.</summary>
    internal static bool IsWellFormed(EntitySpan entity, ReadOnlySpan<string> tags, TagScheme scheme)
    {
        bool touches = entity.Start > 0 && EntityTag.Of(tags[entity.Start - 1]) is { IsInside: true } before
            && before.Type.SequenceEqual(entity.Type);
        for (int at = entity.Start; at < entity.End; at++)
        {
            char place = PlaceOf(at == entity.Start, at == entity.End - 1, touches, scheme);
            if (EntityTag.Of(tags[at]).Place != place) return false;
        }

        return true;
    }

    /// <summary>The scheme's name in the field.</summary>
    internal static string NameOf(TagScheme scheme) => scheme == TagScheme.None ? "plain tags" : scheme.ToString().ToUpperInvariant();

    private static char PlaceOf(bool isFirst, bool isLast, bool touches, TagScheme scheme) => scheme switch
    {
        TagScheme.Iob1 => isFirst && touches ? 'B' : 'I',
        TagScheme.Iob2 => isFirst ? 'B' : 'I',
        _ when isFirst => isLast ? 'S' : 'B',
        _ => isLast ? 'E' : 'I',
    };

    private static string Checked(ReadOnlySpan<string> tags, int at)
    {
        if (tags[at] is not { } tag) throw new ArgumentException($"the tag of word {at} of a sentence is null");
        return tag;
    }
}
