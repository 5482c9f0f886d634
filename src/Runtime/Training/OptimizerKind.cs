namespace TinySD.Runtime.Training;

/// <summary>The rule that turns gradients into updates.</summary>
public enum OptimizerKind
{
    /// <summary>Plain gradient descent, no momentum.</summary>
    Sgd,

    /// <summary>Adam, Kingma and Ba 2015, with bias correction; beta 0.9 and 0.999, epsilon 1e-8.</summary>
    Adam,

    /// <summary>
    /// Non-monotonically triggered averaged descent, Merity, Keskar and Socher 2017: plain descent until validation stops getting better, see
    /// <see cref="ValidationHistory.IsNonMonotonic"/>; from then on the model is the mean of the parameters after every update, while descent goes on.
    /// </summary>
    NtAsgd,
}
