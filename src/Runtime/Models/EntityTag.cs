namespace TinySD.Runtime.Models;

/// <summary>A tag taken apart.</summary>
internal readonly ref struct EntityTag
{
    private EntityTag(char place, ReadOnlySpan<char> type)
    {
        Place = place;
        Type = type;
    }

    /// <summary>Where in an entity the word stands: B, I, E or S; O outside.</summary>
    public char Place { get; }

    /// <summary>The entity's type; empty outside.</summary>
    public ReadOnlySpan<char> Type { get; }

    /// <summary>Whether the word is in an entity.</summary>
    public bool IsInside => Place != 'O';

    /// <summary>Whether it says that a word is in no entity: O, or what CoNLL files have where there is nothing to say.</summary>
    public static bool IsOutside(string tag) => tag is "O" or "-X-";

    /// <summary>Takes a tag apart. One that is neither a place nor a place, a hyphen and a type is outside of entities.</summary>
    public static EntityTag Of(string tag)
    {
        if (tag.Length == 0 || (tag.Length > 1 && tag[1] != '-')) return new('O', []);
        char place = tag[0] switch
        {
            'B' => 'B',
            'I' or 'M' => 'I',
            'E' or 'L' => 'E',
            'S' or 'U' or 'W' => 'S',
            _ => 'O',
        };
        return new(place, place == 'O' || tag.Length < 2 ? [] : tag.AsSpan(2));
    }

    /// <summary>Whether an entity begins here, by conlleval's rules: whatever the tag, where none or one of another type goes
    /// before.</summary>
    public bool Begins(EntityTag before) =>
        IsInside && (Place is 'B' or 'S' || before.Place is 'O' or 'E' or 'S' || !Type.SequenceEqual(before.Type));

    /// <summary>Whether a scheme has such tags.</summary>
    public bool IsOf(TagScheme scheme) => scheme is TagScheme.Bioes or TagScheme.None || Place is 'O' or 'B' or 'I';

    /// <summary>Whether a scheme lets the tag follow another.</summary>
    public bool MayFollow(EntityTag before, TagScheme scheme)
    {
        if (!IsOf(scheme) || !before.IsOf(scheme)) return false;
        bool isSame = before.IsInside && IsInside && Type.SequenceEqual(before.Type);
        return scheme switch
        {
            TagScheme.Iob1 => Place != 'B' || isSame,
            TagScheme.Iob2 => Place != 'I' || isSame,
            TagScheme.Bioes => before.Place is 'B' or 'I' ? isSame && (Place is 'I' or 'E') : Place is 'O' or 'B' or 'S',
            _ => true,
        };
    }
}
