using TinySD.Tools.Files;
using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd eval</c>: the task's metric on held-out data.</summary>
internal sealed class EvalCommand : ModelCommand<EvalRequest>
{
    private readonly FileOption _data = FileOption.Input("--data",
        "The text to predict, plain or gzip; of a classifier, texts with labels; of a regressor, a table in CSV; of a tagger, CoNLL " +
        "columns; of a translator, sentences.");

    private readonly Option<int?> _threads = Ranged.Threads();
    private readonly FileOption _profile = Profiles.Option();

    public EvalCommand(ModelVerbs<EvalRequest> verbs, CommonOptions common)
        : base(
            "eval",
            "Measure a model on data. A language model's perplexity on a text, its state carried through the text in as many streams " +
            "as its validation had; with Monte Carlo dropout or a continuous cache beside it, if asked. A classifier's accuracy, " +
            "its F1 of " +
            "each class and macro, and its confusion matrix. A regressor's errors of normalised values, beside those of repeating the " +
            "last value. A tagger's precision, recall and F1 of entities, over all and of each type, and its accuracy. A translator's " +
            "BLEU and perplexity.",
            verbs, common)
    {
        _data.Required = true;
        AddAll([Model, _data, .. OfKinds, _threads, _profile]);
    }

    protected override EvalRequest Read(ParseResult parsed, string model) => new(
        model, parsed.GetRequiredValue(_data), Ranged.ThreadsOf(parsed, _threads), Profiles.Read(parsed, _profile));
}
