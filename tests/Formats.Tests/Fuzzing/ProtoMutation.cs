namespace TinySD.Formats.Tests;

/// <summary>Changes protobuf messages field by field and makes all lengths right again; reads and writes them without the code under
/// test.</summary>
internal static class ProtoMutation
{
    private const int MaxBytes = 1 << 16;

    private enum Wire
    {
        Varint = 0,
        Fixed64 = 1,
        Bytes = 2,
        Fixed32 = 5,
    }

    /// <summary>Changes a field or a few of one message at any depth: what hides behind two changes is most often within one
    /// message.</summary>
    /// <param name="message">Left as it is.</param>
    /// <param name="other">To take fields from.</param>
    /// <param name="mutator">Decides.</param>
    public static byte[] Mutate(byte[] message, byte[] other, Mutator mutator)
    {
        byte[] changed = Change(message, other, mutator);
        return changed.Length <= MaxBytes ? changed : message;
    }

    private static byte[] Change(byte[] message, byte[] other, Mutator mutator)
    {
        Random random = mutator.Random;
        if (Parse(message) is not { Count: > 0 } fields) return mutator.Mutate(message, other);
        int at = random.Next(fields.Count);
        if (fields[at].Wire == Wire.Bytes && random.Next(8) != 0 && Parse(fields[at].Bytes) is { Count: > 0 })
        {
            fields[at] = fields[at] with { Bytes = Change(fields[at].Bytes, other, mutator) };
            return Write(fields);
        }

        for (int left = 1 + random.Next(4); left > 0 && fields.Count > 0; left--) ChangeOne(fields, other, mutator);
        return Write(fields);
    }

    private static void ChangeOne(List<Field> fields, byte[] other, Mutator mutator)
    {
        Random random = mutator.Random;
        int at = random.Next(fields.Count), second = random.Next(fields.Count);
        Field field = fields[at];
        switch (random.Next(8))
        {
            case 0:
                fields.Insert(second, field);
                break;
            case 1:
                fields.RemoveAt(at);
                break;
            case 2:
                (fields[at], fields[second]) = (fields[second], field);
                break;
            case 3:
                fields[at] = field with { Number = 1 + random.Next(21) };
                break;
            case 4:
                fields[at] = fields[second] with { Number = field.Number };
                break;
            case 5:
                fields.Insert(second, Any(other, random));
                break;
            case 6:
                fields.InsertRange(at, Enumerable.Repeat(field, 1 << random.Next(9)));
                break;
            default:
                fields[at] = Another(field, other, mutator);
                break;
        }
    }

    // Another value in the same field.
    private static Field Another(Field field, byte[] other, Mutator mutator)
    {
        switch (field.Wire)
        {
            case Wire.Varint:
                return field with { Value = mutator.Random.Next(2) == 0 ? (ulong)mutator.Figure() : (ulong)mutator.Random.Next(20) };
            case Wire.Bytes:
                return field with { Bytes = mutator.Random.Next(4) == 0 ? [] : mutator.Mutate(field.Bytes, other) };
            default:
                byte[] bits = [.. field.Bytes];
                mutator.Random.NextBytes(bits);
                return field with { Bytes = bits };
        }
    }

    private static Field Any(byte[] message, Random random)
    {
        List<Field> fields = Parse(message)!;
        while (true)
        {
            Field field = fields[random.Next(fields.Count)];
            if (field.Wire != Wire.Bytes || random.Next(3) == 0 || Parse(field.Bytes) is not { Count: > 0 } inner) return field;
            fields = inner;
        }
    }

    // Null where the bytes are no message.
    private static List<Field>? Parse(ReadOnlySpan<byte> bytes)
    {
        var fields = new List<Field>();
        while (!bytes.IsEmpty)
        {
            if (!TryVarint(ref bytes, out ulong tag) || tag >> 3 is 0 or > 1000) return null;
            var field = new Field((int)(tag >> 3), (Wire)(tag & 7), 0, []);
            ulong value = 0, length = field.Wire switch { Wire.Fixed64 => 8, Wire.Fixed32 => 4, _ => 0 };
            if (field.Wire is not (Wire.Varint or Wire.Fixed64 or Wire.Bytes or Wire.Fixed32)) return null;
            if (field.Wire == Wire.Varint && !TryVarint(ref bytes, out value)) return null;
            if (field.Wire == Wire.Bytes && !TryVarint(ref bytes, out length)) return null;
            if (length > (ulong)bytes.Length) return null;
            fields.Add(field with { Value = value, Bytes = bytes[..(int)length].ToArray() });
            bytes = bytes[(int)length..];
        }

        return fields;
    }

    private static byte[] Write(List<Field> fields)
    {
        var bytes = new List<byte>();
        foreach (Field field in fields)
        {
            AddVarint(bytes, ((ulong)field.Number << 3) | (ulong)field.Wire);
            if (field.Wire == Wire.Varint) AddVarint(bytes, field.Value);
            if (field.Wire == Wire.Bytes) AddVarint(bytes, (ulong)field.Bytes.Length);
            bytes.AddRange(field.Bytes);
        }

        return [.. bytes];
    }

    private static bool TryVarint(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (int i = 0; i < Math.Min(10, bytes.Length); i++)
        {
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] >= 0x80) continue;
            bytes = bytes[(i + 1)..];
            return true;
        }

        return false;
    }

    /// <summary>Adds a number as protobuf writes it.</summary>
    public static void AddVarint(List<byte> bytes, ulong value)
    {
        for (; value >= 0x80; value >>= 7) bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
    }

    private readonly record struct Field(int Number, Wire Wire, ulong Value, byte[] Bytes);
}
