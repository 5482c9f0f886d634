using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Training;

/// <summary>Clips the gradient's norm and updates the parameters in place; its state, if any, is one block.</summary>
internal sealed class Optimizer
{
    private const float Beta1 = 0.9f, Beta2 = 0.999f, Epsilon = 1e-8f;

    private readonly OptimizerKind _kind;
    private readonly float _clipNorm;
    private readonly VectorOps _ops;
    private readonly GradientBlocks _blocks;
    private readonly float[] _blockSums;
    private readonly ParameterBlock[] _moments;

    public Optimizer(OptimizerKind kind, float clipNorm, ParameterLayout layout, GradientBlocks blocks, VectorOps ops)
    {
        _kind = kind;
        _clipNorm = clipNorm;
        _ops = ops;
        _blocks = blocks;
        _blockSums = new float[blocks.Capacity];
        _moments = [];
        if (kind != OptimizerKind.Adam) return;
        Memory<float> state = new AlignedBuffer(checked(2 * layout.LengthFloats)).Memory;
        _moments = [new(layout, state[..layout.LengthFloats]), new(layout, state[layout.LengthFloats..])];
    }

    /// <summary>Adam's first and second moments, laid out as the parameters are; empty for plain descent.</summary>
    public IReadOnlyList<ParameterBlock> Moments => _moments;

    /// <summary>Updates made, on which Adam's bias correction depends.</summary>
    public long Updates { get; set; }

    /// <summary>The gradient's L2 norm.</summary>
    public double Norm(ParameterBlock gradients) => Math.Sqrt(_ops.SumOfSquares(gradients.Values, _blocks.Starts, _blocks.Lengths, _blockSums));

    /// <summary>One update; <paramref name="norm"/> is what <see cref="Norm"/> returned.</summary>
    public void Update(ParameterBlock parameters, ParameterBlock gradients, double norm, float learningRate)
    {
        float scale = _clipNorm > 0f && norm > _clipNorm ? (float)(_clipNorm / norm) : 1f;
        Updates++;
        if (_kind == OptimizerKind.Sgd)
        {
            _ops.Descend(parameters.Values, gradients.Values, _blocks.Starts, _blocks.Lengths, learningRate * scale);
            return;
        }

        double first = 1.0 - Math.Pow(Beta1, Updates), second = 1.0 - Math.Pow(Beta2, Updates);
        var coefficients = new AdamCoefficients(scale, (float)(learningRate / first), Beta1, Beta2, (float)Math.Sqrt(1.0 / second), Epsilon);
        _ops.Adam(parameters.Values, gradients.Values, _moments[0].Values, _moments[1].Values, coefficients);
    }
}
