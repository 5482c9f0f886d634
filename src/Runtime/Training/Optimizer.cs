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
    private readonly AlignedBuffer? _state;
    private readonly int _length;
    private long _updates;

    public Optimizer(OptimizerKind kind, float clipNorm, ParameterLayout layout, GradientBlocks blocks, VectorOps ops)
    {
        _kind = kind;
        _clipNorm = clipNorm;
        _ops = ops;
        _length = layout.LengthFloats;
        _blocks = blocks;
        _blockSums = new float[blocks.Capacity];
        if (kind == OptimizerKind.Adam) _state = new AlignedBuffer(checked(2 * _length));
    }

    /// <summary>The gradient's L2 norm.</summary>
    public double Norm(ParameterBlock gradients) => Math.Sqrt(_ops.SumOfSquares(gradients.Values, _blocks.Starts, _blocks.Lengths, _blockSums));

    /// <summary>One update; <paramref name="norm"/> is what <see cref="Norm"/> returned.</summary>
    public void Update(ParameterBlock parameters, ParameterBlock gradients, double norm, float learningRate)
    {
        float scale = _clipNorm > 0f && norm > _clipNorm ? (float)(_clipNorm / norm) : 1f;
        _updates++;
        if (_kind == OptimizerKind.Sgd)
        {
            _ops.Descend(parameters.Values, gradients.Values, _blocks.Starts, _blocks.Lengths, learningRate * scale);
            return;
        }

        double first = 1.0 - Math.Pow(Beta1, _updates), second = 1.0 - Math.Pow(Beta2, _updates);
        var coefficients = new AdamCoefficients(scale, (float)(learningRate / first), Beta1, Beta2, (float)Math.Sqrt(1.0 / second), Epsilon);
        Span<float> state = _state!.Span;
        _ops.Adam(parameters.Values, gradients.Values, state[.._length], state[_length..], coefficients);
    }
}
