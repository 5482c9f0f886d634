// sample
using TinySD.Formats.Exchange.Onnx;
using TinySD.Formats.Models;
using TinySD.Formats.Text;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Models;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;
// end

namespace TinySD.Tools.Tests;

/// <summary>The README's C# as it stands there, compiled; <see cref="ReadmeTests"/> holds the two to each other.</summary>
internal static class ReadmeSamples
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
        int[] tokens = Corpus.Encode("train.txt", vocabulary);
        LanguageModelRecipe recipe = LanguageModelRecipe.FindPreset("char-small")!;
        var model = new LanguageModel(recipe.ToConfig(vocabulary.Count));
        model.Initialize(recipe.Seed, recipe.InitRange, recipe.ForgetBias, recipe.InitScheme);
        using var threads = new WorkerPool(Environment.ProcessorCount);
        var trainer = new LanguageModelTrainer(model, recipe, threads);
        var windows = new TokenWindows(tokens, recipe.BatchSize, recipe.Bptt);
        int[] inputs = new int[recipe.BatchSize * recipe.Bptt], targets = new int[inputs.Length];
        for (int step = 0; step < windows.Count; step++)
        {
            windows.Fill(step, inputs, targets);
            Console.WriteLine(trainer.Step(inputs, targets).Loss);
        }

        int[] valid = Corpus.Encode("valid.txt", vocabulary);
        Console.WriteLine(new LanguageModelEvaluator(model, threads).Evaluate(valid).Perplexity);
        LanguageModelFile.Save("mine.tsd", model, vocabulary, new TrainingRecord
        {
            Recipe = recipe,
            Train = new TextRecord("train.txt", tokens.Length),
            Valid = new TextRecord("valid.txt", valid.Length),
        });
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
}
