namespace TinySD.Formats.Schedules;

/// <summary>What a mask schedule is of, apart from the masks.</summary>
public sealed record MaskScheduleInfo
{
    /// <summary>The most updates of a file.</summary>
    public const int MaxUpdates = int.MaxValue;

    /// <summary>The most units of a place.</summary>
    public const int MaxUnits = 1 << 20;

    /// <summary>The most places.</summary>
    public const int MaxPlaces = 1024;

    /// <summary>Masks of one update are at most so long, as bitmaps.</summary>
    public const int MaxPayloadBytes = 1 << 28;

    /// <summary>Version of the file: 2, or 1 from when only a recurrent stack's places could be written, which have names by their
    /// numbers.</summary>
    public int Version { get; internal init; } = MaskScheduleHeader.CurrentVersion;

    /// <summary>The seed that the masks were drawn with.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Case, draw, multiple and groups. Rates are the places' own: those by site are left out of what is given here.</summary>
    public required DropoutSpec Dropout
    {
        get;
        init => field = value.IsNested ? value : new DropoutSpec
        {
            Kind = value.Kind, Draw = value.Draw, KeepMultiple = value.KeepMultiple, GroupSize = value.GroupSize,
        };
    }

    /// <summary>Time steps T of a window, 1 to 65536.</summary>
    public required int TimeSteps { get; init; }

    /// <summary>Updates whose masks are in the file, at least 1; the first is update 0.</summary>
    public required int Updates { get; init; }

    /// <summary>The places whose masks are in the file, in file order: those with a rate above 0.</summary>
    public required ImmutableArray<MaskPlace> Places { get; init; }

    /// <summary>Masks of one place in one update: one where they are locked, else one for each time step.</summary>
    public int MasksPerPlace => Dropout.IsLocked ? 1 : TimeSteps;

    /// <summary>Of a network's places, as its plan lists them, those with a rate above 0, in their order.</summary>
    public static ImmutableArray<MaskPlace> WithMasks(IEnumerable<MaskPlace> places) => [.. places.Where(place => place.Rate > 0)];

    internal int GroupsOf(MaskPlace place) => (place.Units + Dropout.GroupSize - 1) / Dropout.GroupSize;

    /// <summary>Groups that every mask of a place keeps; 0 where that is left to chance or a share is drawn.</summary>
    internal int KeptGroupsOf(MaskPlace place) => Dropout is { Draw: MaskDraw.ExactCount, IsNested: false }
        ? (Dropout.KeepCount(place) + Dropout.GroupSize - 1) / Dropout.GroupSize
        : 0;

    /// <summary>What the masks of one update take at most: all of them as bitmaps.</summary>
    internal long PayloadBound() => Places.Sum(place => (long)MasksPerPlace * MaskList.BitmapBytes(GroupsOf(place)));

    /// <summary>What is impossible, or null.</summary>
    internal string? FindFault()
    {
        if (!Dropout.IsStructured) return "only structured masks are the same for a whole batch and can be written down";
        if (Dropout.IsNested && Version == 1) return "nested masks in version 1, which has none";
        if (TimeSteps is < 1 or > 65536) return $"a window of {TimeSteps} time steps; expected 1 to 65536";
        if (Updates < 1) return $"{Updates} updates; expected at least 1";
        if (Places.Length is 0 or > MaxPlaces) return $"{Places.Length} places; expected 1 to {MaxPlaces}";
        try
        {
            Dropout.Validate();
        }
        catch (ArgumentException exception)
        {
            return Words.OfArgument(exception);
        }

        var numbers = new HashSet<int>();
        var names = new HashSet<string>();
        foreach (MaskPlace place in Places)
        {
            if (place.Units > MaxUnits) return $"the place {place.Name} has {place.Units} units; expected 1 to {MaxUnits}";
            if (place.Rate == 0) return $"the place {place.Name} has no drop rate";
            if (Dropout.IsNested && place.Rate != Dropout.RateOf(DropoutSite.Layer))
                return $"the place {place.Name} has the drop rate {place.Rate}; its shares make {Dropout.RateOf(DropoutSite.Layer)}";
            if (!numbers.Add(place.Number)) return $"the place {place.Name} has the number of another, {place.Number}";

            // By its numbering alone two inputs of a layer have the same name; they were always read.
            if (!names.Add(place.Name) && Version > 1) return $"the place {place.Name} comes twice";
        }

        long payload = PayloadBound();
        return payload > MaxPayloadBytes ? $"an update's masks take {payload} bytes; expected at most {MaxPayloadBytes}" : null;
    }
}
