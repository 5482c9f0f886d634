namespace TinySD.Formats.Tables;

/// <summary>What stands between the cells of a row.</summary>
public enum CellSeparator
{
    /// <summary>A comma.</summary>
    Comma,

    /// <summary>A semicolon, as spreadsheets write where the comma is decimal.</summary>
    Semicolon,

    /// <summary>A tabulator.</summary>
    Tab,
}

/// <summary>What stands before a number's fraction.</summary>
public enum DecimalMark
{
    /// <summary>A point.</summary>
    Point,

    /// <summary>A comma.</summary>
    Comma,
}

/// <summary>The words for how a table is written.</summary>
public static class TableSpelling
{
    /// <summary>What stands between cells.</summary>
    public static Choice<CellSeparator> Separators { get; } = new("separator",
        (CellSeparator.Comma, "comma"), (CellSeparator.Semicolon, "semicolon"), (CellSeparator.Tab, "tab"));

    /// <summary>The decimal mark.</summary>
    public static Choice<DecimalMark> Decimals { get; } = new("decimal", (DecimalMark.Point, "point"), (DecimalMark.Comma, "comma"));

    internal static char Character(CellSeparator separator) => separator switch
    {
        CellSeparator.Semicolon => ';',
        CellSeparator.Tab => '\t',
        _ => ',',
    };
}

/// <summary>What is known of a table before it is read; the rest is found in it.</summary>
public sealed record TableOptions
{
    /// <summary>What stands between cells; null to find it in the first rows.</summary>
    public CellSeparator? Separator { get; init; }

    /// <summary>Whether the first row has the columns' names; null to find it in the first rows.</summary>
    public bool? HasHeader { get; init; }

    /// <summary>The decimal mark. It is never guessed: <c>1,5</c> is refused where it is the point.</summary>
    public DecimalMark DecimalMark { get; init; }

    /// <summary>Columns whose cells are kept as texts, by their names: identifiers and labels.</summary>
    public IReadOnlyList<string> Texts { get; init; } = [];
}

/// <summary>How a table turned out to be written.</summary>
/// <param name="Separator">What stands between cells; the comma where there is one column only.</param>
/// <param name="HasHeader">Whether the first row has the columns' names.</param>
/// <param name="DecimalMark">The decimal mark, as the options say.</param>
public sealed record TableDialect(CellSeparator Separator, bool HasHeader, DecimalMark DecimalMark);
