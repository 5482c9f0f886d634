using System.Runtime.CompilerServices;
using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>The elementwise part of a recurrent cell for one sequence: what <see cref="CellRows"/> walks over the batch.</summary>
internal unsafe interface ICellStep
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
    /// <param name="h">Receives their h'.</param>
    /// <param name="previous">Their h, where <see cref="Previous"/> is not null.</param>
    void ForwardRow<TLanes, TVector, TRun>(TRun run, int b, int unit, int units, float* h, float* previous)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        where TRun : struct, IRun<TVector>;

    /// <summary>The same units backward; <paramref name="dh"/> is what comes from above and from the recurrent product.</summary>
    void BackwardRow<TLanes, TVector, TRun>(TRun run, int b, int unit, int units, float* dh, float* previous)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        where TRun : struct, IRun<TVector>;
}

/// <summary>Walks a cell over some neighbouring units of every sequence.</summary>
/// <remarks>
/// Memory is walked along the rows, a sequence at a time, because that is what the CPU fetches ahead; h and dh, which lie the other way, are turned
/// four sequences at a time. Rows end in a part of a register.
/// </remarks>
internal static unsafe class CellRows
{
    private const int ScratchFloats = Turning.Sequences * Turning.Units;

    /// <summary>Units [start, end) forward; h' [H][B].</summary>
    [SkipLocalsInit]
    public static void Forward<TLanes, TVector, TCell>(TCell cell, int start, int end, float* h)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        where TCell : struct, ICellStep
    {
        float* turned = stackalloc float[ScratchFloats], before = stackalloc float[ScratchFloats];
        int batch = cell.Batch;
        for (int unit = start; unit < end; unit += Turning.Units)
        {
            int count = Math.Min(Turning.Units, end - unit), whole = count / TLanes.Width * TLanes.Width;
            for (int b = 0; b < batch; b += Turning.Sequences)
            {
                int sequences = Math.Min(Turning.Sequences, batch - b);
                TurnPrevious<TLanes, TVector>(cell.Previous, unit, b, batch, before, count, sequences);
                for (int s = 0; s < sequences; s++)
                {
                    // A single sequence needs no turning.
                    float* row = batch == 1 ? h + unit : turned + (s * Turning.Units), previous = PreviousRow(cell.Previous, unit, batch, before, s);
                    cell.ForwardRow<TLanes, TVector, WholeRegister<TLanes, TVector>>(default, b + s, unit, whole, row, previous);
                    if (whole == count) continue;
                    cell.ForwardRow<TLanes, TVector, FirstLanes<TLanes, TVector>>(
                        new(count - whole), b + s, unit + whole, 1, row + whole, previous + whole);
                }

                if (batch > 1) Turning.Out<TLanes, TVector>(turned, h + ((nint)unit * batch) + b, batch, count, sequences);
            }
        }
    }

    /// <summary>Units [start, end) backward, for dh = dUp + dRecurrent, both [H][B].</summary>
    [SkipLocalsInit]
    public static void Backward<TLanes, TVector, TCell>(TCell cell, int start, int end, float* dUp, float* dRecurrent)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        where TCell : struct, ICellStep
    {
        float* turned = stackalloc float[ScratchFloats], before = stackalloc float[ScratchFloats];
        int batch = cell.Batch;
        for (int unit = start; unit < end; unit += Turning.Units)
        {
            int count = Math.Min(Turning.Units, end - unit), whole = count / TLanes.Width * TLanes.Width;
            for (int b = 0; b < batch; b += Turning.Sequences)
            {
                int sequences = Math.Min(Turning.Sequences, batch - b);
                nint from = ((nint)unit * batch) + b;
                Turning.InSum<TLanes, TVector>(dUp + from, dRecurrent + from, batch, turned, count, sequences);
                TurnPrevious<TLanes, TVector>(cell.Previous, unit, b, batch, before, count, sequences);
                for (int s = 0; s < sequences; s++)
                {
                    float* row = turned + (s * Turning.Units), previous = PreviousRow(cell.Previous, unit, batch, before, s);
                    cell.BackwardRow<TLanes, TVector, WholeRegister<TLanes, TVector>>(default, b + s, unit, whole, row, previous);
                    if (whole == count) continue;
                    cell.BackwardRow<TLanes, TVector, FirstLanes<TLanes, TVector>>(
                        new(count - whole), b + s, unit + whole, 1, row + whole, previous + whole);
                }
            }
        }
    }

    private static void TurnPrevious<TLanes, TVector>(float* previous, int unit, int b, int batch, float* before, int count, int sequences)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        if (previous != null && batch > 1) Turning.In<TLanes, TVector>(previous + ((nint)unit * batch) + b, batch, before, count, sequences);
    }

    private static float* PreviousRow(float* previous, int unit, int batch, float* before, int s) =>
        batch == 1 && previous != null ? previous + unit : before + (s * Turning.Units);
}
