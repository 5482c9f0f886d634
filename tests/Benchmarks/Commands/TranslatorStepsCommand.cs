using System.CommandLine;
#if PEERS
using TinySD.Benchmarks.Libtorch;
#endif
using TinySD.Benchmarks.Reports;
using TinySD.Benchmarks.Steps;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Threading;

namespace TinySD.Benchmarks.Commands;

/// <summary>Whole training steps of a translator: TinySD dense, structured and without dropout, and libtorch, in turn in one
/// process.</summary>
internal static class TranslatorStepsCommand
{
    public static Command Create()
    {
        Option<int> hidden = CommonOptions.Whole("--hidden", 500, 1, 8192, "Units H of every layer, and width of the embeddings.");
        Option<int> batch = CommonOptions.Whole("--batch", 64, 1, 4096, "Pairs B.");
        Option<int> tokens = CommonOptions.Whole("--tokens", 20, 2, 4096, "Units T of every source and target, end marks counted.");
        Option<int> vocabulary = CommonOptions.Whole("--vocabulary", 10_000, 4, 10_000_000, "Units V of either side, marks counted.");
        Option<float?> rate = CommonOptions.Rate("Drop rate at every site. [default: 0.3]");
        Option<int> threads = CommonOptions.Threads();
        Option<int> rounds = CommonOptions.Whole("--rounds", 40, 1, 100_000, "Steps that each contestant is timed for.");
        Option<int> warmUp = CommonOptions.Whole("--warm-up", 5, 0, 100_000, "Steps that each contestant makes before that.");
        Option<string?> peer = CommonOptions.Peer(), output = CommonOptions.Out();
        var command = new Command(
            "translator-steps", "Time whole training steps of a recurrent encoder-decoder with attention and input feeding: TinySD with "
            + "random, structured and no dropout, and a peer, in turn in one process.")
        {
            hidden, batch, tokens, vocabulary, rate, threads, rounds, warmUp, peer, output,
        };
        command.SetAction(parsed =>
        {
            int units = parsed.GetValue(vocabulary);
            var course = new Course(
                parsed.GetValue(batch), parsed.GetValue(tokens), units, units, parsed.GetValue(warmUp), parsed.GetValue(rounds));
            var plan = new TranslatorPlan(parsed.GetValue(hidden), parsed.GetValue(rate) ?? 0.3f, parsed.GetValue(threads), course);
            ResultsFile.Check(parsed.GetValue(output));
            (IReadOnlyList<StepTimes> times, string load) =
                StepRace.Run(course, plan.Threads, Contestants(plan, parsed.GetValue(peer) is not null));
            (MarkdownTable table, MarkdownTable ratios) = StepReport.Tables(course, times);
            string title = $"translator steps: 2 and 2 layers of H={plan.Hidden}, B={course.Batch}, T={course.TimeSteps}, {units} units, "
                + $"rate {plan.Rate:F2}, {StepReport.TitleEnd(times, plan.Threads)}";
            string note = $"Rounds: {course.Rounds} after {course.WarmUp} of warm-up; FP32; general attention, input feeding. Tokens are "
                + $"units of targets. `structured` drops the recurrent inputs too; `random` and {StepReport.Peer} do not."
                + StepReport.DescribePeer(times) + load;
            Section section = Section.Create(title, parsed, note, table, ratios);
            Console.WriteLine($"{section.Title}\n\n{section.Body}");
            ResultsFile.Update(parsed.GetValue(output), section);
        });
        return command;
    }

    private static IEnumerable<Func<IParallelRunner, IContestant>> Contestants(TranslatorPlan plan, bool withPeer)
    {
        if (withPeer) yield return _ => CreatePeer(plan);
        var dropped = new DropoutSpec { Embedding = plan.Rate, Layer = plan.Rate, Output = plan.Rate };
        DropoutSpec structured = dropped with { Kind = DropoutKind.Structured, Recurrent = plan.Rate };
        yield return runner => new TranslatorContestant(StepReport.Dense, plan, dropped with { Kind = DropoutKind.Random }, runner);
        yield return runner => new TranslatorContestant(StepReport.Structured, plan, structured, runner);
        yield return runner => new TranslatorContestant(StepReport.NoDropout, plan, DropoutSpec.None, runner);
    }

#if PEERS
    private static LibtorchTranslator CreatePeer(TranslatorPlan plan) => LibtorchTranslator.Create(StepReport.Peer, plan);
#else
    private static IContestant CreatePeer(TranslatorPlan plan) => throw StepReport.NoPeer();
#endif
}
