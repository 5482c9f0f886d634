using TinySD.Formats.Tables;

namespace TinySD.Formats.Tests;

/// <summary>Tables as people have them.</summary>
public sealed class NumberTableTests
{
    private static readonly TableOptions s_decimalComma = new() { DecimalMark = DecimalMark.Comma };

    [Test]
    [Arguments("a,b\n1,2\n3,4\n", "a:1,3 b:2,4")]
    [Arguments("a,b\n1,2\n3,4", "a:1,3 b:2,4")]
    [Arguments("a;b\r\n1;2\r\n3;4\r\n", "a:1,3 b:2,4")]
    [Arguments("a\tb\r1\t2\r3\t4\r", "a:1,3 b:2,4")]
    [Arguments("1,2\n3,4\n", "column1:1,3 column2:2,4")]
    [Arguments("1\n3\n", "column1:1,3")]
    [Arguments("y\n1\n3\n", "y:1,3")]
    [Arguments("\n\na,b\n1,2\n3,4\n\n\r\n  \n", "a:1,3 b:2,4")]
    [Arguments("sep=;\r\na;b\r\n1;2\r\n3;4\r\n", "a:1,3 b:2,4")]
    [Arguments("\"a\",\"b\"\n\"1\",\"2\"\n\"3\",4\n", "a:1,3 b:2,4")]
    [Arguments(" a , b \n 1 , 2\n 3 ,\"4\" \n", "a:1,3 b:2,4")]
    [Arguments("\"a, the \"\"first\"\"\",b\n1,2\n3,4\n", "a, the \"first\":1,3 b:2,4")]
    [Arguments("a,note,b\n1,\"x,y;z\",2\n3,\"two\r\nlines\n\",4\n", "a:1,3 b:2,4")]
    [Arguments("a,note,b\n1,x;y,2\n3,z;w,4\n", "a:1,3 b:2,4")]
    [Arguments("id,2019,2020\n1,5,6\n2,7,8\n", "id:1,2 2019:5,7 2020:6,8")]
    [Arguments("a,b\n1,2\n3,4\n,\n,\n", "a:1,3 b:2,4")]
    [Arguments("\uFEFFa,b\n1,2\n3,4\n", "a:1,3 b:2,4")]
    [Arguments(",a,b\n0,1,2\n1,3,4\n", "a:1,3 b:2,4")]
    [Arguments("a,b\n-1.5e-3,+2\n.5,4.\n", "a:-0.0015,0.5 b:2,4")]
    public async Task Dialects_are_found(string text, string expected) =>
        await Assert.That(TableFiles.Shown(TableFiles.Read(text))).IsEqualTo(expected);

    [Test]
    [Arguments("a,b\n1,2\n", CellSeparator.Semicolon, null, "line 2")]
    [Arguments("1,2\n3,4\n", null, true, "1:3 2:4")]
    [Arguments("a;b\n1;2\n", CellSeparator.Semicolon, true, "a:1 b:2")]
    [Arguments("1;2\n3;4\n", CellSeparator.Semicolon, false, "column1:1,3 column2:2,4")]
    public async Task What_is_said_of_a_table_is_not_looked_for(string text, CellSeparator? separator, bool? header, string expected)
    {
        var options = new TableOptions { Separator = separator, HasHeader = header };
        if (expected.StartsWith("line", StringComparison.Ordinal))
            await Assert.That(TableFiles.Refusal(text, options, table => table.Numbers("a,b"))).Contains(expected);
        else
            await Assert.That(TableFiles.Shown(TableFiles.Read(text, options))).IsEqualTo(expected);
    }

    [Test]
    [Arguments("a;b\n1,5;2,5\n-3;4\n", "a:1.5,-3 b:2.5,4")]
    [Arguments("1,5;2,5\n3,5;4\n", "column1:1.5,3.5 column2:2.5,4")]
    [Arguments("a\tb\n1,5\t2,5\n3\t4\n", "a:1.5,3 b:2.5,4")]
    [Arguments("y\n1,5\n2,5e2\n", "y:1.5,250")]
    public async Task Decimal_commas_are_read_where_that_is_said(string text, string expected) =>
        await Assert.That(TableFiles.Shown(TableFiles.Read(text, s_decimalComma))).IsEqualTo(expected);

    [Test]
    public async Task Decimal_commas_in_quotation_marks_are_read_where_both_are_said() => await Assert.That(TableFiles.Shown(
        TableFiles.Read("a,b\n\"1,5\",2\n", s_decimalComma with { Separator = CellSeparator.Comma }))).IsEqualTo("a:1.5 b:2");

    [Test]
    [Arguments("1,5;2,5\n3,5;4,5\n", DecimalMark.Point, "t.csv, line 1, column 'column1': '1,5'")]
    [Arguments("a;b\n1;2,5\n2;3\n", DecimalMark.Point, "t.csv, line 2, column 'b': '2,5'")]
    [Arguments("a;b\n1;2\n2;3\n4;3,25\n", DecimalMark.Point, "t.csv, line 4, column 'b': '3,25'")]
    [Arguments("a,b\n\"1,5\",2\n", DecimalMark.Point, "t.csv, line 2, column 'a': '1,5'")]
    [Arguments("a;b\n1,234.5;2\n", DecimalMark.Point, "t.csv, line 2, column 'a': '1,234.5'")]
    [Arguments("a;b\n1.234,5;2\n", DecimalMark.Comma, "t.csv, line 2, column 'a': '1.234,5'")]
    [Arguments("a;b\n1.5;2\n", DecimalMark.Comma, "t.csv, line 2, column 'a': '1.5'")]
    [Arguments("a;b\n1,2,3;2\n", DecimalMark.Comma, "t.csv, line 2, column 'a': '1,2,3'")]
    [Arguments("a;b\n1 234;2\n", DecimalMark.Point, "t.csv, line 2, column 'a': '1 234'")]
    [Arguments("a;b\n1'234;2\n", DecimalMark.Point, "t.csv, line 2, column 'a': '1'234'")]
    public async Task Marks_that_mean_two_things_are_refused_with_line_and_column(string text, DecimalMark mark, string start)
    {
        string message = TableFiles.Refusal(text, new() { DecimalMark = mark });
        await Assert.That(message).StartsWith(start).And.Contains("--decimal comma");
    }

    [Test]
    public async Task A_comma_file_with_decimal_commas_has_rows_that_are_too_long() =>
        await Assert.That(TableFiles.Refusal("a,b\n1,5,2,5\n")).IsEqualTo(
            "t.csv, line 2: a row of 4 cells; line 1 has 2. If commas are decimal here too, numbers need quotation marks around them, or " +
            "another separator between them.");

    [Test]
    public async Task Missing_cells_are_no_numbers_and_are_counted()
    {
        NumberTable table = TableFiles.Read("a,b\n1,2\n,NA\nN/A,nan\nNaN,null\nNULL,?\n-,#N/A\n \"\" , \n7,8\n");
        await Assert.That(TableFiles.Shown(table)).IsEqualTo("a:1,NaN,NaN,NaN,NaN,NaN,NaN,7 b:2,NaN,NaN,NaN,NaN,NaN,NaN,8");
        await Assert.That(table.Columns.Select(column => (column.MissingCount, column.FirstMissingLine)))
            .IsEquivalentTo([(6L, 3L), (6L, 3L)], CollectionOrdering.Matching);
    }

    [Test]
    [Arguments("a,b\n1,2\n3,x1\n5,6\n7,8\n", "t.csv, line 3, column 'b': 'x1' is no number. A missing value is an empty cell, NA, NaN, " +
        "null, ? or -.")]
    [Arguments("a,note,b\n1,\"two\nlines\",2\n3,\"four\r\n\r\nlines\n\",4\n5,,six\n", "t.csv, line 8, column 'b': 'six' is no number. " +
        "A missing value is an empty cell, NA, NaN, null, ? or -.")]
    [Arguments("a,b\n1,2\n3,inf\n", "t.csv, line 3, column 'b': 'inf' is infinite, or beyond the range of numbers of 64 bits; a finite " +
        "number was expected. Leave the cell empty where there is no value.")]
    [Arguments("a,b\n-1e999,2\n3,4\n", "t.csv, line 2, column 'a': '-1e999' is infinite, or beyond the range of numbers of 64 bits; a " +
        "finite number was expected. Leave the cell empty where there is no value.")]
    [Arguments("a,b\n-Infinity,2\n3,4\n", "t.csv, line 2, column 'a': '-Infinity' is infinite, or beyond the range of numbers of 64 " +
        "bits; a finite number was expected. Leave the cell empty where there is no value.")]
    [Arguments("a,b\n1,2\n3\n", "t.csv, line 3: a row of 1 cell; line 1 has 2.")]
    [Arguments("1;2\n3;4;5\n", "t.csv, line 2: a row of 3 cells; line 1 has 2. A cell that holds a separator stands in quotation marks.")]
    [Arguments("a,b,a\n1,2,3\n", "t.csv, line 1: columns 1 and 3 have the same name, 'a'. Give each its own.")]
    [Arguments("", "t.csv is empty; a table in CSV was expected")]
    [Arguments("\uFEFF", "t.csv is empty; a table in CSV was expected")]
    [Arguments("\r\n\n  \n", "t.csv is empty; a table in CSV was expected")]
    [Arguments("a,b\n", "t.csv has a header and no rows; rows of numbers were expected")]
    [Arguments("a,b\n,\n", "t.csv has a header and no rows; rows of numbers were expected")]
    [Arguments("a,b\n1,\"2\n3,4\n", "t.csv, line 2: the quotation mark that opens a cell here is never closed")]
    [Arguments("a,b\n1,2\n3,5\" disk\n", "t.csv, line 3: a quotation mark in the middle of a cell. A cell that holds one stands in " +
        "quotation marks as a whole, and each one within is doubled.")]
    public async Task What_is_wrong_is_said_with_its_place(string text, string message) =>
        await Assert.That(TableFiles.Refusal(text)).IsEqualTo(message);

    [Test]
    [Arguments("price", "t.csv has no column 'price'; it has Price, HUFL, HULL. Did you mean 'Price'?")]
    [Arguments("HUFM", "t.csv has no column 'HUFM'; it has Price, HUFL, HULL. Did you mean 'HUFL'?")]
    [Arguments("OT", "t.csv has no column 'OT'; it has Price, HUFL, HULL.")]
    public async Task A_column_that_is_not_there_is_told_with_those_that_are(string name, string message) =>
        await Assert.That(TableFiles.Refusal("Price,HUFL,HULL\n1,2,3\n", use: table => table.Numbers(name))).IsEqualTo(message);

    [Test]
    public async Task Columns_of_texts_and_without_values_are_no_numbers_and_say_so_when_asked()
    {
        NumberTable table = TableFiles.Read("name,a,none,b\nx,1,,2\ny,3,NA,4\n");
        await Assert.That(TableFiles.Shown(table)).IsEqualTo("a:1,3 b:2,4");
        await Assert.That(table.Columns.Select(column => column.Kind)).IsEquivalentTo(
            [ColumnKind.Text, ColumnKind.Numbers, ColumnKind.Empty, ColumnKind.Numbers], CollectionOrdering.Matching);
        await Assert.That(Refused.By(() => table.Numbers("name")).Message)
            .StartsWith("t.csv, line 2, column 'name': 'x' is no number.");
        await Assert.That(Refused.By(() => table.Numbers("none")).Message)
            .IsEqualTo("t.csv, column 'none': no cell has a number; all are missing");
    }

    [Test]
    public async Task A_column_without_a_header_is_known_by_its_number()
    {
        NumberTable table = TableFiles.Read("1,2\n3,4\n");
        await Assert.That(table.Numbers("2")).IsEquivalentTo([2.0, 4.0], CollectionOrdering.Matching);
        await Assert.That(table.Numbers("column1")).IsEquivalentTo([1.0, 3.0], CollectionOrdering.Matching);
    }

    [Test]
    public async Task Rows_have_their_lines_in_the_file()
    {
        NumberTable table = TableFiles.Read("a,n\r\n1,x\r\n2,\"y\r\nz\nw\"\r\n\r\n3,v\r\n");
        await Assert.That(Enumerable.Range(0, 3).Select(table.LineOf)).IsEquivalentTo([2L, 3L, 7L], CollectionOrdering.Matching);
        await Assert.That(table.Remarks).IsEquivalentTo(["t.csv: 1 blank line between rows, passed over; the first is 6"]);
    }

    [Test]
    public async Task Every_row_of_a_long_table_has_its_line_and_its_values()
    {
        const int rows = 30_000;
        NumberTable table = TableFiles.Read(
            "a,note,b\n" + string.Concat(Enumerable.Range(0, rows).Select(i => $"{i},\"n\r\n{i}\",{2 * i}\r\n")));
        await Assert.That(table.RowCount).IsEqualTo(rows);
        (double[] a, double[] b) = (table.Numbers("a"), table.Numbers("b"));
        await Assert.That(Enumerable.Range(0, rows).All(i => a[i] == i && b[i] == 2 * i && table.LineOf(i) == 2 + (2 * i))).IsTrue();
    }

    [Test]
    public async Task A_row_without_end_is_refused_before_it_is_in_memory()
    {
        using var quotes = new EndlessText("a,b\n1,\"", "xy");
        await Assert.That(Refused.By(() => NumberTable.Read(quotes, TableFiles.Name)).Message).IsEqualTo(
            "t.csv, line 2: a row of more than 1,048,576 characters. Is the quotation mark that opens a cell on line 2 never closed?");
        using var marks = new EndlessText("a,b\n1,", "\"\"");
        await Assert.That(Refused.By(() => NumberTable.Read(marks, TableFiles.Name)).Message).StartsWith("t.csv, line 2: a row of more");
        using var digits = new EndlessText("1", "1");
        await Assert.That(Refused.By(() => NumberTable.Read(digits, TableFiles.Name)).Message).IsEqualTo(
            "t.csv, line 1: a row of more than 1,048,576 characters. Is this a table with line ends?");
        await Assert.That(digits.BytesRead).IsLessThan(1 << 22);
    }

    [Test]
    public async Task Etth1_is_read_exactly()
    {
        NumberTable table = NumberTable.Read(RealData.Find("timeseries/ETTh1.csv.gz"));
        await Assert.That(table.RowCount).IsEqualTo(17_420);
        await Assert.That(table.NumberColumns().Select(column => column.Name))
            .IsEquivalentTo(["HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"], CollectionOrdering.Matching);
        await Assert.That(table.Remarks).IsEmpty();
        double[] oil = table.Numbers("OT");
        await Assert.That((oil[0], oil[1], table.Numbers("HUFL")[0])).IsEqualTo((30.5310001373291, 27.78700065612793, 5.827000141143799));

        // The same numbers as a reader of lines and commas finds.
        string[] lines = [.. RealTable.Lines(RealData.Find("timeseries/ETTh1.csv.gz")).Skip(1)];
        int column = 1;
        foreach (CsvColumn found in table.NumberColumns())
        {
            double[] values = table.Numbers(found);
            for (int i = 0; i < lines.Length; i++)
            {
                if (values[i] != double.Parse(lines[i].Split(',')[column], System.Globalization.CultureInfo.InvariantCulture))
                    throw new InvalidOperationException($"row {i} of {found.Name} is {values[i]}");
            }

            column++;
        }

        TimeColumnReport times = TimeColumnReport.Of(table.Time!, table.LineOf);
        await Assert.That((times.Column, times.UsualStep, times.IsRegular)).IsEqualTo(("date", TimeSpan.FromHours(1), true));
    }
}
