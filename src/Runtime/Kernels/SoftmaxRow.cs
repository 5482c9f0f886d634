using System.Runtime.CompilerServices;
using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>Softmax of one row of logits, in place, its sum kept as 16 virtual lanes so that every width gives the same bits.</summary>
internal static unsafe class SoftmaxRow
{
    /// <summary>row[j] = e^(row[j] - max) for j in [0, count); returns their sum and, in <paramref name="max"/>, the largest logit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Exponentials<TLanes, TVector>(float* row, int count, out float max)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        const int lanes = DotTile.VirtualLanes;
        float* partial = stackalloc float[lanes];
        max = Largest<TLanes, TVector>(row, count, partial);
        int whole = count / lanes * lanes;
        TVector shift = TLanes.Create(max);
        for (int lane = 0; lane < lanes; lane += TLanes.Width)
        {
            TVector sum = TLanes.Create(0f);
            for (int j = lane; j < whole; j += lanes)
            {
                TVector e = Activations.Exp<TLanes, TVector>(TLanes.Subtract(TLanes.Load(row + j), shift));
                TLanes.Store(row + j, e);
                sum = TLanes.Add(sum, e);
            }

            TLanes.Store(partial + lane, sum);
        }

        for (int j = whole; j < count; j++)
        {
            row[j] = Activations.Exp<Lanes1, float>(row[j] - max);
            partial[j - whole] += row[j];
        }

        return DotTile.Reduce(partial);
    }

    private static float Largest<TLanes, TVector>(float* row, int count, float* partial)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        float max = row[0];
        int j = 0;
        if (count >= TLanes.Width)
        {
            TVector largest = TLanes.Load(row);
            for (; j + TLanes.Width <= count; j += TLanes.Width) largest = TLanes.Max(largest, TLanes.Load(row + j));
            TLanes.Store(partial, largest);
            for (int lane = 0; lane < TLanes.Width; lane++) max = MathF.Max(max, partial[lane]);
        }

        for (; j < count; j++) max = MathF.Max(max, row[j]);
        return max;
    }
}
