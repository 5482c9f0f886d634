using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;
using TinySD.Tools.Analysis;

namespace TinySD.Tools.Tests;

/// <summary>A world of unordered classes: word 4 k + s is worth 2, 1, -1 or nothing to class k, and a text has the class of the largest
/// sum.</summary>
internal sealed class EvidenceWorld(int classes)
{
    private static readonly int[] s_worth = [2, 1, -1, 0];

    public int Vocabulary => 4 * classes;

    public IReadOnlyList<string> Words =>
        [.. from k in Enumerable.Range(0, classes) from s in new[] { "very", "some", "not", "any" } select $"{s}{k}"];

    /// <summary>Texts, and their classes; shuffled, the classes of others.</summary>
    public (int[][] Texts, int[][] Labels) Draw(int seed, int count, bool shuffled = false)
    {
        var random = new Random(seed);
        var texts = new List<int[]>();
        var labels = new List<int[]>();
        while (texts.Count < count)
        {
            int[] text = [.. Enumerable.Range(0, random.Next(8, 25)).Select(_ => random.Next(Vocabulary))];
            int[] sums = Sums(text);
            int best = sums.Max();
            if (sums.Count(sum => sum == best) > 1) continue;
            texts.Add(text);
            labels.Add([Array.IndexOf(sums, best)]);
        }

        if (!shuffled) return ([.. texts], [.. labels]);
        int[][] moved = [.. labels];
        random.Shuffle(moved);
        return ([.. texts], moved);
    }

    public int[] Sums(int[] text)
    {
        int[] sums = new int[classes];
        foreach (int word in text) sums[word / 4] += s_worth[word % 4];
        return sums;
    }

    /// <summary>A network trained on it; for no epochs, one as it begins.</summary>
    public Classifier Train(
        CellKind cell, int epochs, bool shuffled = false, int layers = 1, int texts = 6000,
        Func<ClassifierRecipe, ClassifierRecipe>? change = null)
    {
        (int[][] train, int[][] labels) = Draw(1, texts, shuffled);
        (int[][] valid, int[][] validLabels) = Draw(2, 200, shuffled);
        var recipe = new ClassifierRecipe
        {
            Name = "world", Cell = cell, HiddenSize = 16, EmbeddingSize = 12, LayerCount = layers, BatchSize = 32,
            Epochs = Math.Max(1, epochs), WeightDecay = 1e-3f,
            Optimizer = OptimizerKind.Adam, LearningRate = 0.01f, LearningRateSchedule = LearningRateSchedule.Constant,
            LossReduction = LossReduction.Mean,
        };
        if (change is not null) recipe = change(recipe);
        using var pool = new WorkerPool(1);
        var task = new ClassifierTask(
            recipe, new ClassifierForm { Labels = [.. Enumerable.Range(0, classes).Select(k => $"class {k}")] }, Vocabulary,
            LabelledSequences.OfTokens(train, labels), LabelledSequences.OfTokens(valid, validLabels), pool);
        var run = new TrainingRun<SequenceBatch>(task);
        for (int i = 0; i < epochs; i++) run.TrainEpoch();
        return task.Classifier;
    }

    /// <summary>Looks at a classifier as it reads texts of the world.</summary>
    public AnalysisFindings Analyse(Classifier classifier, AnalysisSettings? settings = null, int threads = 1, int texts = 300)
    {
        (int[][] test, int[][] labels) = Draw(3, texts);
        using var pool = new WorkerPool(threads);
        var sequences = AnalysedSequences.OfTokens(classifier.Model, test, [.. labels.Select(label => label[0])]);
        return new NetworkAnalysis(
            Network(classifier), sequences, settings ?? new AnalysisSettings { Starts = 64, Points = 4 }, pool, null, (_, _) => { },
            default).Run();
    }

    public AnalysedModel Network(Classifier classifier) =>
        new(classifier.Model, classifier.Form.Labels, classifier.Form.Labels, IsSoftmax: true, Words);
}
