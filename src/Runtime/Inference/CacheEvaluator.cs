using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>What a cache's two numbers brought on a text.</summary>
/// <param name="Theta">How much more a similar state counts.</param>
/// <param name="Lambda">The cache's part of the prediction.</param>
/// <param name="Result">What was measured with them.</param>
public readonly record struct CacheResult(float Theta, float Lambda, EvaluationResult Result);

/// <summary>Evaluation with a continuous cache (Grave, Joulin and Usunier, "Improving Neural Language Models with a Continuous Cache",
/// ICLR 2017): p = (1 - lambda) p_model + lambda p_cache, where p_cache(w) is proportional to the sum of e^(theta h_t . h_i) over the last
/// N positions i that w followed, and h is the top layer's output, dropout off. The parameters stay as they are; what was said lately
/// becomes likelier.</summary>
/// <remarks>One stream, state and cache carried through the whole text; while the cache is empty, which is at the first prediction only,
/// the model predicts alone. The two numbers depend on the model, h . h_i growing with H: tune them on a validation text, not on the text
/// that is reported.</remarks>
public sealed class CacheEvaluator : IWindowScorer
{
    /// <summary>The paper's cache for the Penn Treebank.</summary>
    public const int DefaultSize = 500;

    /// <summary>What Merity, Keskar and Socher give for their AWD-LSTM on the Penn Treebank with a cache of 500, in the code published with
    /// "Regularizing and Optimizing LSTM Language Models" (2017).</summary>
    public const float DefaultTheta = 1f, DefaultLambda = 0.1f;

    private readonly LanguageModelNetwork _network;
    private readonly EvaluationLoop _loop;
    private readonly ContinuousCache _cache;
    private readonly int _hidden;
    private float[] _thetas = [], _lambdas = [];
    private double[] _sums = [];

    /// <summary>Plans and allocates.</summary>
    /// <param name="model">The model; it may be trained further between evaluations.</param>
    /// <param name="size">Positions N that the cache remembers, at least 1.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="timeSteps">Steps of a window; no effect on the result.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <exception cref="ArgumentException">The window or the cache is too small, or the cache passes 2^31 floats, or the profile
    /// does not run.</exception>
    public CacheEvaluator(
        LanguageModel model, int size = DefaultSize, IParallelRunner? runner = null, int timeSteps = 32, HardwareProfile? hardware = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        EvaluationLoop.Check(1, timeSteps);
        if (size < 1) Throw.OutOfRange(nameof(size), size, "at least 1");
        _hidden = model.Config.InputSizeOf(model.Config.LayerCount);
        if ((long)size * Products.RowStride(_hidden) > int.MaxValue - 64)
            Throw.Argument(
                $"a cache of {Throw.Counted(size, "state")} of {Throw.Counted(_hidden, "unit")} passes 2^31 floats; use a smaller one");
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware));
        _cache = new ContinuousCache(size, _hidden, plan);
        _network = LanguageModelNetwork.OnItsOwn(model, new(1, timeSteps, Training: false), plan);
        _loop = new EvaluationLoop(model.Config.VocabularySize, 1, timeSteps);
    }

    /// <summary>Runs a text through model and cache. Allocates nothing for a token.</summary>
    /// <param name="tokens">At least 2 tokens.</param>
    /// <param name="theta">How much more a similar state counts, 0 or above; 0 makes all alike, a plain count of words.</param>
    /// <param name="lambda">The cache's part, at least 0 and below 1.</param>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at between windows.</param>
    /// <exception cref="ArgumentException">Fewer than 2 tokens, a token outside the vocabulary, or a number out of range.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public EvaluationResult Evaluate(
        ITokenSource tokens, float theta = DefaultTheta, float lambda = DefaultLambda, Action<double>? progress = null,
        CancellationToken cancellation = default) => Tune(tokens, [theta], [lambda], progress, cancellation).Result;

    /// <summary>Runs a text through once and measures every pair of the two numbers beside each other.</summary>
    /// <param name="tokens">At least 2 tokens.</param>
    /// <param name="thetas">Candidates, at least one.</param>
    /// <param name="lambdas">Candidates, at least one.</param>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at between windows.</param>
    /// <returns>The pair that did best, the first of equals.</returns>
    /// <exception cref="ArgumentException">As for <see cref="Evaluate"/>, or there is no candidate.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public CacheResult Tune(
        ITokenSource tokens, ReadOnlySpan<float> thetas, ReadOnlySpan<float> lambdas, Action<double>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        if (thetas.IsEmpty || lambdas.IsEmpty) Throw.Argument("there is no candidate for theta or for lambda");
        foreach (float theta in thetas) Throw.IfNegative(theta);
        foreach (float lambda in lambdas) Throw.IfNoRate(lambda);
        _thetas = thetas.ToArray();
        _lambdas = lambdas.ToArray();
        _sums = new double[thetas.Length * lambdas.Length];
        long predictions = _loop.Run(tokens, this, progress, cancellation).Tokens;
        int best = 0;
        for (int i = 1; i < _sums.Length; i++)
        {
            if (_sums[i] < _sums[best] || (double.IsNaN(_sums[best]) && !double.IsNaN(_sums[i]))) best = i;
        }

        return new CacheResult(
            _thetas[best / _lambdas.Length], _lambdas[best % _lambdas.Length], new EvaluationResult(predictions, _sums[best]));
    }

    void IWindowScorer.Begin()
    {
        _network.Begin(default);
        _network.ResetState();
        _cache.Clear();
    }

    double IWindowScorer.Score(long window, ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets)
    {
        _network.Forward(inputs);
        double alone = _network.Loss(targets, 0f);
        for (int t = 0; t < targets.Length; t++)
        {
            if (targets[t] < 0) continue;
            _cache.Ask(_network.TopOutputs.Slice(t * _hidden, _hidden));
            Count(targets[t], _network.TokenLosses[t]);
            _cache.Add(targets[t]);
        }

        _network.Carry();
        return alone;
    }

    private void Count(int target, double loss)
    {
        for (int i = 0; i < _thetas.Length; i++)
        {
            double share = _cache.Share(target, _thetas[i]);
            for (int j = 0; j < _lambdas.Length; j++)
                _sums[(i * _lambdas.Length) + j] += _cache.Count == 0 ? loss : Mixed(loss, share, _lambdas[j]);
        }
    }

    // A token that the cache does not know is as likely as the model says, less the cache's part; by logarithm, which may pass e^-745.
    private static double Mixed(double loss, double share, double lambda) =>
        share * lambda == 0
            ? loss - PortableMath.Log(1 - lambda)
            : -PortableMath.Log(((1 - lambda) * PortableMath.Exp(-loss)) + (lambda * share));
}
