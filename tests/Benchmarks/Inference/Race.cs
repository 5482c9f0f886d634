using System.Diagnostics;

namespace TinySD.Benchmarks.Inference;

/// <summary>Who takes part in a race.</summary>
/// <param name="Name">The name.</param>
/// <param name="Step">A call, which is told its number.</param>
internal sealed record Racer(string Name, Action<int> Step);

/// <summary>What one needed.</summary>
/// <param name="Name">Who.</param>
/// <param name="Hot">Microseconds a call of each round, calls in a row.</param>
/// <param name="Cold">Microseconds of the first call after other work, of each round.</param>
/// <param name="BytesPerCall">Managed bytes that a call allocates, on average over all calls in a row.</param>
internal sealed record RaceTimes(string Name, double[] Hot, double[] Cold, double BytesPerCall);

/// <summary>How long a race is.</summary>
/// <param name="Rounds">Rounds that count.</param>
/// <param name="BlockMilliseconds">What calls in a row take in a round, about.</param>
/// <param name="OtherBytes">What the other work walks over before a single call is timed.</param>
internal sealed record RaceLength(int Rounds, int BlockMilliseconds, long OtherBytes);

/// <summary>Times calls in turn, round by round, in two ways: calls in a row, whose weights lie in the nearest cache that holds them all,
/// as in a loop that does nothing else; and the first call after other work, that has pushed them out of a core's own caches.</summary>
internal static class Race
{
    private const int WarmUpRounds = 2, MostCalls = 1 << 20;

    public static IReadOnlyList<RaceTimes> Run(string title, IReadOnlyList<Racer> racers, RaceLength length, Action<string> progress)
    {
        int[] calls = [.. racers.Select(racer => CallsPerBlock(racer, length.BlockMilliseconds))];
        var hot = racers.Select(_ => new double[length.Rounds]).ToArray();
        var cold = racers.Select(_ => new double[length.Rounds]).ToArray();
        long[] bytes = new long[racers.Count];
        var other = new OtherWork(length.OtherBytes);
        for (int round = -WarmUpRounds; round < length.Rounds; round++)
        {
            for (int turn = 0; turn < racers.Count; turn++)
            {
                // There and back again: nobody always runs after the same neighbour.
                int who = (round & 1) == 0 ? turn : racers.Count - 1 - turn;
                other.Run();
                double first = Time(racers[who], 1);
                long before = GC.GetAllocatedBytesForCurrentThread();
                double row = Time(racers[who], calls[who]) / calls[who];
                long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                if (round < 0) continue;
                (hot[who][round], cold[who][round]) = (row, first);
                bytes[who] += allocated;
            }

            if (round >= 0) progress($"{title}: round {round + 1}/{length.Rounds}");
        }

        return [.. racers.Select((racer, i) => new RaceTimes(
            racer.Name, hot[i], cold[i], (double)bytes[i] / ((long)length.Rounds * calls[i])))];
    }

    // The least that a few calls took tells how many fill a block.
    private static int CallsPerBlock(Racer racer, int milliseconds)
    {
        double least = double.PositiveInfinity;
        for (int count = 1; count <= 64; count *= 2) least = Math.Min(least, Time(racer, count) / count);
        return (int)Math.Clamp(milliseconds * 1000 / Math.Max(least, 0.01), 1, MostCalls);
    }

    // Microseconds.
    private static double Time(Racer racer, int calls)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < calls; i++) racer.Step(i);
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
    }

    /// <summary>Reads and writes memory of its own, a cache line at a time.</summary>
    private sealed class OtherWork(long bytes)
    {
        private const int LineLongs = 8;

        private readonly long[] _memory = new long[bytes / sizeof(long)];

        public void Run()
        {
            for (int i = 0; i < _memory.Length; i += LineLongs) _memory[i]++;
        }
    }
}
