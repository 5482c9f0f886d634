using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using TinySD.Benchmarks.Matrices;
using TinySD.Benchmarks.Reports;
using TinySD.Runtime.Ops;

namespace TinySD.Benchmarks.Commands;

/// <summary>Every product of a training step by itself, dense and structured in turn, against the machine's peak.</summary>
internal static class ProductsCommand
{
    public static Command Create()
    {
        Option<int> hidden = CommonOptions.Whole("--hidden", 650, 1, 8192, "Units H; the recurrent and input products are [H] to [4H].");
        Option<int> vocabulary = CommonOptions.Whole("--vocabulary", 10_000, 2, 1_000_000, "Columns of the classifier.");
        Option<int> batch = CommonOptions.Whole("--batch", 20, 1, 4096, "Sequences B.");
        Option<int> steps = CommonOptions.Whole("--steps", 35, 1, 4096, "Time steps T of a window.");
        Option<float?> rate = CommonOptions.Rate("Drop rate of the structured products. [default: 0.5]");
        Option<int> threads = CommonOptions.Threads();
        Option<int?> lanes = CommonOptions.Lanes();
        Option<int> rounds = CommonOptions.Whole("--rounds", 15, 1, 100_000, "How often each product is timed.");
        Option<string?> output = CommonOptions.Out();
        var command = new Command(
            "products", "Time forward, backward and weight-gradient products, dense and structured in turn, against the multiply-add "
            + "peak of the same minute.")
        {
            hidden, vocabulary, batch, steps, rate, threads, lanes, rounds, output,
        };
        command.SetAction(parsed =>
        {
            ResultsFile.Check(parsed.GetValue(output));
            int h = parsed.GetValue(hidden), b = parsed.GetValue(batch), t = parsed.GetValue(steps), count = parsed.GetValue(threads);
            int width = parsed.GetValue(lanes) ?? KernelChoice.WidestLanes;
            float dropRate = parsed.GetValue(rate) ?? 0.5f;
            using var parts = new RuntimeParts(count, width);
            var load = new OtherLoad();
            var table = new MarkdownTable(
                "product", "dense ms", "GF/s", "of peak", "structured ms", "of peak", "times as fast", "quartiles");
            double limit = 0;
            (string, int, bool)[] shapes =
                [("recurrent", 4 * h, true), ("input", 4 * h, false), ("classifier", parsed.GetValue(vocabulary), false)];
            foreach ((string name, int n, bool stepwise) in shapes)
            {
                var products = new WindowProducts(parts, h, n, t, b, dropRate);
                limit = 1 / products.KeptShare;
                Measure(
                    table, $"FP {name}", products, stepwise ? products.ForwardSteps : products.Forward, parts, width,
                    parsed.GetValue(rounds));
                Measure(
                    table, $"BP {name}", products, stepwise ? products.BackwardSteps : products.Backward, parts, width,
                    parsed.GetValue(rounds));
                Measure(table, $"WG {name}", products, products.WeightGradient, parts, width, parsed.GetValue(rounds));
            }

            string title = string.Create(
                CultureInfo.InvariantCulture,
                $"products: H={h}, T={t}, batch {b}, rate {dropRate:F2}, {width} lanes, {count} {(count == 1 ? "thread" : "threads")}");
            string note = string.Create(
                CultureInfo.InvariantCulture,
                $"Medians of {parsed.GetValue(rounds)} rounds; the limit is {limit:F2} times. The peak is the fused multiply-adds of " +
                $"the same threads in registers, timed in turn.{load.Describe()}");
            Section section = Section.Create(title, parsed, note, table);
            Console.WriteLine($"{section.Title}\n\n{section.Body}");
            ResultsFile.Update(parsed.GetValue(output), section);
        });
        return command;
    }

    private static void Measure(
        MarkdownTable table, string name, WindowProducts products, Action<bool> run, RuntimeParts parts, int lanes, int rounds)
    {
        double[] dense = new double[rounds], structured = new double[rounds], peak = new double[rounds];
        run(false);
        run(true);
        FmaPeak.Run(lanes, parts.Runner);
        for (int round = 0; round < rounds; round++)
        {
            dense[round] = Seconds(() => run(false));
            structured[round] = Seconds(() => run(true));
            peak[round] = FmaPeak.Operations(lanes, parts.Runner.ThreadCount) / Seconds(() => FmaPeak.Run(lanes, parts.Runner));
        }

        Quartiles ratio = Quartiles.Of(dense.Zip(structured, (a, b) => a / b));
        double Share(double[] seconds, double operations) => Quartiles.Of(seconds.Zip(peak, (s, p) => operations / s / p)).Median;
        double median = Quartiles.Of(dense).Median;
        table.Add(
            name, Figure(median * 1000, 2), Figure(products.DenseOperations / median / 1e9, 0),
            Percent(Share(dense, products.DenseOperations)),
            Figure(Quartiles.Of(structured).Median * 1000, 2), Percent(Share(structured, products.DenseOperations * products.KeptShare)),
            Figure(ratio.Median, 2), $"{Figure(ratio.Lower, 2)} to {Figure(ratio.Upper, 2)}");
    }

    private static double Seconds(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static string Figure(double value, int digits) => value.ToString($"F{digits}", CultureInfo.InvariantCulture);

    private static string Percent(double share) => $"{Figure(share * 100, 0)}%";
}
