using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>A model that is trained to see how fast, a step at a time: whoever drives it decides which windows it gets, and at which
/// rates.</summary>
internal sealed class TimedModel : ITimedRun
{
    private const int RandomWindows = 8;

    private readonly LanguageModelTrainer _trainer;
    private readonly TokenWindows _windows;
    private readonly int[] _inputs, _targets;
    private double _lossSum;
    private long _ticks, _tokens;

    /// <summary>Plans and allocates everything; the windows of its recipe have one length.</summary>
    /// <exception cref="UsageException">The sizes are beyond what one block of memory can hold.</exception>
    public TimedModel(
        LanguageModelRecipe recipe, int vocabularySize, TokenWindows windows, IParallelRunner runner, HardwareProfile? hardware = null)
    {
        Recipe = recipe;
        _windows = windows;
        _inputs = new int[recipe.BatchSize * recipe.Bptt];
        _targets = new int[_inputs.Length];
        (Model, _trainer) = Sizes.Checked(() =>
        {
            var model = new LanguageModel(recipe.ToConfig(vocabularySize));
            return (model, new LanguageModelTrainer(model, recipe, runner, hardware));
        });
        Model.Initialize(recipe.Seed, recipe.InitRange, recipe.ForgetBias, recipe.InitScheme);
    }

    /// <summary>One on a random text, to be timed: what the text is makes no difference.</summary>
    /// <inheritdoc cref="TimedModel(LanguageModelRecipe, int, TokenWindows, IParallelRunner, HardwareProfile)"/>
    public static TimedModel OnRandomText(LanguageModelRecipe recipe, int vocabularySize, IParallelRunner runner, HardwareProfile? hardware)
    {
        var random = new Random(1);
        int count = recipe.BatchSize * ((RandomWindows * recipe.Bptt) + 1);
        int[] tokens = [.. Enumerable.Range(0, count).Select(_ => random.Next(vocabularySize))];
        return new TimedModel(recipe, vocabularySize, new TokenWindows(tokens, recipe.BatchSize, recipe.Bptt), runner, hardware);
    }

    public LanguageModel Model { get; }

    public LanguageModelRecipe Recipe { get; }

    public int Steps { get; private set; }

    /// <summary>Mean loss of this round so far, nats per token.</summary>
    public double MeanLoss => _lossSum / _tokens;

    public double TrainPerplexity => EvaluationResult.PerplexityOf(MeanLoss);

    /// <summary>Training speed in this round.</summary>
    public double TokensPerSecond => _tokens / Math.Max((double)_ticks / Stopwatch.Frequency, 1e-9);

    public double LastStepMilliseconds { get; private set; }

    public PassTimes Times => _trainer.Times;

    public float LearningRate => _trainer.LearningRate;

    public void BeginRound(int epoch)
    {
        _trainer.LearningRate = Recipe.LearningRateAt(epoch);
        (Steps, _tokens, _lossSum, _ticks) = (0, 0, 0, 0);
    }

    /// <remarks>The state is carried over from the window before it, but not into the first.</remarks>
    public double Step(int index)
    {
        long start = Stopwatch.GetTimestamp();
        int window = index % _windows.Count;
        if (window == 0) _trainer.ResetState();
        _windows.Fill(window, _inputs, _targets);
        double loss = _trainer.Step(_inputs, _targets).Loss;
        long ticks = Stopwatch.GetTimestamp() - start;
        LastStepMilliseconds = 1000.0 * ticks / Stopwatch.Frequency;
        _ticks += ticks;
        _lossSum += loss * _inputs.Length;
        _tokens += _inputs.Length;
        Steps++;
        return loss;
    }
}
