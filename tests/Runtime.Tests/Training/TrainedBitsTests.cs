using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>Twenty updates of every kind of training give the bits that they gave when the committed list was made, on one
/// thread and on two.</summary>
/// <remarks>A checksum says that something has changed and not what: a change of these bits must be on purpose, and said in the changelog.
/// With <c>TINYSD_UPDATE_BITS=1</c> the list is written anew.</remarks>
public sealed class TrainedBitsTests
{
    private const string List = "tests/Runtime.Tests/Training/TrainedBits.txt", Resource = "TrainedBits.txt",
        UpdateVariable = "TINYSD_UPDATE_BITS";

    private const int Updates = 20, Vocabulary = 23, Batch = 4, TimeSteps = 6, Hidden = 21;

    // No library's random numbers, which a later version may draw otherwise.
    private static readonly int[] s_text = [.. Enumerable.Range(0, 4000).Select(i => (int)((((long)i * i) + (i / 7)) % 977 % Vocabulary))];

    private static readonly (string Name, Func<LanguageModelRecipe, LanguageModelRecipe> With)[] s_regularizers =
    [
        ("none", recipe => recipe),
        ("word-drop", recipe => recipe with { WordDrop = 0.3f }),
        ("word-drop-by-sequence", recipe => recipe with { WordDrop = 0.3f, WordDropBySequence = true }),
        ("weight-drop", recipe => recipe with { WeightDrop = 0.4f }),
        ("ar-tar", recipe => recipe with { ActivationPenalty = 2f, TemporalPenalty = 1f }),
        ("weight-decay", recipe => recipe with { WeightDecay = 0.01f }),
        ("decoupled-decay", recipe => recipe with { WeightDecay = 0.01f, DecoupledDecay = true }),
        ("mean-loss", recipe => recipe with { LossReduction = LossReduction.Mean }),
        ("last-layer", recipe => recipe with { LastHiddenSize = 13 }),
        ("variable-bptt", recipe => recipe with { VariableBptt = true }),
    ];

    private static readonly (OptimizerKind Kind, string Name, Func<LanguageModelRecipe, LanguageModelRecipe> With)[] s_updates =
    [
        (OptimizerKind.Sgd, "momentum", recipe => recipe with { Momentum = 0.9f }),
        (OptimizerKind.Sgd, "momentum-decay", recipe => recipe with { Momentum = 0.9f, WeightDecay = 0.01f }),
        (OptimizerKind.Sgd, "nesterov", recipe => recipe with { Momentum = 0.9f, Nesterov = true }),
        (
            OptimizerKind.Sgd, "nesterov-decoupled",
            recipe => recipe with { Momentum = 0.9f, Nesterov = true, WeightDecay = 0.01f, DecoupledDecay = true }),
        (OptimizerKind.Adam, "weight-decay", recipe => recipe with { WeightDecay = 0.01f }),
        (OptimizerKind.Adam, "decoupled-decay", recipe => recipe with { WeightDecay = 0.01f, DecoupledDecay = true }),
        (OptimizerKind.Adam, "betas-epsilon", recipe => recipe with { Beta1 = 0.5f, Beta2 = 0.9f, Epsilon = 1e-4f }),
        (OptimizerKind.NtAsgd, "weight-decay", recipe => recipe with { WeightDecay = 0.01f }),
        (OptimizerKind.AdamW, "none", recipe => recipe),
        (OptimizerKind.AdamW, "weight-decay", recipe => recipe with { WeightDecay = 0.1f }),
        (OptimizerKind.Adagrad, "none", recipe => recipe),
        (OptimizerKind.Adagrad, "weight-decay", recipe => recipe with { WeightDecay = 0.01f }),
        (OptimizerKind.Adagrad, "decoupled-decay", recipe => recipe with { WeightDecay = 0.01f, DecoupledDecay = true }),
    ];

    [Test]
    [Arguments(1)]
    [Arguments(2)]
    public async Task Twenty_updates_give_the_committed_bits(int threads)
    {
        if (!KernelChoice.GivesSameBits) Skip.Test("this CPU has no fused multiply-add, and its bits are its own");
        string found = Render(threads);
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
            await File.WriteAllTextAsync(Path.Combine(Checkout.Root, List), found);
        using Stream stream = typeof(TrainedBitsTests).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream);
        string committed = await reader.ReadToEndAsync();
        string[] changed = [.. found.Split('\n').Except(committed.Split('\n'))];
        await Assert.That(found == committed).IsTrue().Because(
            $"{changed.Length} lines of {List} are others now:\n{string.Join('\n', changed.Take(10))}\n" +
            $"If that is on purpose, run this test with {UpdateVariable}=1");
    }

    private static string Render(int threads)
    {
        using WorkerPool? pool = threads > 1 ? new WorkerPool(threads) : null;
        IParallelRunner runner = pool is null ? SingleThread.Instance : pool;
        var text = new StringBuilder();
        foreach ((CellKind Kind, bool Peepholes) cell in Cases.Cells)
        {
            foreach (DropoutSpec dropout in Cases.Dropouts)
            {
                foreach (bool tied in new[] { false, true })
                {
                    foreach (OptimizerKind optimizer in (OptimizerKind[])[OptimizerKind.Sgd, OptimizerKind.Adam, OptimizerKind.NtAsgd])
                        Add(cell, dropout, tied, optimizer, s_regularizers[0]);
                }

                foreach ((string, Func<LanguageModelRecipe, LanguageModelRecipe>) regularizer in s_regularizers.Skip(1))
                    Add(cell, dropout, tied: false, OptimizerKind.Sgd, regularizer);
            }
        }

        // An update knows nothing of dropout's kind.
        foreach ((CellKind Kind, bool Peepholes) cell in Cases.Cells)
        {
            foreach (bool tied in new[] { false, true })
            {
                foreach ((OptimizerKind kind, string name, Func<LanguageModelRecipe, LanguageModelRecipe> with) in s_updates)
                    Add(cell, new() { Kind = DropoutKind.Structured }, tied, kind, (name, with));
            }
        }

        foreach (DropoutSpec dropout in Cases.Dropouts)
        {
            foreach (CharacterReading? reading in (CharacterReading?[])[null, CharacterReading.Convolution, CharacterReading.Recurrent])
            {
                foreach (bool hasCrf in new[] { true, false })
                {
                    string name = $"Tagger {reading?.ToString() ?? "words"} {(hasCrf ? "crf" : "softmax")} {dropout.Kind}/{dropout.Draw}";
                    text.Append(CultureInfo.InvariantCulture, $"{name} {TrainTagger(reading, hasCrf, dropout, runner)}\n");
                }
            }
        }

        foreach (DropoutSpec dropout in Cases.Dropouts)
        {
            foreach (AttentionKind attention in Enum.GetValues<AttentionKind>())
            {
                foreach (bool tied in new[] { true, false })
                {
                    string name = $"Translator {attention} {(tied ? "tied" : "untied")} {dropout.Kind}/{dropout.Draw}";
                    text.Append(CultureInfo.InvariantCulture, $"{name} {TrainTranslator(attention, tied, dropout, runner)}\n");
                }
            }
        }

        return text.ToString();

        void Add(
            (CellKind Kind, bool Peepholes) cell, DropoutSpec dropout, bool tied, OptimizerKind optimizer,
            (string Name, Func<LanguageModelRecipe, LanguageModelRecipe> With) regularizer)
        {
            string checksum = Train(cell, dropout, tied, optimizer, regularizer.With, runner);
            string name = $"{cell.Kind}{(cell.Peepholes ? "+peepholes" : "")} {dropout.Kind}/{dropout.Draw} {optimizer}";
            text.Append(CultureInfo.InvariantCulture, $"{name} {(tied ? "tied" : "untied")} {regularizer.Name} {checksum}\n");
        }
    }

    private static string Train(
        (CellKind Kind, bool Peepholes) cell, DropoutSpec dropout, bool tied, OptimizerKind optimizer,
        Func<LanguageModelRecipe, LanguageModelRecipe> with, IParallelRunner runner)
    {
        LanguageModelConfig shape = Cases.Config(Vocabulary, tied ? Hidden : 17, Hidden, layers: 2, tied).Of(cell);
        bool drops = dropout.Kind != DropoutKind.None;
        DropoutSpec rates = drops ? dropout with { Embedding = 0.3f, Layer = 0.5f, Recurrent = 0.25f, Output = 0.4f } : dropout;
        LanguageModelRecipe recipe = with(Cases.Recipe(shape, Batch, TimeSteps, rates) with
        {
            Optimizer = optimizer,
            LearningRate = optimizer is OptimizerKind.Adam or OptimizerKind.AdamW or OptimizerKind.Adagrad ? 0.01f : 0.5f,
            ClipNorm = 1f,
        });
        LanguageModel model = new(recipe.ToConfig(Vocabulary));
        model.Initialize(recipe.Seed, 0.2f, forgetBias: 1f);
        var trainer = new LanguageModelTrainer(model, recipe, runner);
        var windows = new TokenWindows(s_text, Batch, TimeSteps);
        IReadOnlyList<long> starts = windows.StartsOf(recipe, firstUpdate: 0);
        int[] inputs = new int[recipe.LongestWindow * Batch], targets = new int[inputs.Length];
        for (int step = 0; step < Updates; step++)
        {
            if (optimizer == OptimizerKind.NtAsgd && step == Updates / 2) trainer.BeginAveraging();
            int length = (int)(starts[step + 1] - starts[step]);
            windows.Fill(starts[step], length, inputs, targets);
            trainer.Step(inputs.AsSpan(0, length * Batch), targets.AsSpan(0, length * Batch), new Draw(step));
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ParameterBlock block in (ParameterBlock[])[
            model.Parameters, trainer.ModelToKeep.Parameters, .. trainer.State.Select(part => part.Block)])
            hash.AppendData(MemoryMarshal.AsBytes(block.Values));
        return Convert.ToHexString(hash.GetHashAndReset())[..16];
    }

    // Sentences of up to eleven words, cut out of the same numbers; a spelling is a word's number in base five.
    private static string TrainTagger(CharacterReading? reading, bool hasCrf, DropoutSpec dropout, IParallelRunner runner)
    {
        bool drops = dropout.Kind != DropoutKind.None;
        var recipe = new TaggerRecipe
        {
            Name = "bits", Characters = reading, HasCrf = hasCrf, HiddenSize = Hidden, LayerCount = 2, EmbeddingSize = 17,
            CharacterEmbeddingSize = 7, CharacterUnits = 9, Direction = RecurrentDirection.Bidirectional, BatchSize = Batch,
            LearningRate = 0.5f, ClipNorm = 1f, RareCount = 100,
            Dropout = drops ? dropout with { Embedding = 0.3f, Layer = 0.5f, Recurrent = 0.25f, Output = 0.4f } : dropout,
        };
        int[][] words = new int[60][], tags = new int[60][], characters = new int[Vocabulary][];
        for (int i = 0, at = 0; i < words.Length; at += 1 + words[i].Length, i++)
        {
            words[i] = s_text[at..(at + (s_text[at] % 12))];
            tags[i] = Array.ConvertAll(words[i], word => word % 5);
        }

        for (int word = 0; word < Vocabulary; word++) characters[word] = word < 5 ? [word] : [word / 5, word % 5];
        TaggerForm form = new() { Tags = ["O", "B-X", "I-X", "E-X", "S-X"], Scheme = TagScheme.Bioes };
        var task = new TaggerTask(recipe, form, Vocabulary, 5, new TaggedSentences(words, words, characters, tags), null, runner);
        return Bits(new TrainingRun<TaggerBatch>(task));
    }

    // Sentences of up to eleven units, each translated by itself backwards, one unit higher.
    private static string TrainTranslator(AttentionKind attention, bool tied, DropoutSpec dropout, IParallelRunner runner)
    {
        bool drops = dropout.Kind != DropoutKind.None;
        var recipe = new TranslatorRecipe
        {
            Name = "bits", HiddenSize = 22, EmbeddingSize = 17, LayerCount = 2, BatchSize = Batch, Attention = attention, IsScaled = true,
            TiesWeights = tied, Bridge = tied ? BridgeKind.Dense : null, LearningRate = 0.5f, ClipNorm = 1f, LabelSmoothing = 0.1f,
            ContextRate = 0.3f, AttentionRate = 0.2f,
            Dropout = drops ? dropout with { Embedding = 0.3f, Layer = 0.5f, Recurrent = 0.25f, Output = 0.4f } : dropout,
        };
        int[][] sources = new int[60][];
        for (int i = 0, at = 0; i < sources.Length; at += 1 + sources[i].Length, i++)
            sources[i] = Array.ConvertAll(s_text[at..(at + 1 + (s_text[at] % 11))], unit => TranslatorConfig.MarkCount + unit);
        int[][] targets = Array.ConvertAll(sources, source => Array.ConvertAll([.. Enumerable.Reverse(source)], unit => unit + 1));
        TranslatorForm form = new() { TargetUnits = [.. Enumerable.Range(0, Vocabulary + 4).Select(unit => $"{unit}")] };
        var task = new TranslatorTask(recipe, form, Vocabulary + 3, new SentencePairs(sources, targets), null, runner);
        return Bits(new TrainingRun<TranslatorBatch>(task));
    }

    private static string Bits<TBatch>(TrainingRun<TBatch> run)
        where TBatch : class
    {
        for (int step = 0; step < Updates; step++)
        {
            if (!run.TryStep(out _)) run.GoTo(run.Epoch + 1);
        }

        return Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(run.Task.Network.Parameters.Values)))[..16];
    }
}
