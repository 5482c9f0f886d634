using System.Runtime.InteropServices;
using System.Text;
using TinySD.Formats.Exchange.Parts;

namespace TinySD.Tools.Tests;

/// <summary>Reads ONNX's own test data, as little of protobuf as they need, and without the code under test.</summary>
internal static class PbTensor
{
    /// <summary>A TensorProto: dims (1), data_type (2), float_data (4), int32_data (5), raw_data (9).</summary>
    public static NamedTensor Read(string path, string name)
    {
        var shape = new List<int>();
        var floats = new List<float>();
        var integers = new List<long>();
        byte[] raw = [];
        long type = 0;
        foreach ((int field, long number, byte[] bytes) in Fields(File.ReadAllBytes(path)))
        {
            if (field == 1 && bytes.Length == 0) shape.Add((int)number);
            else if (field == 1) shape.AddRange(Varints(bytes).Select(v => (int)v));
            else if (field == 2) type = number;
            else if (field == 4) floats.AddRange(MemoryMarshal.Cast<byte, float>(bytes).ToArray());
            else if (field == 5) integers.AddRange(bytes.Length == 0 ? [number] : Varints(bytes));
            else if (field == 9) raw = bytes;
        }

        if (type == 1) return new(name, shape, raw.Length > 0 ? MemoryMarshal.Cast<byte, float>(raw).ToArray() : floats.ToArray());
        if (type != 6) throw new InvalidOperationException($"{path} is of type {type}");
        return new(
            name, shape, raw.Length > 0 ? MemoryMarshal.Cast<byte, int>(raw).ToArray().Select(v => (long)v).ToArray() : integers.ToArray());
    }

    /// <summary>The names of a model's inputs and outputs: ModelProto.graph (7), its input (11) and output (12), their name (1).</summary>
    public static (string[] Inputs, string[] Outputs) Names(byte[] model)
    {
        byte[] graph = Fields(model).First(f => f.Field == 7).Bytes;
        return (Of(11), Of(12));

        string[] Of(int field) =>
            [.. Fields(graph).Where(f => f.Field == field)
                .Select(f => Encoding.UTF8.GetString(Fields(f.Bytes).First(inner => inner.Field == 1).Bytes))];
    }

    private static List<(int Field, long Number, byte[] Bytes)> Fields(byte[] message)
    {
        var fields = new List<(int, long, byte[])>();
        for (int at = 0; at < message.Length;)
        {
            long tag = Varint(message, ref at);
            int size = (tag & 7) switch { 1 => 8, 5 => 4, 2 => (int)Varint(message, ref at), _ => -1 };
            if (size < 0)
            {
                fields.Add(((int)(tag >> 3), Varint(message, ref at), []));
                continue;
            }

            fields.Add(((int)(tag >> 3), 0, message[at..(at + size)]));
            at += size;
        }

        return fields;
    }

    private static List<long> Varints(byte[] bytes)
    {
        var numbers = new List<long>();
        for (int at = 0; at < bytes.Length;) numbers.Add(Varint(bytes, ref at));
        return numbers;
    }

    private static long Varint(byte[] bytes, ref int at)
    {
        long value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = bytes[at++];
            value |= (long)(b & 0x7F) << shift;
            if (b < 0x80) return value;
        }
    }
}
