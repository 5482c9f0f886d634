using TinySD.Formats.Models;
using TinySD.Formats.Text;

namespace TinySD.Formats.Exchange.Parts;

/// <summary>What a caller knows better than the file that a language model is imported from.</summary>
/// <param name="Names">How to understand the names of a safetensors file.</param>
/// <param name="VocabularyFile">A file of the model's tokens, see <see cref="VocabularyFile"/>; null for those that the model's file
/// holds.</param>
/// <param name="Level">What a token is; null for what the model's file says, and words where it says nothing.</param>
public sealed record LanguageModelChoices(PyTorchChoices Names, string? VocabularyFile = null, TextLevel? Level = null)
{
    /// <summary>Whether they can only be meant for a language model.</summary>
    internal bool IsWanted => VocabularyFile is not null || Level is not null;
}

/// <summary>A language model read from a file of another format.</summary>
/// <param name="Loaded">The model, its tokens, and its record, which says what it was imported from.</param>
/// <param name="Rounded">Tensors whose numbers were of 64 bits and were rounded.</param>
/// <param name="Copies">Tensors that were passed over because those that they were computed from are in the file.</param>
public sealed record LanguageModelImport(LoadedLanguageModel Loaded, ImmutableArray<string> Rounded, ImmutableArray<string> Copies)
{
    /// <summary>Files beside it in which weights lie.</summary>
    public ImmutableArray<string> ExternalFiles { get; init; } = [];
}

/// <summary>The parts of a language model as a file of another format holds them, found and checked to fit each other; not yet a
/// model.</summary>
/// <param name="Path">The file.</param>
/// <param name="Metadata">The texts that the file holds beside its tensors.</param>
/// <param name="Config">The shape that the tensors make.</param>
/// <param name="Stacks">The recurrent layers, from the lowest.</param>
internal sealed record ForeignLanguageModel(
    string Path, IReadOnlyDictionary<string, string> Metadata, LanguageModelConfig Config, IReadOnlyList<RecurrentStack> Stacks)
{
    /// <summary>Reads the embedding, [V, E].</summary>
    public required Func<float[]> Embedding { get; init; }

    /// <summary>Reads the classifier's weights, [V, H]; null where it is the embedding.</summary>
    public required Func<float[]>? Classifier { get; init; }

    /// <summary>Reads the classifier's bias, [V]; null for zeros.</summary>
    public required Func<float[]>? Bias { get; init; }

    /// <summary>The tensors' names, as messages show them.</summary>
    public required string Shown { get; init; }

    /// <summary>Makes a model of them.</summary>
    /// <exception cref="FileProblemException">There is no vocabulary, it does not fit, or a tensor cannot be read.</exception>
    public LoadedLanguageModel ToModel(LanguageModelChoices choices)
    {
        LanguageModelNotes notes = Notes(choices);
        float[] embedding = Embedding(), classifier = Classifier?.Invoke() ?? embedding;

        // The same numbers twice are one tensor, as PyTorch saves tied weights, unless the file says that they are not.
        bool areAlike = Config.EmbeddingSize == Config.InputSizeOf(Config.LayerCount) && AreSame(embedding, classifier);
        bool isTied = Classifier is null || (areAlike && notes.Config?.TieWeights != false);
        LanguageModelConfig config = Config with { TieWeights = isTied };
        LanguageModel model = LanguageModelParts.Join(Path, config, Stacks, embedding, classifier, Bias?.Invoke());
        TrainingRecord<LanguageModelRecipe, TextsRecord> training = notes.Training is { } known
            ? known with { ImportedFrom = System.IO.Path.GetFileName(Path) }
            : TrainingRecord.OfImport(Path, config);
        return new LoadedLanguageModel(model, notes.Vocabulary!, training);
    }

    private LanguageModelNotes Notes(LanguageModelChoices choices)
    {
        int tokens = Config.VocabularySize;
        bool isGiven = choices.VocabularyFile is not null;
        IReadOnlyDictionary<string, string> own = Metadata;
        if (isGiven)
        {
            var others = new Dictionary<string, string>(Metadata, StringComparer.Ordinal);
            others.Remove(LanguageModelNotes.VocabularyKey);
            own = others;
        }

        LanguageModelNotes notes = LanguageModelNotes.Read(Path, own, tokens, choices.Level);
        if (notes.Config is { } said && (Describe(said), said.Peepholes) != (Describe(Config), Config.Peepholes))
        {
            Throw.Problem(new(FileProblemKind.ModelInvalid, Path,
                $"{Path}: its metadata say {Describe(said)}, and its tensors make {Describe(Config)}. {Blame.OnWriter}"));
        }

        TextLevel? level = choices.Level ?? LanguageModelNotes.Level(Path, Metadata);
        Vocabulary? vocabulary = choices.VocabularyFile is { } file ? VocabularyFile.Read(file, level ?? TextLevel.Word)
            : notes.Vocabulary ?? (level == TextLevel.Byte ? Vocabulary.Bytes : null);
        if (vocabulary is null)
        {
            Throw.Problem(new(FileProblemKind.ModelInvalid, Path,
                $"{Path} holds a language model ({Shown}) of {Words.Count(tokens)} tokens and does not say which they are. " +
                "Add --vocabulary FILE (a token a line, in the order of their numbers) and --level word, char or byte; " +
                "or take the recurrent layers alone, with --recurrent-only."));
        }
        else if (vocabulary.Count != tokens)
        {
            string whose = choices.VocabularyFile ?? (notes.Vocabulary is null ? "level byte" : "the vocabulary in its metadata");
            Throw.Problem(new(FileProblemKind.ModelInvalid, isGiven ? choices.VocabularyFile! : Path,
                $"the language model in {Path} ({Shown}) has {Words.Count(tokens)} tokens, and {whose} has " +
                $"{Words.Count(vocabulary.Count)}"));
        }

        return notes with { Vocabulary = vocabulary };
    }

    private static string Describe(LanguageModelConfig config) =>
        $"{Words.Count(config.VocabularySize)} tokens, an embedding of {config.EmbeddingSize} and " +
        $"{ModelSpelling.Cells.NameOf(config.Cell)} layers of " +
        $"{string.Join(", ", Enumerable.Range(0, Math.Clamp(config.LayerCount, 0, 64)).Select(config.HiddenSizeOf))} units";

    // Bit by bit: two zeros of other signs are other numbers.
    private static bool AreSame(float[] a, float[] b) =>
        MemoryMarshal.AsBytes<float>(a).SequenceEqual(MemoryMarshal.AsBytes<float>(b));
}
