using System.Diagnostics;
using TinySD.Benchmarks.Reports;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;

namespace TinySD.Benchmarks.Steps;

/// <summary>What one contestant needed.</summary>
/// <param name="Name">The contestant.</param>
/// <param name="Milliseconds">Of each round.</param>
/// <param name="Loss">Of the last round: a contestant that does not train is no contestant.</param>
internal sealed record StepTimes(string Name, double[] Milliseconds, double Loss);

/// <summary>What is raced over.</summary>
/// <param name="Batch">Sequences B.</param>
/// <param name="TimeSteps">Steps T.</param>
/// <param name="Vocabulary">Tokens V.</param>
/// <param name="Labels">Distinct targets: tags, or the vocabulary where the targets are the tokens that follow.</param>
/// <param name="WarmUp">Untimed steps of each contestant.</param>
/// <param name="Rounds">Timed steps of each.</param>
internal sealed record Course(int Batch, int TimeSteps, int Vocabulary, int Labels, int WarmUp, int Rounds);

/// <summary>Runs contestants in turn, round by round, so that whatever else the machine does meets all of them alike.</summary>
internal static class StepRace
{
    private const int Windows = 8;

    // Threads that wait for work spin for some milliseconds before they sleep: they must not do it in the next contestant's time.
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(30);

    /// <summary>Makes contestants in their order, runs them and lets go of them.</summary>
    /// <param name="course">What they run over.</param>
    /// <param name="threads">How many threads ours have.</param>
    /// <param name="contestants">Each makes one: a peer first, because it may not be there at all.</param>
    /// <returns>Their times, and what else the machine did meanwhile.</returns>
    public static (IReadOnlyList<StepTimes> Times, string Load) Run(
        Course course, int threads, IEnumerable<Func<IParallelRunner, IContestant>> contestants)
    {
        using var pool = new WorkerPool(threads);
        var made = new List<IContestant>();
        try
        {
            foreach (Func<IParallelRunner, IContestant> make in contestants) made.Add(make(pool));
            var load = new OtherLoad();
            return (Run(course, made, Console.Error.WriteLine), load.Describe());
        }
        finally
        {
            foreach (IContestant contestant in made) contestant.Dispose();
        }
    }

    private static StepTimes[] Run(Course course, List<IContestant> contestants, Action<string> progress)
    {
        (int batch, int timeSteps) = (course.Batch, course.TimeSteps);
        var random = new Random(1);
        int[] tokens = [.. Enumerable.Range(0, batch * ((Windows * timeSteps) + 1)).Select(_ => random.Next(course.Vocabulary))];
        var windows = new TokenWindows(tokens, batch, timeSteps);
        int[] inputs = new int[batch * timeSteps], targets = new int[inputs.Length];
        var times = contestants.Select(_ => new double[course.Rounds]).ToArray();
        double[] losses = new double[contestants.Count];
        for (int round = -course.WarmUp; round < course.Rounds; round++)
        {
            windows.Fill((round + course.WarmUp) % windows.Count, inputs, targets);
            for (int i = 0; i < targets.Length; i++) targets[i] %= course.Labels;
            for (int turn = 0; turn < contestants.Count; turn++)
            {
                // There and back again: nobody always runs after the same neighbour.
                int who = (round & 1) == 0 ? turn : contestants.Count - 1 - turn;
                Thread.Sleep(_pause);
                long start = Stopwatch.GetTimestamp();
                losses[who] = contestants[who].Step(inputs, targets);
                double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                if (round >= 0) times[who][round] = milliseconds;
            }

            progress(round < 0 ? $"warm-up {round + course.WarmUp + 1}/{course.WarmUp}" : $"round {round + 1}/{course.Rounds}");
        }

        return [.. contestants.Select((contestant, i) => new StepTimes(contestant.Name, times[i], losses[i]))];
    }
}
