using TinySD.Runtime.Tasks;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>What a run decides by its validation figures.</summary>
public sealed class ValidationHistoryTests
{
    // The rule of the authors' published code, written out for one epoch after another: the list holds the epochs before, and averaging
    // begins when it is longer than n and the new figure is worse than the least of all but its last n.
    [Test]
    [MatrixDataSource]
    public async Task Averaging_begins_where_the_authors_rule_says([Matrix(0, 1, 3, 5)] int n, [Matrix(1, 2, 3, 4)] int seed)
    {
        var random = new Random(seed);
        var logged = new List<double>();
        for (int epoch = 0; epoch < 60; epoch++)
        {
            double figure = 200 + (random.NextDouble() * 20) - epoch;
            bool expected = false;
            if (logged.Count > n)
            {
                double least = double.MaxValue;
                for (int i = 0; i < logged.Count - n; i++) least = Math.Min(least, logged[i]);
                expected = figure > least;
            }

            logged.Add(figure);
            await Assert.That(ValidationHistory.IsNonMonotonic(logged.ToArray(), n)).IsEqualTo(expected).Because($"epoch {epoch}");
        }
    }

    [Test]
    [Arguments("9 8 7 6 5", false)]
    [Arguments("9 8 7 8.5", true)] // worse than 8, the best but for the last
    [Arguments("9 8 7 7.5", false)] // worse than 7, which is too late to count
    [Arguments("9 9.5", false)] // too early
    [Arguments("9 8 8", false)] // no worse
    public async Task With_n_of_1_the_epoch_before_the_last_does_not_count(string series, bool expected) =>
        await Assert.That(ValidationHistory.IsNonMonotonic(Of(series), 1)).IsEqualTo(expected);

    [Test]
    [Arguments("9", 0, 0)]
    [Arguments("9 8 7", 0, 0)]
    [Arguments("9 8 8", 1, 1)]
    [Arguments("9 7 8 7.5 7", 3, 3)]
    [Arguments("9 7 8 6 6.5", 1, 2)]
    public async Task Epochs_without_anything_better_are_counted(string series, int sinceBest, int stalls)
    {
        await Assert.That(ValidationHistory.EpochsSinceBest(Of(series))).IsEqualTo(sinceBest);
        await Assert.That(ValidationHistory.Stalls(Of(series))).IsEqualTo(stalls);
    }

    [Test]
    public async Task Of_epochs_whose_metric_is_0_the_loss_decides_and_any_other_value_before_it()
    {
        var bleu = new Metric("BLEU", HigherIsBetter: true);
        (double Loss, double Value)[] epochs = [(9, 0), (2, 0), (3, 0), (8, 0.01), (1, 0), (0, 0), (7, -0.01)];
        double[] figures = Array.ConvertAll(epochs, epoch => bleu.Figure(epoch.Loss, epoch.Value));
        int[] bestFirst = [.. Enumerable.Range(0, epochs.Length).OrderBy(epoch => figures[epoch])];
        await Assert.That(string.Join(' ', bestFirst)).IsEqualTo("3 5 4 1 2 0 6");
        await Assert.That(ValidationHistory.EpochsSinceBest(figures.AsSpan(0, 3))).IsEqualTo(1);
        await Assert.That(new Metric("mse").Figure(5, 0)).IsEqualTo(0);
        await Assert.That((bleu with { IsJudgedByLoss = true }).Figure(5, 30)).IsEqualTo(5);
    }

    [Test]
    public async Task Patience_ends_a_run_and_a_plateau_divides_the_rate()
    {
        var recipe =
            new LanguageModelRecipe { Name = "test", LearningRate = 8f, Decay = 2f, LearningRateSchedule = LearningRateSchedule.Plateau };
        await Assert.That(recipe.LearningRateAt(0)).IsEqualTo(8f);
        await Assert.That(recipe.LearningRateAt(4, Of("9 7 8 8"))).IsEqualTo(2f);
        await Assert.That(recipe.IsOutOfPatience(Of("9 7 8 8"))).IsFalse();
        await Assert.That((recipe with { Patience = 2 }).IsOutOfPatience(Of("9 7 8 8"))).IsTrue();
        await Assert.That((recipe with { Patience = 3 }).IsOutOfPatience(Of("9 7 8 8"))).IsFalse();
        await Assert.That((recipe with { Patience = 1 }).IsOutOfPatience([])).IsFalse();
    }

    [Test]
    // Averaging begins after the last: 8 is worse than the 7 of the epochs up to 3 before the one before it.
    [Arguments("9 8 7 8 8 8 8", false)]
    [Arguments("9 8 7 8 8 8 8 8", false)]
    [Arguments("9 8 7 8 8 8 8 8 8", true)]
    [Arguments("9 8 7 8 8 8 8 6 8", false)] // better within its patience
    [Arguments("9 8 7 8 8 8 8 6 8 8", true)]
    public async Task Patience_counts_from_where_averaging_begins(string series, bool isOut)
    {
        var recipe = new LanguageModelRecipe { Name = "test", Optimizer = OptimizerKind.NtAsgd, NonMonotone = 3, Patience = 2 };
        await Assert.That(recipe.IsOutOfPatience(Of(series))).IsEqualTo(isOut);
    }

    [Test]
    [Arguments("9 8", null)]
    [Arguments("9 8 9", null)]
    [Arguments("9 8 9 9", 0)]
    [Arguments("9 8 9 9 7 6", 2)]
    public async Task Averaged_epochs_are_those_after_the_trigger(string series, int? averaged) =>
        await Assert.That(ValidationHistory.EpochsAveraged(Of(series), 1)).IsEqualTo(averaged);

    [Test]
    [Arguments(LearningRateSchedule.Constant, 8, 8, 8)]
    [Arguments(LearningRateSchedule.Linear, 8, 6, 2)]
    [Arguments(LearningRateSchedule.InverseTime, 8, 4, 2)]
    [Arguments(LearningRateSchedule.Cosine, 8, 6.82842712474619, 1.171572875253810)] // 4 (1 + cos(pi / 4)), 4 (1 + cos(3 pi / 4))
    public async Task Other_schedules_go_by_the_epoch_alone(LearningRateSchedule schedule, double first, double second, double last)
    {
        var recipe = new LanguageModelRecipe { Name = "test", LearningRate = 8f, Epochs = 4, LearningRateSchedule = schedule };
        await Assert.That((double)recipe.LearningRateAt(0)).IsEqualTo(first).Within(1e-6);
        await Assert.That((double)recipe.LearningRateAt(1)).IsEqualTo(second).Within(1e-6);
        await Assert.That((double)recipe.LearningRateAt(3)).IsEqualTo(last).Within(1e-6);
    }

    private static double[] Of(string series) =>
        [.. series.Split(' ').Select(figure => double.Parse(figure, System.Globalization.CultureInfo.InvariantCulture))];
}
