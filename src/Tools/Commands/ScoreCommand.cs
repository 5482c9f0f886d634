using TinySD.Tools.Json;
using TinySD.Tools.Options;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd score</c>: how likely a language model finds what comes on standard input, line by line.</summary>
internal sealed class ScoreCommand : CliCommand, IAnswersInput
{
    private readonly FileArgument _model = new("MODEL", "A language model (.tsd).");
    private readonly ShareOption _share = new();
    private readonly FileOption _profile = Profiles.Option();

    public ScoreCommand(CommonOptions common)
        : base(
            "score",
            "Tell how likely the lines of standard input are. One text a line; for each a line LOG-PROBABILITY<TAB>TOKENS, in order and " +
            "at once. The logarithm is natural. Each line is read by itself, as after a line's end; its own end is predicted and counted " +
            "too, as eval counts it.",
            common) =>
        AddAll(_model, _share.Option, _profile);

    protected override int Run(ParseResult parsed, CliContext context)
    {
        HardwareProfile? hardware = Profiles.Read(parsed, _profile);
        string model = parsed.GetRequiredValue(_model);
        LoadedLanguageModel loaded = LanguageModelFile.Load(model);
        (float share, int multiple) = _share.Read(parsed, loaded.Training.Recipe, model, context.Warnings);
        var scorer = new LineScorer(loaded.Model.AtShare(share, multiple), loaded.Vocabulary, hardware);
        if (context.Json)
        {
            WriteJson(context, loaded.Vocabulary, scorer);
            return ExitCode.Done;
        }

        Each(context, loaded.Vocabulary, scorer, (score, tokens) =>
        {
            context.Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{score:0.000000}\t{tokens}"));
            context.Console.Out.Flush();
        });
        return ExitCode.Done;
    }

    private static void WriteJson(CliContext context, Vocabulary vocabulary, LineScorer scorer)
    {
        double sum = 0;
        long count = 0;
        CliJson.WriteRows(
            context,
            json => Each(context, vocabulary, scorer, (score, tokens) =>
            {
                new JsonMembers(json).Write(row => row.Add(score, "logProbability").Add(tokens, "tokens"));
                json.Flush();
                sum += score;
                count += tokens;
            }),
            after: json =>
                new JsonMembers(json).Add(sum, "logProbability").Add(count, "tokens").Add(Math.Exp(-sum / count), "perplexity"));
    }

    private static void Each(CliContext context, Vocabulary vocabulary, LineScorer scorer, Action<double, int> say)
    {
        CancellationToken stop = context.Stop.Watch();
        using var lines = new LineReader(StoppableInput.Name, new StoppableInput(context.Console.Input, stop));
        var read = new ScoredLines(vocabulary, context.Warnings);
        while (read.Next(lines) is { } tokens) say(scorer.Score(tokens, stop), tokens.Length);
    }
}
