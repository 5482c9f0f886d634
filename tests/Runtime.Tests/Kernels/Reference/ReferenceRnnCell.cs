using CommunityToolkit.HighPerformance;
using TinySD.Runtime.Kernels;

namespace TinySD.Runtime.Tests;

/// <summary>One step of the simple recurrent cell, forward and backward: the scalar twin of
/// <see cref="RnnCell{TLanes, TVector, TRectified}"/>.</summary>
/// <remarks>Shapes: pre-activations and their gradients [B, H]; hidden states [H, B].</remarks>
internal static class ReferenceRnnCell
{
    /// <summary>h' = tanh(a), or max(a, 0).</summary>
    public static void Forward(ReadOnlySpan2D<double> a, bool rectified, Span2D<double> h)
    {
        for (int b = 0; b < a.Height; b++)
        {
            for (int j = 0; j < a.Width; j++) h[j, b] = rectified ? Math.Max(a[b, j], 0) : Math.Tanh(a[b, j]);
        }
    }

    /// <summary>da = dh (1 - h'^2), or dh where h' is above 0 and 0 elsewhere.</summary>
    public static void Backward(ReadOnlySpan2D<double> h, ReadOnlySpan2D<double> dh, bool rectified, Span2D<double> da)
    {
        for (int b = 0; b < da.Height; b++)
        {
            for (int j = 0; j < da.Width; j++)
            {
                double slope = rectified ? (h[j, b] > 0 ? 1 : 0) : 1 - (h[j, b] * h[j, b]);
                da[b, j] = dh[j, b] * slope;
            }
        }
    }
}
