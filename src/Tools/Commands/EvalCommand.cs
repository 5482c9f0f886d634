using System.CommandLine;
using TinySD.Formats;
using TinySD.Runtime.Hardware;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Threading;
using TinySD.Tools.Display;
using TinySD.Tools.Errors;
using TinySD.Tools.Json;
using TinySD.Tools.Options;
using TinySD.Tools.Training;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd eval</c>: the task's metric on held-out data.</summary>
internal static class EvalCommand
{
    public static Command Create(CommonOptions common)
    {
        var model = new Argument<string>("MODEL") { Description = "A model file (.tsd)." };
        var data = new Option<string>("--data") { HelpName = "FILE", Description = "The text to predict, plain or gzip.", Required = true };
        Option<int?> threads = Ranged.Threads();
        Option<string?> profile = Profiles.Option();
        var command = new Command("eval",
            "Measure a model on a text: a language model's perplexity, its state carried through the whole text.")
        {
            model, data, threads, profile,
        };
        command.SetAction(parsed => Run(
            common.Read(parsed), parsed.GetRequiredValue(model), parsed.GetRequiredValue(data), Ranged.ThreadsOf(parsed, threads),
            Profiles.Read(parsed, profile)));
        return command;
    }

    private static int Run(CliContext context, string path, string textPath, int threads, HardwareProfile? hardware)
    {
        LoadedLanguageModel loaded = LanguageModelFile.Load(path);
        EncodedText text = EncodedText.ToPredict(textPath, loaded.Vocabulary);
        using var pool = new WorkerPool(threads);
        var evaluator = new LanguageModelEvaluator(loaded.Model, pool, hardware: hardware);
        EvaluationResult result = default;
        ProgressDisplay.Run(context, progress => result = evaluator.Evaluate(
            text.Tokens,
            share =>
            {
                if (progress.IsDue) progress.Show("evaluation", share, "");
            },
            context.Stop.Watch()));
        if (!double.IsFinite(result.Perplexity))
        {
            throw new FailureException(
                $"the perplexity on {textPath} is {result.Perplexity}: the model gives a token of it no chance at all. " +
                "Train it again with a lower --lr.");
        }

        TextWriter output = context.Console.Out;
        if (context.Json) CliJson.Write(output, new EvalResult(result.Perplexity, result.Tokens), CliJson.Default.EvalResult);
        else output.WriteLine($"perplexity {Figures.Perplexity(result.Perplexity)} over {Figures.Count(result.Tokens)} predicted tokens");
        return ExitCode.Done;
    }
}
