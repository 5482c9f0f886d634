using TinySD.Runtime.Hardware;
using TinySD.Tools.Systolic;

namespace TinySD.Tools.Tests;

/// <summary>What the array did.</summary>
/// <param name="Output">[M, N].</param>
/// <param name="Cycles">Clock cycles.</param>
/// <param name="MultiplyAdds">Cycles in which an element had both its operands, over all elements.</param>
internal sealed record ArrayRun(float[,] Output, long Cycles, long MultiplyAdds);

/// <summary>The array itself, register by register: processing elements that know their neighbours and nothing else, operands that enter at
/// the edges one cycle later for each row or column, partial sums that move. Slow, and written to be read; it shows that
/// <see cref="FoldModel"/> counts what such an array does.</summary>
/// <remarks>
/// A register holds a number or nothing (null); an element works when it has both operands. Edge blocks leave elements with nothing, and
/// the clock runs on for them. Memory is never late here: see <see cref="MemoryModel"/>. The array's precision is single, whatever its
/// profile's words are.
/// </remarks>
internal sealed class ArraySimulator
{
    private readonly SystolicArray _array;
    private readonly int _rows, _columns;
    private readonly float?[,] _right, _down, _held;
    private long _cycles, _multiplyAdds;

    public ArraySimulator(SystolicArray array)
    {
        _array = array;
        _rows = array.Rows;
        _columns = array.Columns;
        _right = new float?[_rows, _columns];
        _down = new float?[_rows, _columns];
        _held = new float?[_rows, _columns];
    }

    /// <summary>Computes input [M, K] times filter [K, N].</summary>
    public ArrayRun Run(GatheredMatrix input, GatheredMatrix filter)
    {
        if (input.Columns != filter.Rows)
            throw new ArgumentException($"the input has {input.Columns} columns and the filter {filter.Rows} rows.");
        _cycles = _multiplyAdds = 0;
        float[,] output = new float[input.Rows, filter.Columns];
        if (input.Rows == 0 || input.Columns == 0 || filter.Columns == 0) return new ArrayRun(output, 0, 0);
        switch (_array.Dataflow)
        {
            case SystolicDataflow.OutputStationary:
                RunOutputStationary(input, filter, output);
                break;
            case SystolicDataflow.WeightStationary:
                RunStationary(input, filter, (m, n, sum) => output[m, n] += sum);
                break;
            default:
                // output' = filter' input': the array holds the inputs as if they were weights.
                RunStationary(filter.Transpose(), input.Transpose(), (n, m, sum) => output[m, n] += sum);
                break;
        }

        return new ArrayRun(output, _cycles, _multiplyAdds);
    }

    private void RunOutputStationary(GatheredMatrix input, GatheredMatrix filter, float[,] output)
    {
        // The sums of the fold before, on their way down and out.
        float?[,] draining = new float?[_rows, _columns];
        int drainM = 0, drainN = 0, drained = _rows;
        int depth = input.Columns, last = depth + _rows + _columns - 2;
        for (int m = 0; m < input.Rows; m += _rows)
        {
            for (int n = 0; n < filter.Columns; n += _columns)
            {
                Clear(_right);
                Clear(_down);
                Clear(_held);
                for (int cycle = 0; cycle < last; cycle++)
                {
                    for (int row = _rows - 1; row >= 0; row--)
                    {
                        for (int column = _columns - 1; column >= 0; column--)
                        {
                            _right[row, column] = column > 0 ? _right[row, column - 1] : Feed(input, m + row, cycle - row);
                            _down[row, column] = row > 0 ? _down[row - 1, column] : Feed(filter, cycle - column, n + column);
                            if (_right[row, column] is { } x && _down[row, column] is { } w)
                                _held[row, column] = Add(_held[row, column] ?? 0f, x, w);
                        }
                    }

                    if (_array.DrainOverlaps) Drain();
                    _cycles++;
                }

                Array.Copy(_held, draining, draining.Length);
                (drainM, drainN, drained) = (m, n, 0);
                if (_array.DrainOverlaps) continue;
                for (; drained < _rows; _cycles++) Drain();
            }
        }

        // What overlaps the next fold has none to overlap at the end. As in SCALE-Sim, the clock has stopped by then.
        while (drained < _rows) Drain();

        // One row leaves at the bottom edge in each cycle, and those above move down.
        void Drain()
        {
            if (drained >= _rows) return;
            for (int column = 0; column < _columns; column++)
            {
                if (draining[_rows - 1, column] is { } sum) output[drainM + _rows - 1 - drained, drainN + column] = sum;
                for (int row = _rows - 1; row >= 0; row--) draining[row, column] = row > 0 ? draining[row - 1, column] : null;
            }

            drained++;
        }
    }

    // left [S, K] streams past the elements that hold right [K, P]; add(s, p, sum) is the accumulator below a column.
    private void RunStationary(GatheredMatrix left, GatheredMatrix right, Action<int, int, float> add)
    {
        for (int p = 0; p < right.Columns; p += _columns)
        {
            for (int k = 0; k < right.Rows; k += _rows)
            {
                Fill(right, k, p);
                Stream(left, k, p, add);
            }
        }
    }

    /// <summary>R cycles: the block enters at the top edge, its last row first.</summary>
    private void Fill(GatheredMatrix block, int k, int p)
    {
        Clear(_held);
        for (int cycle = 0; cycle < _rows; cycle++, _cycles++)
        {
            for (int column = 0; column < _columns; column++)
            {
                for (int row = _rows - 1; row > 0; row--) _held[row, column] = _held[row - 1, column];
                _held[0, column] = Feed(block, k + _rows - 1 - cycle, p + column);
            }
        }
    }

    /// <summary>S + R + C - 2 cycles: operands go right, partial sums go down and leave at the bottom edge.</summary>
    private void Stream(GatheredMatrix left, int k, int p, Action<int, int, float> add)
    {
        Clear(_right);
        Clear(_down);
        int last = left.Rows + _rows + _columns - 2;
        for (int cycle = 0; cycle < last; cycle++, _cycles++)
        {
            for (int row = _rows - 1; row >= 0; row--)
            {
                for (int column = _columns - 1; column >= 0; column--)
                {
                    _right[row, column] = column > 0 ? _right[row, column - 1] : Feed(left, cycle - row, k + row);
                    float? above = row > 0 ? _down[row - 1, column] : null;
                    _down[row, column] = _right[row, column] is { } x && _held[row, column] is { } w ? Add(above ?? 0f, x, w) : above;
                }
            }

            for (int column = 0; column < _columns; column++)
            {
                if (_down[_rows - 1, column] is { } sum) add(cycle - (_rows - 1) - column, p + column, sum);
            }
        }
    }

    private float Add(float sum, float x, float w)
    {
        _multiplyAdds++;
        return MathF.FusedMultiplyAdd(x, w, sum);
    }

    /// <summary>What enters at an edge: nothing beyond the operand.</summary>
    private static float? Feed(GatheredMatrix operand, int row, int column) =>
        row >= 0 && row < operand.Rows && column >= 0 && column < operand.Columns ? operand[row, column] : null;

    private static void Clear(float?[,] registers) => Array.Clear(registers);
}
