using TinySD.Runtime.Models;

namespace TinySD.Runtime.Inference;

/// <summary>A sentence that is being translated: its translations that are followed, a row each, and those that have ended.</summary>
internal sealed class BeamSentence(BeamPaths paths, int mostBeams)
{
    private readonly List<End> _ends = [];
    private int[] _paths = new int[mostBeams], _nextPaths = new int[mostBeams];
    private double[] _logs = new double[mostBeams], _nextLogs = new double[mostBeams];
    private float[] _coverage = [], _nextCoverage = [];
    private DecodingOptions _options = new();
    private int _units;

    /// <summary>Its number.</summary>
    public int Number { get; private set; }

    /// <summary>Where its source stands.</summary>
    public int Place { get; private set; }

    /// <summary>Rows; 0 where it is done.</summary>
    public int Count { get; private set; }

    /// <summary>For each row the row that it was in the step before.</summary>
    public int[] From { get; } = new int[mostBeams];

    /// <summary>Source positions, the end mark's too.</summary>
    public int Positions => _units + 1;

    private bool Covers => _options.CoveragePenalty > 0;

    /// <summary>Begins with one row, the empty translation.</summary>
    public void Begin(int number, int place, int sourceUnits, DecodingOptions options)
    {
        (Number, Place, Count, _units, _options) = (number, place, 1, sourceUnits, options);
        (_paths[0], _logs[0]) = (BeamPaths.None, 0);
        _ends.Clear();
        if (!Covers) return;
        if (_coverage.Length < mostBeams * _units)
            (_coverage, _nextCoverage) = (new float[checked(mostBeams * _units)], new float[checked(mostBeams * _units)]);
        _coverage.AsSpan(0, _units).Clear();
    }

    /// <summary>The paths of its rows and of what has ended.</summary>
    public IEnumerable<int> Paths => _paths.Take(Count).Concat(_ends.Select(end => end.Path));

    /// <summary>Takes the new numbers of its paths.</summary>
    /// <param name="moved">For each path that it had.</param>
    public void Renumber(ReadOnlySpan<int> moved)
    {
        for (int row = 0; row < Count; row++)
        {
            if (_paths[row] != BeamPaths.None) _paths[row] = moved[_paths[row]];
        }

        for (int i = 0; i < _ends.Count; i++) _ends[i] = _ends[i] with { Path = moved[_ends[i].Path] };
    }

    /// <summary>The log-probability of a row.</summary>
    public double LogOf(int row) => _logs[row];

    /// <summary>The last unit of a row.</summary>
    public int UnitOf(int row) => paths.LastOf(_paths[row]);

    /// <summary>Adds a step's attention to what a row's source positions have got.</summary>
    public void Cover(int row, ReadOnlySpan<float> weights)
    {
        if (!Covers) return;
        Span<float> coverage = _coverage.AsSpan(row * _units, _units);
        for (int i = 0; i < coverage.Length; i++) coverage[i] += weights[i];
    }

    /// <summary>Takes a way on, in the order of their probability: one that is among the first as many as there are beams may end a
    /// translation, and as many others are followed as there are beams.</summary>
    /// <param name="candidate">The way on.</param>
    /// <param name="rank">Its place in that order, from 0.</param>
    /// <param name="length">Units of the rows.</param>
    /// <param name="next">How many are followed so far.</param>
    /// <param name="weights">The attention's weights that the unit was written by, or empty.</param>
    /// <returns>How many are followed now.</returns>
    public int Take(BeamCandidate candidate, int rank, int length, int next, ReadOnlySpan<float> weights)
    {
        (double log, int row, int unit) = (candidate.LogProbability, candidate.Row, candidate.Unit);
        if (unit == TranslatorConfig.End)
        {
            if (rank < _options.Beam && _ends.Count < _options.Beam)
                _ends.Add(new End(paths.Add(_paths[row], unit, weights), log, ScoreOf(log, length + 1, _coverage, row), true));
            return next;
        }

        (_nextPaths[next], _nextLogs[next], From[next]) = (paths.Add(_paths[row], unit, weights), log, row);
        if (Covers) _coverage.AsSpan(row * _units, _units).CopyTo(_nextCoverage.AsSpan(next * _units));
        return next + 1;
    }

    /// <summary>Ends a step: so many are followed from now on, none where as many have ended as there are beams, or where they are as long
    /// as they may be.</summary>
    /// <param name="next">How many are followed.</param>
    /// <param name="length">Units that they have.</param>
    public void Leave(int next, int length)
    {
        (_paths, _nextPaths, _logs, _nextLogs) = (_nextPaths, _paths, _nextLogs, _logs);
        (_coverage, _nextCoverage) = (_nextCoverage, _coverage);
        bool isDone = _ends.Count >= _options.Beam;
        if (!isDone && length >= _options.LimitFor(_units))
        {
            for (int row = 0; row < next && _ends.Count < _options.Beam; row++)
                _ends.Add(new End(_paths[row], _logs[row], ScoreOf(_logs[row], length, _coverage, row), false));
            isDone = true;
        }

        Count = isDone ? 0 : next;
    }

    /// <summary>The best of those that have ended: those that did so by themselves first, then by score, then the earlier.</summary>
    public IReadOnlyList<Translation> ToTranslations(bool withAttention)
    {
        int[] order = new int[_ends.Count];
        for (int i = 0; i < order.Length; i++) order[i] = i;
        Array.Sort(order, (a, b) =>
        {
            int byEnd = _ends[b].IsWhole.CompareTo(_ends[a].IsWhole);
            if (byEnd == 0) byEnd = _ends[b].Score.CompareTo(_ends[a].Score);
            return byEnd != 0 ? byEnd : a.CompareTo(b);
        });
        var translations = new Translation[Math.Min(order.Length, _options.NBest)];
        for (int i = 0; i < translations.Length; i++)
        {
            End end = _ends[order[i]];
            float[][] weights = withAttention ? paths.WeightsOf(end.Path, Positions) : [];
            translations[i] = new Translation(paths.UnitsOf(end.Path), end.LogProbability, end.Score, end.IsWhole, weights);
        }

        return translations;
    }

    private double ScoreOf(double log, int units, float[] coverage, int row)
    {
        double score = log;
        if (_options.LengthPenalty > 0) score /= PortableMath.Exp(_options.LengthPenalty * PortableMath.Log((5.0 + units) / 6));
        if (!Covers) return score;
        double covered = 0;
        foreach (float share in coverage.AsSpan(row * _units, _units)) covered += PortableMath.Log(Math.Clamp(share, 1e-10f, 1f));
        return score + (_options.CoveragePenalty * covered);
    }

    private readonly record struct End(int Path, double LogProbability, double Score, bool IsWhole);
}
