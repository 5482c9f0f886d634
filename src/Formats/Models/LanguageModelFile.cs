using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using TinySD.Formats.Container;
using TinySD.Formats.Text;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;

namespace TinySD.Formats.Models;

/// <summary>Everything a language model's file holds but its numbers.</summary>
/// <param name="Config">The shape.</param>
/// <param name="Vocabulary">Its tokens.</param>
/// <param name="Training">How it was trained.</param>
public sealed record LanguageModelDescription(LanguageModelConfig Config, Vocabulary Vocabulary, TrainingRecord Training);

/// <summary>A language model as read from a file.</summary>
/// <param name="Model">The parameters, checked against their checksums.</param>
/// <param name="Vocabulary">Its tokens.</param>
/// <param name="Training">How it was trained.</param>
public sealed record LoadedLanguageModel(LanguageModel Model, Vocabulary Vocabulary, TrainingRecord Training);

/// <summary>What to do with weights that are infinite or not a number.</summary>
public enum NonFiniteWeights
{
    /// <summary>The model is refused.</summary>
    Refuse,

    /// <summary>They are kept as they are.</summary>
    Allow,
}

/// <summary>Language models in <c>.tsd</c> files, kind <c>language-model</c>.</summary>
public static class LanguageModelFile
{
    /// <summary>The kind as the header names it.</summary>
    public const string Kind = "language-model";

    /// <summary>The most epochs that a file's record holds.</summary>
    public const int MaxEpochs = 65536;

    /// <summary>The most streams of a file's record, as of a recipe's batch.</summary>
    public const int MaxStreams = 65536;

    // JSON values of a section beside its tokens or epochs, many more than there are; and those of an epoch with its braces.
    private const long MostOtherValues = 256, ValuesOfEpoch = 5;

    // What the header takes at most beside its tokens and epochs, and for an epoch.
    private const long BytesOfOthers = 1 << 20, BytesOfEpoch = 256;

    /// <summary>The most JSON values of a training record.</summary>
    internal const long MostTrainingValues = (ValuesOfEpoch * MaxEpochs) + MostOtherValues;

    private const string ConfigurationName = "configuration", VocabularyName = "vocabulary", TrainingName = "training";

    /// <summary>Writes a model whole or not at all; equal input gives equal bytes.</summary>
    /// <param name="path">The target; an existing file is replaced.</param>
    /// <param name="model">The model.</param>
    /// <param name="vocabulary">Its tokens, as many as the model has.</param>
    /// <param name="training">How it was trained; <see cref="TrainingRecord.Parameters"/> is filled in.</param>
    /// <param name="storage">The weights' number format in the file. In 16 bits the file is half as long, and each weight is rounded to the nearest
    /// number of that format.</param>
    /// <exception cref="FileProblemException">The target cannot be written, a number in the model or in its record is not finite, or a weight is too
    /// large for <paramref name="storage"/>.</exception>
    /// <exception cref="ArgumentException">Vocabulary and model do not belong together.</exception>
    public static void Save(
        string path, LanguageModel model, Vocabulary vocabulary, TrainingRecord training, TensorStorage storage = TensorStorage.F32)
    {
        if (vocabulary.Count != model.Config.VocabularySize)
            Throw.Argument($"the vocabulary has {Words.Counted(vocabulary.Count, "token")}, the model {model.Config.VocabularySize}");
        if (FiniteWeights.FindUnstorable(path, model.Parameters, storage) is { } weight) Throw.Problem(weight);
        if (FindNotFinite(training) is { } number)
        {
            Throw.Problem(new(FileProblemKind.NotFinite, path, $"{path} was not written: {number}. Train again with a lower learning rate.")
            { Part = TrainingName });
        }

        if (FindWrong(training) is { } wrong) Throw.Argument(wrong);
        training.Recipe.Validate();
        TensorToWrite[] tensors = [.. model.Layout.Tensors.Select(slot => new TensorToWrite(slot.Name, model.Parameters, slot, storage))];
        var text = new VocabularySection
        {
            Level = TextSpelling.Levels.NameOf(vocabulary.Level),
            LineMarks = LineMarksEntry.NameOf(vocabulary.LineMarks),
            Tokens = [.. vocabulary.Tokens],
        };
        TsdWriter.Write(path, Kind, tensors, json =>
        {
            json.WritePropertyName(ConfigurationName);
            JsonSerializer.Serialize(json, ConfigurationSection.From(model.Config), ModelJson.Default.ConfigurationSection);
            json.WritePropertyName(VocabularyName);
            JsonSerializer.Serialize(json, text, ModelJson.Default.VocabularySection);
            json.WritePropertyName(TrainingName);
            JsonSerializer.Serialize(json, TrainingSection.From(training, model.Layout.ParameterCount), ModelJson.Default.TrainingSection);
        });
    }

    /// <summary>Whether a file has room for a vocabulary beside the record of so many epochs; worth asking before they are trained.</summary>
    public static bool HasRoomFor(Vocabulary vocabulary, int epochs)
    {
        long room = TsdPrologue.MaxHeaderBytes - BytesOfOthers - (epochs * BytesOfEpoch);
        foreach (string token in vocabulary.Tokens)
        {
            // And its quotes and comma.
            room -= JsonEncodedText.Encode(token, TsdWriter.Encoder).EncodedUtf8Bytes.Length + 3;
            if (room < 0) return false;
        }

        return true;
    }

    /// <summary>Reads a model.</summary>
    /// <param name="path">The file.</param>
    /// <param name="nonFinite">What to do with weights that are not finite.</param>
    /// <exception cref="FileProblemException">The file cannot be read, is damaged, or holds something else.</exception>
    public static LoadedLanguageModel Load(string path, NonFiniteWeights nonFinite = NonFiniteWeights.Refuse)
    {
        if (!TryLoad(path, out LoadedLanguageModel? loaded, out FileProblem? problem, nonFinite)) Throw.Problem(problem);
        return loaded;
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
        loaded = null;
        if (!TsdFile.TryOpen(path, out TsdFile? file, out problem)) return false;
        using (file)
        {
            if (!TryDescribe(file, out LanguageModelDescription? description, out problem)) return false;
            if (!TryCreate(file, description.Config, default, out LanguageModel? model, out problem)) return false;
            problem = Fill(file, model, nonFinite);
            if (problem is not null) return false;
            loaded = new LoadedLanguageModel(model, description.Vocabulary, description.Training);
            return true;
        }
    }

    /// <summary>Reads all but the numbers, which costs little for a model of any size.</summary>
    /// <param name="file">An open file.</param>
    /// <exception cref="FileProblemException">The file holds something else, or contradicts itself.</exception>
    public static LanguageModelDescription Describe(TsdFile file)
    {
        if (!TryDescribe(file, out LanguageModelDescription? description, out FileProblem? problem)) Throw.Problem(problem);
        return description;
    }

    /// <summary>Reads all but the numbers.</summary>
    /// <param name="file">An open file.</param>
    /// <param name="description">What it says.</param>
    /// <param name="problem">Why it is refused.</param>
    public static bool TryDescribe(
        TsdFile file, [NotNullWhen(true)] out LanguageModelDescription? description, [NotNullWhen(false)] out FileProblem? problem)
    {
        description = null;
        if (file.Kind != Kind)
        {
            problem = TsdHeader.WrongKind(file, Kind);
            if (file.Kind == TsdFile.CheckpointKind)
            {
                problem = problem with
                {
                    Message = $"{file.Path} is a checkpoint of a training run, not a model; the run's best model is the file that its --out names, and " +
                        "train --resume goes on with it",
                };
            }

            return false;
        }

        // A file justifies a vocabulary by its tensors: each token has a classifier's bias, and a weight of it for each hidden unit.
        long floats = FloatsOf(file), mostTokens = Math.Min(floats / 2, Vocabulary.MaxCount);
        if (!TsdHeader.TryReadSection(file, ConfigurationName, ModelJson.Default.ConfigurationSection, MostOtherValues, out var configuration, out problem)
            || !TsdHeader.TryReadSection(file, VocabularyName, ModelJson.Default.VocabularySection, mostTokens + MostOtherValues, out var tokens, out problem)
            || !TsdHeader.TryReadSection(
                file, TrainingName, ModelJson.Default.TrainingSection, MostTrainingValues, out var training, out problem))
        {
            return false;
        }

        foreach (string name in file.Sections.Keys)
        {
            if (name is ConfigurationName or VocabularyName or TrainingName) continue;
            problem = Invalid(file, name, $"a '{Kind}' file has no header member '{Words.Shown(name)}'");
            return false;
        }

        string part = ConfigurationName;
        try
        {
            LanguageModelConfig config = configuration.ToConfig();
            config.Validate();
            part = VocabularyName;
            var vocabulary = new Vocabulary(TextSpelling.Levels.ValueOf(tokens.Level), tokens.Tokens, LineMarksEntry.ValueOf(tokens.LineMarks));
            if (vocabulary.Count != config.VocabularySize)
                Throw.Argument($"it has {Words.Counted(vocabulary.Count, "token")}, the configuration says {config.VocabularySize}");
            part = TrainingName;
            TrainingRecord record = ReadTraining(training, file);
            description = new LanguageModelDescription(config, vocabulary, record);
            return true;
        }
        catch (ArgumentException exception)
        {
            problem = Invalid(file, part, $"the {part} is not as the format asks: {Words.OfArgument(exception)}");
            return false;
        }
    }

    /// <summary>A training record as a file says it.</summary>
    /// <exception cref="ArgumentException">It is impossible.</exception>
    internal static TrainingRecord Checked(TrainingSection section)
    {
        if (section.Epochs.Contains(null)) Throw.Argument("an epoch is null");
        TrainingRecord record = section.ToRecord();
        record.Recipe.Validate();
        if ((FindWrong(record) ?? FindNotFinite(record)) is { } wrong) Throw.Argument(wrong);
        return record;
    }

    private static TrainingRecord ReadTraining(TrainingSection section, TsdFile file)
    {
        TrainingRecord record = Checked(section);
        long count = file.Tensors.Sum(t => t.Count);
        if (record.Parameters != count)
            Throw.Argument($"it says {Words.Counted(record.Parameters, "parameter")}, the tensors hold {count}");
        return record;
    }

    /// <summary>The floats that a file's tensors take in memory, each padded to 64 bytes.</summary>
    internal static long FloatsOf(TsdFile file) => file.Tensors.Sum(t => TsdPrologue.RoundUp(t.Count * sizeof(float))) / sizeof(float);

    /// <summary>Lays the model out in memory of the size that the file's tensors have, and compares every tensor.</summary>
    internal static bool TryCreate(
        TsdFile file, LanguageModelConfig config, Memory<float> storage, [NotNullWhen(true)] out LanguageModel? model,
        [NotNullWhen(false)] out FileProblem? problem)
    {
        model = null;
        long floats = FloatsOf(file);
        if (floats > int.MaxValue - AlignedBuffer.AlignmentBytes)
        {
            problem = Invalid(file, ConfigurationName, $"its tensors hold {floats} floats, and this build's limit is 2^31");
            return false;
        }

        try
        {
            // The file justifies this much memory and no more: a configuration that wants more is refused by the model itself.
            if (storage.IsEmpty && floats > 0) storage = new AlignedBuffer((int)floats).Memory;
            model = floats == 0 ? null : new LanguageModel(config, storage);
            problem = model is null ? Invalid(file, ConfigurationName, "it has no tensors") : Compare(file, model);
        }
        catch (Exception exception) when (exception is ArgumentException or OverflowException)
        {
            problem = Invalid(file, ConfigurationName, Words.OfLayout(exception));
        }

        if (problem is not null) model = null;
        return model is not null && problem is null;
    }

    /// <summary>Reads all numbers and checks them, tensor by tensor, as a mapped model is checked: of two faults both find the same one first.</summary>
    internal static FileProblem? Fill(TsdFile file, LanguageModel model, NonFiniteWeights nonFinite)
    {
        foreach (TensorSlot slot in model.Layout.Tensors)
        {
            if (!file.TryReadTensor(slot.Name, model.Parameters[slot], out FileProblem? problem)) return problem;
            if (nonFinite == NonFiniteWeights.Refuse && FiniteWeights.FindFault(file.Path, model.Parameters, slot, file) is { } fault) return fault;
        }

        return null;
    }

    private static FileProblem? Compare(TsdFile file, LanguageModel model)
    {
        IReadOnlyList<TensorSlot> slots = model.Layout.Tensors;
        if (file.Tensors.Length != slots.Count)
            return Invalid(file, ConfigurationName,
                $"it has {Words.Counted(file.Tensors.Length, "tensor")}, its configuration makes {slots.Count}");
        for (int index = 0; index < slots.Count; index++)
        {
            (TsdTensor found, TensorSlot expected) = (file.Tensors[index], slots[index]);
            if (found.Name != expected.Name)
                return Invalid(file, found.Name, $"tensor {index} is '{found.Name}', its configuration makes it '{expected.Name}'");
            if (!found.Shape.SequenceEqual(expected.Shape.Select(extent => (long)extent)))
            {
                return Invalid(file, found.Name,
                    $"tensor '{found.Name}' has the shape [{string.Join(", ", found.Shape)}], its configuration makes it " +
                    $"[{string.Join(", ", expected.Shape)}]");
            }
        }

        return null;
    }

    // JSON has no infinity. A perplexity may be infinite where its loss is not.
    private static string? FindNotFinite(TrainingRecord training)
    {
        foreach (EpochRecord epoch in training.Epochs)
        {
            if (!double.IsFinite(epoch.TrainLoss) || !double.IsFinite(epoch.ValidLoss) || !float.IsFinite(epoch.LearningRate))
                return $"a result of epoch {epoch.Epoch} is not finite";
        }

        return training.TestLoss is { } test && !double.IsFinite(test) ? "the test perplexity is not finite" : null;
    }

    private static string? FindWrong(TrainingRecord training)
    {
        if (training.Epochs.Count > MaxEpochs) return $"{training.Epochs.Count} epochs are more than {MaxEpochs}";
        if (new[] { training.Train, training.Valid, training.Test }.Any(text => text?.Tokens < 0)) return "a text has fewer than 0 tokens";
        if (training.Streams is < 1 or > MaxStreams) return $"{training.Streams} streams are not 1 to {MaxStreams}";
        for (int index = 0; index < training.Epochs.Count; index++)
        {
            EpochRecord epoch = training.Epochs[index];
            if (epoch.Epoch < 0 || (index > 0 && epoch.Epoch <= training.Epochs[index - 1].Epoch))
                return $"epoch {epoch.Epoch} is out of order";
        }

        return null;
    }

    private static FileProblem Invalid(TsdFile file, string part, string message) =>
        Blame.Writer(FileProblemKind.ModelInvalid, file.Path, message) with
        {
            Part = part,
            Offset = file.Sections.TryGetValue(part, out ReadOnlyMemory<byte> json) ? file.OffsetOf(json) : TsdPrologue.Length,
        };
}
