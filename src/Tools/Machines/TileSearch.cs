namespace TinySD.Tools.Machines;

/// <summary>What the search found for one question.</summary>
/// <param name="Question">What was asked.</param>
/// <param name="Default">The tiles before.</param>
/// <param name="Chosen">The tiles after; the same where nothing was clearly faster.</param>
/// <param name="Gain">How many times as fast the chosen ones are, 1 for the same.</param>
internal sealed record TileAnswer(TileQuestion Question, ProductTiles Default, ProductTiles Chosen, double Gain)
{
    public bool IsChanged => Chosen != Default;

    public string Usual => Question.Value(Default);

    /// <summary>The tiles after in words.</summary>
    public string Found => Question.Value(Chosen);
}

/// <summary>Looks for a machine's fastest tiles, one question after the other. Candidates are timed in turn, so that whatever else the
/// machine does slows all alike, and a candidate must win twice: the best of many is often only the luckiest, so it meets the default once
/// more, alone, and must win three rounds of four.</summary>
/// <param name="profile">The profile whose tiles are the default.</param>
/// <param name="measure">Does a product once under some tiles, or as often as a clock needs to see it: seconds.</param>
internal sealed class TileSearch(HardwareProfile profile, Func<TrialProduct, ProductTiles, double> measure)
{
    /// <summary>The share of time that a candidate must save, or the default stays.</summary>
    public const double ClearGain = 0.02;

    private const int FewestRounds = 5, MostRounds = 25;

    // Seconds that a race may take once it has its fewest rounds.
    private const double RaceBudget = 0.3;

    private readonly IReadOnlyList<TileQuestion> _questions = TileQuestion.All(profile.Simd!.LaneWidth);

    /// <summary>Asks all questions, each told before with the share of the search that is done.</summary>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    public IReadOnlyList<TileAnswer> Run(Action<TileQuestion, double> show, CancellationToken stop)
    {
        var answers = new List<TileAnswer>();
        ProductTiles tiles = profile.Simd!.Tiles;
        foreach (TileQuestion question in _questions)
        {
            TileAnswer answer = Ask(question, tiles, () => show(question, (double)answers.Count / _questions.Count), stop);
            answers.Add(answer);
            tiles = answer.Chosen;
        }

        return answers;
    }

    private TileAnswer Ask(TileQuestion question, ProductTiles tiles, Action show, CancellationToken stop)
    {
        ProductTiles[] candidates = [tiles, .. question.Alternatives(tiles).Where(other => other != tiles && IsSound(other))];
        ProductTiles[] pair = [tiles, candidates[Fastest(Race(candidates))]];
        var kept = new TileAnswer(question, tiles, tiles, 1);
        if (pair[1] == tiles) return kept;
        (double time, double late) = Race(pair)[1];
        return IsClear(time) && late < 1 ? kept with { Chosen = pair[1], Gain = 1 / time } : kept;

        // Times over those of the first: the median of all rounds, and what only a quarter of them exceed.
        (double Median, double Late)[] Race(ProductTiles[] runners)
        {
            ProductTiles[] posed = Array.ConvertAll(runners, question.Posed);
            double[] times = new double[posed.Length];
            var ratios = new List<double>[posed.Length];
            for (int i = 0; i < posed.Length; i++) ratios[i] = [];
            double spent = 0;

            // In the first round code is compiled and memory first touched; it does not count.
            for (int round = -1; round < FewestRounds || (round < MostRounds && spent < RaceBudget); round++)
            {
                for (int i = 0; i < posed.Length; i++)
                {
                    stop.ThrowIfCancellationRequested();
                    show();
                    int runner = (i + round + 1) % posed.Length;
                    times[runner] = measure(question.Product, posed[runner]);
                }

                if (round < 0) continue;
                spent += times.Sum();
                for (int i = 0; i < posed.Length; i++) ratios[i].Add(times[i] / times[0]);
            }

            return [.. Array.ConvertAll(ratios, times => (Median.Of(times), times.Order().ElementAt(times.Count * 3 / 4)))];
        }
    }

    private static int Fastest((double Median, double Late)[] times)
    {
        int best = Array.IndexOf(times, times.MinBy(time => time.Median));
        return IsClear(times[best].Median) ? best : 0;
    }

    private static bool IsClear(double time) => time < 1 - ClearGain;

    private bool IsSound(ProductTiles tiles) => (profile with { Simd = profile.Simd! with { Tiles = tiles } }).FindFault() is null;
}
