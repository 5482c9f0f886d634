using TinySD.Runtime.Memory;
using TinySD.Runtime.Numerics;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Training;

/// <summary>Clips the gradient's norm and updates the parameters in place. Its state is <see cref="State"/> and two counts, and nothing else.</summary>
internal sealed class Optimizer
{
    private const float Beta1 = 0.9f, Beta2 = 0.999f, Epsilon = 1e-8f;

    private readonly OptimizerKind _kind;
    private readonly float _clipNorm, _weightDecay;
    private readonly bool _decoupled;
    private readonly VectorOps _ops;
    private readonly GradientBlock _gradients;
    private readonly float[] _blockSums;
    private readonly ParameterBlock[] _moments;

    /// <param name="recipe">The update rule, clipping and weight decay.</param>
    /// <param name="gradients">What it descends.</param>
    /// <param name="ops">Elementwise passes.</param>
    /// <param name="memory">Gives the host's memory for the state, or null.</param>
    public Optimizer(TrainingRecipe recipe, GradientBlock gradients, VectorOps ops, Func<int, Memory<float>>? memory = null)
    {
        _kind = recipe.Optimizer;
        _clipNorm = recipe.ClipNorm;
        _weightDecay = recipe.WeightDecay;
        _decoupled = recipe.DecoupledDecay;
        _ops = ops;
        _gradients = gradients;
        _blockSums = new float[gradients.Capacity];
        ParameterLayout layout = gradients.Values.Layout;
        _moments = new ParameterBlock[StateCount(_kind)];
        for (int i = 0; i < _moments.Length; i++) _moments[i] = new ParameterBlock(layout, memory.Take(layout.LengthFloats));
    }

    /// <summary>
    /// What the next update depends on, beside the parameters and two counts, laid out as they are: Adam's first and second moments; the average of averaged
    /// descent once it has begun; nothing for plain descent.
    /// </summary>
    public IReadOnlyList<NamedBlock> State => _kind switch
    {
        OptimizerKind.Adam => [new("adam.first", _moments[0]), new("adam.second", _moments[1])],
        OptimizerKind.NtAsgd when AveragedUpdates >= 0 => [new("asgd.average", _moments[0], AreWeights: true)],
        _ => [],
    };

    /// <summary>The mean of the parameters, for the rule that has one; meaningless until it has begun.</summary>
    public ParameterBlock? Average => _kind == OptimizerKind.NtAsgd ? _moments[0] : null;

    /// <summary>Blocks as large as the parameters that a rule keeps.</summary>
    public static int StateCount(OptimizerKind kind) => kind switch { OptimizerKind.Adam => 2, OptimizerKind.NtAsgd => 1, _ => 0 };

    /// <summary>Updates made, on which Adam's bias correction and the warm-up depend.</summary>
    public long Updates { get; set; }

    /// <summary>Updates that the average is the mean of; -1 while there is none.</summary>
    public long AveragedUpdates { get; set; } = -1;

    /// <summary>The gradient's L2 norm.</summary>
    public double Norm()
    {
        double sum = _ops.SumOfSquares(_gradients.Values.Values, _gradients.Starts, _gradients.Lengths, _blockSums);
        return Math.Sqrt(double.IsFinite(sum) ? sum : SumOfLargeSquares());
    }

    // Of numbers whose squares single precision does not hold, though it does hold them.
    private double SumOfLargeSquares()
    {
        double sum = 0;
        for (int block = 0; block < _gradients.Starts.Length; block++)
        {
            foreach (double gradient in _gradients.Values.Values.Slice(_gradients.Starts[block], _gradients.Lengths[block])) sum += gradient * gradient;
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
    public void Update(ParameterBlock parameters, double norm, float learningRate)
    {
        float scale = _clipNorm > 0f && norm > _clipNorm ? (float)(_clipNorm / norm) : 1f;
        Updates++;
        if (_kind == OptimizerKind.Adam)
        {
            double first = 1.0 - PortableMath.Power(Beta1, Updates), second = 1.0 - PortableMath.Power(Beta2, Updates);
            var coefficients = new AdamCoefficients(scale, (float)(learningRate / first), Beta1, Beta2, (float)Math.Sqrt(1.0 / second), Epsilon);
            _ops.Adam(parameters.Values, _gradients.Values.Values, _moments[0].Values, _moments[1].Values, coefficients);
            return;
        }

        Descend(parameters, learningRate * scale, learningRate);
        if (AveragedUpdates >= 0) UpdateAverage(parameters);
    }

    // L2: p - rate (g + decay p), rows that no token looked up too. Decoupled: (p - rate g) (1 - decay), whatever the rate.
    private void Descend(ParameterBlock parameters, float rate, float learningRate)
    {
        Span<float> gradients = _gradients.Values.Values;
        if (_weightDecay == 0f) _ops.Descend(parameters.Values, gradients, _gradients.Starts, _gradients.Lengths, rate);
        else if (_decoupled) _ops.DescendAndDecay(parameters.Values, gradients, rate * (1f - _weightDecay), _weightDecay);
        else _ops.DescendAndDecay(parameters.Values, gradients, rate, learningRate * _weightDecay);
    }

    // The mean of all parameters since the beginning: Polyak and Juditsky 1992.
    private void UpdateAverage(ParameterBlock parameters)
    {
        AveragedUpdates++;
        if (AveragedUpdates == 1) parameters.Values.CopyTo(_moments[0].Values);
        else _ops.Average(parameters.Values, (float)(1.0 / AveragedUpdates), _moments[0].Values);
    }
}
