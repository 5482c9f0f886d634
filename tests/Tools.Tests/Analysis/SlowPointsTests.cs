using TinySD.Tools.Analysis;

namespace TinySD.Tools.Tests;

/// <summary>Slow points and Jacobians of maps that are written down here.</summary>
public sealed class SlowPointsTests
{
    // x = tanh(2 x), found by a pocket calculator's repetition.
    private const double Fixed = 0.9575040240772687;

    private static readonly TanhMap s_switches = new(new double[,] { { 2, 0 }, { 0, 2 } }, [0, 0]);

    [Test]
    [Arguments(4, 5)]
    [Arguments(5, 5)]
    [Arguments(13, 5)]
    [Arguments(3, 1)]
    public async Task The_jacobian_is_the_maps_slope(int size, int capacity)
    {
        var map = TanhMap.Random(size, seed: size, capacity);
        double[] state = [.. Enumerable.Range(0, size).Select(i => (double)(float)Math.Sin(i))];
        double[] found = Jacobian.At(map, [.. state.Select(value => (float)value)]);
        for (int j = 0; j < size; j++)
        {
            const double Step = 1e-5;
            double[] up = [.. state], down = [.. state];
            (up[j], down[j]) = (up[j] + Step, down[j] - Step);
            double[] slope = [.. map.Of(up).Zip(map.Of(down), (a, b) => (a - b) / (2 * Step))];
            for (int i = 0; i < size; i++) await Assert.That(Math.Abs(found[(i * size) + j] - slope[i])).IsLessThan(1e-7);
        }
    }

    [Test]
    public async Task The_gradient_of_q_is_its_slope()
    {
        const int Size = 6, Count = 3;
        var map = TanhMap.Random(Size, seed: 2);
        float[] states = [.. Enumerable.Range(0, Size * Count).Select(i => (float)Math.Cos(i * i))];
        float[] next = new float[states.Length], slopes = new float[states.Length];
        map.Step(states, Count, next);
        SlowPoints.Slopes(map, states, next, slopes);
        for (int i = 0; i < states.Length; i++)
        {
            const double Step = 1e-5;
            double[] own = [.. states[(i / Size * Size)..((i / Size * Size) + Size)].Select(value => (double)value)];
            double at = own[i % Size];
            own[i % Size] = at + Step;
            double up = map.Q(own);
            own[i % Size] = at - Step;
            await Assert.That(Math.Abs(slopes[i] - ((up - map.Q(own)) / (2 * Step)))).IsLessThan(1e-6);
        }
    }

    [Test]
    public async Task Two_switches_have_nine_fixed_points_stable_and_not()
    {
        double[] starts = [-1.2, -0.6, -0.05, 0, 0.04, 0.5, 0.9];
        float[] states = [.. from x in starts from y in starts from value in new[] { x, y } select (float)value];
        SlowPointSearch search = SlowPoints.Find(s_switches, states, new SlowPointSettings { Tolerance = 1e-13 });
        await Assert.That(search.Q.Max()).IsLessThan(1e-12);
        IReadOnlyList<SlowPoint> points = SlowPoints.Merge(search, 0.01);
        await Assert.That(points.Count).IsEqualTo(9);
        await Assert.That(points.Sum(point => point.Searches)).IsEqualTo(49);
        foreach (float value in points.SelectMany(point => point.State))
        {
            double nearest = new[] { -Fixed, 0, Fixed }.Min(known => Math.Abs(known - value));
            await Assert.That(nearest).IsLessThan(1e-5);
        }

        // At 0 a difference doubles at every step; at a switch's ends it falls by 2 (1 - x²).
        SlowPoint middle = points.Single(point => point.State.All(value => Math.Abs(value) < 0.1));
        double[] doubled = [.. Eigenvalues.General(Jacobian.At(s_switches, middle.State), 2)!.Values.Select(value => value.Real)];
        await Assert.That(Closeness.Furthest(doubled, (double[])[2.0, 2])).IsLessThan(1e-4);
        SlowPoint end = points.First(point => point.State.All(value => Math.Abs(value) > 0.5));
        double falls = Eigenvalues.General(Jacobian.At(s_switches, end.State), 2)!.Values[0].Real;
        await Assert.That(Math.Abs(falls - (2 * (1 - (Fixed * Fixed))))).IsLessThan(1e-4);
    }

    [Test]
    public async Task A_search_keeps_to_its_updates_and_says_how_far_it_came()
    {
        float[] states = [0.5f, -0.4f, (float)Fixed, (float)Fixed];
        SlowPointSearch few = SlowPoints.Find(s_switches, states, new SlowPointSettings { Updates = 3 });
        await Assert.That(few.Updates).IsEqualTo(3);
        await Assert.That(few.Q[0]).IsGreaterThan(1e-4);
        await Assert.That(few.Q[0]).IsLessThan(s_switches.Q([0.5, -0.4]));

        // The second is done before the first update.
        await Assert.That(few.Q[1]).IsLessThan(1e-9);
        await Assert.That(few.States[2..]).IsEquivalentTo([(float)Fixed, (float)Fixed]);
        SlowPointSearch none = SlowPoints.Find(s_switches, states, new SlowPointSettings { Updates = 0 });
        await Assert.That(none.Q[0]).IsEqualTo(s_switches.Q([0.5, -0.4])).Within(1e-6);
    }

    [Test]
    public async Task Batches_of_any_size_find_the_same()
    {
        float[] states = [.. Enumerable.Range(0, 7 * 4).Select(i => (float)Math.Sin(3 * i))];
        SlowPointSearch many = SlowPoints.Find(TanhMap.Random(4, 1, capacity: 7), states, new SlowPointSettings());
        SlowPointSearch one = SlowPoints.Find(TanhMap.Random(4, 1, capacity: 1), states, new SlowPointSettings());
        await Assert.That(many.States.AsSpan().SequenceEqual(one.States)).IsTrue();
        await Assert.That(many.Q.AsSpan().SequenceEqual(one.Q)).IsTrue();
    }

    [Test]
    public async Task A_map_that_leaves_the_numbers_ends_no_search_of_others()
    {
        var map = new TanhMap(new double[,] { { 2 } }, [0]);
        SlowPointSearch search = SlowPoints.Find(map, [float.NaN, 0.7f], new SlowPointSettings());
        await Assert.That(search.Q[0]).IsEqualTo(double.PositiveInfinity);
        await Assert.That(search.Q[1]).IsLessThan(1e-8);
        await Assert.That(SlowPoints.Merge(search, 0.1).Count).IsEqualTo(1);
    }

    [Test]
    public async Task No_search_leaves_the_bounds_of_the_states_that_were_seen()
    {
        // From 0.5 it would go on to the switch's end.
        var bounds = new StateBounds(2);
        bounds.Add([0.4f, -0.5f]);
        bounds.Add([0.7f, 0.5f]);
        SlowPointSearch search = SlowPoints.Find(s_switches, [0.5f, 0.45f, 0.6f, -0.45f], new SlowPointSettings(), bounds);
        await Assert.That(Closeness.Furthest(search.States, new[] { 0.7f, 0.5f, 0.7f, -0.5f })).IsLessThan(1e-6);
    }

    [Test]
    public async Task A_stop_ends_a_search()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        await Assert.That(() => SlowPoints.Find(s_switches, [0.5f, 0.5f], new SlowPointSettings(), stop: source.Token))
            .Throws<OperationCanceledException>();
    }

    [Test]
    public async Task The_points_shown_are_slow_and_lie_far_apart()
    {
        SlowPoint[] points = [.. new[] { 0f, 0.1f, 5f, 9f, 9.1f, 50f, 60f, 70f, 80f }.Select((at, i) => new SlowPoint([at], i, 1))];
        await Assert.That(SlowPoints.Spread(points, 3).Select(point => point.State[0])).IsEquivalentTo([0f, 9.1f, 5f]);
        await Assert.That(SlowPoints.Spread(points, 9).Count).IsEqualTo(5);
        await Assert.That(SlowPoints.Spread([points[3]], 3).Count).IsEqualTo(1);
        await Assert.That(SlowPoints.Spread([], 3).Count).IsEqualTo(0);
    }
}
