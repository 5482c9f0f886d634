using CommunityToolkit.HighPerformance;
using TinySD.Runtime.Kernels;

namespace TinySD.Runtime.Tests;

/// <summary>One step of the LSTM cell, forward and backward: the scalar twin of
/// <see cref="LstmCell{TLanes, TVector, TPeepholes}"/>.</summary>
/// <remarks>Shapes: pre-activations, gates and their gradients [B, 4H] with four runs of H columns, i, f, g, o; cells [B, H]; hidden states
/// [H, B]; peepholes [3H], three runs for i, f, o, or empty for none.</remarks>
internal static class ReferenceLstmCell
{
    /// <summary>i = sigmoid(a_i + p_i c), f = sigmoid(a_f + p_f c), g = tanh(a_g); c' = f c + i g; o = sigmoid(a_o + p_o c');
    /// h = o tanh(c').</summary>
    public static void Forward(
        ReadOnlySpan2D<double> a, ReadOnlySpan<double> peepholes, ReadOnlySpan2D<double> c, Span2D<double> gates, Span2D<double> cNext,
        Span2D<double> h)
    {
        int hidden = c.Width;
        for (int b = 0; b < c.Height; b++)
        {
            for (int j = 0; j < hidden; j++)
            {
                (double inputPeephole, double forgetPeephole, double outputPeephole) = At(peepholes, hidden, j);
                double i = Sigmoid(a[b, j] + (inputPeephole * c[b, j]));
                double f = Sigmoid(a[b, hidden + j] + (forgetPeephole * c[b, j]));
                double g = Math.Tanh(a[b, (2 * hidden) + j]);
                cNext[b, j] = (f * c[b, j]) + (i * g);
                double o = Sigmoid(a[b, (3 * hidden) + j] + (outputPeephole * cNext[b, j]));
                gates[b, j] = i;
                gates[b, hidden + j] = f;
                gates[b, (2 * hidden) + j] = g;
                gates[b, (3 * hidden) + j] = o;
                h[j, b] = o * Math.Tanh(cNext[b, j]);
            }
        }
    }

    /// <summary>With dh = dL/dh, and dL/dc' as far as later steps know it in <paramref name="dc"/>: da_o = dh tanh(c') o (1 - o); dc' = dc
    /// + dh o (1 - tanh(c')^2) + da_o p_o; da_i = dc' g i (1 - i); da_f = dc' c f (1 - f); da_g = dc' i (1 - g^2); dc becomes dc' f + da_i
    /// p_i + da_f p_f.</summary>
    public static void Backward(
        ReadOnlySpan2D<double> gates, ReadOnlySpan<double> peepholes, ReadOnlySpan2D<double> c, ReadOnlySpan2D<double> cNext,
        ReadOnlySpan2D<double> dh, Span2D<double> dc, Span2D<double> da)
    {
        int hidden = c.Width;
        for (int b = 0; b < c.Height; b++)
        {
            for (int j = 0; j < hidden; j++)
            {
                (double inputPeephole, double forgetPeephole, double outputPeephole) = At(peepholes, hidden, j);
                double i = gates[b, j], f = gates[b, hidden + j], g = gates[b, (2 * hidden) + j], o = gates[b, (3 * hidden) + j];
                double squashed = Math.Tanh(cNext[b, j]);
                double dOutput = dh[j, b] * squashed * o * (1 - o);
                double dCell = dc[b, j] + (dh[j, b] * o * (1 - (squashed * squashed))) + (dOutput * outputPeephole);
                double dInput = dCell * g * i * (1 - i), dForget = dCell * c[b, j] * f * (1 - f);
                da[b, j] = dInput;
                da[b, hidden + j] = dForget;
                da[b, (2 * hidden) + j] = dCell * i * (1 - (g * g));
                da[b, (3 * hidden) + j] = dOutput;
                dc[b, j] = (dCell * f) + (dInput * inputPeephole) + (dForget * forgetPeephole);
            }
        }
    }

    /// <summary>1 / (1 + e^-x).</summary>
    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static (double Input, double Forget, double Output) At(ReadOnlySpan<double> peepholes, int hidden, int j) =>
        peepholes.IsEmpty ? default : (peepholes[j], peepholes[hidden + j], peepholes[(2 * hidden) + j]);
}
