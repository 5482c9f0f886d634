using System.CommandLine;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using TinySD.Benchmarks.Kernels;
using TinySD.Benchmarks.Reports;
using TinySD.Runtime.Ops;

namespace TinySD.Benchmarks.Commands;

/// <summary>Single kernels, by BenchmarkDotNet.</summary>
internal static class KernelsCommand
{
    private static readonly Dictionary<string, Job> _jobs =
        new() { ["dry"] = Job.Dry, ["short"] = Job.ShortRun, ["medium"] = Job.MediumRun, ["long"] = Job.LongRun };

    public static Command Create()
    {
        var filter = new Option<string>("--filter")
        {
            HelpName = "GLOB",
            Description = "Which benchmarks, for example *Forward*.",
            DefaultValueFactory = _ => "*",
        };
        var hidden = new Option<int[]>("--hidden")
        {
            HelpName = "H",
            Description = "Hidden sizes, separated by blanks.",
            DefaultValueFactory = _ => [650],
            AllowMultipleArgumentsPerToken = true,
        };
        hidden.Validators.Add(result =>
        {
            if (result.Errors.Any()) return;
            if (result.GetValueOrDefault<int[]>() is { } sizes && sizes.Any(size => size is < 1 or > 8192))
                result.AddError("--hidden takes sizes from 1 to 8192.");
        });
        Option<float?> rate = CommonOptions.Rate("Drop rate of the structured products. [default: 0.5]");
        Option<int> threads = CommonOptions.Threads();
        Option<int?> lanes = CommonOptions.Lanes();
        var job = new Option<string>("--job") { Description = "How thoroughly.", DefaultValueFactory = _ => "short" };
        job.AcceptOnlyFromAmong([.. _jobs.Keys]);
        Option<string?> output = CommonOptions.Out();
        var command = new Command("kernels", "Time single kernels and count what they allocate, with BenchmarkDotNet in this process.")
        {
            filter, hidden, rate, threads, lanes, job, output,
        };
        command.SetAction(parsed =>
        {
            ResultsFile.Check(parsed.GetValue(output));
            KernelSettings.Hidden = parsed.GetValue(hidden)!;
            KernelSettings.Rate = parsed.GetValue(rate) ?? 0.5f;
            KernelSettings.Threads = parsed.GetValue(threads);
            KernelSettings.Lanes = parsed.GetValue(lanes) ?? 0;
            var load = new OtherLoad();
            Summary[] summaries = Run(_jobs[parsed.GetValue(job)!], parsed.GetValue(filter)!);
            if (summaries.Length == 0) throw new BenchmarkException($"no benchmark is called '{parsed.GetValue(filter)}'.");
            int width = KernelSettings.Lanes == 0 ? KernelChoice.WidestLanes : KernelSettings.Lanes;
            string note = $"Batch {KernelSettings.Batch}, T={KernelSettings.TimeSteps}, vocabulary {KernelSettings.Vocabulary}, "
                + $"{width} lanes used.{load.Describe()}";
            string chosen = parsed.GetValue(filter) is not "*" and { } some ? $" `{some}`" : "";
            string dropRate = FormattableString.Invariant($"{KernelSettings.Rate:F2}");
            string title = $"kernels{chosen}: H {string.Join(' ', KernelSettings.Hidden)}, rate {dropRate}, "
                + $"threads {KernelSettings.Threads}, {width} lanes";
            Section section = Section.Create(title, parsed, note, [.. summaries.Select(Table)]);
            ResultsFile.Update(parsed.GetValue(output), section);
        });
        return command;
    }

    private static Summary[] Run(Job job, string filter)
    {
        // In this process: a project of BenchmarkDotNet's own would have to take over this solution's properties and locked packages.
        ManualConfig config = ManualConfig.CreateEmpty()
            .AddJob(job.WithToolchain(InProcessEmitToolchain.Instance))
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(ConsoleLogger.Default)
            .AddFilter(new GlobFilter([filter]))
            .HideColumns(Column.AllocRatio, Column.RatioSD)
            // Below bin, because every .md file of the checkout is part of what `tinysd demo` trains on.
            .WithArtifactsPath(Path.Combine(AppContext.BaseDirectory, "BenchmarkDotNet.Artifacts"));
        Summary[] summaries = BenchmarkRunner.Run([typeof(ProductBenchmarks), typeof(VectorBenchmarks)], config);
        if (summaries.Any(summary => summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success)))
            throw new BenchmarkException("a benchmark failed; its output is above.");
        return [.. summaries.Where(summary => summary.Reports.Length > 0)];
    }

    // BenchmarkDotNet's own table, without the columns that say the same in every row.
    private static MarkdownTable Table(Summary summary)
    {
        int[] columns = [.. summary.Table.Columns.Where(column => column.NeedToShow).Select(column => column.Index)];
        var table = new MarkdownTable([.. columns.Select(column => summary.Table.FullHeader[column])]);
        foreach (string[] row in summary.Table.FullContent) table.Add([.. columns.Select(column => row[column])]);
        return table;
    }
}
