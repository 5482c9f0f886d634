using System.CommandLine;
#if PEERS
using TinySD.Benchmarks.Libtorch;
#endif
using TinySD.Benchmarks.Reports;
using TinySD.Benchmarks.Steps;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;

namespace TinySD.Benchmarks.Commands;

/// <summary>Whole training steps: TinySD dense, structured and without dropout, and libtorch, in turn in one process.</summary>
internal static class StepsCommand
{
    public static Command Create()
    {
        var preset =
            new Option<string>("--preset") { Description = "The model and its window.", DefaultValueFactory = _ => "zaremba-medium" };
        preset.AcceptOnlyFromAmong([.. LanguageModelRecipe.Presets.Where(StepPlan.IsComparable).Select(recipe => recipe.Name)]);
        Option<float?> rate = CommonOptions.Rate("Drop rate at every site. [default: the preset's]");
        Option<int?> hidden = CommonOptions.Sized("--hidden", 8192, "Units H of every layer.");
        Option<int?> batch = CommonOptions.Sized("--batch", 4096, "Sequences B.");
        Option<int?> bptt = CommonOptions.Sized("--bptt", 4096, "Time steps T of a window.");
        Option<int> vocabulary = CommonOptions.Whole("--vocabulary", 10_000, 2, 10_000_000, "Tokens of the vocabulary.");
        Option<int> threads = CommonOptions.Threads();
        Option<int> rounds = CommonOptions.Whole("--rounds", 10, 1, 100_000, "Steps that each contestant is timed for.");
        Option<int> warmUp = CommonOptions.Whole("--warm-up", 3, 0, 100_000, "Steps that each contestant makes before that.");
        Option<string?> peer = CommonOptions.Peer();
        var alone = new Option<bool>("--peer-alone")
        {
            Description = "Time the peer without TinySD in the process: whether the company slows it down.",
        };
        Option<string?> output = CommonOptions.Out();
        var command = new Command(
            "steps", "Time whole training steps: TinySD with random, structured and no dropout, and a peer, in turn in one process.")
        {
            preset, rate, hidden, batch, bptt, vocabulary, threads, rounds, warmUp, peer, alone, output,
        };
        command.SetAction(parsed =>
        {
            LanguageModelRecipe recipe = LanguageModelRecipe.FindPreset(parsed.GetValue(preset)!)!;
            recipe = recipe with
            {
                HiddenSize = parsed.GetValue(hidden) ?? recipe.HiddenSize,
                BatchSize = parsed.GetValue(batch) ?? recipe.BatchSize,
                Bptt = parsed.GetValue(bptt) ?? recipe.Bptt,
            };
            float dropRate = parsed.GetValue(rate) ?? recipe.Dropout.Output;
            if (dropRate == 0f) throw new BenchmarkException($"{recipe.Name} has no dropout of its own; give a --rate.");
            int count = parsed.GetValue(threads);
            var plan = new StepPlan(recipe, dropRate, parsed.GetValue(vocabulary), count, parsed.GetValue(warmUp), parsed.GetValue(rounds));
            bool withPeer = parsed.GetValue(peer) is not null, withTinySd = !parsed.GetValue(alone);
            if (!withPeer && !withTinySd) throw new BenchmarkException("--peer-alone needs a --peer.");
            ResultsFile.Check(parsed.GetValue(output));
            (IReadOnlyList<StepTimes> times, string load) =
                StepRace.Run(plan.Course, plan.Threads, Contestants(plan, withPeer, withTinySd));
            Section section = StepReport.Create(plan, times, load, parsed);
            Console.WriteLine($"{section.Title}\n\n{section.Body}");
            ResultsFile.Update(parsed.GetValue(output), section);
        });
        return command;
    }

    private static IEnumerable<Func<IParallelRunner, IContestant>> Contestants(StepPlan plan, bool withPeer, bool withTinySd)
    {
        if (withPeer) yield return _ => CreatePeer(plan);
        if (!withTinySd) yield break;
        LanguageModelRecipe dense = plan.WithoutRecurrentDropout(DropoutKind.Random);
        LanguageModelRecipe structured = plan.WithRecurrentDropout(DropoutKind.Structured);
        LanguageModelRecipe none = plan.Recipe with { Dropout = DropoutSpec.None };
        yield return runner => new TinySdContestant(StepReport.Dense, dense, plan.Vocabulary, runner);
        yield return runner => new TinySdContestant(StepReport.Structured, structured, plan.Vocabulary, runner);
        yield return runner => new TinySdContestant(StepReport.NoDropout, none, plan.Vocabulary, runner);
    }

#if PEERS
    private static LibtorchContestant CreatePeer(StepPlan plan) => LibtorchContestant.Create(StepReport.Peer, plan);
#else
    private static IContestant CreatePeer(StepPlan plan) => throw StepReport.NoPeer();
#endif
}
