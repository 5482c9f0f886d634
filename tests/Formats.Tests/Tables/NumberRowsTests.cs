using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using TinySD.Formats.Tables;

namespace TinySD.Formats.Tests;

/// <summary>Rows that come one by one.</summary>
public sealed class NumberRowsTests
{
    private static readonly string[] s_inputs = ["a", "b"], s_known = ["a", "b", "y"];

    [Test]
    [Arguments("b,a,note\n2,1,x\n4,3,y\n", "1,2 3,4", "note", "")]
    [Arguments("a,b,y\n1,2,9\n3,4,9\n", "1,2 3,4", "y", "")]
    [Arguments("b;a\r\n2;1\r\n4;3\r\n", "1,2 3,4", "", "")]
    [Arguments("1,2,9\n3,4,9\n", "1,2 3,4", "", "")]
    [Arguments("1,2\n3,4\n", "1,2 3,4", "", "")]
    [Arguments("1\t2\n\n3\t4\n", "1,2 3,4", "", "")]
    [Arguments("a,b\n1,\n?,4", "1,NaN NaN,4", "", "")]
    public async Task Columns_are_matched_by_name_and_without_a_header_by_place(string text, string expected, string extras, string missing)
    {
        using NumberRows rows = Open(text);
        await Assert.That(All(rows)).IsEqualTo(expected);
        await Assert.That(string.Join(',', rows.Match.Extras)).IsEqualTo(extras);
        await Assert.That(string.Join(',', rows.Match.Missing)).IsEqualTo(missing);
    }

    [Test]
    public async Task A_column_that_need_not_be_there_is_missing_in_every_row()
    {
        using NumberRows rows = NumberRows.Open(Bytes("b,a\n2,1\n"), "stdin", new(), ["a", "b", "y"], s_known, 2);
        await Assert.That(All(rows)).IsEqualTo("1,2,NaN");
        await Assert.That(rows.Match.Missing).IsEquivalentTo(["y"]);
        await Assert.That(rows.MissingCounts).IsEquivalentTo([0L, 0L, 0L]);
    }

    [Test]
    [Arguments("a,c\n1,2\n", "stdin has no column 'b'; it has a, c. Did you mean 'a'?")]
    [Arguments("1,2,3,4\n", "stdin: rows of 4 cells without a header; expected are 3 cells (a, b, y), or 2 cells (a, b). With a header, " +
        "columns are found by their names.")]
    [Arguments("a,b\n1,2\n3,x\n", "stdin, line 3, column 'b': 'x' is no number. A missing value is an empty cell, NA, NaN, null, ? or -.")]
    [Arguments("b,a\n2,1\n2,1e999\n", "stdin, line 3, column 'a': '1e999' is infinite, or beyond the range of numbers of 64 bits; a " +
        "finite number was expected. Leave the cell empty where there is no value.")]
    [Arguments("a,b\n1,2\n1\n", "stdin, line 3: a row of 1 cell; line 1 has 2.")]
    [Arguments("1;2\n1,5;2\n", "stdin, line 2, column 'column1': '1,5' is not read as a number, for its commas, points or blanks can " +
        "mean two things. Where commas are decimal, say so (--decimal comma); separators of thousands must go.")]
    [Arguments("", "stdin is empty; a table in CSV was expected")]
    public async Task What_is_wrong_is_said_with_its_place(string text, string message) => await Assert.That(Refused.By(() =>
    {
        using NumberRows rows = Open(text);
        _ = All(rows);
    }).Message).IsEqualTo(message);

    // Every byte waits for the row before it to be taken: a reader that waits for more than a line never comes to an end.
    [Test]
    [Arguments("a,b\n", "1,2\n", "3,4\n")]
    [Arguments("a,b\r\n", "1,2\r\n", "3,4\r\n")]
    [Arguments("a,b\r", "1,2\r", "3,4\r")]
    [Arguments("\uFEFFa,b\n", "1,\"2\"\n", "3,4\n")]
    [Arguments("a,b,größe\n", "1,2,é\n", "3,4,\"x\ny\"\n")]
    public async Task A_row_is_given_as_soon_as_its_line_is_complete(string header, string first, string second)
    {
        foreach (Encoding encoding in (Encoding[])[new UTF8Encoding(false), Encoding.Latin1])
        {
            if (encoding == Encoding.Latin1 && header[0] == '\uFEFF') continue;
            using var stream = new SteppedStream();
            stream.Put(encoding.GetBytes(header));
            using NumberRows rows = NumberRows.Open(stream, "stdin", new(), s_inputs, s_known, 2);
            double[] values = new double[2];
            foreach ((string line, double expected) in new[] { (first, 1.0), (second, 3.0), (first, 1.0) })
            {
                stream.Put(encoding.GetBytes(line));
                await Assert.That(rows.Read(values)).IsTrue();
                await Assert.That(values[0]).IsEqualTo(expected);
            }

            stream.End();
            await Assert.That(rows.Read(values)).IsFalse();
            await Assert.That(rows.Count).IsEqualTo(3);
        }
    }

    [Test]
    public async Task Rows_without_a_header_are_given_as_they_come_from_the_first_on()
    {
        using var stream = new SteppedStream();
        stream.Put("5,6\n"u8.ToArray());
        using NumberRows rows = NumberRows.Open(stream, "stdin", new(), s_inputs, s_known, 2);
        double[] values = new double[2];
        await Assert.That(rows.Read(values)).IsTrue();
        await Assert.That(values[1]).IsEqualTo(6);
        foreach (byte part in "7,8\n"u8.ToArray()) stream.Put([part]);
        await Assert.That(rows.Read(values)).IsTrue();
        await Assert.That(values[1]).IsEqualTo(8);
    }

    [Test]
    [NotInParallel]
    public async Task A_million_rows_leave_nothing_behind()
    {
        using var endless = new EndlessText("a,b\n", "1,2\n");
        using NumberRows rows = NumberRows.Open(endless, "stdin", new(), s_inputs, s_known, 2);
        double[] values = new double[2];
        long before = 0;
        for (int i = 0; i < 1_000_000; i++)
        {
            if (i == 100_000) before = GC.GetTotalMemory(forceFullCollection: true);
            if (!rows.Read(values)) throw new InvalidOperationException("it ended");
        }

        await Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before).IsLessThan(1 << 20);
        await Assert.That(rows.Line).IsEqualTo(1_000_001);
    }

    private static NumberRows Open(string text) => NumberRows.Open(Bytes(text), "stdin", new(), s_inputs, s_known, 2);

    private static MemoryStream Bytes(string text) => new(Encoding.UTF8.GetBytes(text));

    private static string All(NumberRows rows)
    {
        var all = new List<string>();
        double[] values = new double[rows.Match.Wanted.Count];
        while (rows.Read(values)) all.Add(string.Join(',', values.Select(value => value.ToString(CultureInfo.InvariantCulture))));
        return string.Join(' ', all);
    }

    /// <summary>Gives what was put into it, and fails where more is waited for, which would be for ever.</summary>
    private sealed class SteppedStream : Stream
    {
        private readonly ConcurrentQueue<byte> _bytes = new();
        private bool _ended;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void Put(byte[] bytes)
        {
            foreach (byte value in bytes) _bytes.Enqueue(value);
        }

        public void End() => _ended = true;

        public override int Read(byte[] buffer, int offset, int count)
        {
            int read = 0;
            while (read < count && _bytes.TryDequeue(out byte value)) buffer[offset + read++] = value;
            return read > 0 || _ended ? read : throw new InvalidOperationException("a row is there, and more is waited for");
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
