using System.Globalization;
using System.IO.Compression;
using System.Text;
using TinySD.Formats.Tables;

namespace TinySD.Formats.Tests;

/// <summary>Tables from texts that stand in tests.</summary>
internal static class TableFiles
{
    /// <summary>The name that tables read from memory have in messages.</summary>
    public const string Name = "t.csv";

    public static NumberTable Read(string text, TableOptions? options = null) => Read(Encoding.UTF8.GetBytes(text), options);

    public static NumberTable Read(byte[] bytes, TableOptions? options = null) =>
        NumberTable.Read(new MemoryStream(bytes), Name, options);

    public static string Refusal(string text, TableOptions? options = null, Action<NumberTable>? use = null) =>
        Refused.By(() => (use ?? (table => table.NumberColumns()))(Read(text, options))).Message;

    /// <summary>All columns of numbers as <c>a:1,NaN b:2,3</c>.</summary>
    public static string Shown(NumberTable table) => string.Join(' ', table.NumberColumns().Select(column =>
        $"{column.Name}:{string.Join(',', table.Numbers(column).Select(value => value.ToString("R", CultureInfo.InvariantCulture)))}"));

    public static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(bytes);
        return packed.ToArray();
    }
}
