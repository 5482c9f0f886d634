namespace TinySD.Runtime.Inference;

/// <summary>How chrF is counted. The default is sacreBLEU's chrF2; with a <see cref="WordOrder"/> of 2 it is chrF2++.</summary>
public sealed record ChrfOptions
{
    /// <summary>Characters of the longest n-grams, 1 to 64.</summary>
    public int CharacterOrder { get; init; } = 6;

    /// <summary>Words of the longest n-grams of words, 0 to 64; 0 counts characters only.</summary>
    public int WordOrder { get; init; }

    /// <summary>How many times as much recall weighs as precision, 0 to 1000.</summary>
    public int Beta { get; init; } = 2;

    /// <summary>Whether white space counts as characters.</summary>
    public bool KeepsWhiteSpace { get; init; }

    /// <summary>Whether orders of which one side has no n-gram are left out of the mean; else they count as almost 0, as chrF++.py has
    /// it.</summary>
    public bool HasEffectiveOrder { get; init; } = true;

    /// <summary>Checks every range.</summary>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public void Validate()
    {
        const int most = 64;
        if (CharacterOrder is < 1 or > most) Throw.OutOfRange(nameof(CharacterOrder), CharacterOrder, $"1 to {most}");
        if (WordOrder is < 0 or > most) Throw.OutOfRange(nameof(WordOrder), WordOrder, $"0 to {most}");
        if (Beta is < 0 or > 1000) Throw.OutOfRange(nameof(Beta), Beta, "0 to 1000");
    }
}
