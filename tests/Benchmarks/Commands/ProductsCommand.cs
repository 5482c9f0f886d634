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
        var inStep = new Option<bool>("--in-step")
        {
            Description = "Make all products one after the other, as a training step does, and not each again and again: none finds in the "
                + "caches what it left there.",
        };
        Option<string?> output = CommonOptions.Out();
        var command = new Command(
            "products", "Time forward, backward and weight-gradient products, dense and structured in turn, against the multiply-add "
            + "peak of the same minute.")
        {
            hidden, vocabulary, batch, steps, rate, threads, lanes, rounds, inStep, output,
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
            WindowProducts input = new(parts, h, 4 * h, t, b, dropRate), recurrent = new(parts, h, 4 * h, t, b, dropRate);
            WindowProducts classifier = new(parts, h, parsed.GetValue(vocabulary), t, b, dropRate);

            // In the order of a training step.
            ProductTimes[] all =
            [
                new("FP input", input, input.Forward), new("FP recurrent", recurrent, recurrent.ForwardSteps),
                new("FP classifier", classifier, classifier.Forward), new("BP classifier", classifier, classifier.Backward),
                new("WG classifier", classifier, classifier.WeightGradient), new("BP recurrent", recurrent, recurrent.BackwardSteps),
                new("BP input", input, input.Backward), new("WG input", input, input.WeightGradient),
                new("WG recurrent", recurrent, recurrent.WeightGradient),
            ];
            double limit = 1 / input.KeptShare;
            int times = parsed.GetValue(rounds);
            if (parsed.GetValue(inStep)) Measure(table, all, parts, width, times);
            else foreach (ProductTimes product in all) Measure(table, [product], parts, width, times);
            string title = string.Create(
                CultureInfo.InvariantCulture,
                $"products: H={h}, T={t}, batch {b}, rate {dropRate:F2}, {width} lanes, {count} {(count == 1 ? "thread" : "threads")}");
            if (parsed.GetValue(inStep)) title += ", in a step";
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

    // All dense in a round, then all structured, then the peak.
    private static void Measure(MarkdownTable table, ProductTimes[] products, RuntimeParts parts, int lanes, int rounds)
    {
        double[] peak = new double[rounds];
        foreach (ProductTimes product in products) product.WarmUp();
        FmaPeak.Run(lanes, parts.Runner);
        for (int round = 0; round < rounds; round++)
        {
            foreach (ProductTimes product in products) product.Time(structured: false);
            foreach (ProductTimes product in products) product.Time(structured: true);
            long start = Stopwatch.GetTimestamp();
            FmaPeak.Run(lanes, parts.Runner);
            peak[round] = FmaPeak.Operations(lanes, parts.Runner.ThreadCount) / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        foreach (ProductTimes product in products) Add(table, product, peak);
    }

    private static void Add(MarkdownTable table, ProductTimes product, double[] peak)
    {
        Quartiles ratio = Quartiles.Of(product.Dense.Zip(product.Structured, (a, b) => a / b));
        double operations = product.Products.DenseOperations, dense = Quartiles.Of(product.Dense).Median;
        double Share(IReadOnlyList<double> seconds, double done) => Quartiles.Of(seconds.Zip(peak, (s, p) => done / s / p)).Median;
        table.Add(
            product.Name, Figure(dense * 1000, 2), Figure(operations / dense / 1e9, 0), Percent(Share(product.Dense, operations)),
            Figure(Quartiles.Of(product.Structured).Median * 1000, 2),
            Percent(Share(product.Structured, operations * product.Products.KeptShare)),
            Figure(ratio.Median, 2), $"{Figure(ratio.Lower, 2)} to {Figure(ratio.Upper, 2)}");
    }

    private static string Figure(double value, int digits) => value.ToString($"F{digits}", CultureInfo.InvariantCulture);

    private static string Percent(double share) => $"{Figure(share * 100, 0)}%";
}
