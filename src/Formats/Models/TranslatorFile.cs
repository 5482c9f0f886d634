using TinySD.Formats.Container;
using TinySD.Formats.Text;

namespace TinySD.Formats.Models;

/// <summary>Everything a translator's file holds but its numbers.</summary>
/// <param name="Units">Vocabularies of both sides, and the codes that cut words, if any do.</param>
/// <param name="Training">How it was trained.</param>
public sealed record TranslatorDescription(TranslationUnits Units, TrainingRecord<TranslatorRecipe, PairsRecord> Training);

/// <summary>A translator as read from a file.</summary>
/// <param name="Translator">Parameters, checked against their checksums, and the target's units.</param>
/// <param name="Description">All else.</param>
public sealed record LoadedTranslator(Translator Translator, TranslatorDescription Description)
{
    /// <summary>A line as the translator reads it: words between blanks, cut into pieces if its units are.</summary>
    /// <param name="line">The line; one without words gives no units.</param>
    public EncodedSentence Encode(string line) => Description.Units.Source.EncodeWords(ParallelTexts.WordsOf(line));
}

/// <summary>Translators in <c>.tsd</c> files, kind <c>translator</c>.</summary>
public static class TranslatorFile
{
    /// <summary>The kind as the header names it.</summary>
    public const string Kind = "translator";

    /// <summary>How they are written and read.</summary>
    public static ModelFormat<TranslatorDescription, Translator> Format { get; } = new TranslatorFormat();

    /// <summary>What they are measured by, 0 to 100. Some recipes judge epochs by their loss, see <see cref="TranslatorTask.MetricFor"/>;
    /// files do not tell the two apart.</summary>
    public static Metric Metric { get; } = new("BLEU", HigherIsBetter: true);

    private static readonly TrainingFormat<TranslatorRecipe, PairsRecord> s_training =
        new(Metric, TranslatorFields.Table, PairsFields.Table, data => data.FindFault());

    /// <summary>Writes a translator whole or not at all; equal input gives equal bytes.</summary>
    /// <param name="path">The target; an existing file is replaced.</param>
    /// <param name="translator">The translator.</param>
    /// <param name="description">All else; its number of parameters is filled in.</param>
    /// <param name="storage">The weights' number format in the file.</param>
    /// <exception cref="FileProblemException">The target cannot be written, a number in the model or in its record is not finite, or a
    /// weight is too large for <paramref name="storage"/>.</exception>
    /// <exception cref="ArgumentException">The parts do not belong together.</exception>
    public static void Save(
        string path, Translator translator, TranslatorDescription description, TensorStorage storage = TensorStorage.F32)
    {
        ArgumentNullException.ThrowIfNull(translator);
        ArgumentNullException.ThrowIfNull(description);
        description = description with
        {
            Training = description.Training with { Parameters = translator.Model.Layout.ParameterCount },
        };
        if (ConfigOf(description) != translator.Model.Config)
            Throw.Argument("the recipe and the vocabularies are not those of the model");
        TranslatorForm form = description.Units.Form;
        if (form.JoinsPieces != translator.Form.JoinsPieces || !form.TargetUnits.SequenceEqual(translator.Form.TargetUnits))
            Throw.Argument("the target's units are not those of the translator");
        Format.Save(path, description, translator.Model.Parameters, storage);
    }

    /// <summary>Reads a translator.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileProblemException">The file cannot be read, is damaged, or holds something else.</exception>
    public static LoadedTranslator Load(string path) =>
        TryLoad(path, out LoadedTranslator? loaded, out FileProblem? problem) ? loaded : throw new FileProblemException(problem);

    /// <summary>Reads a translator from a file that is open, which stays so.</summary>
    /// <param name="file">The file, or the bytes of one in memory.</param>
    /// <exception cref="FileProblemException">It is damaged, or holds something else.</exception>
    public static LoadedTranslator Load(TsdFile file) =>
        Format.Load(file, (description, translator) => new LoadedTranslator(translator, description));

    /// <summary>Reads a translator from its file's bytes, such as a resource of the program; they are checked as a file is.</summary>
    /// <param name="bytes">The whole file. Not needed any more afterwards.</param>
    /// <param name="name">What to call them in messages.</param>
    /// <exception cref="FileProblemException">They are damaged, or hold something else.</exception>
    public static LoadedTranslator Load(ReadOnlyMemory<byte> bytes, string name = "the translator in memory")
    {
        using TsdFile file = TsdFile.Open(bytes, name);
        return Load(file);
    }

    /// <summary>Reads a translator.</summary>
    /// <param name="path">The file.</param>
    /// <param name="loaded">The translator.</param>
    /// <param name="problem">Why it could not be read.</param>
    public static bool TryLoad(
        string path, [NotNullWhen(true)] out LoadedTranslator? loaded, [NotNullWhen(false)] out FileProblem? problem)
    {
        loaded = Format.TryLoad(path, out TranslatorDescription? description, out Translator? translator, out problem)
            ? new LoadedTranslator(translator, description)
            : null;
        return loaded is not null && problem is null;
    }

    private static TranslatorConfig ConfigOf(TranslatorDescription content) => content.Training.Recipe.ToConfig(
        content.Units.Source.Vocabulary.Count, content.Units.Target.Vocabulary.Count);

    private sealed class TranslatorFormat()
        : ModelFormat<TranslatorDescription, Translator>(
            TranslatorFile.Kind, OwnName, SourceName, TargetName, CodesName, TrainingRecord.Section)
    {
        private const string OwnName = "translator", SourceName = "source", TargetName = "target", CodesName = "codes";

        internal override void Write(Utf8JsonWriter json, TranslatorDescription content, string path)
        {
            (SentenceUnits source, SentenceUnits target) = (content.Units.Source, content.Units.Target);
            content.Units.Check(content.Training.Recipe);
            if (source.IsLowerCase != target.IsLowerCase || !HaveSameCodes(source.Codes, target.Codes))
                Throw.Argument("both sides of a translator have the same case and the same codes, or none");
            json.WritePropertyName(OwnName);
            TranslatorSection.Table.Write(json, new(source.IsLowerCase));
            WriteTokens(SourceName, source.Vocabulary);
            if (!content.Units.IsShared) WriteTokens(TargetName, target.Vocabulary);
            if (source.Codes is { } codes)
            {
                json.WritePropertyName(CodesName);
                CodesSection.Table.Write(json, CodesSection.From(codes));
            }

            s_training.Write(json, content.Training, path);

            void WriteTokens(string name, Vocabulary tokens)
            {
                json.WritePropertyName(name);
                VocabularySection.Table.Write(json, VocabularySection.From(tokens));
            }
        }

        internal override TranslatorDescription Read(SectionReader reader)
        {
            // A file justifies units by its tensors: each has numbers of its own there. Of merges there are hardly more than of units.
            long floats = FloatsOf(reader.File), most = Math.Min(floats, Vocabulary.MaxCount) + SectionReader.MostValues;
            TrainingRecord<TranslatorRecipe, PairsRecord> training = s_training.Read(reader);
            bool isLowerCase = reader.Read(OwnName, TranslatorSection.Table).LowerCase;
            BytePairCodes? codes = reader.File.Sections.ContainsKey(CodesName)
                ? reader.Read(CodesName, CodesSection.Table, most).ToCodes()
                : null;
            SentenceUnits source = Units(SourceName);
            SentenceUnits target = reader.File.Sections.ContainsKey(TargetName) ? Units(TargetName) : source;
            var units = new TranslationUnits(source, target);
            units.Check(training.Recipe);
            return new TranslatorDescription(units, training);

            SentenceUnits Units(string name) =>
                new(reader.Read(name, VocabularySection.Table, most).ToVocabulary(), codes, isLowerCase);
        }

        internal override Translator LayOut(TranslatorDescription content, Memory<float> memory, WeightFormat weights) =>
            new(new TranslatorModel(ConfigOf(content), memory, weights), content.Units.Form);

        public override Translator Convert(Translator model, WeightFormat weights) =>
            new(model.Model.ConvertTo(weights), model.Form);

        internal override ParameterBlock ParametersOf(Translator model) => model.Model.Parameters;

        private static bool HaveSameCodes(BytePairCodes? source, BytePairCodes? target) =>
            source is null ? target is null : target is not null && source.FindDifference(target) is null;
    }
}
