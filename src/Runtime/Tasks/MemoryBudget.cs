using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tasks;

/// <summary>A limit on the memory of training, and what there is room for within it.</summary>
internal static class MemoryBudget
{
    /// <summary>Refuses a batch that takes more than the budget, and says which takes less.</summary>
    /// <param name="budgetBytes">The limit.</param>
    /// <param name="batch">Sequences B that are asked for.</param>
    /// <param name="steps">Steps T that are asked for.</param>
    /// <param name="hasFixedSteps">Whether steps cannot be fewer: those of a window that is run whole.</param>
    /// <param name="need">What a batch of so many sequences and steps takes; more for more of either.</param>
    /// <exception cref="ArgumentException">It takes more.</exception>
    public static void Require(long budgetBytes, int batch, int steps, bool hasFixedSteps, Func<int, int, MemoryNeed> need)
    {
        long asked = Bytes(batch, steps);
        if (asked <= budgetBytes) return;

        // Of the one with fewer sequences and the one with fewer steps that which has more of both.
        int fewest = hasFixedSteps ? steps : 1;
        (int Batch, int Steps) shorter = (batch, hasFixedSteps ? 0 : Most(steps, count => Bytes(batch, count))),
            smaller = (Most(batch, count => Bytes(count, steps)), steps);
        (int Batch, int Steps) fits = Rows(shorter) >= Rows(smaller) ? shorter : smaller;
        if (Rows(fits) == 0 && !hasFixedSteps) fits = (1, Most(steps, count => Bytes(1, count)));
        string least = $"the least there is, {Shape((1, fewest))}, takes {Bytes(1, fewest)}";
        string found = Rows(fits) == 0 || fits == (1, fewest)
            ? $"{(Rows(fits) == 0 ? "no batch fits, for " : "")}{least}"
            : $"the largest that fits is {Shape(fits)}, which takes {Bytes(fits.Batch, fits.Steps)}, and {least}";
        Throw.Argument(
            $"training with a batch of {Shape((batch, steps))} takes {asked} bytes, and the budget is {budgetBytes}; {found}");

        long Bytes(int sequences, int length) => need(sequences, length).TotalBytes;

        int Most(int most, Func<int, long> bytes)
        {
            int fitting = 0;
            for (int above = most; fitting + 1 < above;)
            {
                int middle = fitting + ((above - fitting) / 2);
                if (bytes(middle) <= budgetBytes) fitting = middle;
                else above = middle;
            }

            return fitting;
        }

        static long Rows((int Batch, int Steps) shape) => (long)shape.Batch * shape.Steps;

        static string Shape((int Batch, int Steps) shape) =>
            $"{Throw.Counted(shape.Batch, "sequence")} of {Throw.Counted(shape.Steps, "step")}";
    }
}
