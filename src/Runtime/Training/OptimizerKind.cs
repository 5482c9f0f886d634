namespace TinySD.Runtime.Training;

/// <summary>The rule that turns gradients into updates. G is the clipped gradient, weight decay added where it is part of that.</summary>
public enum OptimizerKind
{
    /// <summary>Gradient descent, p -= rate G; with <see cref="TrainingRecipe.Momentum"/> mu, v = mu v + G and p -= rate v or, Nesterov's
    /// way, p -= rate (G + mu v). The same as PyTorch's SGD without dampening.</summary>
    Sgd,

    /// <summary>Adam, Kingma and Ba 2015, with bias correction; weight decay is part of G.</summary>
    Adam,

    /// <summary>Non-monotonically triggered averaged descent, Merity, Keskar and Socher 2017: plain descent until validation stops getting
    /// better, see <see cref="ValidationHistory.IsNonMonotonic"/>; from then on the model is the mean of the parameters after every update,
    /// while descent goes on.</summary>
    NtAsgd,

    /// <summary>Adam whose weight decay is not in G but goes with the learning rate, p -= rate decay p: Loshchilov
    /// and Hutter 2019.</summary>
    AdamW,

    /// <summary>Adagrad, Duchi, Hazan and Singer 2011: s += G^2 and p -= rate G / (sqrt(s) + epsilon), s from 0.</summary>
    Adagrad,
}
