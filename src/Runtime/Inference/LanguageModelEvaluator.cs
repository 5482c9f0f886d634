using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>What an evaluation measured.</summary>
/// <param name="Tokens">Predicted tokens: all of the text but its first, which nothing predicts.</param>
/// <param name="NegativeLogLikelihood">Summed over them, in nats.</param>
public readonly record struct EvaluationResult(long Tokens, double NegativeLogLikelihood)
{
    /// <summary>The mean negative log likelihood, in nats per token: what to compare by, and what says whether a model is sound.</summary>
    public double Loss => NegativeLogLikelihood / Tokens;

    /// <summary>exp of <see cref="Loss"/>; infinite from a loss of 709.8 on, which is as finite as any other.</summary>
    public double Perplexity => PerplexityOf(Loss);

    /// <summary>exp of a mean loss, the same bits on every machine.</summary>
    /// <param name="loss">Nats per token.</param>
    public static double PerplexityOf(double loss) => PortableMath.Exp(loss);

    /// <summary>The mean loss, in nats per token, that a perplexity is exp of, the same bits on every machine.</summary>
    /// <param name="perplexity">Above 0.</param>
    public static double LossOf(double perplexity) => PortableMath.Log(perplexity);
}

/// <summary>Static evaluation: every token but the first is predicted once, from the tokens before it, dropout off, parameters as they are.
/// This is what published perplexities are since Zaremba, Sutskever and Vinyals 2014: nothing is learned from the text that is measured,
/// only the state moves.</summary>
/// <remarks>With one stream the state is carried through the whole text, as published figures do. With more the text is cut into that many
/// contiguous streams that run side by side, several times faster; each but the first then warms its state up on the tokens before its own.
/// What dropout or a cache would add measure <see cref="MonteCarloEvaluator"/> and <see cref="CacheEvaluator"/>.</remarks>
public sealed class LanguageModelEvaluator : IWindowScorer
{
    private readonly LanguageModel _model;
    private readonly LanguageModelNetwork _network;
    private readonly EvaluationLoop _loop;
    private readonly int _streams, _piece;

    /// <summary>Plans and allocates; an evaluation allocates nothing.</summary>
    /// <param name="model">The model; it may be trained further between evaluations.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="streams">Streams side by side, at least 1.</param>
    /// <param name="timeSteps">Steps of a window; no effect on the result beyond the rounding of its sum.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <exception cref="ArgumentException">A number is out of range, or the profile does not run here.</exception>
    public LanguageModelEvaluator(
        LanguageModel model, IParallelRunner? runner = null, int streams = 1, int timeSteps = 32, HardwareProfile? hardware = null)
        : this(Throw.IfNull(model), runner, streams, timeSteps, hardware, default)
    {
    }

    /// <summary>One that works in memory of the caller's, in shorter pieces where it is little; where it is too little, or none, in its
    /// own.</summary>
    internal LanguageModelEvaluator(
        LanguageModel model, IParallelRunner? runner, int streams, int timeSteps, HardwareProfile? hardware, Memory<float> room)
    {
        EvaluationLoop.Check(streams, timeSteps);
        _model = model;
        _streams = streams;
        (_network, _piece) = NetworkPlan.Within(room, timeSteps, Declare);
        _loop = new EvaluationLoop(model.Config.VocabularySize, streams, timeSteps);

        ((LanguageModelNetwork, int), NetworkPlan) Declare(int steps)
        {
            var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware));
            return ((new LanguageModelNetwork(model, new(streams, steps, Training: false), MaskOrigin.None, plan), steps), plan);
        }
    }

    /// <summary>Runs a text in memory through the model.</summary>
    /// <param name="tokens">At least 2 tokens.</param>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at between windows.</param>
    /// <exception cref="ArgumentException">Fewer than 2 tokens, or a token outside the vocabulary.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public EvaluationResult Evaluate(ReadOnlySpan<int> tokens, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        TokenChecks.All(tokens, _model.Config.VocabularySize, nameof(tokens));
        unsafe
        {
            fixed (int* text = tokens) return _loop.Run(new FixedTokens(text, tokens.Length), this, progress, cancellation);
        }
    }

    /// <summary>Runs a text through the model, wherever it is; the same bits as in memory.</summary>
    /// <inheritdoc cref="Evaluate(ReadOnlySpan{int}, Action{double}?, CancellationToken)"/>
    public EvaluationResult Evaluate(ITokenSource tokens, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        return _loop.Run(tokens, this, progress, cancellation);
    }

    void IWindowScorer.Begin()
    {
        _network.Begin(default);
        _network.ResetState();
    }

    double IWindowScorer.Score(long window, ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets)
    {
        double sum = 0;
        for (int from = 0; from < inputs.Length; from += _piece * _streams)
        {
            int count = Math.Min(_piece * _streams, inputs.Length - from);
            _network.Forward(inputs.Slice(from, count));
            _network.Loss(targets.Slice(from, count), 0f);

            // One sum for the window, whatever the pieces: its rounding is theirs otherwise.
            foreach (float loss in _network.TokenLosses[..count]) sum += loss;
            _network.Carry();
        }

        return sum;
    }
}
