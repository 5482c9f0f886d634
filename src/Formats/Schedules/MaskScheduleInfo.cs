using System.Collections.Immutable;
using TinySD.Runtime.Masks;

namespace TinySD.Formats.Schedules;

/// <summary>What a mask schedule is of, apart from the masks.</summary>
public sealed record MaskScheduleInfo
{
    /// <summary>The most updates of a file.</summary>
    public const int MaxUpdates = int.MaxValue;

    /// <summary>The most units of a site.</summary>
    public const int MaxUnits = 1 << 20;

    /// <summary>The most sites.</summary>
    public const int MaxSites = 1024;

    /// <summary>Masks of one update are at most so long, as bitmaps.</summary>
    public const int MaxPayloadBytes = 1 << 28;

    /// <summary>The seed that the masks were drawn with.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Case, draw, rates, multiple and groups. A site that is not in <see cref="Sites"/> has the rate 0.</summary>
    public required DropoutSpec Dropout { get; init; }

    /// <summary>Time steps T of a window, 1 to 65536.</summary>
    public required int TimeSteps { get; init; }

    /// <summary>Updates whose masks are in the file, at least 1; the first is update 0.</summary>
    public required int Updates { get; init; }

    /// <summary>The places whose masks are in the file, in file order: those with a rate above 0.</summary>
    public required ImmutableArray<MaskSite> Sites { get; init; }

    /// <summary>Masks of one site in one update: one where they are locked, else one for each time step.</summary>
    public int MasksPerSite => Dropout.IsLocked ? 1 : TimeSteps;

    /// <summary>Of a model's sites those with a rate above 0, in their order.</summary>
    public static ImmutableArray<MaskSite> SitesWithMasks(IEnumerable<MaskSite> sites, DropoutSpec dropout) =>
        [.. sites.Where(site => dropout.RateOf(site.Site) > 0)];

    /// <summary>Groups of a site.</summary>
    internal int GroupsOf(MaskSite site) => (site.Units + Dropout.GroupSize - 1) / Dropout.GroupSize;

    /// <summary>Groups that every mask of a site keeps; 0 where that is left to chance.</summary>
    internal int KeptGroupsOf(MaskSite site) => Dropout.Draw == MaskDraw.ExactCount
        ? (Dropout.KeepCount(site.Site, site.Units) + Dropout.GroupSize - 1) / Dropout.GroupSize
        : 0;

    /// <summary>What the masks of one update take at most: all of them as bitmaps.</summary>
    internal long PayloadBound() => Sites.Sum(site => (long)MasksPerSite * MaskList.BitmapBytes(GroupsOf(site)));

    /// <summary>What is impossible, or null.</summary>
    internal string? FindFault()
    {
        if (!Dropout.IsStructured) return "only structured masks are the same for a whole batch and can be written down";
        if (TimeSteps is < 1 or > 65536) return $"a window of {TimeSteps} time steps; expected 1 to 65536";
        if (Updates < 1) return $"{Updates} updates; expected at least 1";
        if (Sites.Length is 0 or > MaxSites) return $"{Sites.Length} sites; expected 1 to {MaxSites}";
        try
        {
            Dropout.Validate();
        }
        catch (ArgumentException exception)
        {
            return Words.OfArgument(exception);
        }

        var places = new HashSet<(DropoutSite, int)>();
        foreach (MaskSite site in Sites)
        {
            string name = $"the site {site.Site}, layer {site.Layer}";
            if (!Enum.IsDefined(site.Site) || site.Layer is < 0 or > MaxSites) return $"{name}, is none that is known";
            if (site.Units is < 1 or > MaxUnits) return $"{name}, has {site.Units} units; expected 1 to {MaxUnits}";
            if (Dropout.RateOf(site.Site) == 0) return $"{name}, has no drop rate";
            if (!places.Add((site.Site, site.Layer))) return $"{name}, comes twice";
        }

        return PayloadBound() > MaxPayloadBytes ? $"an update's masks take {PayloadBound()} bytes; expected at most {MaxPayloadBytes}" : null;
    }
}
