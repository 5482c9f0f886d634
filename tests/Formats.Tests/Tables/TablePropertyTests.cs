using System.Globalization;
using System.Text;
using CsCheck;
using TinySD.Formats.Tables;

namespace TinySD.Formats.Tests;

/// <summary>Any table that is written by the rules is read as it was.</summary>
public sealed class TablePropertyTests
{
    private static readonly Gen<double> s_cell = Gen.Frequency(
        (4, Gen.Double[-1e6, 1e6]), (2, Gen.Int[-99, 99].Select(value => (double)value)), (1, Gen.Const(double.NaN)),
        (1, Gen.Double.Where(double.IsFinite)));

    // What notes are made of that readers stumble over.
    private static readonly Gen<string> s_note =
        Gen.OneOf<string>("x", " ", ",", ";", "\t", "\n", "\r\n", "\"", "é", "世", "1,5").Array[0, 6].Select(string.Concat);

    [Test]
    public void What_is_written_in_any_dialect_is_read_back() => Gen.Select(
        Gen.Int[1, 5], Gen.Int[1, 40], Gen.OneOf<string>(",", ";", "\t"), Gen.OneOf<string>("\n", "\r\n", "\r"), Gen.Bool, Gen.Bool)
        .SelectMany((columns, rows, separator, end, hasDecimalComma, endsInLine) => Gen.Select(
            s_cell.Array[columns].Array[rows], s_note.Array[rows], Gen.Int[1, 3],
            (values, notes, block) =>
                (values, notes, separator, end, hasComma: hasDecimalComma && separator != ",", endsInLine, block)))
        .Sample(table =>
        {
            var text = new StringBuilder();
            string[] names = [.. table.values[0].Select((_, i) => $"c{i}")];
            text.AppendJoin(table.separator, (string[])[.. names, "note"]);
            for (int row = 0; row < table.values.Length; row++)
            {
                string note = table.notes[row].Replace("\"", "\"\"", StringComparison.Ordinal);
                text.Append(table.end).AppendJoin(table.separator, table.values[row].Select(value => Written(value, table.hasComma)));
                text.Append(table.separator).Append('"').Append(note).Append('"');
            }

            if (table.endsInLine) text.Append(table.end);
            var options = new TableOptions { DecimalMark = table.hasComma ? DecimalMark.Comma : DecimalMark.Point, Texts = ["note"] };
            byte[] bytes = Encoding.UTF8.GetBytes(text.ToString());
            NumberTable read = TableFiles.Read(bytes, options);
            bool isSame = read.RowCount == table.values.Length && read.Texts("note").SequenceEqual(table.notes.Select(note => note.Trim()));
            for (int column = 0; column < names.Length && isSame; column++)
            {
                double[] wanted = [.. table.values.Select(row => row[column])];
                if (wanted.All(double.IsNaN)) continue;
                isSame = read.Numbers(names[column]).AsSpan().SequenceEqual(wanted);
            }

            // The same rows come from a stream, in parts of any length.
            using NumberRows rows = NumberRows.Open(new InParts(bytes, table.block), "stdin", options, names, names, names.Length);
            double[] values = new double[names.Length];
            for (int row = 0; row < table.values.Length && isSame; row++)
                isSame = rows.Read(values) && values.AsSpan().SequenceEqual(table.values[row]) && rows.Line == read.LineOf(row);
            return isSame && !rows.Read(values);
        });

    // Whatever comes is a table, or refused in words with the file's name: no other exception, and no end that is not reached.
    [Test]
    public void Any_bytes_are_read_or_refused_in_words() => Gen.Select(
        Gen.OneOf(
            Gen.Byte.Array[0, 60],
            Gen.OneOf<string>("a", "b", "1", "2.5", "1,5", "-", "NA", "inf", "\"", "\"\"", ",", ";", "\t", "\n", "\r", "\r\n", " ", "é",
                "2016-07-01", "01.07.2016 10:00", "sep=;\n", "\uFEFF", "time").Array[0, 60]
                .Select(parts => Encoding.UTF8.GetBytes(string.Concat(parts)))),
        Gen.Int[0, 2], Gen.Int[1, 7], Gen.Bool)
        .Sample((bytes, how, block, hasComma) =>
        {
            var options = new TableOptions
            {
                DecimalMark = hasComma ? DecimalMark.Comma : DecimalMark.Point,
                HasHeader = how switch { 0 => null, 1 => true, _ => false },
            };
            IsReadOrRefused(() =>
            {
                NumberTable table = TableFiles.Read(bytes, options);
                foreach (CsvColumn column in table.NumberColumns())
                {
                    if (table.Numbers(column).Length != table.RowCount || table.Numbers(column).Any(double.IsInfinity))
                        throw new InvalidOperationException("a column is not whole");
                }

                if (table.Time is { } time) TimeColumnReport.Of(time, table.LineOf);
            });
            IsReadOrRefused(() =>
            {
                using NumberRows rows = NumberRows.Open(new InParts(bytes, block), TableFiles.Name, options, ["a"], ["a", "b"], 1);
                double[] values = new double[1];
                while (rows.Read(values))
                {
                    if (double.IsInfinity(values[0])) throw new InvalidOperationException("a number is infinite");
                }
            });
        }, iter: 3000);

    private static void IsReadOrRefused(Action read)
    {
        try
        {
            read();
        }
        catch (FileProblemException exception) when (exception.Message.StartsWith(TableFiles.Name, StringComparison.Ordinal))
        {
            // In words.
        }
    }

    private static string Written(double value, bool hasDecimalComma)
    {
        if (double.IsNaN(value)) return "NA";
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        return hasDecimalComma ? text.Replace('.', ',') : text;
    }

    private sealed class InParts(byte[] bytes, int most) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(most, buffer.Length)]);
    }
}
