using TinySD.Tools.Files;
using TinySD.Tools.Json;
using TinySD.Tools.Options;
using TinySD.Tools.Reproduce;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd reproduce noise</c>: what each way to drop units does to the gradients of a trained model.</summary>
internal sealed class ReproduceNoiseCommand : CliCommand
{
    private const int DefaultWindows = 40, DefaultDraws = 8;

    private readonly FileArgument _model = new("MODEL", "A language model (.tsd); its recipe says what is dropped.");
    private readonly FileOption _data = FileOption.Input("--data", "The text that it was trained on, plain or gzip.");
    private readonly Option<float?> _rate = Ranged.Rate("--rate", "Drop rate between layers. [default: the recipe's]");
    private readonly Option<float?> _rateRecurrent = Ranged.Rate("--rate-recurrent",
        "Drop rate on the previous hidden state, in the cells that drop it. [default: the recipe's, or that before the classifier]");

    private readonly Option<MaskDraw?> _draw =
        Ranged.Value("--draw", ModelSpelling.MaskDraws, "How structured masks draw their units. [default: the recipe's]");

    private readonly Option<int?> _batch = Ranged.Whole("--batch", 1, 65536, "Sequences in a batch. [default: the recipe's]");
    private readonly Option<int?> _windows = Ranged.Whole("--windows", 2, 10_000, $"Windows of the text. [default: {DefaultWindows}]");
    private readonly Option<int?> _draws = Ranged.Whole("--draws", 2, 10_000, $"Masks of each window. [default: {DefaultDraws}]");
    private readonly Option<int?> _threads = Ranged.Threads();
    private readonly FileOption _profile = Profiles.Option();

    public ReproduceNoiseCommand(CommonOptions common)
        : base(
            "noise",
            "Say how much of a model's gradients is chance. They are taken of the same windows with many masks, for each way to drop " +
            "units: how much of them is chance, by masks and by text, how often they are clipped, and what the perplexity is with " +
            "those masks.",
            common)
    {
        _data.Required = true;
        AddAll(_model, _data, _rate, _rateRecurrent, _draw, _batch, _windows, _draws, _threads, _profile);
    }

    protected override int Run(ParseResult parsed, CliContext context)
    {
        HardwareProfile? hardware = Profiles.Read(parsed, _profile);
        string model = parsed.GetRequiredValue(_model);
        WholeWeights.RefuseToTrain(model);
        LoadedLanguageModel loaded = LanguageModelFile.Load(model);
        LanguageModelRecipe recipe = RecipeOf(parsed, loaded.Training.Recipe);
        using EncodedText text = ProgressDisplay.Run(
            context, progress => EncodedText.ToPredict(parsed.GetRequiredValue(_data), loaded.Vocabulary, progress, context.Stop.Watch()));
        foreach (string warning in TextWarnings.Of(text, loaded.Vocabulary))
            context.Console.Error.WriteLine($"tinysd reproduce noise: {warning}");
        int count = parsed.GetValue(_windows) ?? DefaultWindows, draws = parsed.GetValue(_draws) ?? DefaultDraws;
        long there = Math.Max(0, (text.Tokens.Length / recipe.BatchSize) - 1) / recipe.Bptt;
        if (there < count + 1)
        {
            throw new FailureException(
                $"{text.Name} has {Figures.Count(there, "window")} of {Figures.Count(recipe.BatchSize, "sequence")} and " +
                $"{Figures.Count(recipe.Bptt, "step")}, and {Figures.Count(count + 1)} are needed; " +
                $"lower {_windows.Name} or {_batch.Name}.");
        }

        var windows = new TokenWindows(text.Tokens, recipe.BatchSize, recipe.Bptt);
        var noise = new GradientNoise(windows, count, draws);
        GridCell baseline = GridCell.BaselineFor(recipe.Dropout);
        IReadOnlyList<GridCell> cells = GridCell.DefaultsFor(baseline);
        var rows = new List<NoiseRow>();
        using var pool = new WorkerPool(Ranged.ThreadsOf(parsed, _threads));
        ProgressDisplay.Run(context, progress =>
        {
            CancellationToken stop = context.Stop.Watch();
            foreach (GridCell cell in cells)
            {
                LanguageModelRecipe settled = LanguageModelGrid.Settle(cell, recipe, recipe.Seed, keepsWeightDrop: false);
                try
                {
                    rows.Add(noise.Measure(cell.Name, loaded.Model, settled, pool, hardware, Show, stop));
                }
                catch (NotFiniteException exception)
                {
                    throw new FailureException(
                        $"the gradients of {cell.Name} are not finite: {Failures.OneLine(exception)}. The model's weights are too large; " +
                        "train it again with a lower --lr.",
                        exception);
                }

                void Show(double share)
                {
                    if (progress.IsDue) progress.Show(cell.Name, (rows.Count + share) / cells.Count, "");
                }
            }
        });
        var result = new NoiseResult(baseline.Name, recipe.BatchSize, recipe.Bptt, count, draws, recipe.ClipNorm, rows);
        if (context.Json) CliJson.Write(context.Console.Out, result);
        else WriteText(context.Console, result);
        return ExitCode.Done;
    }

    private LanguageModelRecipe RecipeOf(ParseResult parsed, LanguageModelRecipe recipe)
    {
        DropoutSpec dropout = recipe.Dropout;
        if (parsed.GetValue(_rate) is { } all) dropout = dropout with { Embedding = all, Layer = all, Output = all };
        if (parsed.GetValue(_rateRecurrent) is { } recurrent) dropout = dropout with { Recurrent = recurrent };
        if (parsed.GetValue(_draw) is { } draw) dropout = dropout with { Draw = draw };

        // Only exact counts can be rounded to a multiple.
        if (dropout.Draw == MaskDraw.Bernoulli) dropout = dropout with { KeepMultiple = 1 };
        if (dropout is { Embedding: 0f, Layer: 0f, Output: 0f })
        {
            string why = parsed.GetValue(_rate) is null ? "the model was trained" : "there is nothing to measure";
            throw new UsageException($"{why} without dropout between layers; give {_rate.Name}, for example {_rate.Name} 0.5.");
        }

        return recipe with { Dropout = dropout, BatchSize = parsed.GetValue(_batch) ?? recipe.BatchSize };
    }

    private static void WriteText(CliConsole console, NoiseResult result)
    {
        NoiseRow baseline = result.Cells.First(row => row.Cell == result.Baseline);
        double variance = baseline.MaskVariance + baseline.TextVariance;
        var table = new Table(
            "cell", ">gradient", ">noise of masks", ">noise of text", $">variance to {result.Baseline}", ">norm", ">clipped",
            ">perplexity");
        foreach (NoiseRow row in result.Cells)
        {
            table.Row(
                row.Cell, Length(row.Gradient), Length(row.MaskVariance), Length(row.TextVariance),
                Figures.Fixed((row.MaskVariance + row.TextVariance) / variance, 2), Figures.Fixed(row.MeanNorm, 2),
                $"{Figures.Fixed(100 * row.ClippedShare, 0)} %", Figures.Perplexity(row.Perplexity));
        }

        console.Write(table);
        console.Prose.WriteLine(
            $"{Figures.Count(result.Windows, "window")} of {Figures.Count(result.Bptt, "time step")} and " +
            $"{Figures.Count(result.Batch, "sequence")}, {Figures.Count(result.Draws, "mask")} of each; lengths of the whole gradient, " +
            $"clipped above {Figures.Setting(result.Clip)}. The gradient is the mean, noise the root of a variance about it; perplexity " +
            "is with masks on.");
    }

    // Of an estimate, which chance can make less than 0.
    private static string Length(double squared) => Figures.Fixed(Math.Sqrt(Math.Max(0, squared)), 2);
}
