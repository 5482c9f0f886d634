using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>Monte Carlo dropout (Gal and Ghahramani, "A Theoretically Grounded Application of Dropout in Recurrent Neural Networks", NIPS
/// 2016): the text is run through the model N times with dropout on, and the N probabilities of a token are averaged before their logarithm
/// is taken. Dropout off, as in <see cref="LanguageModelEvaluator"/>, only approximates that average.</summary>
/// <remarks>
/// <para>Each sample has a state of its own, carried through the text, and masks of its own: those of <see cref="MaskSampler"/>, and
/// training's of words and weights, with the window as update. So the seed decides everything, and threads and registers nothing. Locked
/// masks and those of words and weights are new in every window, as in training, so with them the window's length has an effect. The
/// authors' published figures are measured otherwise: their code draws the masks of a pass once for the whole text and drops no words
/// there. A window of the text's length and no word drop do the same, at the cost of that window's memory.</para>
/// <para>Structured masks skip the dropped units here too. That gains most with several streams; see <see cref="LanguageModelEvaluator"/>
/// for what those are.</para>
/// </remarks>
public sealed class MonteCarloEvaluator : IWindowScorer
{
    private readonly LanguageModelNetwork _network;
    private readonly EvaluationLoop _loop;
    private readonly int _samples;
    private readonly bool _dropsWeights;
    private readonly ParameterBlock[] _states;
    private readonly double[] _largest, _sums;

    /// <summary>Plans and allocates; <see cref="Evaluate"/> allocates nothing.</summary>
    /// <param name="model">The model; it may be trained further between evaluations.</param>
    /// <param name="dropout">Case and rates; for the average that the model was trained for, those of its recipe.</param>
    /// <param name="samples">Passes N, 1 to 65536.</param>
    /// <param name="seed">Of the masks.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="streams">Streams side by side, at least 1.</param>
    /// <param name="timeSteps">Steps of a window; locked masks last as long.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="wordDrop">Drop rate of whole words of the embedding, at least 0 and below 1.</param>
    /// <param name="weightDrop">DropConnect's drop rate on the recurrent weights, at least 0 and below 1; other than 0 it costs a copy of
    /// the weights for every window and sample.</param>
    /// <param name="wordDropBySequence">Whether each stream drops words of its own.</param>
    /// <exception cref="ArgumentException">A number is out of range, or the profile does not run here.</exception>
    public MonteCarloEvaluator(
        LanguageModel model, DropoutSpec dropout, int samples, ulong seed = 1, IParallelRunner? runner = null, int streams = 1,
        int timeSteps = 35, HardwareProfile? hardware = null, float wordDrop = 0f, float weightDrop = 0f, bool wordDropBySequence = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(dropout);
        dropout.Validate();
        Throw.IfNoRate(wordDrop, "the word drop rate");
        Throw.IfNoRate(weightDrop, "the weight drop rate");
        EvaluationLoop.Check(streams, timeSteps);
        if (samples is < 1 or > 65536) Throw.OutOfRange(nameof(samples), samples, "1 to 65536");
        _samples = samples;
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware));
        _network = LanguageModelNetwork.OnItsOwn(
            model, new(streams, timeSteps, Training: false, Samples: true), plan, new MaskOrigin(dropout, seed),
            new(weightDrop, wordDrop, Activation: 0f, TemporalActivation: 0f, wordDropBySequence));
        _dropsWeights = weightDrop > 0f;
        _loop = new EvaluationLoop(model.Config.VocabularySize, streams, timeSteps);
        _states = new ParameterBlock[samples];
        for (int sample = 0; sample < samples; sample++) _states[sample] = new ParameterBlock(_network.Carried);
        _largest = new double[streams * timeSteps];
        _sums = new double[streams * timeSteps];
    }

    /// <summary>Runs a text through the model N times, side by side.</summary>
    /// <param name="tokens">At least 2 tokens.</param>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at between windows.</param>
    /// <exception cref="ArgumentException">Fewer than 2 tokens, or a token outside the vocabulary.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public EvaluationResult Evaluate(ITokenSource tokens, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        return _loop.Run(tokens, this, progress, cancellation);
    }

    void IWindowScorer.Begin()
    {
        _network.Begin(default);
        foreach (ParameterBlock state in _states) state.Values.Clear();
    }

    // The mean of the samples' probabilities e^-loss, each sum kept beside its largest term: a probability that no double holds counts like
    // any other.
    double IWindowScorer.Score(long window, ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets)
    {
        Array.Fill(_largest, double.NegativeInfinity);
        Array.Clear(_sums);
        for (int sample = 0; sample < _samples; sample++)
        {
            var draw = new Draw((int)window, sample);
            if (_dropsWeights) _network.Begin(draw);
            else _network.Redraw(draw);
            _network.LoadCarried(_states[sample]);
            _network.Forward(inputs);
            _network.Loss(targets, 0f);
            Add(_network.TokenLosses);
            _network.Carry();
            _network.SaveCarried(_states[sample]);
        }

        double sum = 0;
        for (int row = 0; row < targets.Length; row++)
        {
            if (targets[row] >= 0) sum -= _largest[row] + (PortableMath.Log(_sums[row]) - PortableMath.Log(_samples));
        }

        return sum;
    }

    private void Add(ReadOnlySpan<float> losses)
    {
        for (int row = 0; row < _sums.Length; row++)
        {
            double logarithm = -losses[row], largest = _largest[row];
            if (logarithm <= largest)
            {
                _sums[row] += PortableMath.Exp(logarithm - largest);
                continue;
            }

            _sums[row] = (_sums[row] * PortableMath.Exp(largest - logarithm)) + 1;
            _largest[row] = logarithm;
        }
    }
}
