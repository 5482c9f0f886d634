using TinySD.Runtime.Hardware;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;

namespace TinySD.Hosts.Bits;

/// <summary>A small model of every kind, trained for ten steps on data that a formula gives.</summary>
internal sealed class Kinds
{
    private const int Vocabulary = 60, Updates = 10;

    private static readonly DropoutSpec s_dropout =
        new() { Kind = DropoutKind.Structured, Embedding = 0.4f, Layer = 0.4f, Recurrent = 0.4f, Output = 0.4f };

    public Kinds(IParallelRunner runner, HardwareProfile? hardware)
    {
        LanguageModel = Train(runner, hardware);
        Regressor = TrainRegressor(runner, hardware);
        Classifier = TrainClassifier(runner, hardware);
    }

    public LanguageModel LanguageModel { get; }

    public Regressor Regressor { get; }

    public Classifier Classifier { get; }

    public static int TokenAt(int i) => (int)((long)i * i % 977 % Vocabulary);

    public static double[] RowAt(int i) => [(i * 37 % 101 / 10.0) - 5, i * i % 89];

    public static int[] SentenceAt(int sequence)
    {
        int[] tokens = new int[5 + (sequence % 20)];
        for (int i = 0; i < tokens.Length; i++) tokens[i] = TokenAt((sequence * 13) + i);
        return tokens;
    }

    private static LanguageModel Train(IParallelRunner runner, HardwareProfile? hardware)
    {
        var recipe = new LanguageModelRecipe
        {
            Name = "bits", HiddenSize = 96, EmbeddingSize = 96, BatchSize = 6, Bptt = 12, Dropout = s_dropout,
        };
        var model = new LanguageModel(recipe.ToConfig(Vocabulary));
        model.Initialize(recipe.Seed, recipe.InitRange, recipe.ForgetBias);
        var trainer = new LanguageModelTrainer(model, recipe, runner: runner, hardware: hardware);
        int[] tokens = new int[5000];
        for (int i = 0; i < tokens.Length; i++) tokens[i] = TokenAt(i);
        var windows = new TokenWindows(tokens, recipe.BatchSize, recipe.Bptt);
        int[] inputs = new int[recipe.BatchSize * recipe.Bptt], targets = new int[inputs.Length];
        for (int step = 0; step < Updates; step++)
        {
            windows.Fill(step, inputs, targets);
            trainer.Step(inputs, targets);
        }

        return model;
    }

    private static Regressor TrainRegressor(IParallelRunner runner, HardwareProfile? hardware)
    {
        double[] saw = new double[2000], squares = new double[2000];
        for (int i = 0; i < saw.Length; i++) (saw[i], squares[i]) = (RowAt(i)[0], RowAt(i)[1]);
        var table = new SeriesTable(["saw", "squares"], [saw, squares]);
        RegressorRecipe recipe = RegressorRecipe.Presets[0] with { Dropout = s_dropout, BatchSize = 4, Bptt = 16 };
        var task = new RegressorTask(
            recipe, ["saw", "squares"], ["squares"], new(table, 0, 1500), new(table, 1500, 500), runner, hardware);
        Run(task);
        return task.Regressor;
    }

    private static Classifier TrainClassifier(IParallelRunner runner, HardwareProfile? hardware)
    {
        var sentences = new int[400][];
        var labels = new int[sentences.Length][];
        for (int i = 0; i < sentences.Length; i++) (sentences[i], labels[i]) = (SentenceAt(i), [i % 3]);
        LabelledSequences train = LabelledSequences.OfTokens(sentences, labels);
        ClassifierRecipe recipe = ClassifierRecipe.Presets[0] with { Dropout = s_dropout, BatchSize = 16 };
        var task = new ClassifierTask(recipe, new() { Labels = ["a", "b", "c"] }, Vocabulary, train, train, runner, hardware);
        Run(task);
        return task.Classifier;
    }

    private static void Run(TrainingTask<SequenceBatch> task)
    {
        var run = new TrainingRun<SequenceBatch>(task);
        for (int step = 0; step < Updates; step++)
            if (!run.TryStep(out _)) throw new InvalidOperationException("there is too little data for ten steps");
    }
}
