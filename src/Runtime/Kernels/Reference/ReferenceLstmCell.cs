using CommunityToolkit.HighPerformance;

namespace TinySD.Runtime.Kernels.Reference;

/// <summary>One step of the LSTM cell, forward and backward: the scalar twin of <see cref="LstmCell"/>.</summary>
/// <remarks>
/// Shapes: pre-activations, gates and their gradients [B, 4H] with four runs of H columns, i, f, g, o; cells [B, H]; hidden states [H, B].
/// </remarks>
internal static class ReferenceLstmCell
{
    /// <summary>
    /// i = sigmoid(a_i), f = sigmoid(a_f), g = tanh(a_g), o = sigmoid(a_o); c' = f c + i g; h = o tanh(c').
    /// </summary>
    public static void Forward(
        ReadOnlySpan2D<double> a, ReadOnlySpan2D<double> c, Span2D<double> gates, Span2D<double> cNext, Span2D<double> h)
    {
        int hidden = c.Width;
        for (int b = 0; b < c.Height; b++)
        {
            for (int j = 0; j < hidden; j++)
            {
                double i = Sigmoid(a[b, j]);
                double f = Sigmoid(a[b, hidden + j]);
                double g = Math.Tanh(a[b, (2 * hidden) + j]);
                double o = Sigmoid(a[b, (3 * hidden) + j]);
                gates[b, j] = i;
                gates[b, hidden + j] = f;
                gates[b, (2 * hidden) + j] = g;
                gates[b, (3 * hidden) + j] = o;
                cNext[b, j] = (f * c[b, j]) + (i * g);
                h[j, b] = o * Math.Tanh(cNext[b, j]);
            }
        }
    }

    /// <summary>
    /// With dh = dL/dh, and dL/dc' as far as later steps know it in <paramref name="dc"/>: dc' = dc + dh o (1 - tanh(c')^2);
    /// da_i = dc' g i (1 - i); da_f = dc' c f (1 - f); da_g = dc' i (1 - g^2); da_o = dh tanh(c') o (1 - o); dc becomes dc' f.
    /// </summary>
    public static void Backward(
        ReadOnlySpan2D<double> gates, ReadOnlySpan2D<double> c, ReadOnlySpan2D<double> cNext, ReadOnlySpan2D<double> dh, Span2D<double> dc, Span2D<double> da)
    {
        int hidden = c.Width;
        for (int b = 0; b < c.Height; b++)
        {
            for (int j = 0; j < hidden; j++)
            {
                double i = gates[b, j], f = gates[b, hidden + j], g = gates[b, (2 * hidden) + j], o = gates[b, (3 * hidden) + j];
                double squashed = Math.Tanh(cNext[b, j]);
                double dCell = dc[b, j] + (dh[j, b] * o * (1 - (squashed * squashed)));
                da[b, j] = dCell * g * i * (1 - i);
                da[b, hidden + j] = dCell * c[b, j] * f * (1 - f);
                da[b, (2 * hidden) + j] = dCell * i * (1 - (g * g));
                da[b, (3 * hidden) + j] = dh[j, b] * squashed * o * (1 - o);
                dc[b, j] = dCell * f;
            }
        }
    }

    /// <summary>1 / (1 + e^-x).</summary>
    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
