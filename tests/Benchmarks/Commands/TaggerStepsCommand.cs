using System.CommandLine;
#if PEERS
using TinySD.Benchmarks.Libtorch;
#endif
using TinySD.Benchmarks.Reports;
using TinySD.Benchmarks.Steps;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Threading;

namespace TinySD.Benchmarks.Commands;

/// <summary>Whole training steps of a tagger: TinySD dense, structured and without dropout, and libtorch, in turn in one process.</summary>
internal static class TaggerStepsCommand
{
    public static Command Create()
    {
        Option<int> hidden = CommonOptions.Whole("--hidden", 200, 1, 8192, "Units H of either way.");
        Option<int> batch = CommonOptions.Whole("--batch", 10, 1, 4096, "Sentences B.");
        Option<int> tokens = CommonOptions.Whole("--tokens", 15, 1, 4096, "Tokens T of every sentence.");
        Option<int> vocabulary = CommonOptions.Whole("--vocabulary", 1000, 2, 10_000_000, "Words V: few, so that libtorch's dense "
            + "gradient of the embedding costs it next to nothing.");
        Option<int> tags = CommonOptions.Whole("--tags", 17, 2, 4096, "Tags K.");
        Option<float?> rate = CommonOptions.Rate("Drop rate at every site. [default: 0.5]");
        Option<int> threads = CommonOptions.Threads();
        Option<int> rounds = CommonOptions.Whole("--rounds", 100, 1, 100_000, "Steps that each contestant is timed for.");
        Option<int> warmUp = CommonOptions.Whole("--warm-up", 10, 0, 100_000, "Steps that each contestant makes before that.");
        Option<string?> peer = CommonOptions.Peer(), output = CommonOptions.Out();
        var command = new Command(
            "tagger-steps", "Time whole training steps of a bidirectional LSTM that tags: TinySD with random, structured and no dropout, "
            + "and a peer, in turn in one process.")
        {
            hidden, batch, tokens, vocabulary, tags, rate, threads, rounds, warmUp, peer, output,
        };
        command.SetAction(parsed =>
        {
            var course = new Course(
                parsed.GetValue(batch), parsed.GetValue(tokens), parsed.GetValue(vocabulary), parsed.GetValue(tags),
                parsed.GetValue(warmUp), parsed.GetValue(rounds));
            var plan = new TaggerPlan(parsed.GetValue(hidden), parsed.GetValue(rate) ?? 0.5f, parsed.GetValue(threads), course);
            ResultsFile.Check(parsed.GetValue(output));
            (IReadOnlyList<StepTimes> times, string load) =
                StepRace.Run(course, plan.Threads, Contestants(plan, parsed.GetValue(peer) is not null));
            (MarkdownTable table, MarkdownTable ratios) = StepReport.Tables(course, times);
            string title = $"tagger steps: H={plan.Hidden} each way, B={course.Batch}, T={course.TimeSteps}, {course.Vocabulary} words, "
                + $"{course.Labels} tags, rate {plan.Rate:F2}, {StepReport.TitleEnd(times, plan.Threads)}";
            string note = $"Rounds: {course.Rounds} after {course.WarmUp} of warm-up; FP32; embedding {TaggerPlan.Embedding}, softmax. "
                + $"`structured` drops the recurrent input too; `random` and {StepReport.Peer} do not."
                + StepReport.DescribePeer(times) + load;
            Section section = Section.Create(title, parsed, note, table, ratios);
            Console.WriteLine($"{section.Title}\n\n{section.Body}");
            ResultsFile.Update(parsed.GetValue(output), section);
        });
        return command;
    }

    private static IEnumerable<Func<IParallelRunner, IContestant>> Contestants(TaggerPlan plan, bool withPeer)
    {
        if (withPeer) yield return _ => CreatePeer(plan);
        var dropped = new DropoutSpec { Embedding = plan.Rate, Output = plan.Rate };
        DropoutSpec structured = dropped with { Kind = DropoutKind.Structured, Recurrent = plan.Rate };
        yield return runner => new TaggerContestant(StepReport.Dense, plan, dropped with { Kind = DropoutKind.Random }, runner);
        yield return runner => new TaggerContestant(StepReport.Structured, plan, structured, runner);
        yield return runner => new TaggerContestant(StepReport.NoDropout, plan, DropoutSpec.None, runner);
    }

#if PEERS
    private static LibtorchTagger CreatePeer(TaggerPlan plan) => LibtorchTagger.Create(StepReport.Peer, plan);
#else
    private static IContestant CreatePeer(TaggerPlan plan) => throw StepReport.NoPeer();
#endif
}
