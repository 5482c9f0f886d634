namespace TinySD.Tools.Options;

/// <summary>How a table in CSV is written, for those whose way of writing cannot be found in them, or is found wrong.</summary>
internal sealed class CsvOptions
{
    private readonly Option<CellSeparator?> _separator = Ranged.Value("--separator", TableSpelling.Separators,
        "What stands between the cells of a CSV row. [default: found in the first rows]");

    private readonly Option<bool?> _header = Ranged.Value<bool>("--header", "yes|no",
        "Whether the first CSV row has the columns' names. [default: found in the first rows]", "yes or no",
        word => word switch { "yes" => true, "no" => false, _ => null }, ["yes", "no"]);

    private readonly Option<DecimalMark?> _decimal;

    /// <param name="usualMark">What the help says of the decimal mark that is taken where none is given.</param>
    public CsvOptions(string usualMark = "point") => _decimal = Ranged.Value("--decimal", TableSpelling.Decimals,
        $"The decimal mark of numbers in CSV. It is never guessed: 1,5 is an error with a point. [default: {usualMark}]");

    public IEnumerable<Option> All => HelpGroup.Data.Of<Option>(_separator, _header, _decimal);

    /// <summary>What a command line says.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="usual">What goes where it does not.</param>
    public TableOptions Read(ParseResult parsed, TableOptions? usual = null) => new()
    {
        Separator = parsed.GetValue(_separator) ?? usual?.Separator,
        HasHeader = parsed.GetValue(_header) ?? usual?.HasHeader,
        DecimalMark = parsed.GetValue(_decimal) ?? usual?.DecimalMark ?? DecimalMark.Point,
    };
}
