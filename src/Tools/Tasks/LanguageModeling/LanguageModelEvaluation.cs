using TinySD.Tools.Json;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>Measures a language model on a text in the ways that were asked for, each with its time.</summary>
internal sealed class LanguageModelEvaluation(
    LoadedLanguageModel loaded, EncodedText text, IParallelRunner runner, HardwareProfile? hardware, IProgressDisplay progress,
    CancellationToken stop)
{
    // Similarities grow with the hidden size and with training, so theta spans two decades; the cache's part is never most of the
    // prediction.
    private static readonly float[] s_thetas = [0f, 0.01f, 0.03f, 0.1f, 0.2f, 0.3f, 0.5f, 0.7f, 1f, 1.5f, 2f];
    private const int CacheStreams = 1;

    private static readonly float[] s_lambdas = [0.01f, 0.03f, 0.05f, 0.1f, 0.15f, 0.2f, 0.25f, 0.3f, 0.4f, 0.5f];

    /// <summary>The static evaluation, and what else there is.</summary>
    /// <exception cref="FailureException">A loss is not finite.</exception>
    /// <exception cref="UsageException">The sizes are beyond what one block of memory can hold.</exception>
    public EvalResult Run(int streams, MonteCarloSettings? monteCarlo, CacheSettings? cache, EncodedText? tuning, DeltaThresholds? delta)
    {
        try
        {
            var plain = new LanguageModelEvaluator(loaded.Model, runner, streams, hardware: hardware);
            (EvaluationResult result, double seconds) = Time("evaluation", text, show => plain.Evaluate(text.Tokens, show, stop));
            return new EvalResult(
                result.Perplexity, result.Loss, result.Loss / Figures.NatsPerBit, result.Tokens, streams, text.UnknownToPredict,
                monteCarlo is null && cache is null && delta is null ? null : seconds,
                monteCarlo is null ? null : Run(monteCarlo, streams), cache is null ? null : Run(cache, tuning),
                delta is { } thresholds ? Run(thresholds) : null);
        }
        catch (Exception exception) when (exception is ArgumentException or OverflowException)
        {
            throw new UsageException(
                $"an evaluation of these sizes cannot be made ({Failures.OneLine(exception)}); lower --streams or --cache.");
        }
    }

    private MonteCarloResult Run(MonteCarloSettings settings, int streams)
    {
        LanguageModelRecipe recipe = settings.Recipe;
        DropoutSpec dropout = recipe.Dropout;
        var evaluator = new MonteCarloEvaluator(
            loaded.Model, dropout, settings.Samples, settings.Seed, runner, streams, loaded.Training.Recipe.Bptt, hardware,
            recipe.WordDrop, recipe.WeightDrop, recipe.WordDropBySequence);
        (EvaluationResult result, double seconds) = Time("Monte Carlo dropout", text, show => evaluator.Evaluate(text.Tokens, show, stop));
        return new MonteCarloResult(
            result.Perplexity, result.Loss, streams, settings.Samples, settings.Seed, ModelSpelling.DropoutKinds.NameOf(dropout.Kind),
            dropout.Embedding, dropout.Layer, dropout.Recurrent, dropout.Output, recipe.WordDrop, recipe.WeightDrop, seconds);
    }

    private DeltaEvalResult Run(DeltaThresholds thresholds)
    {
        DeltaComparison<EvaluationResult>? found = null;
        (_, double seconds) = Time("delta thresholds", text, show =>
        {
            found = DeltaEvaluator.Compare(loaded.Model, text.Tokens, thresholds, runner, hardware, show, stop);
            return found.Delta;
        });
        (EvaluationResult exact, EvaluationResult delta, DeltaError error, IReadOnlyList<DeltaCount> products) = found!;
        return new DeltaEvalResult(
            thresholds, [("perplexity", exact.Perplexity, delta.Perplexity), ("loss", exact.Loss, delta.Loss)], error, products, seconds);
    }

    private CacheEvalResult Run(CacheSettings settings, EncodedText? tuning)
    {
        var evaluator = new CacheEvaluator(loaded.Model, settings.Size, runner, hardware: hardware);
        (float theta, float lambda) = (settings.Theta, settings.Lambda);
        EvaluationResult? tuned = null;
        double tuningSeconds = 0;
        if (tuning is not null)
        {
            (tuned, tuningSeconds) = Time("tuning the cache", tuning, show =>
            {
                CacheResult best = evaluator.Tune(tuning.Tokens, s_thetas, s_lambdas, show, stop);
                (theta, lambda) = (best.Theta, best.Lambda);
                return best.Result;
            });
        }

        (EvaluationResult result, double seconds) = Time("cache", text, show => evaluator.Evaluate(text.Tokens, theta, lambda, show, stop));
        return new CacheEvalResult(
            result.Perplexity, result.Loss, CacheStreams, settings.Size, theta, lambda, seconds, tuning?.Name, tuned?.Perplexity,
            tuned?.Loss, tuned is null ? null : tuningSeconds);
    }

    private (EvaluationResult Result, double Seconds) Time(
        string label, EncodedText measured, Func<Action<double>, EvaluationResult> evaluate)
    {
        long start = Stopwatch.GetTimestamp();
        EvaluationResult result = evaluate(ProgressDisplay.ShareOf(progress, label));
        if (double.IsFinite(result.Loss)) return (result, Stopwatch.GetElapsedTime(start).TotalSeconds);
        throw new FailureException(
            $"the loss on {measured.Name} is {result.Loss}: the model gives a token of it no chance at all. " +
            "Train it again with a lower --lr.");
    }
}
