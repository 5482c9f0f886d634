using System.Globalization;
using System.Text;

namespace TinySD.Runtime.Masks;

/// <summary>A place in a network where units can be dropped.</summary>
/// <remarks>Masks are drawn by the number, which is part of what decides a run: it must stay what it was, and no two places of a network
/// may share one.</remarks>
public sealed record MaskPlace
{
    /// <summary>Numbers are below this.</summary>
    public const int MaxNumbers = 4096;

    /// <summary>The most bytes of a name, in UTF-8.</summary>
    public const int MaxNameBytes = 255;

    /// <summary>The most layers of a stack whose places are numbered by site and layer.</summary>
    public const int MaxLayers = 1024;

    /// <summary>Names a place.</summary>
    /// <param name="name">Unique in its network, for example <c>layer.0.recurrent</c>; 1 to 255 bytes of UTF-8, without control or
    /// invisible characters.</param>
    /// <param name="number">0 to 4095.</param>
    /// <param name="units">Units there, at least 1.</param>
    /// <param name="rate">Drop rate, at least 0 and below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    /// <exception cref="ArgumentException">The name is none.</exception>
    public MaskPlace(string name, int number, int units, float rate)
    {
        if ((uint)number >= MaxNumbers) Throw.OutOfRange(nameof(number), number, $"0 to {MaxNumbers - 1}");
        if (units < 1) Throw.OutOfRange(nameof(units), units, "at least 1");
        Throw.IfNoRate(rate);
        if (name.Length == 0 || Encoding.UTF8.GetByteCount(name) > MaxNameBytes || HasUnseen(name))
            Throw.Argument($"mask place {number} needs a name of 1 to {MaxNameBytes} bytes of UTF-8, without invisible characters");
        Name = name;
        Number = number;
        Units = units;
        Rate = rate;
    }

    /// <summary>Unique in its network.</summary>
    public string Name { get; }

    /// <summary>The place's part of what its masks are drawn by, 0 to 4095.</summary>
    public int Number { get; }

    /// <summary>Units there.</summary>
    public int Units { get; }

    /// <summary>The share of them that is dropped.</summary>
    public float Rate { get; }

    /// <summary>Site and layer of a place that <see cref="OfStack"/> makes; null where name and number are others.</summary>
    public (DropoutSite Site, int Layer)? InStack
    {
        get
        {
            var (site, layer) = ((DropoutSite)(Number / MaxLayers), Number % MaxLayers);
            return NameOf(site, layer) == Name ? (site, layer) : null;
        }
    }

    /// <summary>A place of a stack of recurrent layers under one classifier, named and numbered by site and layer.</summary>
    /// <param name="site">The site.</param>
    /// <param name="layer">The layer whose input it is, 0 to 1023; the layer count for <see cref="DropoutSite.Output"/>.</param>
    /// <param name="units">Units there, at least 1.</param>
    /// <param name="rate">Drop rate, at least 0 and below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range, or the site is none.</exception>
    public static MaskPlace OfStack(DropoutSite site, int layer, int units, float rate)
    {
        if (!Enum.IsDefined(site)) Throw.OutOfRange(nameof(site), site, "one of the sites");
        if ((uint)layer >= MaxLayers) Throw.OutOfRange(nameof(layer), layer, $"0 to {MaxLayers - 1}");
        return new MaskPlace(NameOf(site, layer), ((int)site * MaxLayers) + layer, units, rate);
    }

    private static string NameOf(DropoutSite site, int layer) => site switch
    {
        DropoutSite.Output => "classifier",
        DropoutSite.Recurrent => string.Create(CultureInfo.InvariantCulture, $"layer.{layer}.recurrent"),
        _ => string.Create(CultureInfo.InvariantCulture, $"layer.{layer}.input"),
    };

    // Half a surrogate pair comes as the replacement character.
    private static bool HasUnseen(string name)
    {
        foreach (Rune rune in name.EnumerateRunes())
        {
            if (IsUnseen(rune)) return true;
        }

        return false;
    }

    private static bool IsUnseen(Rune rune) => rune == Rune.ReplacementChar || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control
        or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
