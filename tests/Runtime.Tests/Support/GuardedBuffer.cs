namespace TinySD.Runtime.Tests;

/// <summary>Floats between two canaries: a write outside is seen, and a read outside brings not-a-number into the result.</summary>
internal sealed class GuardedBuffer
{
    private const int CanaryFloats = 67; // odd, so that nothing starts aligned by chance

    private static readonly float _canary = BitConverter.UInt32BitsToSingle(0x7FC0DEAD);

    private readonly float[] _array;
    private readonly string _name;
    private readonly int _length;

    public GuardedBuffer(string name, int length, float fill = 0f)
    {
        _name = name;
        _length = length;
        _array = new float[length + (2 * CanaryFloats)];
        Array.Fill(_array, _canary);
        Span.Fill(fill);
    }

    public GuardedBuffer(string name, ReadOnlySpan<float> values)
        : this(name, values.Length) => values.CopyTo(Span);

    public Span<float> Span => _array.AsSpan(CanaryFloats, _length);

    public Memory<float> Memory => _array.AsMemory(CanaryFloats, _length);

    /// <summary>What was written outside, or null.</summary>
    public string? Damage()
    {
        for (int i = 0; i < _array.Length; i++)
        {
            bool outside = i < CanaryFloats || i >= CanaryFloats + _length;
            if (outside && BitConverter.SingleToUInt32Bits(_array[i]) != BitConverter.SingleToUInt32Bits(_canary))
                return $"{_name}[{i - CanaryFloats}] was written, its length is {_length}";
        }

        return null;
    }
}
