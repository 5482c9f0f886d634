using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>A task of any kind with a run over it, whatever its batches are.</summary>
internal abstract class TrainingRig
{
    public abstract MemoryNeed Need { get; }

    public abstract ParameterBlock Parameters { get; }

    /// <summary>Makes so many steps, from epoch to epoch.</summary>
    public abstract void Steps(int count);

    /// <summary>Measures on the validation data, as often as it is called, and in the middle of an epoch too.</summary>
    public abstract Measurement Measure();

    /// <summary>What is said of the batches of every epoch, and what so many have that are laid out.</summary>
    public abstract (int? Said, int[] LaidOut) BatchCounts(int epochs);
}

/// <inheritdoc/>
internal sealed class TrainingRig<TBatch>(TrainingTask<TBatch> task) : TrainingRig
    where TBatch : class
{
    private readonly TrainingRun<TBatch> _run = new(task);

    public override MemoryNeed Need => task.MemoryNeed;

    public override ParameterBlock Parameters => task.Network.Parameters;

    public override void Steps(int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (_run.TryStep(out _)) continue;
            _run.GoTo(_run.Epoch + 1);
            _run.TryStep(out _);
        }
    }

    public override Measurement Measure() => task.Measure(task.Network.Parameters);

    public override (int? Said, int[] LaidOut) BatchCounts(int epochs)
    {
        int[] counts = new int[epochs];
        for (int epoch = 0, before = 0; epoch < epochs; before += counts[epoch++]) counts[epoch] = task.Batches.Begin(epoch, before);
        return (task.Batches.CountOfEach, counts);
    }
}

/// <summary>A kind of training: what is planned, what takes memory, and validation in memory of its own.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Plan">The need, nothing taken.</param>
/// <param name="Make">The task and a run, in the host's memory or their own.</param>
/// <param name="MeasureApart">A measurement of parameters by an evaluator that shares memory with nobody; null where there is none.</param>
internal sealed record TrainingCase(
    string Name, Func<IParallelRunner?, MemoryNeed> Plan, Func<Func<int, Memory<float>>?, IParallelRunner?, TrainingRig> Make,
    Func<ParameterBlock, double>? MeasureApart)
{
    private static DropoutSpec Structured => new()
    {
        Kind = DropoutKind.Structured, Embedding = 0.3f, Layer = 0.3f, Recurrent = 0.3f, Output = 0.3f,
    };

    /// <summary>Every kind of task, with every cell, kind of dropout and optimizer somewhere.</summary>
    public static IReadOnlyList<TrainingCase> All { get; } = [.. Kinds()];

    private static IEnumerable<TrainingCase> Kinds()
    {
        (CellKind Kind, bool Peepholes)[] cells = Cases.Cells;
        for (int i = 0; i < Cases.Dropouts.Length; i++)
        {
            (CellKind Kind, bool Peepholes) cell = cells[i % cells.Length];
            DropoutSpec dropout = Cases.Dropouts[i] with { Embedding = 0.3f, Layer = 0.3f, Recurrent = 0.3f, Output = 0.3f };
            OptimizerKind optimizer = Enum.GetValues<OptimizerKind>()[i % 5];
            yield return LanguageModel(Cases.Recipe(
                Cases.Config(vocabulary: 90, embedding: 7, hidden: 17, layers: 2).Of(cell), batch: 3, timeSteps: 4, dropout) with
            {
                Optimizer = optimizer,
                LearningRate = 0.01f,
                VariableBptt = false,
            });
        }

        LanguageModelRecipe one = Cases.Recipe(Cases.Config(vocabulary: 90, embedding: 17, hidden: 17, layers: 1, tied: true), 1, 1);
        yield return LanguageModel(one);
        yield return LanguageModel(one with { BatchSize = 4, Bptt = 6, VariableBptt = true, WeightDrop = 0.3f, WordDrop = 0.2f });
        yield return LanguageModel(one with { BatchSize = 2, Bptt = 3 }, streams: 9);
        yield return LanguageModel(one, streams: 40);
        RegressorRecipe rows = new()
        {
            Name = "rows", HiddenSize = 12, BatchSize = 4, Bptt = 5, Optimizer = OptimizerKind.Adam, LearningRate = 0.01f,
            Dropout = Structured,
        };
        yield return Regressor(rows);
        yield return Regressor(rows with { BatchSize = 1, Bptt = 1, Cell = CellKind.Gru, Dropout = DropoutSpec.None, Horizon = 3 });
        yield return Regressor(rows with { LinearRows = 5, FeedsChange = true, Momentum = 0.9f, Optimizer = OptimizerKind.Sgd });
        yield return Regressor(rows with { Window = 7, LayerCount = 3, Direction = RecurrentDirection.Bidirectional, LinearRows = 2 });
        yield return Regressor(rows with { Window = 3, BatchSize = 1, Cell = CellKind.RnnTanh });
        ClassifierRecipe words = new()
        {
            Name = "words", HiddenSize = 12, EmbeddingSize = 8, BatchSize = 8, Optimizer = OptimizerKind.Adagrad, LearningRate = 0.01f,
        };
        foreach (ReadOut read in new[] { ReadOut.Last, ReadOut.Mean, ReadOut.Maximum })
        {
            foreach (RecurrentDirection direction in Enum.GetValues<RecurrentDirection>())
                yield return Classifier(words with { ReadOut = read, Direction = direction, Dropout = Structured }, isOfTokens: true);
        }

        yield return Classifier(words with { BatchSize = 1, Cell = CellKind.Gru }, isOfTokens: false);
        yield return Classifier(words with { LayerCount = 2, IsMultiLabel = true, MaxLength = 6 }, isOfTokens: false);
        TaggerRecipe tags = new()
        {
            Name = "tags", HiddenSize = 8, EmbeddingSize = 6, CharacterEmbeddingSize = 4, CharacterUnits = 5, BatchSize = 3,
            Direction = RecurrentDirection.Bidirectional, Dropout = Structured, LearningRate = 0.05f,
        };
        yield return Tagger(tags);
        yield return Tagger(tags with { Characters = CharacterReading.Recurrent, MaxCharacters = 5, MaxLength = 5, BatchSize = 6 });
        yield return Tagger(tags with { Characters = null, HasCrf = false, BatchSize = 1, Optimizer = OptimizerKind.NtAsgd });
        TranslatorRecipe pairs = new()
        {
            Name = "pairs", HiddenSize = 8, EmbeddingSize = 6, BatchSize = 3, Dropout = Structured, ContextRate = 0.3f,
            AttentionRate = 0.3f, LearningRate = 0.05f, LabelSmoothing = 0.1f,
        };
        yield return Translator(pairs);
        yield return Translator(pairs with { TiesWeights = true, AverageLast = 3, Optimizer = OptimizerKind.Adam, LearningRate = 0.01f });
        yield return Translator(pairs with { LayerCount = 2, IsScaled = true, Attention = AttentionKind.Concat, MaxLength = 5 });
        yield return Translator(pairs with
        {
            SharesEmbedding = true,
            HasInputFeeding = false,
            BatchSize = 1,
            Bridge = BridgeKind.Dense,
            Attention = AttentionKind.Dot,
            Cell = CellKind.Gru,
            Direction = RecurrentDirection.Forward,
            Dropout = DropoutSpec.None,
            Momentum = 0.9f,
        });
        yield return new(
            "parity", runner => new ParityTask(new() { Name = "parity" }, runner).MemoryNeed,
            (memory, runner) => new TrainingRig<ParityBatch>(new ParityTask(new() { Name = "parity", Seed = 3 }, runner, memory: memory)),
            null);
    }

    private static TrainingCase LanguageModel(LanguageModelRecipe recipe, int? streams = null)
    {
        TokenMemory train = new(Arrays.Tokens(1, 400, 90)), valid = new(Arrays.Tokens(2, 300, 90));
        return new(
            $"{recipe}", runner => LanguageModelTrainer.MemoryNeedOf(recipe, 90, runner, streams: streams),
            (memory, runner) => new TrainingRig<TokenWindow>(
                new LanguageModelTask(recipe, 90, train, valid, runner, streams: streams, memory: memory)),
            parameters => new LanguageModelEvaluator(Model(recipe, parameters), streams: streams ?? recipe.BatchSize).Evaluate(valid).Loss);

        static LanguageModel Model(LanguageModelRecipe recipe, ParameterBlock parameters) =>
            new(recipe.ToConfig(90), parameters.Values.ToArray());
    }

    private static TrainingCase Regressor(RegressorRecipe recipe)
    {
        var random = new Random(4);
        double[] a = [.. Enumerable.Range(0, 200).Select(i => (10 * Math.Sin(i * 0.7)) + random.NextDouble())];
        double[] b = [.. Enumerable.Range(0, 200).Select(i => i % 17 == 3 ? double.NaN : Math.Cos(i * 0.31))];
        SeriesTable table = new(["a", "b"], [a, b]);
        SeriesPart train = new(table, 0, 120), valid = new(table, 120, 80);
        SeriesForm form = SeriesForm.Learn(recipe.ToForm(["a", "b"], ["a"]), train);
        return new(
            $"{recipe}", runner => RegressorTask.MemoryNeedOf(recipe, 2, 1, runner),
            (memory, runner) => new TrainingRig<SequenceBatch>(
                new RegressorTask(recipe, form, train, valid, runner, memory: memory)),
            parameters => new RegressorEvaluator(
                new Regressor(new(recipe.ToConfig(2, 1), parameters.Values.ToArray()), form)).Evaluate(valid).All.Model.Mse);
    }

    private static TrainingCase Classifier(ClassifierRecipe recipe, bool isOfTokens)
    {
        // The validation has the longest.
        LabelledSequences train = Sequences(40, 9), valid = Sequences(30, 13);
        ClassifierForm form = new ClassifierForm
        {
            Labels = ["first", "second", "third"], IsMultiLabel = recipe.IsMultiLabel, Inputs = isOfTokens ? [] : ["a", "b"],
        }.Learn(train);
        int vocabulary = isOfTokens ? 5 : 0, columns = isOfTokens ? 0 : 2;
        return new(
            $"{recipe}", runner => ClassifierTask.MemoryNeedOf(
                recipe, vocabulary, columns, 3, ClassifierTask.LongestOf(recipe, train, valid), runner),
            (memory, runner) => new TrainingRig<SequenceBatch>(
                new ClassifierTask(recipe, form, vocabulary, train, valid, runner, memory: memory)),
            parameters => new ClassifierEvaluator(
                new Classifier(new(recipe.ToConfig(vocabulary, columns, 3), parameters.Values.ToArray()), form),
                Math.Min(13, recipe.MaxLength)).Evaluate(valid).Loss);

        LabelledSequences Sequences(int count, int longest)
        {
            var random = new Random(longest);
            int[][] labels = [.. Enumerable.Range(0, count).Select(i => (int[])[i % 3])];
            int[] lengths = [.. Enumerable.Range(0, count).Select(i => i == 5 ? longest : random.Next(longest))];
            return isOfTokens
                ? LabelledSequences.OfTokens([.. lengths.Select(l => Enumerable.Range(0, l).Select(_ => random.Next(5)).ToArray())], labels)
                : LabelledSequences.OfNumbers(
                    2, [.. lengths.Select(l => Enumerable.Range(0, 2 * l).Select(_ => random.NextDouble()).ToArray())], labels);
        }
    }

    private static TrainingCase Tagger(TaggerRecipe recipe)
    {
        // The validation has the longest.
        TaggerForm form = new() { Tags = ["O", "S-X", "B-X", "I-X", "E-X"], Scheme = TagScheme.Bioes, DataScheme = TagScheme.Iob2 };
        TaggedSentences train = Sentences(30, 9), valid = Sentences(20, 13);
        return new(
            $"{recipe}", runner => TaggerTask.MemoryNeedOf(recipe, 12, 6, 5, TaggerTask.LongestOf(recipe, train), runner),
            (memory, runner) => new TrainingRig<TaggerBatch>(
                new TaggerTask(recipe, form, 12, 6, train, valid, runner, memory: memory)),
            parameters => new TaggerEvaluator(
                new Tagger(new TaggerModel(recipe.ToConfig(12, 6, 5), parameters.Values.ToArray()), form)).Evaluate(valid).Loss);

        TaggedSentences Sentences(int count, int longest)
        {
            var random = new Random(longest);
            int[][] forms = [.. Enumerable.Range(0, 12).Select(i => Enumerable.Range(0, i).Select(_ => random.Next(6)).ToArray())];
            int[][] words = [.. Enumerable.Range(0, count).Select(i => Words(i == 5 ? longest : random.Next(longest)))];
            string[][] gold = [.. words.Select(all => all.Select(word => word < 6 ? "O" : word % 2 == 0 ? "B-X" : "I-X").ToArray())];
            int[][] ids = [.. gold.Select(all => TagSchemes.Convert(all, TagScheme.Bioes).Select(tag => form.Tags.IndexOf(tag)).ToArray())];
            return new TaggedSentences(words, words, forms, ids, gold, TagScheme.Iob2);

            int[] Words(int length) => [.. Enumerable.Range(0, length).Select(_ => random.Next(12))];
        }
    }

    private static TrainingCase Translator(TranslatorRecipe recipe)
    {
        // The validation has the longest.
        TranslatorForm form = new() { TargetUnits = [.. Enumerable.Range(0, 11).Select(i => $"u{i}")] };
        SentencePairs train = Pairs(30, 7), valid = Pairs(9, 10);
        return new(
            $"{recipe}", runner => TranslatorTask.MemoryNeedOf(recipe, 11, 11, TranslatorTask.LongestOf(recipe, train), runner),
            (memory, runner) => new TrainingRig<TranslatorBatch>(
                new TranslatorTask(recipe, form, 11, train, valid, runner, memory: memory)),
            parameters => new TranslatorEvaluator(
                new Translator(new TranslatorModel(recipe.ToConfig(11, 11), parameters.Values.ToArray()), form)).Evaluate(valid).Loss);

        SentencePairs Pairs(int count, int longest)
        {
            var random = new Random(longest);
            int[][] sources = [.. Enumerable.Range(0, count).Select(i => Units(i == 5 ? longest : random.Next(longest)))];
            int[][] targets = [.. Enumerable.Range(0, count).Select(i => Units(i == 7 ? longest : random.Next(longest)))];
            return new SentencePairs(sources, targets, [.. targets.Select(target => form.ToWords(target))]);

            int[] Units(int length) => [.. Enumerable.Range(0, length).Select(_ => random.Next(3, 11))];
        }
    }
}
