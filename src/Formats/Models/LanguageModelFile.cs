using TinySD.Formats.Container;
using TinySD.Formats.Text;

namespace TinySD.Formats.Models;

/// <summary>Everything a language model's file holds but its numbers.</summary>
/// <param name="Config">The shape.</param>
/// <param name="Vocabulary">Its tokens.</param>
/// <param name="Training">How it was trained.</param>
public sealed record LanguageModelDescription(
    LanguageModelConfig Config, Vocabulary Vocabulary, TrainingRecord<LanguageModelRecipe, TextsRecord> Training);

/// <summary>A language model as read from a file.</summary>
/// <param name="Model">The parameters, checked against their checksums.</param>
/// <param name="Vocabulary">Its tokens.</param>
/// <param name="Training">How it was trained.</param>
public sealed record LoadedLanguageModel(
    LanguageModel Model, Vocabulary Vocabulary, TrainingRecord<LanguageModelRecipe, TextsRecord> Training);

/// <summary>Language models in <c>.tsd</c> files, kind <c>language-model</c>.</summary>
public static class LanguageModelFile
{
    /// <summary>The kind as the header names it.</summary>
    public const string Kind = "language-model";

    /// <summary>The most epochs that a file's record holds.</summary>
    public const int MaxEpochs = 65536;

    /// <summary>The most streams of a file's record, as of a recipe's batch.</summary>
    public const int MaxStreams = 65536;

    /// <summary>How they are written and read.</summary>
    public static ModelFormat<LanguageModelDescription, LanguageModel> Format { get; } = new LanguageModelFormat();

    /// <summary>What they are measured by.</summary>
    public static Metric Metric { get; } = new(Perplexities.Name, IsOfLoss: true);

    /// <summary>How their training record is written and read.</summary>
    internal static TrainingFormat<LanguageModelRecipe, TextsRecord> Training { get; } =
        new(Metric, LanguageModelFields.Table, TextsFields.Table, texts => texts.FindFault());

    /// <summary>Writes a model whole or not at all; equal input gives equal bytes.</summary>
    /// <param name="path">The target; an existing file is replaced.</param>
    /// <param name="model">The model.</param>
    /// <param name="vocabulary">Its tokens, as many as the model has.</param>
    /// <param name="training">How it was trained; <see cref="TrainingRecord{TRecipe, TData}.Parameters"/> is filled in.</param>
    /// <param name="storage">The weights' number format in the file. In 16 bits the file is half as long, and each weight is rounded to the
    /// nearest number of that format.</param>
    /// <exception cref="FileProblemException">The target cannot be written, a number in the model or in its record is not finite, or a
    /// weight is too large for <paramref name="storage"/>.</exception>
    /// <exception cref="ArgumentException">Vocabulary and model do not belong together.</exception>
    public static void Save(
        string path, LanguageModel model, Vocabulary vocabulary, TrainingRecord<LanguageModelRecipe, TextsRecord> training,
        TensorStorage storage = TensorStorage.F32)
    {
        if (vocabulary.Count != model.Config.VocabularySize)
            Throw.Argument($"the vocabulary has {Words.Counted(vocabulary.Count, "token")}, the model {model.Config.VocabularySize}");
        training = training with { Parameters = model.Layout.ParameterCount };
        Format.Save(path, new LanguageModelDescription(model.Config, vocabulary, training), model.Parameters, storage);
    }

    /// <summary>Reads a model.</summary>
    /// <param name="path">The file.</param>
    /// <param name="nonFinite">What to do with weights that are not finite.</param>
    /// <exception cref="FileProblemException">The file cannot be read, is damaged, or holds something else.</exception>
    public static LoadedLanguageModel Load(string path, NonFiniteWeights nonFinite = NonFiniteWeights.Refuse) =>
        TryLoad(path, out LoadedLanguageModel? loaded, out FileProblem? problem, nonFinite) ? loaded
        : throw new FileProblemException(problem);

    /// <summary>Reads a model from a file that is open, which stays so.</summary>
    /// <param name="file">The file, or the bytes of one in memory.</param>
    /// <param name="nonFinite">What to do with weights that are not finite.</param>
    /// <exception cref="FileProblemException">It is damaged, or holds something else.</exception>
    public static LoadedLanguageModel Load(TsdFile file, NonFiniteWeights nonFinite = NonFiniteWeights.Refuse) =>
        Format.Load(file, (described, model) => new LoadedLanguageModel(model, described.Vocabulary, described.Training), nonFinite);

    /// <summary>Reads a model from its file's bytes, such as a resource of the program; they are checked as a file is.</summary>
    /// <param name="bytes">The whole file. Not needed any more afterwards.</param>
    /// <param name="name">What to call them in messages.</param>
    /// <param name="nonFinite">What to do with weights that are not finite.</param>
    /// <exception cref="FileProblemException">They are damaged, or hold something else.</exception>
    public static LoadedLanguageModel Load(
        ReadOnlyMemory<byte> bytes, string name = "the model in memory", NonFiniteWeights nonFinite = NonFiniteWeights.Refuse)
    {
        using TsdFile file = TsdFile.Open(bytes, name);
        return Load(file, nonFinite);
    }

    /// <summary>Reads a model.</summary>
    /// <param name="path">The file.</param>
    /// <param name="loaded">The model.</param>
    /// <param name="problem">Why it could not be read.</param>
    /// <param name="nonFinite">What to do with weights that are not finite.</param>
    public static bool TryLoad(
        string path,
        [NotNullWhen(true)] out LoadedLanguageModel? loaded,
        [NotNullWhen(false)] out FileProblem? problem,
        NonFiniteWeights nonFinite = NonFiniteWeights.Refuse)
    {
        loaded = Format.TryLoad(path, out LanguageModelDescription? described, out LanguageModel? model, out problem, nonFinite)
            ? new LoadedLanguageModel(model, described.Vocabulary, described.Training)
            : null;
        return loaded is not null && problem is null;
    }

    private sealed class LanguageModelFormat()
        : ModelFormat<LanguageModelDescription, LanguageModel>(
            LanguageModelFile.Kind, ConfigurationName, VocabularyName, TrainingRecord.Section)
    {
        private const string ConfigurationName = "configuration", VocabularyName = "vocabulary";

        internal override void Write(Utf8JsonWriter json, LanguageModelDescription content, string path)
        {
            json.WritePropertyName(ConfigurationName);
            ConfigurationFields.Table.Write(json, content.Config);
            json.WritePropertyName(VocabularyName);
            VocabularySection.Table.Write(json, VocabularySection.From(content.Vocabulary));
            Training.Write(json, content.Training, path);
        }

        internal override LanguageModelDescription Read(SectionReader reader)
        {
            LanguageModelConfig config = reader.Read(ConfigurationName, ConfigurationFields.Table);
            config.Validate();

            // A file justifies a vocabulary by its tensors: each token has a classifier's bias, and a weight of it for each hidden unit.
            long most = Math.Min(FloatsOf(reader.File) / 2, Vocabulary.MaxCount) + SectionReader.MostValues;
            Vocabulary vocabulary = reader.Read(VocabularyName, VocabularySection.Table, most).ToVocabularyOfTexts();
            if (vocabulary.Count != config.VocabularySize)
                Throw.Argument($"it has {Words.Counted(vocabulary.Count, "token")}, the configuration says {config.VocabularySize}");
            return new LanguageModelDescription(config, vocabulary, Training.Read(reader));
        }

        internal override LanguageModel LayOut(LanguageModelDescription content, Memory<float> memory, WeightFormat weights) =>
            new(content.Config, memory, weights);

        public override LanguageModel Convert(LanguageModel model, WeightFormat weights) => model.ConvertTo(weights);

        internal override ParameterBlock ParametersOf(LanguageModel model) => model.Parameters;
    }
}
