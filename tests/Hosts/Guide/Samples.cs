using TinySD.Formats;
using TinySD.Formats.Checkpoints;
using TinySD.Formats.Container;
using TinySD.Formats.Exchange.Onnx;
using TinySD.Formats.Models;
using TinySD.Formats.Tables;
using TinySD.Formats.Text;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;
using SchedulerThreads = TinySD.Hosts.Guide.Samples.Lending.SchedulerThreads;

namespace TinySD.Hosts.Guide;

/// <summary>The C# of README and library guide as it stands there. Tests hold the two to each other.</summary>
internal static partial class Samples
{
    public static void Generate()
    {
        // sample
        LoadedLanguageModel loaded = LanguageModelFile.Load("demo.tsd");
        var session = new LanguageModelSession(loaded.Model);
        var sampler = new TokenSampler(loaded.Vocabulary.Count, temperature: 0.7f, seed: 42);
        ReadOnlySpan<float> logits = session.Step(0);
        foreach (int token in Corpus.EncodeText("public ", loaded.Vocabulary)) logits = session.Step(token);
        for (int i = 0; i < 200; i++)
        {
            int token = sampler.Sample(logits);
            Console.Write(loaded.Vocabulary[token]);
            logits = session.Step(token);
        }
        // end
    }

    public static void Map()
    {
        // sample
        using MappedLanguageModel mapped = MappedLanguageModel.Open("demo.tsd");
        var session = new LanguageModelSession(mapped.Model);
        // end
        session.Reset();
    }

    public static void Train()
    {
        // sample
        Vocabulary vocabulary = Vocabulary.Build(Corpus.Count("train.txt", TextLevel.Character));
        int[] train = Corpus.Encode("train.txt", vocabulary), valid = Corpus.Encode("valid.txt", vocabulary);
        LanguageModelRecipe recipe = LanguageModelRecipe.FindPreset("char-small")!;
        using var threads = new WorkerPool(Environment.ProcessorCount);
        var task = new LanguageModelTask(recipe, vocabulary.Count, new TokenMemory(train), new TokenMemory(valid), threads);
        var run = new TrainingRun<TokenWindow>(task);
        while (!run.IsAtEnd && !run.IsOutOfPatience)
        {
            EpochOutcome epoch = run.TrainEpoch();
            Console.WriteLine($"epoch {epoch.Epoch}: validation perplexity {epoch.Valid.Metric:F1}");
            if (epoch != run.Best) continue;
            LanguageModelFile.Save("mine.tsd", task.ModelOf(run.ParametersToKeep), vocabulary, new()
            {
                Recipe = recipe,
                Data = new TextsRecord { Train = new("train.txt", train.Length), Valid = new("valid.txt", valid.Length) },
            });
        }
        // end
    }

    public static void Evaluate()
    {
        // sample
        LoadedLanguageModel loaded = LanguageModelFile.Load("mine.tsd");
        var evaluator = new LanguageModelEvaluator(loaded.Model);
        EvaluationResult result = evaluator.Evaluate(Corpus.Encode("test.txt", loaded.Vocabulary));
        Console.WriteLine($"perplexity {result.Perplexity:F2} of {result.Tokens} tokens");
        // end
    }

    public static void Stop(
        TrainingRun<TokenWindow> run, LanguageModelRecipe recipe, Vocabulary vocabulary, int[] train, int[] valid)
    {
        // sample
        LanguageModelCheckpoint.Format.Write("run.tsd", new()
        {
            Recipe = recipe,
            Data = new()
            {
                Level = vocabulary.Level,
                MinimumCount = 1,
                Vocabulary = new(vocabulary.Count, Fingerprint.Of(vocabulary)),
                Train = new("train.txt", train.Length, Fingerprint.Of(new TokenMemory(train))),
                Valid = new("valid.txt", valid.Length, Fingerprint.Of(new TokenMemory(valid))),
            },
            Settings = new() { Output = "mine.tsd", Dtype = TensorStorage.F32, CheckpointKeep = 1 },
            State = run.ToState(totalSeconds: run.Seconds),
        }, run.ToBlocks());
        // end
    }

    public static void GoOn(TrainingRun<TokenWindow> run)
    {
        // sample
        if (!LanguageModelCheckpoint.Format.TryOpen("run.tsd", out var file, out FileProblem? problem))
            throw new FileProblemException(problem);
        using (file) run.Restore(file.Content.State, file.Load);
        Console.WriteLine($"going on in epoch {run.Epoch + 1}, after {run.Updates} updates");
        // end
    }

    public static void Classify()
    {
        // sample
        LoadedClassifier loaded = ClassifierFile.Load("trec.tsd");
        var session = new ClassifierSession(loaded.Classifier);
        ReadOnlySpan<double> probabilities = session.Classify(loaded.Encode("who wrote faust ?"));
        for (int i = 0; i < probabilities.Length; i++)
            Console.WriteLine($"{loaded.Classifier.Form.Labels[i]} {probabilities[i]:F3}");
        // end
    }

    public static void TrainClassifier()
    {
        // sample
        LabelledTexts texts = LabelledTexts.Read("train.txt"), held = LabelledTexts.Read("valid.txt");
        var reading = new TextReading { IsLowerCase = true };
        var classes = ClassNames.Of(texts.Path, texts.Rows);
        Vocabulary words = reading.BuildVocabulary(texts.Rows.Select(row => row.Text));
        using var threads = new WorkerPool(Environment.ProcessorCount);
        var task = new ClassifierTask(
            ClassifierRecipe.Presets[0], new ClassifierForm { Labels = classes.Names }, words.Count,
            reading.Encode(texts, words, classes), reading.Encode(held, words, classes), threads);
        var run = new TrainingRun<SequenceBatch>(task);
        while (!run.IsAtEnd) Console.WriteLine($"accuracy {run.TrainEpoch().Valid.Metric:P1}");
        // end
    }

    public static void Tag()
    {
        // sample
        LoadedTagger loaded = TaggerFile.Load("ner.tsd");
        WordForms forms = loaded.Description.Words;
        var session = new TaggerSession(loaded.Tagger);
        string[] words = "EU rejects German call to boycott British lamb .".Split(' ');
        ReadOnlySpan<int> tags = session.Tag(
            Array.ConvertAll(words, forms.IdOf), Array.ConvertAll(words, forms.CharactersOf));
        for (int i = 0; i < words.Length; i++) Console.WriteLine($"{words[i]} {loaded.Tagger.Form.Tags[tags[i]]}");
        // end
    }

    public static void TrainTagger()
    {
        // sample
        ConllFile train = ConllFile.Read("train.conll"), valid = ConllFile.Read("valid.conll");
        TaggerForm form = train.LearnTags(TagScheme.Bioes);
        WordForms forms = WordForms.Build(train.Sentences, new WordReading { IsLowerCase = true, ZeroesDigits = true });
        using var threads = new WorkerPool(Environment.ProcessorCount);
        var task = new TaggerTask(
            TaggerRecipe.FindPreset("tagger-small")!, form, forms.Words.Count, forms.Characters.Count,
            forms.Encode(train, form), forms.Encode(valid, form), threads);
        var run = new TrainingRun<TaggerBatch>(task);
        while (!run.IsAtEnd) Console.WriteLine($"F1 {run.TrainEpoch().Valid.Metric:F2}");
        // end
    }

    public static void Translate()
    {
        // sample
        LoadedTranslator loaded = TranslatorFile.Load("de-en.tsd");
        var session = new TranslatorSession(loaded.Translator, new DecodingOptions { Beam = 5, LengthPenalty = 1 });
        EncodedSentence source = loaded.Encode("ein hund rennt durch den schnee .");
        foreach (Translation translation in session.Translate(source.Units))
            Console.WriteLine(string.Join(' ', session.WordsOf(translation)));
        // end
    }

    public static void TrainTranslator()
    {
        // sample
        ParallelTexts train = ParallelTexts.Read("train.de", "train.en").WithoutEmpty();
        ParallelTexts valid = ParallelTexts.Read("val.de", "val.en");
        TranslationUnits units = TranslationUnits.Build(train, new TranslationUnitOptions { Merges = 8000 });
        TranslatorRecipe recipe = TranslatorRecipe.FindPreset("multi30k-small")!;
        using var threads = new WorkerPool(Environment.ProcessorCount);
        var task = new TranslatorTask(
            recipe, units.Form, units.Source.Vocabulary.Count, units.Encode(train), units.Encode(valid), threads);
        var run = new TrainingRun<TranslatorBatch>(task) { KeepsBest = true };
        while (!run.IsAtEnd) Console.WriteLine($"BLEU {run.TrainEpoch().Valid.Metric:F1}");
        var data = new PairsRecord
        {
            Train = new("train.de", "train.en", task.PairCount), Valid = new("val.de", "val.en", valid.Count),
        };
        var translator = new Translator(task.ModelOf(run.BestParameters!), units.Form);
        TranslatorFile.Save("de-en.tsd", translator, new(units, new() { Recipe = recipe, Data = data }));
        // end
    }

    public static void Predict()
    {
        // sample
        LoadedRegressor loaded = RegressorFile.Load("oil.tsd");
        var session = new RegressorSession(loaded.Regressor);
        foreach (double temperature in (double[])[30.5, 27.8, 27.8, 25.0])
        {
            ReadOnlySpan<double> ahead = session.Step([temperature]);
            Console.WriteLine($"the next: {ahead[0]:F1}, the last: {ahead[^1]:F1}");
        }
        // end
    }

    public static void TrainRegressor()
    {
        // sample
        SeriesTable table = NumberTable.Read("ETTh1.csv.gz").Series(["OT"]);
        SeriesPart train = new(table, 0, 8640), valid = new(table, 8640, 2880), test = new(table, 11520, 2880);
        RegressorRecipe recipe = RegressorRecipe.Presets[0] with { Horizon = 24 };
        var task = new RegressorTask(recipe, inputs: ["OT"], targets: ["OT"], train, valid);
        var run = new TrainingRun<SequenceBatch>(task) { KeepsBest = true };
        while (!run.IsAtEnd) Console.WriteLine($"mse {run.TrainEpoch().Valid.Metric:F4}");
        RegressionResult result = task.Evaluate(run.BestParameters!, test);
        Console.WriteLine($"mse {result.All.Model.Mse:F4}; repeating the last value: {result.All.Persistence.Mse:F4}");
        // end
    }

    public static void Personalize()
    {
        // sample
        LoadedRegressor loaded = RegressorFile.Load("oil.tsd");
        RegressorRecipe recipe = loaded.Training.Recipe with { BatchSize = 1, Bptt = 16, LearningRate = 0.002f };
        var personal = new RegressorPersonalizer(loaded.Regressor, recipe, budgetBytes: 1_000_000);
        personal.Use(SeriesPart.All(NumberTable.Read("mine.csv").Series(["OT"])));
        for (int i = 0; i < 200; i++) personal.Step();
        var session = new RegressorSession(personal.Regressor);
        RegressorFile.Save("mine.tsd", personal.Regressor, loaded.Training);
        // end
        Keep(personal);
        session.Reset();
    }

    public static void Keep(RegressorPersonalizer personal)
    {
        // sample
        SessionStateFile.Save("personal.tsd", personal);
        SessionStateFile.Load("personal.tsd", personal);
        // end
    }

    public static void Exchange()
    {
        // sample
        RecurrentStack stack = OnnxNetwork.Open("encoder.onnx").ToStack();
        var stream = new RecurrentSession(stack, batch: 1, maxTimeSteps: 16);
        float[] frame = new float[stack.Config.InputSize], encoded = new float[stack.Config.OutputSize];
        stream.Run(frame, encoded);
        // end
    }

    public static void Compose()
    {
        // sample
        var layout = new ParameterLayout();
        RecurrentStackConfig reader = new()
        {
            Cell = CellKind.Lstm, InputSize = 12, HiddenSize = 16, LayerCount = 1, Direction = RecurrentDirection.Bidirectional,
        };
        RecurrentStackConfig writer = reader with { HiddenSize = 32, Direction = RecurrentDirection.Forward };
        IReadOnlyList<RecurrentSlots> read = RecurrentStack.Declare(reader, layout, "reader.");
        DecoderSlots write = DecoderSlots.Add(
            layout, RecurrentStack.Declare(writer, layout, "writer."), AttentionKind.General, memoryUnits: 32, outputUnits: 32);
        NetworkPlan plan = Trainer.NewPlan();
        WindowShape source = new(Batch: 16, TimeSteps: 25, Training: true), target = source with { TimeSteps = 30 };
        var encoder = new RecurrentEncoder(
            read, directions: 2, isReverse: false, source, MaskOrigin.None, plan, "reader.", hasStateGradients: true);
        var decoder = new AttentionDecoder(write, source, target, MaskOrigin.None, rates: default, plan, "writer.");
        var bridge = new StateBridge(encoder, from: 0, decoder, to: 0, slots: null, plan);
        plan.Take();
        // end
        bridge.Update(new ParameterBlock(layout));
    }

    public static void Chain()
    {
        // sample
        var chain = new LinearChainCrf(tags: 2, longest: 10);
        chain.SetScores(transitions: [1f, -1f, -1f, 1f], first: [0f, 0f], last: [0f, 0f]);
        float[] scores = [2f, 0f, 0f, 0.5f, 2f, 0f];
        int[] best = new int[3];
        double[] probabilities = new double[6];
        chain.Decode(scores, best);
        chain.Marginals(scores, probabilities);
        Console.WriteLine($"{string.Join(' ', best)}, the second is 0 with {probabilities[2]:P0}");
        // end
    }

    public static void Stream(RecurrentStack stack)
    {
        // sample
        const int Characters = 1000;
        var crowd = new RecurrentSession(stack, batch: Characters);
        float[] senses = new float[Characters * stack.Config.InputSize], acts = new float[Characters * stack.Config.OutputSize];
        crowd.Step(senses, acts);
        crowd.Reset(17);
        byte[] character = new byte[crowd.SequenceStateBytes];
        crowd.CopyState(3, character);
        crowd.SetState(4, character);
        // end
    }

    public static void SaveStates(LanguageModelSession session, TokenSampler sampler)
    {
        // sample
        SessionStateFile.Save("scene.tsd", session, sampler);
        SessionStateFile.Load("scene.tsd", session, sampler);
        // end
    }

    public static void Compact(MappedLanguageModel mapped)
    {
        // sample
        LanguageModel half = mapped.Model.ConvertTo(WeightFormat.BFloat16), quarter = mapped.Model.ConvertTo(WeightFormat.Int8);
        var small = new LanguageModelSession(quarter);
        // end
        small.Reset();
        half.ConvertTo(WeightFormat.Single);
    }

    public static void WriteFewerBytes()
    {
        // sample
        LoadedLanguageModel loaded = LanguageModelFile.Load("demo.tsd");
        LanguageModelFile.Save("demo8.tsd", loaded.Model.ConvertTo(WeightFormat.Int8), loaded.Vocabulary, loaded.Training);
        // end
    }

    public static void Skip()
    {
        // sample
        LoadedRegressor loaded = RegressorFile.Load("oil.tsd");
        var session = new RegressorSession(loaded.Regressor, delta: new(0.05f));
        foreach (double temperature in (double[])[30.5, 27.8, 27.8, 25.0]) session.Step([temperature]);
        foreach (DeltaCount count in session.CountDelta())
            Console.WriteLine($"{count.Product}: {count.SkippedShare:P0} of {count.Inputs} rows skipped");
        Console.WriteLine($"{DeltaCount.SkippedShareOf(session.CountDelta()):P0} of all multiply-adds");
        // end
    }

    internal static class Lending
    {
        // sample
        internal sealed class SchedulerThreads(int count) : IParallelRunner
        {
            public int ThreadCount => count;

            public void Run(ParallelWork work) => Parallel.For(0, count, work.Invoke);
        }
        // end
    }

    public static void Lend()
    {
        // sample
        LoadedRegressor loaded = RegressorFile.Load("oil.tsd");
        Memory<float> block = default;
        var session = new RegressorSession(
            loaded.Regressor, new SchedulerThreads(2), memory: floats => block = new float[floats]);
        Console.WriteLine($"the session has {block.Length * sizeof(float)} bytes of mine");
        // end
        session.Reset();
    }

    public static void Fail()
    {
        // sample
        try
        {
            LanguageModelFile.Load("damaged.tsd");
        }
        catch (FileProblemException exception)
        {
            FileProblem problem = exception.Problem;
            Console.WriteLine($"{problem.Kind} in {problem.File} at byte {problem.Offset}: {problem.Message}");
        }
        // end
    }

    public static void PackagedRuntime()
    {
        // sample
        int[] tokens = [.. Enumerable.Range(0, 6000).Select(i => i % 11 * (i % 11) % 7)];
        var recipe = new LanguageModelRecipe { Name = "mine", HiddenSize = 64, EmbeddingSize = 16, BatchSize = 8, Bptt = 16 };
        var train = new TokenMemory(tokens.AsMemory(0, 5000));
        var valid = new TokenMemory(tokens.AsMemory(5000));
        var task = new LanguageModelTask(recipe, vocabularySize: 7, train, valid);
        var run = new TrainingRun<TokenWindow>(task);
        Console.WriteLine($"validation perplexity {run.TrainEpoch().Valid.Metric}");

        var session = new LanguageModelSession(task.ModelOf(run.ParametersToKeep));
        foreach (float logit in session.Step(tokens[0])) Console.WriteLine(logit);
        // end
    }

    public static void PackagedFormats()
    {
        // sample
        string text = string.Concat(Enumerable.Repeat("the quick brown fox jumps over the lazy dog. ", 200));
        Vocabulary vocabulary = Vocabulary.Build(Corpus.CountText(text, TextLevel.Character));
        int[] tokens = Corpus.EncodeText(text, vocabulary);
        var recipe = new LanguageModelRecipe { Name = "mine", HiddenSize = 64, EmbeddingSize = 16, BatchSize = 8, Bptt = 16 };
        var train = new TokenMemory(tokens.AsMemory(0, 8000));
        var valid = new TokenMemory(tokens.AsMemory(8000));
        var task = new LanguageModelTask(recipe, vocabulary.Count, train, valid);
        var run = new TrainingRun<TokenWindow>(task);
        Console.WriteLine($"validation perplexity {run.TrainEpoch().Valid.Metric}");
        LanguageModelFile.Save("mine.tsd", task.ModelOf(run.ParametersToKeep), vocabulary, new()
        {
            Recipe = recipe,
            Data = new TextsRecord { Train = new("the fox", 8000), Valid = new("the fox", tokens.Length - 8000) },
        });

        LoadedLanguageModel loaded = LanguageModelFile.Load("mine.tsd");
        var session = new LanguageModelSession(loaded.Model);
        var sampler = new TokenSampler(loaded.Vocabulary.Count, temperature: 1f, seed: 42);
        ReadOnlySpan<float> logits = session.Step(tokens[0]);
        for (int i = 0; i < 60; i++)
        {
            int token = sampler.Sample(logits);
            Console.Write(loaded.Vocabulary[token]);
            logits = session.Step(token);
        }
        // end
    }

    public static void GameEngine(byte[] bytes, int characters, double[] rows, double[] predictions)
    {
        // sample
        LoadedRegressor brain = RegressorFile.Load(bytes, "brain.tsd");
        var session = new RegressorSession(brain.Regressor, batch: characters);
        // end

        // sample
        session.Step(rows, predictions);
        // end
    }
}
