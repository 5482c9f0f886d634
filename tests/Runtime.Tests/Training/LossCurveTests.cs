using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>Losses in the course of a run, in a bounded number of points.</summary>
public sealed class LossCurveTests
{
    [Test]
    [Arguments(1)]
    [Arguments(256)]
    [Arguments(257)]
    [Arguments(512)]
    [Arguments(513)]
    [Arguments(5000)]
    public async Task Points_are_means_over_equally_many_updates(int updates)
    {
        (StepResult[] results, LossCurve curve) = Run(updates);
        int every = 1;
        while (updates > every * LossCurve.MostPoints) every *= 2;
        await Assert.That((curve.Every, curve.Count)).IsEqualTo((every, (updates + every - 1) / every));
        StepResult[][] points = [.. results.Chunk(every)];
        for (int i = 0; i < points.Length; i++)
        {
            double mean = points[i].Sum(result => result.Loss * result.Terms) / points[i].Sum(result => result.Terms);
            await Assert.That(curve.LossOf(i)).IsEqualTo(mean).Within(1e-12);
            await Assert.That(curve.UpdatesAt(i)).IsEqualTo(points.Take(i + 1).Sum(point => point.Length));
        }
    }

    [Test]
    [Arguments(0, 700)]
    [Arguments(3, 700)]
    [Arguments(257, 700)]
    [Arguments(513, 600)]
    [Arguments(700, 700)]
    public async Task One_that_goes_on_comes_to_the_same_points(int before, int updates)
    {
        (StepResult[] results, LossCurve whole) = Run(updates);
        var resumed = new LossCurve();
        resumed.Restore(Run(before).Curve.ToState(), before);
        foreach (StepResult result in results[before..]) resumed.Add(result);
        await Assert.That(Text(resumed.ToState())).IsEqualTo(Text(whole.ToState()));

        // Without what was kept it begins where it stands.
        var late = new LossCurve();
        late.Restore(null, 1000);
        late.Add(results[0]);
        await Assert.That((late.Count, late.UpdatesAt(0), late.LossOf(0))).IsEqualTo((1, 1001, results[0].Loss));
    }

    [Test]
    public async Task A_state_that_cannot_be_is_refused()
    {
        LossCurveState state = Run(5).Curve.ToState();
        await Assert.That(state.FindFault(5)).IsNull();
        await Assert.That(state.FindFault(6)).IsEqualTo("the curve of losses has 5 sums and 5 counts of terms in place of 6");
        await Assert.That((state with { Every = 0 }).FindFault(5)).IsNotNull();
        await Assert.That((state with { From = -1 }).FindFault(5)).IsNotNull();
        await Assert.That((state with { From = 6 }).FindFault(5)).IsNotNull();
        await Assert.That((state with { Terms = [1, 1, 1, 1] }).FindFault(5)).IsNotNull();
        await Assert.That((state with { Terms = [1, 1, 1, 1, 0] }).FindFault(5)).IsNotNull();
        await Assert.That((state with { LossSums = [1, 1, double.NaN, 1, 1] }).FindFault(5)).IsNotNull();
        await Assert.That(() => new LossCurve().Restore(state, 6)).Throws<ArgumentException>();
        double[] many = new double[300];
        await Assert.That(new LossCurveState(0, 1, many, new long[300]).FindFault(300)).IsNotNull();
    }

    private static (StepResult[] Results, LossCurve Curve) Run(int updates)
    {
        var random = new Random(3);
        StepResult[] results = [.. Enumerable.Range(0, updates).Select(_ => new StepResult(random.NextDouble(), 1, 1 + random.Next(9)))];
        var curve = new LossCurve();
        foreach (StepResult result in results) curve.Add(result);
        return (results, curve);
    }

    private static string Text(LossCurveState state) =>
        $"{state.From} {state.Every}: {string.Join(' ', state.LossSums)}; {string.Join(' ', state.Terms)}";
}
