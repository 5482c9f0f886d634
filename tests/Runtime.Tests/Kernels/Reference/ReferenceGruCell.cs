using CommunityToolkit.HighPerformance;
using TinySD.Runtime.Kernels;

namespace TinySD.Runtime.Tests;

/// <summary>One step of the GRU, forward and backward: the scalar twin of <see cref="GruCell{TLanes, TVector}"/>.</summary>
/// <remarks>Shapes: what comes from the input, from the previous state, the gates and all their gradients [B, 3H] with three runs of H
/// columns, r, z, n; hidden states [H, B].</remarks>
internal static class ReferenceGruCell
{
    /// <summary>r = sigmoid(x_r + u_r); z = sigmoid(x_z + u_z); n = tanh(x_n + r u_n); h' = (1 - z) n + z h.</summary>
    public static void Forward(
        ReadOnlySpan2D<double> x, ReadOnlySpan2D<double> u, ReadOnlySpan2D<double> h, Span2D<double> gates, Span2D<double> hNext)
    {
        int hidden = h.Height;
        for (int b = 0; b < h.Width; b++)
        {
            for (int j = 0; j < hidden; j++)
            {
                double r = ReferenceLstmCell.Sigmoid(x[b, j] + u[b, j]);
                double z = ReferenceLstmCell.Sigmoid(x[b, hidden + j] + u[b, hidden + j]);
                double n = Math.Tanh(x[b, (2 * hidden) + j] + (r * u[b, (2 * hidden) + j]));
                gates[b, j] = r;
                gates[b, hidden + j] = z;
                gates[b, (2 * hidden) + j] = n;
                hNext[j, b] = ((1 - z) * n) + (z * h[j, b]);
            }
        }
    }

    /// <summary>With dh = dL/dh': dx_n = dh (1 - z) (1 - n^2); du_n = dx_n r; dx_z = du_z = dh (h - n) z (1 - z); dx_r = du_r = dx_n u_n r
    /// (1 - r). What comes to h past the products, dh z, becomes <paramref name="dPrevious"/>.</summary>
    public static void Backward(
        ReadOnlySpan2D<double> gates, ReadOnlySpan2D<double> u, ReadOnlySpan2D<double> h, ReadOnlySpan2D<double> dh,
        Span2D<double> dx, Span2D<double> du, Span2D<double> dPrevious)
    {
        int hidden = h.Height;
        for (int b = 0; b < h.Width; b++)
        {
            for (int j = 0; j < hidden; j++)
            {
                double r = gates[b, j], z = gates[b, hidden + j], n = gates[b, (2 * hidden) + j];
                double dCandidate = dh[j, b] * (1 - z) * (1 - (n * n));
                dx[b, j] = du[b, j] = dCandidate * u[b, (2 * hidden) + j] * r * (1 - r);
                dx[b, hidden + j] = du[b, hidden + j] = dh[j, b] * (h[j, b] - n) * z * (1 - z);
                dx[b, (2 * hidden) + j] = dCandidate;
                du[b, (2 * hidden) + j] = dCandidate * r;
                dPrevious[j, b] = dh[j, b] * z;
            }
        }
    }
}
