using TinySD.Formats.Fields;

namespace TinySD.Formats.Container;

/// <summary>One entry of the header's <c>tensors</c>; the offset is counted from the first byte after the padded header.</summary>
internal sealed record TensorEntry(string Name, string Dtype, long[] Shape, long Offset, long Bytes, string Checksum)
{
    private static readonly Spelling<long> s_long = Spelling.Whole<long>();

    /// <summary>Its members.</summary>
    public static FieldTable<TensorEntry> Table { get; } = new("a tensor", new("", "", [], 0, 0, ""),
    [
        new Field<TensorEntry, string>("name", Spelling.Text, t => t.Name, (t, v) => t with { Name = v }),
        new Field<TensorEntry, string>("dtype", Spelling.Text, t => t.Dtype, (t, v) => t with { Dtype = v }),
        new Field<TensorEntry, long[]>("shape", new Items<long>(s_long), t => t.Shape, (t, v) => t with { Shape = v }),
        new Field<TensorEntry, long>("offset", s_long, t => t.Offset, (t, v) => t with { Offset = v }),
        new Field<TensorEntry, long>("bytes", s_long, t => t.Bytes, (t, v) => t with { Bytes = v }),
        new Field<TensorEntry, string>("checksum", Spelling.Text, t => t.Checksum, (t, v) => t with { Checksum = v }),
    ]);
}
