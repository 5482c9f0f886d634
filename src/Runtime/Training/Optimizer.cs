using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Training;

/// <summary>Clips the gradient's norm and updates the parameters in place. Its state is <see cref="State"/> and two
/// counts, no more.</summary>
internal sealed class Optimizer
{
    private readonly TrainingRecipe _recipe;
    private readonly VectorOps _ops;
    private readonly GradientBlock _gradients;
    private readonly Memory<float> _blockSums;
    private readonly NamedBlock[] _state;

    public Optimizer(TrainingRecipe recipe, GradientBlock gradients, VectorOps ops, Func<int, Memory<float>>? memory = null)
    {
        _recipe = recipe;
        _ops = ops;
        _gradients = gradients;
        ParameterLayout layout = gradients.Values.Layout;
        _state = Array.ConvertAll(StateNames(recipe), name =>
            new NamedBlock(name, new ParameterBlock(layout, memory.Take(layout.LengthFloats)), AreWeights: Averages));
        _blockSums = memory.Take(gradients.Capacity);
    }

    /// <summary>What the next update depends on, beside the parameters and two counts, laid out as they are: Adam's first and second
    /// moments, for example; the average of averaged descent once it has begun; nothing for plain descent.</summary>
    public IReadOnlyList<NamedBlock> State => Averages && AveragedUpdates < 0 ? [] : _state;

    /// <summary>The mean of the parameters, for the rule that has one; meaningless until it has begun.</summary>
    public ParameterBlock? Average => Averages ? _state[0].Block : null;

    /// <summary>Names of the blocks, each as large as the parameters, that a recipe's rule keeps.</summary>
    public static string[] StateNames(TrainingRecipe recipe) => recipe.Optimizer switch
    {
        OptimizerKind.Adam or OptimizerKind.AdamW => ["adam.first", "adam.second"],
        OptimizerKind.Adagrad => ["adagrad.squares"],
        OptimizerKind.NtAsgd => ["asgd.average"],
        _ => recipe.Momentum > 0f ? ["sgd.momentum"] : [],
    };

    /// <summary>Updates made, on which Adam's bias correction and the warm-up depend.</summary>
    public long Updates { get; set; }

    /// <summary>Updates that the average is the mean of; -1 while there is none.</summary>
    public long AveragedUpdates { get; set; } = -1;

    /// <summary>The gradient's L2 norm.</summary>
    public double Norm()
    {
        double sum = _ops.SumOfSquares(_gradients.Values.Values, _gradients.Starts, _gradients.Lengths, _blockSums.Span);
        return Math.Sqrt(double.IsFinite(sum) ? sum : SumOfLargeSquares());
    }

    // Of numbers whose squares single precision does not hold, though it does hold them.
    private double SumOfLargeSquares()
    {
        double sum = 0;
        for (int block = 0; block < _gradients.Starts.Length; block++)
        {
            Span<float> gradients = _gradients.Values.Values.Slice(_gradients.Starts[block], _gradients.Lengths[block]);
            foreach (double gradient in gradients) sum += gradient * gradient;
        }

        return sum;
    }

    /// <summary>Begins to average: before the next update the average is the parameters as they are.</summary>
    public void BeginAveraging(ParameterBlock parameters)
    {
        parameters.Values.CopyTo(Average!.Values);
        AveragedUpdates = 0;
    }

    /// <summary>One update; <paramref name="norm"/> is what <see cref="Norm"/> returned.</summary>
    public void Update(ParameterBlock parameters, double norm, float learningRate)
    {
        float clip = _recipe.ClipNorm, scale = clip > 0f && norm > clip ? (float)(clip / norm) : 1f;
        Updates++;
        UpdateRule rule = Rule(scale, learningRate);
        Span<float> gradient = _gradients.Values.Values, first = default, second = default;
        if (_state.Length > 0) first = _state[0].Block.Values;
        if (_state.Length > 1) second = _state[1].Block.Values;
        _ops.Update(parameters.Values, gradient, first, second, _gradients.Starts, _gradients.Lengths, in rule);
        if (AveragedUpdates >= 0) UpdateAverage(parameters);
    }

    private bool Averages => _recipe.Optimizer == OptimizerKind.NtAsgd;

    private UpdateRule Rule(float scale, float learningRate)
    {
        float decay = _recipe.WeightDecay, rate = learningRate;
        UpdateForm form = _recipe.Optimizer switch
        {
            OptimizerKind.Adam or OptimizerKind.AdamW => UpdateForm.Adam,
            OptimizerKind.Adagrad => UpdateForm.Adagrad,
            _ => _recipe.Momentum == 0f ? UpdateForm.Descent : _recipe.Nesterov ? UpdateForm.Nesterov : UpdateForm.Momentum,
        };
        var rule = new UpdateRule(form) { Scale = scale, Beta1 = _recipe.Momentum, Epsilon = _recipe.Epsilon };
        if (form == UpdateForm.Descent) rate *= scale;
        if (form == UpdateForm.Adam)
        {
            double first = 1.0 - PortableMath.Power(_recipe.Beta1, Updates), second = 1.0 - PortableMath.Power(_recipe.Beta2, Updates);
            rate = (float)(rate / first);
            rule = rule with { Beta1 = _recipe.Beta1, Beta2 = _recipe.Beta2, Correction = (float)Math.Sqrt(1.0 / second) };
        }

        // Decoupled: (p - rate step) (1 - decay), whatever the rate. AdamW: p - rate (step + decay p). Else decay p is part of the
        // gradient, also of a table's rows that nobody looked up; of plain descent that comes to the same as AdamW's.
        if (_recipe.DecoupledDecay) return rule with { Rate = rate * (1f - decay), Shrink = decay };
        return _recipe.Optimizer == OptimizerKind.AdamW || form == UpdateForm.Descent
            ? rule with { Rate = rate, Shrink = learningRate * decay }
            : rule with { Rate = rate, Decay = decay };
    }

    // The mean of all parameters since the beginning: Polyak and Juditsky 1992.
    private void UpdateAverage(ParameterBlock parameters)
    {
        AveragedUpdates++;
        if (AveragedUpdates == 1) parameters.Values.CopyTo(Average!.Values);
        else _ops.Average(parameters.Values, (float)(1.0 / AveragedUpdates), Average!.Values);
    }
}
