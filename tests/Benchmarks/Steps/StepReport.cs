using System.CommandLine;
using System.Globalization;
using TinySD.Benchmarks.Reports;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Tasks;

namespace TinySD.Benchmarks.Steps;

/// <summary>The figures of a race, and the ratios that are asked of them.</summary>
internal static class StepReport
{
    public const string Dense = "TinySD, random", Structured = "TinySD, structured", NoDropout = "TinySD, no dropout", Peer = "libtorch";

    public static Section Create(StepPlan plan, IReadOnlyList<StepTimes> results, string load, ParseResult command)
    {
        (MarkdownTable times, MarkdownTable ratios) = Tables(plan.Course, results);
        LanguageModelRecipe preset = LanguageModelRecipe.FindPreset(plan.Recipe.Name)!, recipe = plan.Recipe;
        bool isSized = (recipe.HiddenSize, recipe.BatchSize, recipe.Bptt) != (preset.HiddenSize, preset.BatchSize, preset.Bptt);
        string sizes = isSized ? $" with H={recipe.HiddenSize}, B={recipe.BatchSize}, T={recipe.Bptt}" : "";
        string title = $"steps: {recipe.Name}{sizes}, vocabulary {plan.Vocabulary}, rate {Figure(plan.Rate, 2)}, "
            + TitleEnd(results, plan.Threads);
        string note = Describe(plan, results) + load;
        return results.Count == 1 ? Section.Create(title, command, note, times) : Section.Create(title, command, note, times, ratios);
    }

    /// <summary>The times of a race, and the ratios between its contestants.</summary>
    public static (MarkdownTable Times, MarkdownTable Ratios) Tables(Course course, IReadOnlyList<StepTimes> results)
    {
        double tokens = course.Batch * course.TimeSteps;
        var times = new MarkdownTable(
            "milliseconds a step", "median", "lower quartile", "upper quartile", "minimum", "tokens/s", "last loss");
        foreach (StepTimes result in results)
        {
            Quartiles spread = Quartiles.Of(result.Milliseconds);
            times.Add(
                result.Name, Time(spread.Median), Time(spread.Lower), Time(spread.Upper), Time(spread.Minimum),
                Figure(tokens * 1000 / spread.Median, 0), Figure(result.Loss, 2));
        }

        var ratios = new MarkdownTable("times as fast", "of medians", "round by round: median", "lower quartile", "upper quartile");
        AddRatio(Structured, Dense);
        AddRatio(NoDropout, Dense);
        AddRatio(Dense, Peer);
        AddRatio(Structured, Peer);
        return (times, ratios);

        void AddRatio(string fast, string slow)
        {
            StepTimes? a = results.FirstOrDefault(result => result.Name == fast), b = results.FirstOrDefault(result => result.Name == slow);
            if (a is null || b is null) return;
            Quartiles pairs = Quartiles.Of(a.Milliseconds.Zip(b.Milliseconds, (x, y) => y / x));
            double medians = Quartiles.Of(b.Milliseconds).Median / Quartiles.Of(a.Milliseconds).Median;
            ratios.Add($"{fast} / {slow}", Figure(medians, 2), Figure(pairs.Median, 2), Figure(pairs.Lower, 2), Figure(pairs.Upper, 2));
        }
    }

    /// <summary>What has to be said of the peer, if it is there.</summary>
    public static string DescribePeer(IReadOnlyList<StepTimes> results)
    {
        if (results.All(result => result.Name != Peer)) return "";
        return $" GLIBC_TUNABLES=glibc.malloc.hugetlb=1 is {(HasHugePages ? "set" : "not set")}; "
            + $"transparent huge pages: {Machine.HugePages}."
#if PEERS
            + $" {Libtorch.LibtorchNatives.Description}";
#else
            ;
#endif
    }

    /// <summary>What a build without peers has to say.</summary>
    public static BenchmarkException NoPeer() => new($"a native build has no peers: time {Peer} with a build with -p:Libtorch=true.");

    /// <summary>What a race's title ends with.</summary>
    public static string TitleEnd(IReadOnlyList<StepTimes> results, int threads) =>
        $"{threads} {(threads == 1 ? "thread" : "threads")}"
        + (results.Any(result => result.Name == Peer) ? HasHugePages ? $", {Peer} with huge pages" : $", {Peer}" : "")
        + (results.Count == 1 ? " alone" : "")
        // A native build is a contestant of its own: its figures stand beside the JIT's.
        + (Machine.IsNative ? $", native, {KernelChoice.WidestLanes} lanes" : "");

    // What glibc hands out for large blocks: it concerns libtorch's tensors, not the managed heap.
    private static bool HasHugePages =>
        Environment.GetEnvironmentVariable("GLIBC_TUNABLES")?.Contains("glibc.malloc.hugetlb=1", StringComparison.Ordinal) == true;

    private static string Describe(StepPlan plan, IReadOnlyList<StepTimes> results)
    {
        string text = $"Rounds: {plan.Rounds} after {plan.WarmUp} of warm-up; batch {plan.Recipe.BatchSize}, T={plan.Recipe.Bptt}, "
            + $"H={plan.Recipe.HiddenSize}, FP32. "
            + $"`structured` drops the recurrent input too; `random` and {Peer} do not.";
        return text + DescribePeer(results);
    }

    // Small models take less than a millisecond.
    private static string Time(double milliseconds) => Figure(milliseconds, milliseconds < 10 ? 3 : 1);

    private static string Figure(double value, int digits) => value.ToString($"F{digits}", CultureInfo.InvariantCulture);
}
