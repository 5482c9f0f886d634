using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>A cell's elementwise part for one sequence: what <see cref="CellRows{TLanes, TVector}"/> walks over the batch.</summary>
internal unsafe interface ICellStep<TVector>
    where TVector : unmanaged
{
    /// <summary>Sequences B.</summary>
    int Batch { get; }

    /// <summary>h or dh of the step before, unit-major [H][B], for cells that use it by element; null for the others.</summary>
    float* Previous { get; }

    /// <summary>Some units of one sequence forward.</summary>
    /// <param name="run">How much of a register each access covers.</param>
    /// <param name="b">The sequence.</param>
    /// <param name="unit">The first unit.</param>
    /// <param name="units">How many.</param>
    /// <param name="previous">Their h, where <see cref="Previous"/> is not null.</param>
    /// <param name="h">Receives their h'.</param>
    void ForwardRow<TRun>(TRun run, int b, int unit, int units, float* previous, float* h)
        where TRun : struct, IRun<TVector>;

    /// <summary>The same units backward; <paramref name="dh"/> is what comes from above and from the recurrent product.</summary>
    void BackwardRow<TRun>(TRun run, int b, int unit, int units, float* previous, float* dh)
        where TRun : struct, IRun<TVector>;
}

/// <summary>Walks a cell over some neighbouring units of every sequence.</summary>
/// <remarks>
/// Memory is walked along the rows, a sequence at a time, because that is what the CPU fetches ahead; h and dh, which lie the other way,
/// are turned four sequences at a time. Rows end in a part of a register.
/// </remarks>
internal static unsafe class CellRows<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private const int ScratchFloats = Turning.Sequences * Turning.Units;

    /// <summary>Units [start, end) forward; h' [H][B].</summary>
    public static void Forward<TCell>(TCell cell, int start, int end, float* h)
        where TCell : struct, ICellStep<TVector> => Walk<TCell, No>(cell, start, end, null, null, h);

    /// <summary>Units [start, end) backward, for dh = dUp + dRecurrent, both [H][B].</summary>
    public static void Backward<TCell>(TCell cell, int start, int end, float* dUp, float* dRecurrent)
        where TCell : struct, ICellStep<TVector> => Walk<TCell, Yes>(cell, start, end, dUp, dRecurrent, null);

    [SkipLocalsInit]
    private static void Walk<TCell, TBackward>(TCell cell, int start, int end, float* dUp, float* dRecurrent, float* h)
        where TCell : struct, ICellStep<TVector>
        where TBackward : struct, IFlag
    {
        float* turned = stackalloc float[ScratchFloats], before = stackalloc float[ScratchFloats];
        float* previous = cell.Previous;
        int batch = cell.Batch;
        for (int unit = start; unit < end; unit += Turning.Units)
        {
            int count = Math.Min(Turning.Units, end - unit), whole = count / TLanes.Width * TLanes.Width;
            for (int b = 0; b < batch; b += Turning.Sequences)
            {
                int sequences = Math.Min(Turning.Sequences, batch - b);
                nint from = ((nint)unit * batch) + b;
                if (TBackward.Value) Turning.InSum<TLanes, TVector>(dUp + from, dRecurrent + from, batch, count, sequences, turned);
                if (previous != null && batch > 1) Turning.In<TLanes, TVector>(previous + from, batch, count, sequences, before);
                for (int s = 0; s < sequences; s++)
                {
                    // A single sequence needs no turning.
                    float* row = batch == 1 && !TBackward.Value ? h + unit : turned + (s * Turning.Units);
                    float* past = batch == 1 && previous != null ? previous + unit : before + (s * Turning.Units);
                    Row<TCell, TBackward, WholeRegister<TLanes, TVector>>(ref cell, default, b + s, unit, whole, past, row);
                    if (whole == count) continue;
                    FirstLanes<TLanes, TVector> rest = new(count - whole);
                    Row<TCell, TBackward, FirstLanes<TLanes, TVector>>(ref cell, rest, b + s, unit + whole, 1, past + whole, row + whole);
                }

                if (batch > 1 && !TBackward.Value) Turning.Out<TLanes, TVector>(turned, count, sequences, h + from, batch);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<TCell, TBackward, TRun>(ref TCell cell, TRun run, int b, int unit, int units, float* previous, float* h)
        where TCell : struct, ICellStep<TVector>
        where TBackward : struct, IFlag
        where TRun : struct, IRun<TVector>
    {
        if (TBackward.Value) cell.BackwardRow(run, b, unit, units, previous, h);
        else cell.ForwardRow(run, b, unit, units, previous, h);
    }
}
