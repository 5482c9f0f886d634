using TinySD.Runtime.Models;

namespace TinySD.Runtime.Inference;

/// <summary>The translations that are followed, as a tree: what several share is there once. Memory is kept from batch to batch.</summary>
internal sealed class BeamPaths
{
    /// <summary>The empty path.</summary>
    public const int None = -1;

    private int[] _parents = [], _units = [], _starts = [];
    private float[] _weights = [];
    private int _count, _weightCount;

    /// <summary>Begins anew.</summary>
    public void Clear() => (_count, _weightCount) = (0, 0);

    /// <summary>A path that goes on with a unit.</summary>
    /// <param name="parent">The path.</param>
    /// <param name="unit">The unit.</param>
    /// <param name="weights">The attention's weights that it was written by, or empty.</param>
    public int Add(int parent, int unit, ReadOnlySpan<float> weights)
    {
        if (_count == _units.Length)
        {
            int length = Math.Max(256, checked(2 * _count));
            Array.Resize(ref _parents, length);
            Array.Resize(ref _units, length);
            Array.Resize(ref _starts, length);
        }

        if (_weightCount + weights.Length > _weights.Length)
            Array.Resize(ref _weights, Math.Max(checked(_weightCount + weights.Length), 2 * _weights.Length));
        weights.CopyTo(_weights.AsSpan(_weightCount));
        (_parents[_count], _units[_count], _starts[_count]) = (parent, unit, _weightCount);
        _weightCount += weights.Length;
        return _count++;
    }

    /// <summary>Its last unit; the mark before the first where it is empty.</summary>
    public int LastOf(int path) => path == None ? TranslatorConfig.Begin : _units[path];

    /// <summary>A path's units, without the end mark.</summary>
    public int[] UnitsOf(int path)
    {
        if (path != None && _units[path] == TranslatorConfig.End) path = _parents[path];
        int[] units = new int[LengthOf(path)];
        for (int i = units.Length - 1; i >= 0; i--, path = _parents[path]) units[i] = _units[path];
        return units;
    }

    /// <summary>The weights of each of its units and of its end mark, of so many source positions.</summary>
    public float[][] WeightsOf(int path, int positions)
    {
        float[][] weights = new float[LengthOf(path)][];
        for (int i = weights.Length - 1; i >= 0; i--, path = _parents[path])
            weights[i] = _weights.AsSpan(_starts[path], positions).ToArray();
        return weights;
    }

    private int LengthOf(int path)
    {
        int length = 0;
        for (; path != None; path = _parents[path]) length++;
        return length;
    }
}
