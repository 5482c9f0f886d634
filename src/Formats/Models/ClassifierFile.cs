using TinySD.Formats.Container;
using TinySD.Formats.Tables;
using TinySD.Formats.Text;

namespace TinySD.Formats.Models;

/// <summary>Everything a classifier's file holds but its numbers.</summary>
/// <param name="Form">Labels, columns and their scales.</param>
/// <param name="Vocabulary">Tokens; null where sequences are of rows of numbers.</param>
/// <param name="Texts">How texts become tokens; null where sequences are of rows of numbers.</param>
/// <param name="Table">How the columns of identifiers and of labels were called in training, and numbers were written; null where
/// sequences are of tokens.</param>
/// <param name="Training">How it was trained.</param>
public sealed record ClassifierDescription(
    ClassifierForm Form, Vocabulary? Vocabulary, TextReading? Texts, SequenceColumns? Table,
    TrainingRecord<ClassifierRecipe, SequencesRecord> Training);

/// <summary>A table of sequences, apart from their numbers.</summary>
/// <param name="Id">The column that tells rows of one sequence from those of others.</param>
/// <param name="Label">The column of labels.</param>
/// <param name="DecimalMark">The decimal mark of its numbers.</param>
public sealed record SequenceColumns(string Id, string Label, DecimalMark DecimalMark = DecimalMark.Point);

/// <summary>A classifier as read from a file.</summary>
/// <param name="Classifier">Parameters, checked against their checksums, and form.</param>
/// <param name="Description">All else.</param>
public sealed record LoadedClassifier(Classifier Classifier, ClassifierDescription Description)
{
    /// <summary>A text's token ids.</summary>
    /// <exception cref="InvalidOperationException">The classifier is of rows of numbers.</exception>
    public int[] Encode(string text)
    {
        if (Description is not { Vocabulary: { } vocabulary, Texts: { } reading })
            throw new InvalidOperationException("the classifier is of rows of numbers; texts are for one of words or characters");
        return reading.Encode(text, vocabulary, out _);
    }
}

/// <summary>Classifiers in <c>.tsd</c> files, kind <c>classifier</c>.</summary>
public static class ClassifierFile
{
    /// <summary>The kind as the header names it.</summary>
    public const string Kind = "classifier";

    /// <summary>How they are written and read.</summary>
    public static ModelFormat<ClassifierDescription, Classifier> Format { get; } = new ClassifierFormat();

    /// <summary>What they are measured by.</summary>
    public static Metric Metric { get; } = new("accuracy", HigherIsBetter: true);

    private static readonly TrainingFormat<ClassifierRecipe, SequencesRecord> s_training =
        new(Metric, ClassifierFields.Table, SequencesFields.Table, data => data.FindFault());

    /// <summary>Writes a classifier whole or not at all; equal input gives equal bytes.</summary>
    /// <param name="path">The target; an existing file is replaced.</param>
    /// <param name="classifier">The classifier.</param>
    /// <param name="description">All else; its form and number of parameters are filled in.</param>
    /// <param name="storage">The weights' number format in the file.</param>
    /// <exception cref="FileProblemException">The target cannot be written, a number in the model or in its record is not finite, or a
    /// weight is too large for <paramref name="storage"/>.</exception>
    /// <exception cref="ArgumentException">The parts do not belong together.</exception>
    public static void Save(
        string path, Classifier classifier, ClassifierDescription description, TensorStorage storage = TensorStorage.F32)
    {
        ParameterLayout layout = classifier.Model.Layout;
        description = description with
        {
            Form = classifier.Form,
            Training = description.Training with { Parameters = layout.ParameterCount },
        };
        if (ConfigOf(description) != classifier.Model.Config)
            Throw.Argument("the recipe, the vocabulary and the labels are not those of the model");
        Format.Save(path, description, classifier.Model.Parameters, storage);
    }

    /// <summary>Reads a classifier.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileProblemException">The file cannot be read, is damaged, or holds something else.</exception>
    public static LoadedClassifier Load(string path) =>
        TryLoad(path, out LoadedClassifier? loaded, out FileProblem? problem) ? loaded : throw new FileProblemException(problem);

    /// <summary>Reads a classifier from a file that is open, which stays so.</summary>
    /// <param name="file">The file, or the bytes of one in memory.</param>
    /// <exception cref="FileProblemException">It is damaged, or holds something else.</exception>
    public static LoadedClassifier Load(TsdFile file) =>
        Format.Load(file, (description, classifier) => new LoadedClassifier(classifier, description));

    /// <summary>Reads a classifier from its file's bytes, such as a resource of the program; they are checked as a file is.</summary>
    /// <param name="bytes">The whole file. Not needed any more afterwards.</param>
    /// <param name="name">What to call them in messages.</param>
    /// <exception cref="FileProblemException">They are damaged, or hold something else.</exception>
    public static LoadedClassifier Load(ReadOnlyMemory<byte> bytes, string name = "the classifier in memory")
    {
        using TsdFile file = TsdFile.Open(bytes, name);
        return Load(file);
    }

    /// <summary>Reads a classifier.</summary>
    /// <param name="path">The file.</param>
    /// <param name="loaded">The classifier.</param>
    /// <param name="problem">Why it could not be read.</param>
    public static bool TryLoad(
        string path, [NotNullWhen(true)] out LoadedClassifier? loaded, [NotNullWhen(false)] out FileProblem? problem)
    {
        loaded = Format.TryLoad(path, out ClassifierDescription? description, out Classifier? classifier, out problem)
            ? new LoadedClassifier(classifier, description)
            : null;
        return loaded is not null && problem is null;
    }

    private static SequenceModelConfig ConfigOf(ClassifierDescription content) => content.Training.Recipe.ToConfig(
        content.Vocabulary?.Count ?? 0, content.Form.Inputs.Length, content.Form.Labels.Length);

    private sealed class ClassifierFormat()
        : ModelFormat<ClassifierDescription, Classifier>(ClassifierFile.Kind, FormName, VocabularyName, TrainingRecord.Section)
    {
        private const string FormName = "classifier", VocabularyName = "vocabulary";

        internal override void Write(Utf8JsonWriter json, ClassifierDescription content, string path)
        {
            content.Form.Validate();
            if (FindFault(content) is { } fault) Throw.Argument(fault);
            json.WritePropertyName(FormName);
            ClassifierSection.Fields.Write(json, ClassifierSection.From(content));
            if (content.Vocabulary is { } vocabulary)
            {
                json.WritePropertyName(VocabularyName);
                VocabularySection.Table.Write(json, VocabularySection.From(vocabulary));
            }

            s_training.Write(json, content.Training, path);
        }

        internal override ClassifierDescription Read(SectionReader reader)
        {
            // A file justifies labels, columns and tokens by its tensors: each has numbers of its own there.
            long floats = FloatsOf(reader.File);
            TrainingRecord<ClassifierRecipe, SequencesRecord> training = s_training.Read(reader);
            Vocabulary? vocabulary = null;
            if (reader.File.Sections.ContainsKey(VocabularyName))
            {
                long most = Math.Min(floats, Vocabulary.MaxCount) + SectionReader.MostValues;
                vocabulary = reader.Read(VocabularyName, VocabularySection.Table, most).ToVocabulary();
            }

            ClassifierSection section = reader.Read(FormName, ClassifierSection.Fields, (4 * floats) + SectionReader.MostValues);
            ClassifierRecipe recipe = training.Recipe;
            TextReading? texts = vocabulary is null ? null : new()
            { Level = vocabulary.Level, IsLowerCase = section.LowerCase == true, MaxLength = recipe.MaxLength };
            if (vocabulary is null && section.LowerCase is not null) Throw.Argument("rows of numbers have no lowerCase");
            var content = new ClassifierDescription(section.ToForm(recipe.IsMultiLabel), vocabulary, texts, section.Table, training);
            if (FindFault(content) is { } fault) Throw.Argument(fault);
            return content;
        }

        internal override Classifier LayOut(ClassifierDescription content, Memory<float> memory, WeightFormat weights) =>
            new(new SequenceModel(ConfigOf(content), memory, weights), content.Form);

        public override Classifier Convert(Classifier model, WeightFormat weights) =>
            new(model.Model.ConvertTo(weights), model.Form);

        internal override ParameterBlock ParametersOf(Classifier model) => model.Model.Parameters;

        private static string? FindFault(ClassifierDescription content)
        {
            bool hasTokens = content.Vocabulary is not null;
            if (hasTokens == !content.Form.Inputs.IsEmpty) return "it has a vocabulary and columns, or neither; one of them is expected";
            if (hasTokens != content.Texts is not null) return "texts and vocabulary do not go together";
            if (hasTokens == content.Table is not null) return "id and label name columns of rows of numbers, which need both";
            if (content.Vocabulary is not { } vocabulary) return null;
            if (vocabulary.Level == TextLevel.Byte) return "the vocabulary is of bytes; words or characters are expected";
            if (vocabulary.UnknownId is null) return $"the vocabulary has no {Vocabulary.Unknown}";
            return vocabulary.Level == TextLevel.Word && vocabulary.LineMarks != LineMarks.None
                ? "the vocabulary marks the ends of lines, of which a text has one" : null;
        }
    }
}
