using System.Buffers.Binary;

namespace TinySD.Runtime.Inference;

/// <summary>Whose state some bytes are.</summary>
internal enum StateKind : ushort
{
    RecurrentStack = 1,
    LanguageModel = 2,
    Regressor = 3,
    Classifier = 4,
    Sampler = 5,
    ErrorWatch = 6,
    RecurrentStackDelta = 7,
    LanguageModelDelta = 8,
    RegressorDelta = 9,
    ClassifierDelta = 10,
}

/// <summary>What stands before a state, 16 bytes: "TSDS", a version, the kind, and a hash of the shape, which does not count
/// sequences.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Shape">Of <see cref="HashOf"/>.</param>
internal readonly record struct StateHead(StateKind Kind, ulong Shape)
{
    public const int Bytes = 16;

    private const uint Magic = 0x53445354;

    private const ushort Version = 1;

    /// <summary>The 64-bit hash FNV-1a of Fowler, Noll and Vo over the bytes of some numbers, or on from another.</summary>
    public static ulong HashOf(ReadOnlySpan<int> numbers, ulong hash = 0xCBF29CE484222325)
    {
        foreach (int number in numbers)
        {
            for (int shift = 0; shift < 32; shift += 8) hash = (hash ^ (byte)(number >> shift)) * 0x00000100000001B3;
        }

        return hash;
    }

    public void Write(Span<byte> state)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(state, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(state[4..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(state[6..], (ushort)Kind);
        BinaryPrimitives.WriteUInt64LittleEndian(state[8..], Shape);
    }

    /// <summary>Refuses bytes that are no state of this kind and shape.</summary>
    /// <exception cref="ArgumentException">They are none.</exception>
    public void Check(ReadOnlySpan<byte> state)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(state) != Magic)
            Throw.Argument("these bytes are no state: expected what CopyState has written");
        int version = BinaryPrimitives.ReadUInt16LittleEndian(state[4..]);
        if (version != Version) Throw.Argument($"the state is of version {version}; {Version} was expected");
        CheckKind(state);
        if (BinaryPrimitives.ReadUInt64LittleEndian(state[8..]) != Shape)
            Throw.Argument($"the state is of a {NameOf(Kind)} of another shape; one of the same model was expected");
    }

    /// <summary>Refuses a wrong length, and before that a state of another kind.</summary>
    /// <exception cref="ArgumentException">It is wrong.</exception>
    public void CheckLength(ReadOnlySpan<byte> state, int expected)
    {
        if (state.Length >= Bytes && BinaryPrimitives.ReadUInt32LittleEndian(state) == Magic) CheckKind(state);
        CheckLength(state.Length, expected);
    }

    /// <summary>Refuses a wrong length.</summary>
    /// <exception cref="ArgumentException">It is wrong.</exception>
    public static void CheckLength(int found, int expected)
    {
        if (found != expected) Throw.Argument($"the state is given {Throw.Counted(found, "byte")}; {expected} were expected");
    }

    /// <summary>A kind as files name it.</summary>
    public static string NameOf(StateKind kind) => kind switch
    {
        StateKind.RecurrentStack => "recurrent-stack",
        StateKind.LanguageModel => "language-model",
        StateKind.Regressor => "regressor",
        StateKind.Classifier => "classifier",
        StateKind.Sampler => "sampler",
        StateKind.ErrorWatch => "error-watch",
        StateKind.RecurrentStackDelta => "recurrent-stack-delta",
        StateKind.LanguageModelDelta => "language-model-delta",
        StateKind.RegressorDelta => "regressor-delta",
        StateKind.ClassifierDelta => "classifier-delta",
        _ => $"{(int)kind}",
    };

    /// <summary>The kind of a session's state that has carried sums too.</summary>
    public static StateKind DeltaOf(StateKind kind) => kind switch
    {
        StateKind.RecurrentStack => StateKind.RecurrentStackDelta,
        StateKind.LanguageModel => StateKind.LanguageModelDelta,
        StateKind.Regressor => StateKind.RegressorDelta,
        _ => StateKind.ClassifierDelta,
    };

    private void CheckKind(ReadOnlySpan<byte> state)
    {
        var kind = (StateKind)BinaryPrimitives.ReadUInt16LittleEndian(state[6..]);
        if (kind == Kind) return;
        string why = IsDelta(kind) == IsDelta(Kind)
            ? ""
            : ": a session goes on from the state of one that has delta thresholds too, or none";
        Throw.Argument($"the state is of kind '{NameOf(kind)}'; '{NameOf(Kind)}' was expected{why}");

        static bool IsDelta(StateKind kind) => kind is >= StateKind.RecurrentStackDelta and <= StateKind.ClassifierDelta;
    }
}

/// <summary>Writes a state's numbers one after the other.</summary>
internal ref struct StateWriter(Span<byte> state)
{
    private Span<byte> _left = state;

    public void Write(float value)
    {
        BinaryPrimitives.WriteSingleLittleEndian(_left, value);
        _left = _left[sizeof(float)..];
    }

    public void Write(double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(_left, value);
        _left = _left[sizeof(double)..];
    }

    public void Write(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_left, value);
        _left = _left[sizeof(long)..];
    }

    public void Write(ReadOnlySpan<float> values)
    {
        foreach (float value in values) Write(value);
    }
}

/// <summary>Reads them back in the same order.</summary>
internal ref struct StateReader(ReadOnlySpan<byte> state)
{
    private ReadOnlySpan<byte> _left = state;

    public float ReadSingle()
    {
        float value = BinaryPrimitives.ReadSingleLittleEndian(_left);
        _left = _left[sizeof(float)..];
        return value;
    }

    public double ReadDouble()
    {
        double value = BinaryPrimitives.ReadDoubleLittleEndian(_left);
        _left = _left[sizeof(double)..];
        return value;
    }

    public long ReadInt64()
    {
        long value = BinaryPrimitives.ReadInt64LittleEndian(_left);
        _left = _left[sizeof(long)..];
        return value;
    }

    public void Read(Span<float> values)
    {
        foreach (ref float value in values) value = ReadSingle();
    }

    /// <summary>The first of the next so many floats that is not finite, or -1; reads them all.</summary>
    public int FindNotFinite(int count)
    {
        int found = -1;
        for (int i = 0; i < count; i++)
        {
            if (!float.IsFinite(ReadSingle()) && found < 0) found = i;
        }

        return found;
    }
}
