using System.Numerics;

namespace TinySD.Tools.Analysis;

/// <summary>Mean and covariance of vectors that come one by one and are not kept: memory is that of the matrix, whatever their
/// number.</summary>
/// <remarks>Vectors are taken in blocks. Each block is centred on its own mean before it is multiplied out, and joined to those before it
/// by the formula for two samples (Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances",
/// 1979), so that nothing cancels where vectors lie far from 0 and close together. Same bits on every machine.</remarks>
internal sealed class Covariance
{
    private const int BlockRows = 64;

    private readonly double[] _mean, _products, _block, _shift;
    private int _held;
    private long _joined;

    /// <param name="size">Numbers S of a vector, at least 1.</param>
    public Covariance(int size)
    {
        Size = size;
        _mean = new double[size];
        _shift = new double[size];
        _products = new double[checked(size * size)];
        _block = new double[checked(BlockRows * size)];
    }

    /// <summary>Numbers S of a vector.</summary>
    public int Size { get; }

    /// <summary>Vectors added.</summary>
    public long Count => _joined + _held;

    /// <summary>Adds a vector, [S].</summary>
    public void Add(ReadOnlySpan<float> vector)
    {
        Span<double> row = _block.AsSpan(_held * Size, Size);
        for (int i = 0; i < row.Length; i++) row[i] = vector[i];
        if (++_held == BlockRows) Join();
    }

    /// <summary>The mean, [S].</summary>
    public double[] Mean()
    {
        Join();
        return [.. _mean];
    }

    /// <summary>The covariance of the numbers [first, first + count) of the vectors, [count][count]: sums of products over the number of
    /// vectors; 0 where there is none.</summary>
    public double[] Matrix(int first, int count)
    {
        Join();
        var matrix = new double[count * count];
        for (int i = 0; i < count; i++)
        {
            for (int j = i; j < count; j++)
            {
                double value = _joined == 0 ? 0 : _products[((first + i) * Size) + first + j] / _joined;
                matrix[(i * count) + j] = matrix[(j * count) + i] = value;
            }
        }

        return matrix;
    }

    // Only the upper triangle of the products is kept.
    private void Join()
    {
        if (_held == 0) return;
        long all = _joined + _held;
        Array.Clear(_shift);
        for (int r = 0; r < _held; r++) AddScaled(1, _block.AsSpan(r * Size, Size), _shift);
        for (int i = 0; i < Size; i++)
        {
            double mean = _shift[i] / _held;
            for (int r = 0; r < _held; r++) _block[(r * Size) + i] -= mean;
            _shift[i] = mean - _mean[i];
        }

        double between = (double)_joined * _held / all;
        for (int i = 0; i < Size; i++)
        {
            Span<double> row = _products.AsSpan((i * Size) + i, Size - i);
            for (int r = 0; r < _held; r++) AddScaled(_block[(r * Size) + i], _block.AsSpan((r * Size) + i, Size - i), row);
            if (_joined > 0) AddScaled(between * _shift[i], _shift.AsSpan(i), row);
        }

        for (int i = 0; i < Size; i++) _mean[i] += _shift[i] * _held / all;
        _joined = all;
        _held = 0;
    }

    private static void AddScaled(double factor, ReadOnlySpan<double> from, Span<double> to)
    {
        ReadOnlySpan<Vector<double>> wide = MemoryMarshal.Cast<double, Vector<double>>(from);
        Span<Vector<double>> sums = MemoryMarshal.Cast<double, Vector<double>>(to);
        for (int i = 0; i < wide.Length; i++) sums[i] += wide[i] * factor;
        for (int i = wide.Length * Vector<double>.Count; i < from.Length; i++) to[i] += from[i] * factor;
    }
}
