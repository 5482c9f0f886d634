namespace TinySD.Runtime.Models;

/// <summary>Which range a model's parameters start in.</summary>
public enum InitScheme
{
    /// <summary>Every tensor uniform in [-range, range], as Zaremba et al. 2014.</summary>
    Uniform,

    /// <summary>A recurrent layer's tensors uniform in [-1/sqrt(H), 1/sqrt(H)] for its own H, as PyTorch starts them; embedding and
    /// classifier weight in [-range, range], the classifier's bias 0. With Merity et al. 2017.</summary>
    Scaled,
}
