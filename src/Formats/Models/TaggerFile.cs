using TinySD.Formats.Container;
using TinySD.Formats.Text;

namespace TinySD.Formats.Models;

/// <summary>Everything a tagger's file holds but its numbers.</summary>
/// <param name="Form">Tags and their scheme.</param>
/// <param name="Words">Words and characters; the characters are not kept where the model reads none.</param>
/// <param name="Columns">Where words and tags stood in the training file.</param>
/// <param name="Training">How it was trained.</param>
public sealed record TaggerDescription(
    TaggerForm Form, WordForms Words, ConllOptions Columns, TrainingRecord<TaggerRecipe, SentencesRecord> Training);

/// <summary>A tagger as read from a file.</summary>
/// <param name="Tagger">Parameters, checked against their checksums, and form.</param>
/// <param name="Description">All else.</param>
public sealed record LoadedTagger(Tagger Tagger, TaggerDescription Description)
{
    /// <summary>Sentences as the tagger reads them; their tags are not looked at.</summary>
    /// <param name="sentences">The sentences.</param>
    public TaggedSentences Encode(params IReadOnlyList<ConllSentence> sentences) => Description.Words.Encode(sentences);
}

/// <summary>Taggers in <c>.tsd</c> files, kind <c>tagger</c>.</summary>
public static class TaggerFile
{
    /// <summary>The kind as the header names it.</summary>
    public const string Kind = "tagger";

    /// <summary>How they are written and read.</summary>
    public static ModelFormat<TaggerDescription, Tagger> Format { get; } = new TaggerFormat();

    /// <summary>What they are measured by, in percent, unless their tags make no entities: then it is accuracy, see
    /// <see cref="TaggerTask.MetricFor"/>. Files do not tell the two apart.</summary>
    public static Metric Metric { get; } = new("F1", HigherIsBetter: true);

    private static readonly TrainingFormat<TaggerRecipe, SentencesRecord> s_training =
        new(Metric, TaggerFields.Table, SentencesFields.Table, data => data.FindFault());

    /// <summary>Writes a tagger whole or not at all; equal input gives equal bytes.</summary>
    /// <param name="path">The target; an existing file is replaced.</param>
    /// <param name="tagger">The tagger.</param>
    /// <param name="description">All else; its form and number of parameters are filled in.</param>
    /// <param name="storage">The weights' number format in the file.</param>
    /// <exception cref="FileProblemException">The target cannot be written, a number in the model or in its record is not finite, or a
    /// weight is too large for <paramref name="storage"/>.</exception>
    /// <exception cref="ArgumentException">The parts do not belong together.</exception>
    public static void Save(string path, Tagger tagger, TaggerDescription description, TensorStorage storage = TensorStorage.F32)
    {
        description = description with
        {
            Form = tagger.Form,
            Training = description.Training with { Parameters = tagger.Model.Layout.ParameterCount },
        };
        if (ConfigOf(description) != tagger.Model.Config)
            Throw.Argument("the recipe, the words, the characters and the tags are not those of the model");
        Format.Save(path, description, tagger.Model.Parameters, storage);
    }

    /// <summary>Reads a tagger.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileProblemException">The file cannot be read, is damaged, or holds something else.</exception>
    public static LoadedTagger Load(string path) =>
        TryLoad(path, out LoadedTagger? loaded, out FileProblem? problem) ? loaded : throw new FileProblemException(problem);

    /// <summary>Reads a tagger from a file that is open, which stays so.</summary>
    /// <param name="file">The file, or the bytes of one in memory.</param>
    /// <exception cref="FileProblemException">It is damaged, or holds something else.</exception>
    public static LoadedTagger Load(TsdFile file) => Format.Load(file, (description, tagger) => new LoadedTagger(tagger, description));

    /// <summary>Reads a tagger from its file's bytes, such as a resource of the program; they are checked as a file is.</summary>
    /// <param name="bytes">The whole file. Not needed any more afterwards.</param>
    /// <param name="name">What to call them in messages.</param>
    /// <exception cref="FileProblemException">They are damaged, or hold something else.</exception>
    public static LoadedTagger Load(ReadOnlyMemory<byte> bytes, string name = "the tagger in memory")
    {
        using TsdFile file = TsdFile.Open(bytes, name);
        return Load(file);
    }

    /// <summary>Reads a tagger.</summary>
    /// <param name="path">The file.</param>
    /// <param name="loaded">The tagger.</param>
    /// <param name="problem">Why it could not be read.</param>
    public static bool TryLoad(
        string path, [NotNullWhen(true)] out LoadedTagger? loaded, [NotNullWhen(false)] out FileProblem? problem)
    {
        loaded = Format.TryLoad(path, out TaggerDescription? description, out Tagger? tagger, out problem)
            ? new LoadedTagger(tagger, description)
            : null;
        return loaded is not null && problem is null;
    }

    private static TaggerConfig ConfigOf(TaggerDescription content) => content.Training.Recipe.ToConfig(
        content.Words.Words.Count, content.Words.Characters.Count, content.Form.Tags.Length);

    private sealed class TaggerFormat()
        : ModelFormat<TaggerDescription, Tagger>(TaggerFile.Kind, FormName, WordsName, CharactersName, TrainingRecord.Section)
    {
        private const string FormName = "tagger", WordsName = "vocabulary", CharactersName = "characters";

        internal override void Write(Utf8JsonWriter json, TaggerDescription content, string path)
        {
            content.Form.Validate();
            if (content.Columns is not { TagColumn: not (null or 0), WordColumn: not 0 })
                Throw.Argument("a tagger is trained on words of one column and tags of another");
            json.WritePropertyName(FormName);
            TaggerSection.Table.Write(json, TaggerSection.From(content));
            WriteTokens(WordsName, content.Words.Words);
            if (content.Training.Recipe.Characters is not null) WriteTokens(CharactersName, content.Words.Characters);
            s_training.Write(json, content.Training, path);

            void WriteTokens(string name, Vocabulary tokens)
            {
                json.WritePropertyName(name);
                VocabularySection.Table.Write(json, VocabularySection.From(tokens));
            }
        }

        internal override TaggerDescription Read(SectionReader reader)
        {
            // A file justifies tags, words and characters by its tensors: each has numbers of its own there.
            long floats = FloatsOf(reader.File), most = Math.Min(floats, Vocabulary.MaxCount) + SectionReader.MostValues;
            TrainingRecord<TaggerRecipe, SentencesRecord> training = s_training.Read(reader);
            bool hasCharacters = reader.File.Sections.ContainsKey(CharactersName);
            if (hasCharacters != training.Recipe.Characters is not null)
                Throw.Argument("its recipe reads characters and there are none, or the other way round");
            TaggerSection section = reader.Read(FormName, TaggerSection.Table, floats + SectionReader.MostValues);
            TaggerForm form = section.ToForm();
            if (section.WordColumn == 0 || section.TagColumn == 0) Throw.Argument("a column is 0; columns are counted from 1, or from -1");
            Vocabulary characters = hasCharacters
                ? reader.Read(CharactersName, VocabularySection.Table, most).ToVocabulary()
                : new Vocabulary(TextLevel.Character, [Vocabulary.Unknown]);
            Vocabulary words = reader.Read(WordsName, VocabularySection.Table, most).ToVocabulary();
            return new TaggerDescription(form, new WordForms(section.ToReading(), words, characters), section.ToColumns(), training);
        }

        internal override Tagger LayOut(TaggerDescription content, Memory<float> memory, WeightFormat weights) =>
            new(new TaggerModel(ConfigOf(content), memory, weights), content.Form);

        public override Tagger Convert(Tagger model, WeightFormat weights) =>
            new(model.Model.ConvertTo(weights), model.Form);

        internal override ParameterBlock ParametersOf(Tagger model) => model.Model.Parameters;
    }
}
