using TinySD.Tools.Json;
using TinySD.Tools.Tasks.LanguageModeling;
using TinySD.Tools.Training;

namespace TinySD.Tools.Demo;

/// <summary>Trains two models that differ in nothing but how their dropout masks are drawn: same seed, same batches in the same order, same
/// rates, the same number of steps. The recipe has structured dropout; its epochs divide the steps into rounds, each with that epoch's
/// learning rate.</summary>
internal sealed class DemoComparison(
    BuiltInText text, LanguageModelRecipe recipe, int steps, IParallelRunner runner, HardwareProfile? hardware) : StepsInTurn<TimedModel>(
        Run(text, recipe with { Dropout = recipe.Dropout with { Kind = DropoutKind.Random } }, runner, hardware),
        Run(text, recipe, runner, hardware))
{
    /// <summary>The budget: so many updates of each model, whatever time they take, so that one seed always gives the same bits.</summary>
    public const int DefaultSteps = 500;

    private const int ValidTokens = 16_384;

    private readonly int _rounds = Math.Min(recipe.Epochs, steps);

    /// <summary>Updates of each.</summary>
    public int Steps => steps;

    /// <summary>Trains and measures both; a round is to the demo what an epoch is to training.</summary>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    public (DemoSide Dense, DemoSide Structured) Train(IProgressDisplay progress, CancellationToken stop)
    {
        List<DemoRound> dense = [], structured = [];
        var elapsed = Stopwatch.StartNew();
        for (int round = 0; round < _rounds; round++)
        {
            BeginRound(round);
            int end = (int)((long)steps * (round + 1) / _rounds);
            for (int step = Dense.Losses.Count + 1; step <= end; step++)
            {
                stop.ThrowIfCancellationRequested();
                Step(isTimed: true, "try another --seed");
                if (progress.IsDue) progress.Show($"step {step}/{steps} of each", (double)step / steps, Detail(elapsed, step));
            }

            dense.Add(RoundOf(Dense));
            structured.Add(RoundOf(Structured));
        }

        var valid = new TokenMemory(text.Valid.AsMemory(0, Math.Min(ValidTokens, text.Valid.Length)));
        return (Measured(Dense, dense), Measured(Structured, structured));

        DemoRound RoundOf(TimedSide<TimedModel> side) => new(side.Losses.Count, side.Run.TrainPerplexity, side.Run.LearningRate);

        DemoSide Measured(TimedSide<TimedModel> side, List<DemoRound> rounds)
        {
            var evaluator = new LanguageModelEvaluator(side.Run.Model, runner, side.Run.Recipe.BatchSize, hardware: hardware);
            return new(evaluator.Evaluate(valid, cancellation: stop).Perplexity, side.MedianOf(times => times.Step), rounds);
        }
    }

    private string Detail(Stopwatch elapsed, int done)
    {
        double left = elapsed.Elapsed.TotalSeconds / done * (steps - done);
        return $"loss random {Figures.Fixed(Dense.Run.MeanLoss, 3)}, structured {Figures.Fixed(Structured.Run.MeanLoss, 3)}  " +
            $"{Figures.Count(Dense.Run.TokensPerSecond)} and {Figures.Count(Structured.Run.TokensPerSecond)} tokens/s  " +
            $"{Figures.Duration(left)} left";
    }

    private static TimedModel Run(BuiltInText text, LanguageModelRecipe recipe, IParallelRunner runner, HardwareProfile? hardware) =>
        new(recipe, text.Vocabulary.Count, new(text.Train, recipe.BatchSize, recipe.Bptt), runner, hardware);
}
