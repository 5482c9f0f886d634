using TinySD.Runtime.Models;

namespace TinySD.Runtime.Inference;

/// <summary>The translations that are followed, as a tree: what several share is there once. Memory is kept from batch to batch.</summary>
internal sealed class BeamPaths
{
    /// <summary>The empty path.</summary>
    public const int None = -1;

    // Paths that are let grow before they are looked through.
    private const int LeastGrowth = 256;

    private int[] _parents = [], _units = [], _starts = [];
    private float[] _weights = [];
    private int[] _moved = [];
    private int _count, _weightCount, _keptCount;

    /// <summary>Paths that are there, those too that nothing follows any more.</summary>
    public int Count => _count;

    /// <summary>Whether there are so many more than <see cref="Keep"/> left that it is worth calling again.</summary>
    public bool HasGrown => _count > (2 * _keptCount) + LeastGrowth;

    /// <summary>Begins anew.</summary>
    public void Clear() => (_count, _weightCount, _keptCount) = (0, 0, 0);

    /// <summary>Forgets all paths but some and those that they go on from. What is left has other numbers.</summary>
    /// <param name="kept">The paths to keep; those that are <see cref="None"/> are passed over.</param>
    /// <returns>For each path its new number, where it is kept; good until the next call.</returns>
    public ReadOnlySpan<int> Keep(IEnumerable<int> kept)
    {
        if (_moved.Length < _count) _moved = new int[_units.Length];
        Span<int> moved = _moved.AsSpan(0, _count);
        moved.Fill(None);
        foreach (int end in kept)
        {
            for (int path = end; path != None && moved[path] == None; path = _parents[path]) moved[path] = path;
        }

        // A path has a higher number than the one that it goes on from.
        int count = 0, weightCount = 0;
        for (int path = 0; path < _count; path++)
        {
            if (moved[path] == None) continue;
            int start = _starts[path], end = path + 1 < _count ? _starts[path + 1] : _weightCount;
            _weights.AsSpan(start, end - start).CopyTo(_weights.AsSpan(weightCount));
            int parent = _parents[path];
            (_parents[count], _units[count], _starts[count]) = (parent == None ? None : moved[parent], _units[path], weightCount);
            moved[path] = count++;
            weightCount += end - start;
        }

        (_count, _weightCount, _keptCount) = (count, weightCount, count);
        return moved;
    }

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
