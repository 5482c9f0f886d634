using TinySD.Runtime.Models;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

// Steps as they come, and the state between them.
public sealed partial class ClassifierSession
{
    /// <summary>Takes a token and labels the sequence so far, in a session of one.</summary>
    /// <param name="token">The token.</param>
    /// <returns>The probability of every label [L], valid until the next call.</returns>
    /// <exception cref="ArgumentException">A token is not in the vocabulary, the classifier is of numbers, or the session of more
    /// sequences.</exception>
    /// <exception cref="InvalidOperationException">The classifier does not read forward, or another thread is in this session.</exception>
    public ReadOnlySpan<double> Step(int token) => Step([token]);

    /// <summary>Takes a token of every sequence and labels each so far.</summary>
    /// <param name="tokens">[B].</param>
    /// <returns>The probability of every label [B][L], valid until the next call.</returns>
    /// <exception cref="ArgumentException">There are more or fewer tokens, one is not in the vocabulary, or the classifier is of
    /// numbers.</exception>
    /// <exception cref="InvalidOperationException">The classifier does not read forward, or another thread is in this session.</exception>
    public ReadOnlySpan<double> Step(scoped ReadOnlySpan<int> tokens)
    {
        RequireTokens(true);
        StepsOf(("the step", "token"), tokens.Length, 1, least: 1, most: 1);
        return Run(tokens);
    }

    /// <inheritdoc cref="Step(ReadOnlySpan{int})"/>
    /// <param name="tokens">[B].</param>
    /// <param name="probabilities">Receives the probability of every label [B][L].</param>
    public void Step(ReadOnlySpan<int> tokens, Span<double> probabilities)
    {
        RequireTokens(true);
        StepsOf(("the step", "token"), tokens.Length, 1, least: 1, most: 1);
        Run(tokens, probabilities);
    }

    /// <summary>Takes a row of every sequence and labels each so far.</summary>
    /// <param name="row">[B][I], in the columns' own units; one that is missing is <see cref="double.NaN"/> and repeats the last.</param>
    /// <returns>The probability of every label [B][L], valid until the next call.</returns>
    /// <exception cref="ArgumentException">It is of another width, or the classifier is of tokens.</exception>
    /// <exception cref="NotFiniteNumberException">A number is infinite; the state is as it was.</exception>
    /// <exception cref="InvalidOperationException">The classifier does not read forward, or another thread is in this session.</exception>
    public ReadOnlySpan<double> Step(scoped ReadOnlySpan<double> row)
    {
        RequireTokens(false);
        StepsOf(("the row", "number"), row.Length, _row.Length, least: 1, most: 1);
        return Run(row);
    }

    /// <inheritdoc cref="Step(ReadOnlySpan{double})"/>
    /// <param name="row">[B][I], in the columns' own units; one that is missing is <see cref="double.NaN"/> and repeats the last.</param>
    /// <param name="probabilities">Receives the probability of every label [B][L].</param>
    public void Step(ReadOnlySpan<double> row, Span<double> probabilities)
    {
        RequireTokens(false);
        StepsOf(("the row", "number"), row.Length, _row.Length, least: 1, most: 1);
        Run(row, probabilities);
    }

    /// <summary>Takes T tokens of every sequence and labels each so far.</summary>
    /// <param name="tokens">[T][B]; its length gives T, at least 1, and there is no limit to it.</param>
    /// <inheritdoc cref="Step(ReadOnlySpan{int})"/>
    public ReadOnlySpan<double> Run(scoped ReadOnlySpan<int> tokens)
    {
        RequireTokens(true);
        Go(tokens, [], StepsOf(("the run", "token"), tokens.Length, 1, least: 1), all: false, []);
        return _probabilities;
    }

    /// <summary>Takes T tokens of every sequence and labels it after each.</summary>
    /// <param name="tokens">[T][B]; its length gives T, and there is no limit to it.</param>
    /// <param name="probabilities">Receives the probability of every label after every step, [T][B][L].</param>
    /// <inheritdoc cref="Step(ReadOnlySpan{int})"/>
    public void Run(ReadOnlySpan<int> tokens, Span<double> probabilities)
    {
        RequireTokens(true);
        Go(tokens, [], StepsOf(("the run", "token"), tokens.Length, 1, least: 0), all: true, probabilities);
    }

    /// <summary>Takes T rows of every sequence and labels each so far.</summary>
    /// <param name="rows">[T][B][I]; its length gives T, at least 1, and there is no limit to it.</param>
    /// <inheritdoc cref="Step(ReadOnlySpan{double})"/>
    public ReadOnlySpan<double> Run(scoped ReadOnlySpan<double> rows)
    {
        RequireTokens(false);
        Go([], rows, StepsOf(("the run", "number"), rows.Length, _row.Length, least: 1), all: false, []);
        return _probabilities;
    }

    /// <summary>Takes T rows of every sequence and labels it after each.</summary>
    /// <param name="rows">[T][B][I]; its length gives T, and there is no limit to it.</param>
    /// <param name="probabilities">Receives the probability of every label after every step, [T][B][L].</param>
    /// <inheritdoc cref="Step(ReadOnlySpan{double})"/>
    public void Run(ReadOnlySpan<double> rows, Span<double> probabilities)
    {
        RequireTokens(false);
        Go([], rows, StepsOf(("the run", "number"), rows.Length, _row.Length, least: 0), all: true, probabilities);
    }

    private protected override void ResetOwn(int sequence)
    {
        _classifier.Form.Begin(LastOf(sequence));
        if (_stepped?.Pooling is not { } pooling) return;
        for (int at = sequence; at < pooling.SoFar.Length; at += Batch) pooling.SoFar[at] = 0f;
        pooling.Seen[sequence] = 0;
    }

    private protected override void WriteOwn(int sequence, ref StateWriter to)
    {
        if (_stepped?.Pooling is { } pooling)
        {
            for (int at = sequence; at < pooling.SoFar.Length; at += Batch) to.Write(pooling.SoFar[at]);
            to.Write(pooling.Seen[sequence]);
        }

        foreach (LastValue last in LastOf(sequence)) to.Write(last.Current);
    }

    private protected override void ReadOwn(int sequence, ref StateReader from)
    {
        if (_stepped?.Pooling is { } pooling)
        {
            for (int at = sequence; at < pooling.SoFar.Length; at += Batch) pooling.SoFar[at] = from.ReadSingle();
            pooling.Seen[sequence] = from.ReadInt64();
        }

        foreach (ref LastValue last in LastOf(sequence)) last = new LastValue(from.ReadDouble());
    }

    private protected override string? FindFaultOfOwn(ref StateReader from)
    {
        if (_stepped?.Pooling is { } pooling)
        {
            if (from.FindNotFinite(pooling.SoFar.Length / Batch) >= 0) return "a pooled number is infinite or not a number";
            long seen = from.ReadInt64();
            if (seen < 0) return $"it has seen {seen} steps";
        }

        foreach (string name in _classifier.Form.Inputs)
        {
            double last = from.ReadDouble();
            if (!double.IsFinite(last)) return $"the last '{name}' is {last}";
        }

        return null;
    }

    private Span<LastValue> LastOf(int sequence) => _last.AsSpan(sequence * _row.Length, _row.Length);

    // Of tokens or of rows. An answer after every step has its own run of the head; without, it is after the last.
    private void Go(ReadOnlySpan<int> tokens, ReadOnlySpan<double> rows, int steps, bool all, Span<double> probabilities)
    {
        if (all) CheckRoom("the place for probabilities", "number", probabilities.Length, (long)steps * _probabilities.Length);
        if (_stepped is null || _part is null)
            Throw.Invalid("only a classifier that reads forward answers after every step; this one reads a sequence from its end too");
        CheckTokens(tokens);
        CheckFinite(rows, Batch);
        using OneThread.Use use = Enter();
        int together = all ? 1 : _together;
        for (int first = 0; first < steps; first += together)
        {
            int count = Math.Min(together, steps - first);
            Array.Fill(_lengths, count);
            _part.Begin(_lengths);
            for (int at = 0; at < count * Batch; at++)
            {
                (int t, int sequence) = int.DivRem(at, Batch);
                int row = (first * Batch) + at;
                if (_row.Length == 0)
                {
                    _part.SetToken(sequence, t, tokens[row]);
                    continue;
                }

                _classifier.Form.Normalise(rows.Slice(row * _row.Length, _row.Length), LastOf(sequence), _row);
                _part.SetStep(sequence, t, _row);
            }

            _stepped.Run(_part);
            _stepped.Carry();
            if (all || first + count == steps)
                Answer(_stepped, _part, all ? probabilities.Slice(first * _probabilities.Length, _probabilities.Length) : _probabilities);
        }
    }

    private void Answer(SequenceNetwork network, SequenceBatch batch, Span<double> probabilities)
    {
        for (int sequence = 0; sequence < Batch; sequence++)
            _classifier.ToProbabilities(network.OutputsOf(batch.OutputRowOf(sequence)), probabilities.Slice(sequence * _labels, _labels));
    }
}
