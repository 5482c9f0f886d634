using TinySD.Runtime.Memory;
using TinySD.Runtime.Numerics;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Training;

/// <summary>Clips the gradient's norm and updates the parameters in place. Its state is <see cref="Moments"/> and two counts, and nothing else.</summary>
internal sealed class Optimizer
{
    private const float Beta1 = 0.9f, Beta2 = 0.999f, Epsilon = 1e-8f;

    private readonly OptimizerKind _kind;
    private readonly float _clipNorm, _weightDecay;
    private readonly bool _decoupled;
    private readonly VectorOps _ops;
    private readonly GradientBlocks _blocks;
    private readonly float[] _blockSums;
    private readonly ParameterBlock[] _moments;

    /// <param name="recipe">The update rule, clipping and weight decay.</param>
    /// <param name="layout">The parameters.</param>
    /// <param name="blocks">Where their gradient may differ from zero.</param>
    /// <param name="ops">Elementwise passes.</param>
    /// <param name="average">Where the mean of the parameters goes, for the rule that has one.</param>
    /// <param name="memory">Gives the host's memory for the state, or null.</param>
    public Optimizer(
        TrainingRecipe recipe, ParameterLayout layout, GradientBlocks blocks, VectorOps ops, ParameterBlock? average,
        Func<int, Memory<float>>? memory = null)
    {
        _kind = recipe.Optimizer;
        _clipNorm = recipe.ClipNorm;
        _weightDecay = recipe.WeightDecay;
        _decoupled = recipe.DecoupledDecay;
        _ops = ops;
        _blocks = blocks;
        _blockSums = new float[blocks.Capacity];
        _moments = average is null ? [] : [average];
        if (_kind == OptimizerKind.Adam) _moments = [new(layout, memory.Take(layout.LengthFloats)), new(layout, memory.Take(layout.LengthFloats))];
    }

    /// <summary>
    /// Blocks laid out as the parameters are: Adam's first and second moments; the average of averaged descent; none for plain descent.
    /// </summary>
    public IReadOnlyList<ParameterBlock> Moments => _moments;

    /// <summary>Updates made, on which Adam's bias correction and the warm-up depend.</summary>
    public long Updates { get; set; }

    /// <summary>Updates that the average is the mean of; -1 while there is none.</summary>
    public long AveragedUpdates { get; set; } = -1;

    /// <summary>The gradient's L2 norm.</summary>
    public double Norm(ParameterBlock gradients)
    {
        double sum = _ops.SumOfSquares(gradients.Values, _blocks.Starts, _blocks.Lengths, _blockSums);
        return Math.Sqrt(double.IsFinite(sum) ? sum : SumOfLargeSquares(gradients.Values));
    }

    // Of numbers whose squares single precision does not hold, though it does hold them.
    private double SumOfLargeSquares(ReadOnlySpan<float> gradients)
    {
        double sum = 0;
        for (int block = 0; block < _blocks.Starts.Length; block++)
        {
            foreach (double gradient in gradients.Slice(_blocks.Starts[block], _blocks.Lengths[block])) sum += gradient * gradient;
        }

        return sum;
    }

    /// <summary>Begins to average: before the next update the average is the parameters as they are.</summary>
    public void BeginAveraging(ParameterBlock parameters)
    {
        parameters.Values.CopyTo(_moments[0].Values);
        AveragedUpdates = 0;
    }

    /// <summary>One update; <paramref name="norm"/> is what <see cref="Norm"/> returned.</summary>
    public void Update(ParameterBlock parameters, ParameterBlock gradients, double norm, float learningRate)
    {
        float scale = _clipNorm > 0f && norm > _clipNorm ? (float)(_clipNorm / norm) : 1f;
        Updates++;
        if (_kind == OptimizerKind.Adam)
        {
            double first = 1.0 - PortableMath.Power(Beta1, Updates), second = 1.0 - PortableMath.Power(Beta2, Updates);
            var coefficients = new AdamCoefficients(scale, (float)(learningRate / first), Beta1, Beta2, (float)Math.Sqrt(1.0 / second), Epsilon);
            _ops.Adam(parameters.Values, gradients.Values, _moments[0].Values, _moments[1].Values, coefficients);
            return;
        }

        Descend(parameters, gradients, learningRate * scale, learningRate);
        if (AveragedUpdates >= 0) Average(parameters);
    }

    // L2: p - rate (g + decay p), rows that no token looked up too. Decoupled: (p - rate g) (1 - decay), whatever the rate.
    private void Descend(ParameterBlock parameters, ParameterBlock gradients, float rate, float learningRate)
    {
        if (_weightDecay == 0f) _ops.Descend(parameters.Values, gradients.Values, _blocks.Starts, _blocks.Lengths, rate);
        else if (_decoupled) _ops.DescendAndDecay(parameters.Values, gradients.Values, rate * (1f - _weightDecay), _weightDecay);
        else _ops.DescendAndDecay(parameters.Values, gradients.Values, rate, learningRate * _weightDecay);
    }

    // The mean of all parameters since the beginning: Polyak and Juditsky 1992.
    private void Average(ParameterBlock parameters)
    {
        AveragedUpdates++;
        if (AveragedUpdates == 1) parameters.Values.CopyTo(_moments[0].Values);
        else _ops.Average(_moments[0].Values, parameters.Values, (float)(1.0 / AveragedUpdates));
    }
}
