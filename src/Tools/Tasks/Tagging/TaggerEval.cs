using TinySD.Tools.Files;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.Tagging;

/// <summary><c>tinysd eval</c> of a tagger: precision, recall and F1 of entities by conlleval's rules, and accuracy.</summary>
internal sealed class TaggerEval() : EvalVerb<LoadedTagger, TaggingResult>(TaggerFile.Kind, "taggers")
{
    public const string UnconstrainedName = "--unconstrained";

    private readonly ColumnOptions _columns = new("as in training");
    private readonly Option<TagScheme?> _scheme = Ranged.Value(TaggerDataOptions.DataSchemeName, TaggingSpelling.Written,
        "Of a tagger: the scheme of the tags in the data, in which answers are compared with them. [default: found out]");

    private readonly Option<EntityRule?> _rule = Ranged.Value("--rule", TaggingSpelling.Rules,
        "Of a tagger: which tags make entities: conlleval's rule, by which a stray I- begins one too, or only what the scheme allows " +
        "(strict). [default: conlleval]");

    private readonly Option<bool> _unconstrained = new(UnconstrainedName)
    {
        Description = "Of a tagger: let tags follow each other that the model's scheme forbids.",
    };

    public override IEnumerable<Option> Options => [.. _columns.All, _scheme, _rule, _unconstrained];

    protected override LoadedTagger Load(string path) => TaggerFile.Load(path);

    protected override Measuring Prepare(
        LoadedTagger loaded, EvalRequest request, IParallelRunner runner, ParseResult parsed, CliContext context)
    {
        TaggerForm form = loaded.Tagger.Form;
        if (form.Scheme == TagScheme.None)
        {
            context.Warnings.NoEffect(
                Ranged.Given(parsed, _scheme, _rule, _unconstrained), $": the tags of {request.Model} make no entities");
        }

        var reading = new TaggerReading
        {
            Columns = _columns.Read(parsed, loaded.Description.Columns), DataScheme = parsed.GetValue(_scheme),
        };
        var file = TaggerSource.Read(request.Data, reading);
        TaggerPart part = file.Encode(loaded.Description.Words, form);
        foreach (string remark in part.Remarks) context.Warnings.Note(remark);
        if (part.Sentences.Count == 0)
        {
            throw new FailureException(
                $"{request.Data} has no sentence, only {ConllFile.DocumentMark} lines; there is nothing to measure.");
        }

        return new(model =>
        {
            var evaluator = new TaggerEvaluator(
                model.Tagger, isConstrained: !parsed.GetValue(_unconstrained), runner: runner, hardware: request.Hardware);
            return ProgressDisplay.Run(context, progress => evaluator.Evaluate(
                part.Sentences, parsed.GetValue(_rule) ?? EntityRule.Conlleval, ProgressDisplay.ShareOf(progress, "evaluation"),
                context.Stop.Watch()));
        });
    }

    protected override ComparedFigure FigureOf(TaggingResult result) => new(
        result.Scheme == TagScheme.None ? "accuracy" : TaggerFile.Metric.Name, 100 * result.Score, Figures.Fixed(100 * result.Score, 2));

    protected override void Write(TaggingResult result, LoadedTagger loaded, EvalRequest request, CliContext context)
    {
        if (!context.Json)
        {
            TaggingReport.Write(context.Console, request.Data, result);
            return;
        }

        CliJson.Write(context.Console.Out, json =>
        {
            json.WriteStartObject();
            TaggingReport.WriteMembers(json, result);
            json.WriteEndObject();
        });
    }
}
