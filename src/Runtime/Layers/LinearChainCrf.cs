using System.Runtime.InteropServices;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>A conditional random field over a chain: a sequence of tags is as likely as e to the sum of its scores, which are an emission
/// of every step's tag, a transition between every two neighbours, and one each for the first and the last tag. Lafferty, McCallum and
/// Pereira, "Conditional Random Fields" (ICML 2001).</summary>
/// <remarks>K tags; a sequence has 1 to T steps. Works on one sequence at a time and owns the memory for it: one for each thread. All sums
/// are in double precision and in a fixed order. Allocates in the constructor only.</remarks>
public sealed class LinearChainCrf
{
    private readonly Workspace.Slice _emissions, _factors, _forward, _backward, _joined, _sums, _scores, _weights, _turned, _pairs;
    private readonly int[] _back;
    private double _largest, _spread;

    /// <summary>Room for sequences.</summary>
    /// <param name="tags">Tags K, at least 1.</param>
    /// <param name="longest">The most steps T, at least 1.</param>
    /// <exception cref="ArgumentException">A size is below 1, or too large.</exception>
    public LinearChainCrf(int tags, int longest)
        : this(tags, longest, new Workspace(), isAlone: true)
    {
    }

    /// <summary>Reserves room in memory that is taken later, but for the way back of a best path.</summary>
    internal LinearChainCrf(int tags, int longest, Workspace workspace)
        : this(tags, longest, workspace, isAlone: false)
    {
    }

    private LinearChainCrf(int tags, int longest, Workspace workspace, bool isAlone)
    {
        if (tags < 1) Throw.OutOfRange(nameof(tags), tags, "at least 1");
        if (longest < 1) Throw.OutOfRange(nameof(longest), longest, "at least 1");
        Tags = tags;
        Longest = longest;
        long steps = (long)longest * tags, pairs = (long)tags * tags;
        _emissions = Doubles(steps);
        _factors = Doubles(steps);
        _forward = Doubles(steps);
        _backward = Doubles(steps);
        _joined = Doubles(steps);
        _sums = Doubles(longest);
        _scores = Doubles(ScoresOf(tags));
        _weights = Doubles(pairs);
        _turned = Doubles(pairs);
        _pairs = Doubles(pairs);
        _back = new int[checked((int)steps)];
        if (isAlone) workspace.Allocate();

        Workspace.Slice Doubles(long count) => workspace.Reserve(2 * count);
    }

    /// <summary>Tags K.</summary>
    public int Tags { get; }

    /// <summary>The most steps T.</summary>
    public int Longest { get; }

    /// <summary>Scores beside emissions: K K transitions, K of a first tag, K of a last one.</summary>
    internal static long ScoresOf(int tags) => ((long)tags * tags) + (2L * tags);

    private Span<double> Transitions => Of(_scores)[..(Tags * Tags)];

    private Span<double> First => Of(_scores).Slice(Tags * Tags, Tags);

    private Span<double> Last => Of(_scores).Slice((Tags * Tags) + Tags, Tags);

    /// <summary>Takes the scores that do not depend on the sequence; needed before all else and after every change of them.</summary>
    /// <param name="transitions">[K][K], from tag i to tag j.</param>
    /// <param name="first">Of the first tag, [K].</param>
    /// <param name="last">Of the last tag, [K].</param>
    /// <exception cref="ArgumentException">A length is another one.</exception>
    public void SetScores(ReadOnlySpan<float> transitions, ReadOnlySpan<float> first, ReadOnlySpan<float> last)
    {
        if (transitions.Length != Tags * Tags || first.Length != Tags || last.Length != Tags)
            Throw.Argument($"the scores are of other lengths; expected {Tags * Tags}, {Tags} and {Tags}");
        Widen(transitions, Transitions);
        Widen(first, First);
        Widen(last, Last);

        // A start and an end are like transitions: their spread counts as one.
        _largest = MostOf(Transitions);
        _spread = Math.Max(SpreadOf(Transitions), Math.Max(SpreadOf(First), SpreadOf(Last)));
        if (_spread > ChainSums.MostSpread) return;
        Span<double> weights = Of(_weights), turned = Of(_turned);
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = PortableMath.QuickExp(Transitions[i] - _largest);
            turned[(i % Tags * Tags) + (i / Tags)] = weights[i];
        }
    }

    /// <summary>The logarithm of the summed weights of all sequences of tags.</summary>
    /// <param name="emissions">[T][K].</param>
    /// <exception cref="ArgumentException">The sequence is empty, too long, or no whole number of steps.</exception>
    public double LogPartition(ReadOnlySpan<float> emissions)
    {
        int length = Begin(emissions);
        return Forward(length, out _);
    }

    /// <summary>The score of a sequence of tags.</summary>
    /// <param name="emissions">[T][K].</param>
    /// <param name="tags">[T].</param>
    /// <exception cref="ArgumentException">A length or a tag is out of range.</exception>
    public double Score(ReadOnlySpan<float> emissions, ReadOnlySpan<int> tags)
    {
        Begin(emissions);
        return ScoreOf(tags, emissions.Length / Tags);
    }

    /// <summary>The negative log likelihood of a sequence of tags in nats, never below 0.</summary>
    /// <inheritdoc cref="Score"/>
    public double Loss(ReadOnlySpan<float> emissions, ReadOnlySpan<int> tags)
    {
        int length = Begin(emissions);
        double score = ScoreOf(tags, emissions.Length / Tags);
        return Math.Max(0, Forward(length, out _) - score);
    }

    /// <summary>The loss, and its gradient.</summary>
    /// <param name="emissions">[T][K].</param>
    /// <param name="tags">[T].</param>
    /// <param name="scale">What the gradient is multiplied by.</param>
    /// <param name="dEmissions">Receives that of the emissions, [T][K]: probability minus 1 of the tag that is there. May be the emissions
    /// themselves.</param>
    /// <param name="dScores">Receives that of the other scores: [K][K] of transitions, [K] of first and [K] of last tags.</param>
    /// <returns>The loss, not multiplied.</returns>
    /// <exception cref="ArgumentException">A length or a tag is out of range.</exception>
    public double Gradient(
        ReadOnlySpan<float> emissions, ReadOnlySpan<int> tags, double scale, Span<float> dEmissions, Span<double> dScores)
    {
        if (dEmissions.Length != emissions.Length || dScores.Length != ScoresOf(Tags))
            Throw.Argument("the gradients are of other lengths than what they are of");
        int length = Begin(emissions);
        double score = ScoreOf(tags, emissions.Length / Tags), all = Forward(length, out bool isLog);
        Backward(length, isLog);
        Span<double> pairs = Of(_pairs);
        pairs.Clear();
        for (int from = 0, next = Tags; next < length; from = next, next += Tags)
        {
            ReadOnlySpan<double> a = Of(_forward).Slice(from, Tags), b = Of(_backward);
            if (isLog) ChainLogSums.AddPairs(a, Transitions, Of(_emissions).Slice(next, Tags), b.Slice(next, Tags), all, pairs);
            else ChainSums.AddPairs(a, Of(_weights), b.Slice(from, Tags), Of(_sums)[from / Tags], Of(_joined).Slice(next, Tags), pairs);
        }

        ToProbabilities(length, isLog, all);
        Span<double> probabilities = Of(_forward);
        int last = length - Tags;
        for (int j = 0; j < Tags; j++)
        {
            dScores[(Tags * Tags) + j] = scale * (probabilities[j] - (tags[0] == j ? 1 : 0));
            dScores[(Tags * Tags) + Tags + j] = scale * (probabilities[last + j] - (tags[^1] == j ? 1 : 0));
        }

        for (int t = 1; t < tags.Length; t++) pairs[(tags[t - 1] * Tags) + tags[t]] -= 1;
        for (int i = 0; i < pairs.Length; i++) dScores[i] = scale * pairs[i];
        for (int t = 0; t < tags.Length; t++) probabilities[(t * Tags) + tags[t]] -= 1;
        for (int i = 0; i < length; i++) dEmissions[i] = (float)(scale * probabilities[i]);
        return Math.Max(0, all - score);
    }

    /// <summary>The probability of every tag at every step, over all sequences of tags.</summary>
    /// <param name="emissions">[T][K].</param>
    /// <param name="probabilities">Receives [T][K]; each step's sum to 1.</param>
    /// <exception cref="ArgumentException">A length is out of range.</exception>
    public void Marginals(ReadOnlySpan<float> emissions, Span<double> probabilities)
    {
        if (probabilities.Length != emissions.Length) Throw.Argument("there is room for another number of probabilities");
        int length = Begin(emissions);
        double all = Forward(length, out bool isLog);
        Backward(length, isLog);
        ToProbabilities(length, isLog, all);
        Of(_forward)[..length].CopyTo(probabilities);
    }

    /// <summary>The sequence of tags with the highest score (Viterbi). Of several, the one whose last tag has the lowest number; of those
    /// the one whose last but one has, and so on.</summary>
    /// <param name="emissions">[T][K].</param>
    /// <param name="tags">Receives it, [T].</param>
    /// <param name="constraints">Sequences that are not allowed are left out; where none is, at this length, all are allowed.
    /// <see langword="null"/> to allow all.</param>
    /// <returns>Its score.</returns>
    /// <exception cref="ArgumentException">A length is out of range.</exception>
    public double Decode(ReadOnlySpan<float> emissions, Span<int> tags, TagConstraints? constraints = null)
    {
        if (tags.Length * (long)Tags != emissions.Length)
            Throw.Argument($"there is room for {Throw.Counted(tags.Length, "tag")}, and emissions for {emissions.Length / Tags}");
        if (constraints is not null && constraints.Tags != Tags)
            Throw.Argument($"the constraints are of {Throw.Counted(constraints.Tags, "tag")}; expected {Tags}");
        int length = Begin(emissions);
        double best = BestPath(length, tags, constraints);
        return double.IsNegativeInfinity(best) ? BestPath(length, tags, null) : best;
    }

    private double BestPath(int length, Span<int> tags, TagConstraints? constraints)
    {
        Span<double> e = Of(_emissions), best = Of(_forward), w = Transitions;
        for (int j = 0; j < Tags; j++) best[j] = constraints?.Begins[j] == false ? double.NegativeInfinity : First[j] + e[j];
        for (int from = 0; from + Tags < length; from += Tags)
        {
            for (int j = 0; j < Tags; j++)
            {
                (double most, int at) = (double.NegativeInfinity, 0);
                for (int i = 0; i < Tags; i++)
                {
                    double score = best[from + i] + w[(i * Tags) + j];
                    if (score > most && constraints?[i, j] != false) (most, at) = (score, i);
                }

                best[from + Tags + j] = most + e[from + Tags + j];
                _back[from + Tags + j] = at;
            }
        }

        int last = length - Tags, tag = 0;
        double top = double.NegativeInfinity;
        for (int j = 0; j < Tags; j++)
        {
            double score = best[last + j] + Last[j];
            if (score > top && constraints?.Ends[j] != false) (top, tag) = (score, j);
        }

        for (int t = tags.Length - 1; t >= 0; tag = _back[(t * Tags) + tag], t--) tags[t] = tag;
        return top;
    }

    private int Begin(ReadOnlySpan<float> emissions)
    {
        int steps = emissions.Length / Tags;
        if (steps < 1 || steps > Longest || emissions.Length % Tags != 0)
            Throw.Argument($"{Throw.Counted(emissions.Length, "emission")}; expected 1 to {Longest} steps of {Throw.Counted(Tags, "tag")}");
        Widen(emissions, Of(_emissions));
        return emissions.Length;
    }

    private double ScoreOf(ReadOnlySpan<int> tags, int steps)
    {
        if (tags.Length != steps) Throw.Argument($"there are {Throw.Counted(tags.Length, "tag")} for {Throw.Counted(steps, "step")}");
        foreach (int tag in tags)
        {
            if ((uint)tag >= (uint)Tags) Throw.OutOfRange("a tag", tag, $"0 to {Tags - 1}");
        }

        ReadOnlySpan<double> e = Of(_emissions);
        double score = First[tags[0]] + e[tags[0]];
        for (int t = 1; t < steps; t++) score = score + Transitions[(tags[t - 1] * Tags) + tags[t]] + e[(t * Tags) + tags[t]];
        return score + Last[tags[^1]];
    }

    // Rows of the forward pass; the logarithm of all paths' weights.
    private double Forward(int length, out bool isLog)
    {
        ReadOnlySpan<double> e = Of(_emissions)[..length];
        Span<double> x = Of(_factors)[..length], a = Of(_forward)[..length];
        isLog = _spread > ChainSums.MostSpread;
        double log = 0;
        for (int from = 0; from < length && !isLog; from += Tags)
        {
            ReadOnlySpan<double> own = e.Slice(from, Tags);
            double most = MostOf(own);
            isLog = _spread + SpreadOf(own) > ChainSums.MostSpread;
            for (int j = 0; j < Tags && !isLog; j++) x[from + j] = PortableMath.QuickExp(own[j] - most);
            log += most;
        }

        if (isLog)
        {
            for (int j = 0; j < Tags; j++) a[j] = First[j] + e[j];
            ChainLogSums.Forward(e, Transitions, Tags, a);
            Span<double> ends = Of(_factors)[..Tags];
            for (int j = 0; j < Tags; j++) ends[j] = a[length - Tags + j] + Last[j];
            return ChainLogSums.Sum(ends);
        }

        double first = MostOf(First), last = MostOf(Last), sum = 0;
        for (int j = 0; j < Tags; j++) a[j] = PortableMath.QuickExp(First[j] - first) * x[j];
        log += first + last + (((length / Tags) - 1) * _largest) + ChainSums.Forward(x, Of(_weights), Tags, a);
        for (int j = 0; j < Tags; j++) sum += a[length - Tags + j] * PortableMath.QuickExp(Last[j] - last);
        return log + PortableMath.Log(sum);
    }

    private void Backward(int length, bool isLog)
    {
        Span<double> b = Of(_backward)[..length], end = b[^Tags..];
        Last.CopyTo(end);
        if (isLog)
        {
            ChainLogSums.Backward(Of(_emissions)[..length], Transitions, Tags, b);
            return;
        }

        double most = MostOf(Last);
        foreach (ref double value in end) value = PortableMath.QuickExp(value - most);
        ChainSums.Backward(Of(_factors)[..length], Of(_turned), Tags, b, Of(_joined)[..length], Of(_sums));
    }

    // Rows of the forward pass become probabilities.
    private void ToProbabilities(int length, bool isLog, double all)
    {
        Span<double> a = Of(_forward)[..length];
        ReadOnlySpan<double> b = Of(_backward)[..length];
        for (int i = 0; i < length; i++) a[i] = isLog ? PortableMath.QuickExp(a[i] + b[i] - all) : a[i] * b[i];
        for (int from = 0; from < length; from += Tags) ChainSums.Scale(a.Slice(from, Tags));
    }

    private static void Widen(ReadOnlySpan<float> from, Span<double> to)
    {
        for (int i = 0; i < from.Length; i++) to[i] = from[i];
    }

    private static double MostOf(ReadOnlySpan<double> row)
    {
        double most = double.NegativeInfinity;
        foreach (double value in row) most = Math.Max(most, value);
        return most;
    }

    private static double SpreadOf(ReadOnlySpan<double> row)
    {
        double least = double.PositiveInfinity;
        foreach (double value in row) least = Math.Min(least, value);
        return MostOf(row) - least;
    }

    private static Span<double> Of(Workspace.Slice slice) => MemoryMarshal.Cast<float, double>(slice.Span);
}
