using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Tasks;

/// <summary>A task's evaluator, kept for as long as the same parameters are measured: those in training and, from when averaging begins,
/// their average for good.</summary>
/// <param name="make">Makes one for some parameters.</param>
internal sealed class EvaluatorOf<TEvaluator>(Func<ParameterBlock, TEvaluator> make)
    where TEvaluator : class
{
    private TEvaluator? _evaluator;
    private ParameterBlock? _measured;

    /// <summary>The evaluator of some parameters.</summary>
    public TEvaluator this[ParameterBlock parameters]
    {
        get
        {
            if (_evaluator is null || !_measured!.Values.Overlaps(parameters.Values))
                (_evaluator, _measured) = (make(parameters), parameters);
            return _evaluator;
        }
    }
}
