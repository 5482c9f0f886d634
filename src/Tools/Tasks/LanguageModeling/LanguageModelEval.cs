using TinySD.Tools.Files;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary><c>tinysd eval</c> of a language model: its perplexity.</summary>
/// <param name="share">How much of it.</param>
/// <param name="delta">Thresholds.</param>
internal sealed class LanguageModelEval(ShareOption share, Option<DeltaThresholds?> delta)
    : EvalVerb<LoadedLanguageModel, EvalResult>(LanguageModelFile.Kind, "language models")
{
    private readonly EvaluationOptions _options = new();

    public override IEnumerable<Option> Options => [share.Option, .. _options.All, delta];

    public override IEnumerable<Option> Comparing => _options.Plain;

    protected override LoadedLanguageModel Load(string path) => LanguageModelFile.Load(path);

    protected override LoadedLanguageModel Settle(LoadedLanguageModel loaded, string path, ParseResult parsed, Warnings warnings)
    {
        (float of, int multiple) = share.Read(parsed, loaded.Training.Recipe, path, warnings);
        return loaded with { Model = loaded.Model.AtShare(of, multiple) };
    }

    protected override Measuring Prepare(
        LoadedLanguageModel loaded, EvalRequest request, IParallelRunner runner, ParseResult parsed, CliContext context)
    {
        CacheSettings? cache = _options.Cache(parsed, context.Warnings);
        MonteCarloSettings? monteCarlo = _options.MonteCarlo(parsed, loaded.Training, context.Warnings);
        bool leavesOut = monteCarlo is not null || parsed.GetValue(delta) is { IsOff: false };
        if (leavesOut) DeltaOption.RefuseToLeaveOut(loaded.Model.Layout.Weights, request.Model, "neither --mc-samples nor --delta");
        EncodedText text = Read(request.Data);
        EncodedText? tuning = cache?.TuneOn is { } file ? Read(file) : null;
        IEnumerable<EncodedText> all = tuning is null ? [text] : [text, tuning];
        foreach (string warning in all.SelectMany(read => TextWarnings.Of(read, loaded.Vocabulary))) context.Warnings.Note(warning);
        int streams = _options.Streams(parsed, loaded.Training);
        return new(
            model => ProgressDisplay.Run(context, progress =>
            {
                var evaluation = new LanguageModelEvaluation(model, text, runner, request.Hardware, progress, context.Stop.Watch());
                return evaluation.Run(streams, monteCarlo, cache, tuning, parsed.GetValue(delta));
            }),
            text, tuning);

        EncodedText Read(string path) =>
            ProgressDisplay.Run(context, progress => EncodedText.ToPredict(path, loaded.Vocabulary, progress, context.Stop.Watch()));
    }

    protected override ComparedFigure FigureOf(EvalResult result) => new(
        LanguageModelFile.Metric.Name, result.Perplexity, Figures.Perplexity(result.Perplexity));

    protected override void Write(EvalResult result, LoadedLanguageModel loaded, EvalRequest request, CliContext context)
    {
        if (context.Json) CliJson.Write(context.Console.Out, result);
        else WriteText(context.Console, loaded.Vocabulary, result);
    }

    private static void WriteText(CliConsole console, Vocabulary vocabulary, EvalResult result)
    {
        TextWriter output = console.Prose;
        string bits = LanguageModelTraining.UnitOf(vocabulary.Level) is { } one ? $", {Figures.Bits(result.Loss)} bits per {one}," : "";
        output.WriteLine(
            $"perplexity {Figures.Perplexity(result.Perplexity)}{bits} over {Figures.Count(result.Tokens)} predicted tokens" +
            UnknownToken.Told(vocabulary, result.Unknown, result.Tokens) +
            $"; {EvaluationStreams.Count(result.Streams)}{Time(result.Seconds)}");
        if (result.MonteCarlo is { } mc)
        {
            output.WriteLine(
                $"with Monte Carlo dropout: perplexity {Figures.Perplexity(mc.Perplexity)}, {Figures.Count(mc.Samples, "sample")} of " +
                string.Join(", ", DropoutsOf(mc)) + $"; {EvaluationStreams.Count(mc.Streams)}" + Time(mc.Seconds));
        }

        result.Delta?.WriteText(console, ["perplexity in one stream"], "probabilities", Figures.Perplexity);
        if (result.Cache is not { } cache) return;
        string tuned = cache.TunedOn is null
            ? ""
            : $", tuned on {cache.TunedOn} to perplexity {Figures.Perplexity(cache.TunedPerplexity!.Value)} " +
                $"in {Figures.Duration(cache.TuningSeconds!.Value)}";
        output.WriteLine(
            $"with a continuous cache: perplexity {Figures.Perplexity(cache.Perplexity)}, {Figures.Count(cache.Size, "position")}, " +
            $"theta {Figures.Setting(cache.Theta)}, lambda {Figures.Setting(cache.Lambda)}{tuned}; " +
            $"{EvaluationStreams.Count(cache.Streams)}{Time(cache.Seconds)}");
    }

    private static IEnumerable<string> DropoutsOf(MonteCarloResult mc)
    {
        if (mc.Dropout == ModelSpelling.DropoutKinds.NameOf(DropoutKind.Nested) ||
            mc.Dropout == ModelSpelling.DropoutKinds.NameOf(DropoutKind.NestedLocked))
        {
            yield return $"{mc.Dropout} dropout";
        }
        else if (mc.Dropout != ModelSpelling.DropoutKinds.NameOf(DropoutKind.None))
        {
            float[] rates = [mc.RateEmbedding, mc.RateLayer, mc.RateRecurrent, mc.RateOutput];
            yield return $"{mc.Dropout} dropout, rates {string.Join(", ", Array.ConvertAll(rates, rate => Figures.Setting(rate)))}";
        }

        if (mc.RateWord > 0f) yield return $"word dropout {Figures.Setting(mc.RateWord)}";
        if (mc.WeightDrop > 0f) yield return $"weight dropout {Figures.Setting(mc.WeightDrop)}";
    }

    private static string Time(double? seconds) => seconds is { } s ? $"; {Figures.Duration(s)}" : "";
}
