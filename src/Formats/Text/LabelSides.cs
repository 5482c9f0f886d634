namespace TinySD.Formats.Text;

/// <summary>Finds out on which side of their separators the lines of a file have their labels: see <see cref="LabelledTexts"/>.</summary>
/// <param name="lines">All lines with a row; each has the separator.</param>
/// <param name="separator">The separator.</param>
/// <param name="options">What labels are, and those that are known.</param>
internal sealed class LabelSides(IEnumerable<string> lines, char separator, LabelledTextOptions options)
{
    /// <summary>The side.</summary>
    /// <param name="path">The file, for the complaint.</param>
    /// <exception cref="FileProblemException">It cannot be told.</exception>
    public LabelPlace Find(string path)
    {
        Side first = Look(LabelPlace.First), last = Look(LabelPlace.Last);
        if (first.Known != last.Known) return first.Known > last.Known ? LabelPlace.First : LabelPlace.Last;
        if (separator == ' ') return LabelPlace.First;

        // Texts may be empty, and labels may not; one that is forgotten among many is a mistake to be told.
        if (first.HasEmpty != last.HasEmpty)
        {
            (Side empty, Side full) = first.HasEmpty ? (first, last) : (last, first);
            bool isForgotten = empty.Distinct > 0
                && (4L * empty.Distinct <= full.Distinct || (full.HasBlanks && !empty.HasBlanks));
            return first.HasEmpty == isForgotten ? LabelPlace.First : LabelPlace.Last;
        }

        if (2L * first.Distinct <= last.Distinct) return LabelPlace.First;
        if (2L * last.Distinct <= first.Distinct) return LabelPlace.Last;

        // A side that is worse than the other in neither respect.
        bool mayBeFirst = first.Distinct <= last.Distinct && !(first.HasBlanks && !last.HasBlanks);
        bool mayBeLast = last.Distinct <= first.Distinct && !(last.HasBlanks && !first.HasBlanks);
        if (mayBeFirst != mayBeLast) return mayBeFirst ? LabelPlace.First : LabelPlace.Last;
        throw new FileProblemException(new(FileProblemKind.LineInvalid, path,
            $"{path}: which side of the tab is the label cannot be told: before it are {Words.Count(first.Distinct, "different value")}, " +
            $"such as '{Words.Shown(first.Example)}', and behind it {Words.Count(last.Distinct)}, such as '{Words.Shown(last.Example)}'. " +
            "Say that the label comes first, or last (--label first|last)."));
    }

    private Side Look(LabelPlace place)
    {
        var values = new HashSet<string>(StringComparer.Ordinal);
        long known = 0;
        bool hasBlanks = false, hasEmpty = false;
        string example = "";
        foreach (string line in lines)
        {
            string field = LabelledTexts.Cut(line, place, separator).Label;
            if (example.Length == 0) example = field;
            foreach (string label in RowLabels.Split(field, options.IsMultiLabel))
            {
                hasEmpty |= label.Length == 0;
                if (label.Length > 0) values.Add(label);
                hasBlanks |= label.AsSpan().ContainsAny(' ', '\t');
                if (options.Known?.Contains(label) == true) known++;
            }
        }

        return new(values.Count, known, hasBlanks, hasEmpty, example);
    }

    private readonly record struct Side(int Distinct, long Known, bool HasBlanks, bool HasEmpty, string Example);
}
