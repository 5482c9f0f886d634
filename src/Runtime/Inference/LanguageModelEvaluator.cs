using TinySD.Runtime.Hardware;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Numerics;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>What an evaluation measured.</summary>
/// <param name="Tokens">Predicted tokens: all of the text but its first, which nothing predicts.</param>
/// <param name="NegativeLogLikelihood">Summed over them, in nats.</param>
public readonly record struct EvaluationResult(long Tokens, double NegativeLogLikelihood)
{
    /// <summary>exp of the mean negative log likelihood.</summary>
    public double Perplexity => Math.Exp(NegativeLogLikelihood / Tokens);
}

/// <summary>Measures a language model on a text: every token but the first is predicted once, dropout off, parameters as they are.</summary>
/// <remarks>
/// With one stream the state is carried through the whole text, as published figures do. With more the text is cut into that many contiguous streams
/// that run side by side, several times faster; each but the first then warms its state up on the tokens before its own.
/// </remarks>
public sealed class LanguageModelEvaluator
{
    private const int WarmUpTokens = 64;

    private readonly LanguageModel _model;
    private readonly LanguageModelNetwork _network;
    private readonly int _streams, _timeSteps;
    private readonly int[] _inputs, _targets;

    /// <summary>Plans and allocates; <see cref="Evaluate"/> allocates nothing.</summary>
    /// <param name="model">The model; it may be trained further between evaluations.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="streams">Streams side by side, at least 1.</param>
    /// <param name="timeSteps">Steps of a window; no effect on the result.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <exception cref="ArgumentException">The profile does not run here.</exception>
    public LanguageModelEvaluator(LanguageModel model, IParallelRunner? runner = null, int streams = 1, int timeSteps = 32, HardwareProfile? hardware = null)
    {
        _model = model;
        _streams = streams;
        _timeSteps = timeSteps;
        _network = new LanguageModelNetwork(
            model, new(streams, timeSteps, Training: false), DropoutSpec.None, 0, runner ?? SingleThread.Instance, KernelChoice.For(hardware));
        _inputs = new int[streams * timeSteps];
        _targets = new int[streams * timeSteps];
    }

    /// <summary>Runs the text through the model.</summary>
    /// <param name="tokens">At least 2 tokens.</param>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at between windows.</param>
    /// <exception cref="ArgumentException">Fewer than 2 tokens, or a token outside the vocabulary.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public EvaluationResult Evaluate(ReadOnlySpan<int> tokens, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        if (tokens.Length < 2) Throw.Argument($"the text has {tokens.Length} tokens; a prediction needs at least 2");
        TokenChecks.All(tokens, _model.Config.VocabularySize, nameof(tokens));
        _network.Update();
        _network.ResetState();
        int predictions = tokens.Length - 1;
        int share = (predictions + _streams - 1) / _streams;
        int warmUp = _streams == 1 ? 0 : WarmUpTokens;
        int windows = (share + warmUp + _timeSteps - 1) / _timeSteps;
        double sum = 0;
        for (int window = 0; window < windows; window++)
        {
            cancellation.ThrowIfCancellationRequested();
            Fill(tokens, window * _timeSteps, share, warmUp);
            _network.Forward(_inputs);
            sum += _network.Loss(_targets, 0f);
            _network.Carry();
            progress?.Invoke((window + 1.0) / windows);
        }

        return new EvaluationResult(predictions, sum);
    }

    // A stream predicts the tokens after positions [first, last); the positions fed before them warm its state up and are not counted.
    private void Fill(ReadOnlySpan<int> tokens, int from, int share, int warmUp)
    {
        for (int s = 0; s < _streams; s++)
        {
            long first = (long)s * share, last = Math.Min(first + share, tokens.Length - 1), start = Math.Max(0, first - warmUp);
            for (int t = 0; t < _timeSteps; t++)
            {
                long position = start + from + t;
                int at = (t * _streams) + s;
                _inputs[at] = position < last ? tokens[(int)position] : 0;
                _targets[at] = position >= first && position < last ? tokens[(int)position + 1] : -1;
            }
        }
    }
}
