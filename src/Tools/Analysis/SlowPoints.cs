namespace TinySD.Tools.Analysis;

/// <summary>How slow points are looked for.</summary>
internal sealed record SlowPointSettings
{
    /// <summary>The most updates.</summary>
    public int Updates { get; init; } = 4000;

    /// <summary>A point whose q is no larger is done.</summary>
    public double Tolerance { get; init; } = 1e-9;

    /// <summary>The first update's size, of each number of the state; the larger, the further searches stray from where they began. Falls
    /// to <see cref="LastRate"/> by the same factor at every update.</summary>
    public double Rate { get; init; } = 0.01;

    /// <summary>The last update's.</summary>
    public double LastRate { get; init; } = 1e-4;
}

/// <summary>Where a search ended, for each of N starting states.</summary>
/// <param name="States">The states of the least q seen, [N][S].</param>
/// <param name="Q">Their q, [N]; infinite where F never was finite.</param>
/// <param name="Updates">How many updates were made.</param>
internal sealed record SlowPointSearch(float[] States, double[] Q, int Updates);

/// <summary>A point that some searches came to.</summary>
/// <param name="State">[S].</param>
/// <param name="Q">Its q.</param>
/// <param name="Searches">How many ended here, or close to it.</param>
internal sealed record SlowPoint(float[] State, double Q, int Searches);

/// <summary>States that a map hardly moves: q(h) = 1/2 |h - F(h)|² is minimised from states that a network visits (Sussillo, Barak,
/// "Opening the black box", Neural Computation 2013).</summary>
internal static class SlowPoints
{
    private const double Decay1 = 0.9, Decay2 = 0.999, Epsilon = 1e-8;

    /// <summary>Minimises q by Adam (Kingma, Ba, ICLR 2015) from all starting states at once. Its gradient is (I - J)^T (h - F(h)), by the
    /// map's backward pass.</summary>
    /// <param name="map">F.</param>
    /// <param name="starts">[N][S].</param>
    /// <param name="settings">When to end.</param>
    /// <param name="bounds">The least and the most of each number of a state, which no search leaves; null for none.</param>
    /// <param name="progress">Told the share that is done.</param>
    /// <param name="stop">Ends it with an exception.</param>
    public static SlowPointSearch Find(
        IStateMap map, ReadOnlySpan<float> starts, SlowPointSettings settings, StateBounds? bounds = null,
        Action<double>? progress = null, CancellationToken stop = default)
    {
        int size = map.Size, all = starts.Length / size;
        var search = new Search(map, settings, starts.ToArray(), bounds);
        int most = 0;
        for (int first = 0; first < all; first += map.Capacity)
        {
            int from = first, count = Math.Min(map.Capacity, all - first);
            most = Math.Max(most, search.Run(from, count, share => progress?.Invoke((from + (share * count)) / all), stop));
        }

        return new SlowPointSearch(search.Best, search.Q, most);
    }

    /// <summary>One point for all that lie within a distance of it: the one of least q, from the least q on.</summary>
    /// <param name="search">Where searches ended; those of infinite q are left out.</param>
    /// <param name="distance">The distance.</param>
    public static IReadOnlyList<SlowPoint> Merge(SlowPointSearch search, double distance)
    {
        int size = search.Q.Length == 0 ? 0 : search.States.Length / search.Q.Length;
        var kept = new List<SlowPoint>();
        foreach (int i in Enumerable.Range(0, search.Q.Length).Where(i => double.IsFinite(search.Q[i])).OrderBy(i => search.Q[i]))
        {
            float[] state = search.States[(i * size)..((i + 1) * size)];
            int near = kept.FindIndex(point => Distance(point.State, state) <= distance);
            if (near < 0) kept.Add(new SlowPoint(state, search.Q[i], 1));
            else kept[near] = kept[near] with { Searches = kept[near].Searches + 1 };
        }

        return kept;
    }

    /// <summary>A few points that stand for all: the first, and then always the one that is furthest from those chosen. Searches that got
    /// stuck end far away, so that only the slower half of the points is chosen from.</summary>
    /// <param name="points">From the least q on.</param>
    /// <param name="most">How many at the most.</param>
    public static IReadOnlyList<SlowPoint> Spread(IReadOnlyList<SlowPoint> points, int most)
    {
        points = [.. points.Take((points.Count + 1) / 2)];
        var chosen = new List<SlowPoint>();
        double[] nearest = [.. points.Select(_ => double.PositiveInfinity)];
        while (chosen.Count < Math.Min(most, points.Count))
        {
            int next = chosen.Count == 0 ? 0 : Array.IndexOf(nearest, nearest.Max());
            chosen.Add(points[next]);
            for (int i = 0; i < points.Count; i++) nearest[i] = Math.Min(nearest[i], Distance(points[i].State, points[next].State));
            nearest[next] = -1;
        }

        return chosen;
    }

    /// <summary>The gradients of q at the states of the map's last step.</summary>
    /// <param name="map">F.</param>
    /// <param name="states">h, [count][S].</param>
    /// <param name="next">F(h), as the step gave it; receives h - F(h).</param>
    /// <param name="slopes">Receives (I - J)^T (h - F(h)), [count][S].</param>
    public static void Slopes(IStateMap map, ReadOnlySpan<float> states, Span<float> next, Span<float> slopes)
    {
        for (int i = 0; i < states.Length; i++) next[i] = states[i] - next[i];
        map.PullBack(next[..states.Length], slopes);
        for (int i = 0; i < states.Length; i++) slopes[i] = next[i] - slopes[i];
    }

    public static double Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double difference = (double)a[i] - b[i];
            sum += difference * difference;
        }

        return Math.Sqrt(sum);
    }

    private sealed class Search(IStateMap map, SlowPointSettings settings, float[] starts, StateBounds? bounds)
    {
        private readonly int _size = map.Size;

        public float[] Best { get; } = [.. starts];

        public double[] Q { get; } = [.. Enumerable.Repeat(double.PositiveInfinity, starts.Length / map.Size)];

        /// <summary>Searches from the states [first, first + count), and says how many updates that took. Points that are done leave the
        /// batch, so that the rest costs less.</summary>
        public int Run(int first, int count, Action<double> progress, CancellationToken stop)
        {
            int[] at = [.. Enumerable.Range(first, count)];
            double[] points = Array.ConvertAll(starts.AsSpan(first * _size, count * _size).ToArray(), value => (double)value);
            double[] mean = new double[points.Length], square = new double[points.Length];
            float[] states = new float[points.Length], next = new float[points.Length], pulled = new float[points.Length];
            double fall = Math.Pow(settings.LastRate / settings.Rate, 1.0 / Math.Max(1, settings.Updates - 1)), rate = settings.Rate;
            for (int update = 0; ; update++, rate *= fall)
            {
                stop.ThrowIfCancellationRequested();
                progress((double)update / settings.Updates);
                for (int i = 0; i < count * _size; i++) states[i] = (float)points[i];
                map.Step(states.AsSpan(0, count * _size), count, next);
                int left = Keep(at, count, points, mean, square, states, next);
                if (left == 0 || update == settings.Updates) return update;
                if (left < count) map.Step(states.AsSpan(0, left * _size), left, next);
                count = left;
                Slopes(map, states.AsSpan(0, count * _size), next, pulled);
                double correction1 = 1 - Math.Pow(Decay1, update + 1), correction2 = 1 - Math.Pow(Decay2, update + 1);
                for (int i = 0; i < count * _size; i++)
                {
                    double slope = pulled[i];
                    mean[i] += (1 - Decay1) * (slope - mean[i]);
                    square[i] += (1 - Decay2) * ((slope * slope) - square[i]);
                    points[i] -= rate * (mean[i] / correction1) / (Math.Sqrt(square[i] / correction2) + Epsilon);
                    if (bounds is not null) points[i] = bounds.Clamp(points[i], i % _size);
                }
            }
        }

        // Notes the q of every point, and moves those that go on to the front.
        private int Keep(int[] at, int count, double[] points, double[] mean, double[] square, float[] states, float[] next)
        {
            int left = 0;
            for (int i = 0; i < count; i++)
            {
                Range own = (i * _size)..((i + 1) * _size);
                double distance = Distance(states.AsSpan(own), next.AsSpan(own)), q = distance * distance / 2;
                if (q < Q[at[i]])
                {
                    Q[at[i]] = q;
                    states.AsSpan(own).CopyTo(Best.AsSpan(at[i] * _size));
                }

                // One that left the finite numbers comes back no more.
                if (!double.IsFinite(q) || q <= settings.Tolerance) continue;
                at[left] = at[i];
                if (left < i)
                {
                    int to = left * _size;
                    points.AsSpan(own).CopyTo(points.AsSpan(to));
                    mean.AsSpan(own).CopyTo(mean.AsSpan(to));
                    square.AsSpan(own).CopyTo(square.AsSpan(to));
                    states.AsSpan(own).CopyTo(states.AsSpan(to));
                }

                left++;
            }

            return left;
        }
    }
}
