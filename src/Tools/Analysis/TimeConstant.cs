using System.Numerics;

namespace TinySD.Tools.Analysis;

/// <summary>How long a small difference lives.</summary>
internal static class TimeConstant
{
    /// <summary>1 / |ln |λ||, in steps: after so many, what lies along the eigenvector of λ is 1/e of what it was, or e times as much where
    /// |λ| is above 1. Infinite for |λ| = 1, and 0 for λ = 0.</summary>
    public static double Of(Complex eigenvalue)
    {
        double size = eigenvalue.Magnitude;
        return size == 0 ? 0 : 1 / Math.Abs(Math.Log(size));
    }
}
