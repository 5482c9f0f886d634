using TinySD.Tools.Json;
using TinySD.Tools.Options;
using TinySD.Tools.Tasks.Tagging;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd tag</c>: tags for the words of what comes on standard input, sentence by sentence.</summary>
internal sealed class TagCommand : CliCommand, IAnswersInput
{
    private const string InputName = StoppableInput.Name;

    // What is tagged at once where more has come: with probabilities, of which each word has as many as there are tags, less of it.
    private const int MostSentences = 1024, MostWords = 1 << 16, MostProbabilities = 1 << 20;

    private readonly FileArgument _model = new("MODEL", "A tagger (.tsd).");
    private readonly Option<bool> _columns = new("--columns")
    {
        Description = "Standard input has a word a line, in one of any number of columns, and a blank line after each sentence; the tag " +
            "is written behind each line.",
    };

    private readonly ColumnOptions _places = new("as in training");
    private readonly Option<bool> _probabilities = new("--probabilities")
    {
        Description = "Add the probability of each tag, over all sequences of tags; of the tag as the model has it, whatever --scheme. " +
            "--json has those of all its tags, too.",
    };

    private readonly Option<TagScheme?> _scheme = Ranged.Value("--scheme", TaggingSpelling.Written,
        "The scheme to write tags in. [default: that of the training file]");

    private readonly Option<bool> _unconstrained = new(TaggerEval.UnconstrainedName)
    {
        Description = "Let tags follow each other that the model's scheme forbids.",
    };

    private readonly Option<int?> _threads = Ranged.Threads();
    private readonly FileOption _profile = Profiles.Option();

    public TagCommand(CommonOptions common)
        : base(
            "tag",
            "Tag the words of standard input. One tokenised sentence a line, blanks between words; for each a line WORD TAG for each " +
            "word, as it came, and a blank line, in order and at once. Or --columns.",
            common) =>
        AddAll([_model, _columns, _places.Word, _probabilities, _scheme, _unconstrained, _threads, _profile]);

    protected override int Run(ParseResult parsed, CliContext context)
    {
        HardwareProfile? hardware = Profiles.Read(parsed, _profile);
        LoadedTagger loaded = TaggerFile.Load(parsed.GetRequiredValue(_model));
        TaggerForm form = loaded.Tagger.Form;
        bool hasEntities = form.Scheme != TagScheme.None, isColumns = parsed.GetValue(_columns);
        if (!hasEntities) context.Warnings.NoEffect(Ranged.Given(parsed, _scheme, _unconstrained), ": the model's tags make no entities");
        if (!isColumns) context.Warnings.NoEffect(Ranged.Given(parsed, _places.Word), $" without {_columns.Name}");
        TagScheme scheme = hasEntities ? parsed.GetValue(_scheme) ?? form.DataScheme : TagScheme.None;
        using var pool = new WorkerPool(Ranged.ThreadsOf(parsed, _threads));
        var tagger = new SentenceTagger(
            loaded, scheme, !parsed.GetValue(_unconstrained), parsed.GetValue(_probabilities), pool, hardware);
        int most = parsed.GetValue(_probabilities) ? Math.Clamp(MostProbabilities / form.Tags.Length, 1, MostWords) : MostWords;
        TagInput input = isColumns
            ? new ColumnInput(InputName, _places.Read(parsed, loaded.Description.Columns).WordColumn)
            : new LineInput();
        if (context.Json)
        {
            CliJson.WriteRows(context, json => Each(tagger, input, most, context, tagged =>
            {
                foreach (TaggedWords sentence in tagged)
                {
                    if (sentence.Sentence.Before.Count == 0 || sentence.Tags.Length > 0) TagOutput.Write(json, sentence, form);
                }

                json.Flush();
                context.Console.Out.Flush();
            }));
            return ExitCode.Done;
        }

        // Into a pipe words go as they came.
        TextWriter output = context.Console.Generated;
        Each(tagger, input, most, context, tagged =>
        {
            foreach (TaggedWords sentence in tagged) TagOutput.Write(output, sentence);
            output.Flush();
        });
        return ExitCode.Done;
    }

    private static void Each(SentenceTagger tagger, TagInput input, int most, CliContext context, Action<List<TaggedWords>> say)
    {
        var lines = new AnsweredLines<TagSentence>
        {
            Take = (line, number) => Looked(input.Take(line, number), number),
            End = number => Looked(input.End(), number),
            SizeOf = sentence => sentence.Words.Count,
            Most = MostSentences,
            MostSize = most,
        };
        lines.Answer(context, (ready, stop) => say(tagger.Tag(ready, stop)));

        TagSentence? Looked(TagSentence? sentence, long number)
        {
            if (sentence?.Words.Count > SentenceTagger.MostWords)
            {
                context.Warnings.Say(
                    $"{InputName}, line {number}: a sentence of {Figures.Count(sentence.Words.Count, "word")} is tagged in parts of " +
                    $"{Figures.Count(SentenceTagger.MostWords)}.");
            }

            return sentence;
        }
    }
}
