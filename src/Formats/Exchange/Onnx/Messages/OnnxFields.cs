namespace TinySD.Formats.Exchange.Onnx.Messages;

// Field and type numbers of ONNX's protobuf schema (onnx.proto, public), as far as a recurrent network needs them.

/// <summary>ModelProto, OperatorSetIdProto and StringStringEntryProto.</summary>
internal static class OnnxModelField
{
    public const int IrVersion = 1, ProducerName = 2, ProducerVersion = 3, Graph = 7, OpsetImport = 8, Metadata = 14, Functions = 25;
    public const int OpsetDomain = 1, OpsetVersion = 2;
    public const int MetadataKey = 1, MetadataValue = 2;
}

/// <summary>GraphProto.</summary>
internal static class OnnxGraphField
{
    public const int Node = 1, Name = 2, Initializer = 5, Input = 11, Output = 12, SparseInitializer = 15;
}

/// <summary>NodeProto.</summary>
internal static class OnnxNodeField
{
    public const int Input = 1, Output = 2, Name = 3, OpType = 4, Attribute = 5, Domain = 7, Overload = 8;
}

/// <summary>FunctionProto.</summary>
internal static class OnnxFunctionField
{
    public const int Name = 1, Input = 4, Output = 5, Node = 7, OpsetImport = 9, Domain = 10, Default = 11, Overload = 13;
}

/// <summary>AttributeProto; the numbers of its type are <see cref="OnnxAttributeType"/>.</summary>
internal static class OnnxAttributeField
{
    public const int Name = 1, Float = 2, Integer = 3, Text = 4, Tensor = 5, Graph = 6, Floats = 7, Integers = 8, Texts = 9, Graphs = 11;
    public const int Type = 20, ReferenceName = 21;
}

/// <summary>TensorProto.</summary>
internal static class OnnxTensorField
{
    public const int Dims = 1, DataType = 2, Segment = 3, Floats = 4, Integers32 = 5, Integers64 = 7, Name = 8, Raw = 9, Doubles = 10;
    public const int Unsigned64 = 11, External = 13, Location = 14;

    // StringStringEntryProto, of which the place of external data is made.
    public const int EntryKey = 1, EntryValue = 2;

    // SparseTensorProto.
    public const int SparseValues = 1;
}

/// <summary>ValueInfoProto and, within it, TypeProto, its Tensor, TensorShapeProto and its Dimension.</summary>
internal static class OnnxValueField
{
    public const int Name = 1, Type = 2;
    public const int TypeTensor = 1;
    public const int TensorElement = 1, TensorShape = 2;
    public const int ShapeDimension = 1;
    public const int DimensionValue = 1, DimensionName = 2;
}

/// <summary>TensorProto.DataType.</summary>
internal static class OnnxDataType
{
    public const int Binary32 = 1, Unsigned8 = 2, Integer8 = 3, Unsigned16 = 4, Integer16 = 5, Integer32 = 6, Integer64 = 7, Boolean = 9;
    public const int Binary16 = 10, Binary64 = 11, Unsigned32 = 12, Unsigned64 = 13, BFloat16 = 16;

    private static readonly string[] s_names =
    [
        "undefined", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "double", "uint32",
        "uint64", "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "uint4", "int4",
        "float4e2m1", "float8e8m0", "uint2", "int2",
    ];

    /// <summary>The type as ONNX spells it.</summary>
    public static string NameOf(long type) => type >= 0 && type < s_names.Length ? s_names[type] : $"type {type}";

    /// <summary>Bytes of a number in raw data, 0 where it is none that is read.</summary>
    public static int SizeOf(long type) => type switch
    {
        Boolean or Integer8 or Unsigned8 => 1,
        Binary16 or BFloat16 or Integer16 or Unsigned16 => 2,
        Binary32 or Integer32 or Unsigned32 => 4,
        Binary64 or Integer64 or Unsigned64 => 8,
        _ => 0,
    };

    /// <summary>Whether numbers of a type are floats of a kind that is read.</summary>
    public static bool IsFloating(long type) => type is Binary32 or Binary16 or BFloat16 or Binary64;

    /// <summary>Whether numbers of a type are integers of a kind that is computed with; 64 bits without a sign are not.</summary>
    public static bool IsInteger(long type) =>
        type is Integer64 or Integer32 or Integer16 or Integer8 or Unsigned32 or Unsigned16 or Unsigned8;

    /// <summary>An integer as its type holds it: what is beyond wraps around.</summary>
    public static long Wrapped(long type, long value) => type switch
    {
        Integer32 => (int)value,
        Integer16 => (short)value,
        Integer8 => (sbyte)value,
        Unsigned32 => (uint)value,
        Unsigned16 => (ushort)value,
        Unsigned8 => (byte)value,
        Boolean => value != 0 ? 1 : 0,
        _ => value,
    };

    /// <summary>A float as its type holds it, rounded to the nearest even.</summary>
    public static float Rounded(long type, float value)
    {
        if (type == Binary16) return (float)(Half)value;
        if (type != BFloat16 || float.IsNaN(value)) return value;
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
    }
}

/// <summary>AttributeProto.AttributeType.</summary>
internal static class OnnxAttributeType
{
    public const int Float = 1, Integer = 2, Text = 3, Tensor = 4, Graph = 5, Floats = 6, Integers = 7, Texts = 8, Graphs = 10;

    private static readonly string[] s_names =
        ["nothing", "a float", "an integer", "a text", "a tensor", "a graph", "a list of floats", "a list of integers", "a list of texts",
            "a list of tensors", "a list of graphs"];

    public static string NameOf(long type) => type >= 0 && type < s_names.Length ? s_names[type] : $"type {type}";

    /// <summary>The type whose values lie in a field, 0 where the field holds none that are read.</summary>
    public static int OfField(int field) => field switch
    {
        OnnxAttributeField.Float => Float,
        OnnxAttributeField.Integer => Integer,
        OnnxAttributeField.Text => Text,
        OnnxAttributeField.Tensor => Tensor,
        OnnxAttributeField.Floats => Floats,
        OnnxAttributeField.Integers => Integers,
        OnnxAttributeField.Texts => Texts,
        OnnxAttributeField.Graph => Graph,
        OnnxAttributeField.Graphs => Graphs,
        _ => 0,
    };
}
