using TinySD.Runtime.Layers;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

// Its state as numbers.
public sealed partial class RecurrentSession
{
    /// <summary>Sets the state that the next call starts from. With delta thresholds its first step takes everything: only the bytes of a
    /// state go on to the same bits.</summary>
    /// <param name="h">[L D, B, H], for each layer its directions one after the other.</param>
    /// <param name="c">The same for the cells of an LSTM; empty for 0, and for other cells.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    /// <exception cref="NotFiniteNumberException">A number is not finite, and is to be refused; the state is as it was.</exception>
    public void SetState(ReadOnlySpan<float> h, ReadOnlySpan<float> c = default)
    {
        CheckStates(h.Length, c.Length);
        using OneThread.Use use = Enter();
        int hidden = _stack.Config.HiddenSize, part = _batch * hidden;
        if (NonFinite == NonFiniteInput.Refuse)
        {
            CheckFinite(h, "h");
            CheckFinite(c, "c");
        }

        ResetCarried();
        for (int i = 0; i < _layers.Length; i++)
        {
            RecurrentLayer layer = _layers[i];
            Turn(h.Slice(i * part, part), _batch, hidden, layer.CarriedHidden);
            layer.CarriedCell.Clear();
            for (int b = 0; b < _batch && !c.IsEmpty; b++)
                c.Slice((i * part) + (b * hidden), hidden).CopyTo(layer.CarriedCell[(b * layer.CellStride)..]);
        }
    }

    /// <summary>Copies out the state after the last call.</summary>
    /// <param name="h">Receives [L D, B, H].</param>
    /// <param name="c">Receives the same for the cells of an LSTM; empty if they are not wanted, and for other cells.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    public void CopyState(Span<float> h, Span<float> c = default)
    {
        CheckStates(h.Length, c.Length);
        using OneThread.Use use = Look();
        int hidden = _stack.Config.HiddenSize, part = _batch * hidden;
        for (int i = 0; i < _layers.Length; i++)
        {
            RecurrentLayer layer = _layers[i];
            Turn(layer.CarriedHidden, hidden, _batch, h.Slice(i * part, part));
            for (int b = 0; b < _batch && !c.IsEmpty; b++)
                layer.CarriedCell.Slice(b * layer.CellStride, hidden).CopyTo(c[((i * part) + (b * hidden))..]);
        }
    }

    // [L D, B, H].
    private void CheckFinite(ReadOnlySpan<float> state, string name)
    {
        int wrong = FiniteNumbers.IndexOfOther(state), hidden = _stack.Config.HiddenSize;
        if (wrong < 0) return;
        (int layer, int sequence) = int.DivRem(wrong / hidden, _batch);
        Refuse($"unit {wrong % hidden} of {name} of layer {layer}, sequence {sequence},", state[wrong]);
    }

    private void CheckStates(int hidden, int cell)
    {
        int expected = _layers.Length * _batch * _stack.Config.HiddenSize;
        if (hidden != expected) Throw.Argument($"h holds {Throw.Counted(hidden, "float")}; {expected} were expected");
        if (cell == 0) return;
        if (_stack.Config.Cell != CellKind.Lstm) Throw.Argument("only an LSTM has cells c");
        if (cell != expected) Throw.Argument($"c holds {Throw.Counted(cell, "float")}; {expected} were expected");
    }

    // to [columns][rows] = from [rows][columns] turned.
    private static void Turn(ReadOnlySpan<float> from, int rows, int columns, Span<float> to)
    {
        if (rows == 1 || columns == 1)
        {
            from.CopyTo(to);
            return;
        }

        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++) to[(column * rows) + row] = from[(row * columns) + column];
        }
    }
}
