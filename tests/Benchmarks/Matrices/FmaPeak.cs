using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TinySD.Runtime.Kernels.Lanes;
using TinySD.Runtime.Threading;

namespace TinySD.Benchmarks.Matrices;

/// <summary>How many fused multiply-adds the machine does at this moment when it does nothing else: what every product is
/// measured against.</summary>
/// <remarks>Timed in turn with the products, since a virtual machine's neighbours and its clock change it by a quarter
/// within minutes.</remarks>
internal static class FmaPeak
{
    // More than latency times throughput of any x64 or Arm core, and few enough for 16 registers.
    private const int Chains = 12, Rounds = 2_000_000;

    /// <summary>Floating-point operations of one call of <see cref="Run"/>.</summary>
    public static double Operations(int lanes, int threads) => 2.0 * Chains * Rounds * lanes * threads;

    /// <summary>Keeps every thread multiplying and adding in registers.</summary>
    public static void Run(int lanes, IParallelRunner runner)
    {
        var body = new Body { Lanes = lanes };
        new CountedRunner(runner).For(runner.ThreadCount, 1, ref body);
    }

    private struct Body : IRangeBody
    {
        public int Lanes;

        public readonly unsafe void Run(int part, int start, int end)
        {
            float* sink = stackalloc float[Chains * 16];
            for (int i = start; i < end; i++)
            {
                if (Lanes == 16) Multiply<Lanes512, Vector512<float>>(sink);
                else if (Lanes == 8) Multiply<Lanes256, Vector256<float>>(sink);
                else Multiply<Lanes128, Vector128<float>>(sink);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static unsafe void Multiply<TLanes, TVector>(float* sink)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector m = TLanes.Create(0.5f), a = TLanes.Create(1f);
        TVector c0 = a, c1 = a, c2 = a, c3 = a, c4 = a, c5 = a, c6 = a, c7 = a, c8 = a, c9 = a, c10 = a, c11 = a;
        for (int i = 0; i < Rounds; i++)
        {
            c0 = TLanes.MultiplyAdd(m, a, c0);
            c1 = TLanes.MultiplyAdd(m, a, c1);
            c2 = TLanes.MultiplyAdd(m, a, c2);
            c3 = TLanes.MultiplyAdd(m, a, c3);
            c4 = TLanes.MultiplyAdd(m, a, c4);
            c5 = TLanes.MultiplyAdd(m, a, c5);
            c6 = TLanes.MultiplyAdd(m, a, c6);
            c7 = TLanes.MultiplyAdd(m, a, c7);
            c8 = TLanes.MultiplyAdd(m, a, c8);
            c9 = TLanes.MultiplyAdd(m, a, c9);
            c10 = TLanes.MultiplyAdd(m, a, c10);
            c11 = TLanes.MultiplyAdd(m, a, c11);
        }

        // Written somewhere, or none of it would be computed.
        TLanes.Store(sink, c0);
        TLanes.Store(sink + 16, c1);
        TLanes.Store(sink + 32, c2);
        TLanes.Store(sink + 48, c3);
        TLanes.Store(sink + 64, c4);
        TLanes.Store(sink + 80, c5);
        TLanes.Store(sink + 96, c6);
        TLanes.Store(sink + 112, c7);
        TLanes.Store(sink + 128, c8);
        TLanes.Store(sink + 144, c9);
        TLanes.Store(sink + 160, c10);
        TLanes.Store(sink + 176, c11);
    }
}
