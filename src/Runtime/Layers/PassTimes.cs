using System.Diagnostics;

namespace TinySD.Runtime.Layers;

/// <summary>The parts of a training step, in the order in which a step first comes to them.</summary>
public enum Pass
{
    /// <summary>Copies of weight rows that do not start on cache lines, and of the state carried into the next window.</summary>
    Copies,

    /// <summary>Drawing the masks of all places.</summary>
    Masks,

    /// <summary>The embedding, forward and backward.</summary>
    Embedding,

    /// <summary>What is made of the characters of words, forward and backward, if it is a convolution; an LSTM over them counts as the
    /// other recurrent layers do.</summary>
    Characters,

    /// <summary>Dropout of units: gathering and scaling kept rows, or multiplying by a mask, forward and backward.</summary>
    Dropout,

    /// <summary>FP of the layers' inputs: x W.</summary>
    InputForward,

    /// <summary>FP of the recurrent connections: h U.</summary>
    RecurrentForward,

    /// <summary>The recurrent cells, forward.</summary>
    CellForward,

    /// <summary>FP of the classifier.</summary>
    ClassifierForward,

    /// <summary>Softmax, loss, and the logits' gradient.</summary>
    Softmax,

    /// <summary>BP of the classifier: the gradient of its input.</summary>
    ClassifierBackward,

    /// <summary>WG of the classifier: the gradient of its weights.</summary>
    ClassifierGradient,

    /// <summary>The gradients of peepholes and of a GRU's second bias; those of other biases come with their weights'.</summary>
    BiasSums,

    /// <summary>The recurrent cells, backward.</summary>
    CellBackward,

    /// <summary>BP of the recurrent connections: the gradient of the previous h.</summary>
    RecurrentBackward,

    /// <summary>BP of the layers' inputs: the gradient of x.</summary>
    InputBackward,

    /// <summary>WG of the layers' inputs: the gradient of W.</summary>
    InputGradient,

    /// <summary>WG of the recurrent connections: the gradient of U.</summary>
    RecurrentGradient,

    /// <summary>The whole gradient's norm.</summary>
    GradientNorm,

    /// <summary>The update of the parameters, clipping included.</summary>
    Update,
}

/// <summary>Where the time of training steps went, pass by pass, summed since the last <see cref="Reset"/>. Every boundary between two
/// passes is one reading of the clock, so the parts add up to the whole, and nothing of a step is counted twice or left out.</summary>
/// <remarks>Elapsed time of the calling thread, so a product spread over threads counts until its last thread is done. A boundary costs
/// tens of nanoseconds. Allocates nothing. Not thread-safe: read it between steps.</remarks>
public sealed class PassTimes
{
    private const int PassCount = (int)Pass.Update + 1;

    private readonly long[] _ticks = new long[PassCount];
    private long _boundary;

    internal PassTimes()
    {
    }

    /// <summary>The time of one pass, over all layers and time steps.</summary>
    public TimeSpan this[Pass pass] => Sum(pass);

    /// <summary>FP: the forward products.</summary>
    public TimeSpan Forward => Sum(Pass.InputForward, Pass.RecurrentForward, Pass.ClassifierForward);

    /// <summary>BP: the products that take the gradient back to their inputs.</summary>
    public TimeSpan Backward => Sum(Pass.InputBackward, Pass.RecurrentBackward, Pass.ClassifierBackward);

    /// <summary>WG: the products that make the weights' gradients.</summary>
    public TimeSpan WeightGradient => Sum(Pass.InputGradient, Pass.RecurrentGradient, Pass.ClassifierGradient);

    /// <summary>The optimizer: gradient norm and update.</summary>
    public TimeSpan Optimizer => Sum(Pass.GradientNorm, Pass.Update);

    /// <summary>What is neither a product nor the optimizer: masks, dropout of units, embedding, cells, softmax,
    /// bias sums, copies.</summary>
    public TimeSpan Elementwise => Total - Forward - Backward - WeightGradient - Optimizer;

    /// <summary>All passes together.</summary>
    public TimeSpan Total => Stopwatch.GetElapsedTime(0, _ticks.Sum());

    /// <summary>Begins anew: all times 0.</summary>
    public void Reset() => Array.Clear(_ticks);

    /// <summary>The first boundary of a step: what came before belongs to no pass.</summary>
    internal void Start() => _boundary = Stopwatch.GetTimestamp();

    /// <summary>A boundary: the time since the one before was spent on <paramref name="pass"/>.</summary>
    internal void Lap(Pass pass)
    {
        long now = Stopwatch.GetTimestamp();
        _ticks[(int)pass] += now - _boundary;
        _boundary = now;
    }

    private TimeSpan Sum(params ReadOnlySpan<Pass> passes)
    {
        long ticks = 0;
        foreach (Pass pass in passes) ticks += _ticks[(int)pass];
        return Stopwatch.GetElapsedTime(0, ticks);
    }
}
