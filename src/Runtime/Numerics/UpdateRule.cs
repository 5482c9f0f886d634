namespace TinySD.Runtime.Numerics;

/// <summary>What an optimizer makes of a gradient.</summary>
internal enum UpdateForm
{
    /// <summary>The gradient itself; keeps nothing.</summary>
    Descent,

    /// <summary>A running sum of gradients, v = beta1 v + G.</summary>
    Momentum,

    /// <summary>The running sum one step ahead, G + beta1 v: Nesterov 1983 as PyTorch has it.</summary>
    Nesterov,

    /// <summary>A running mean over the root of a running mean of squares.</summary>
    Adam,

    /// <summary>The gradient over the root of the sum of all squares so far.</summary>
    Adagrad,
}

/// <summary>The numbers of one update of parameters p by their gradient g: p = p - (rate step + shrink p), where the step is what the form
/// makes of G = scale g + decay p.</summary>
/// <param name="Form">What the step is. Of <see cref="UpdateForm.Descent"/> it is g: scale is part of the rate, and decay
/// of the shrinking.</param>
internal readonly record struct UpdateRule(UpdateForm Form)
{
    /// <summary>What clipping multiplies the gradient by.</summary>
    public float Scale { get; init; }

    /// <summary>Weight decay that is part of the gradient.</summary>
    public float Decay { get; init; }

    /// <summary>The learning rate; of Adam with the correction of its first moment's bias.</summary>
    public float Rate { get; init; }

    /// <summary>The share of a parameter that is taken off it.</summary>
    public float Shrink { get; init; }

    /// <summary>Momentum, or the share of Adam's first moment that stays.</summary>
    public float Beta1 { get; init; }

    /// <summary>The share of Adam's second moment that stays.</summary>
    public float Beta2 { get; init; }

    /// <summary>What the root of Adam's second moment is multiplied by against its bias.</summary>
    public float Correction { get; init; }

    /// <summary>Added to the root that is divided by.</summary>
    public float Epsilon { get; init; }

    /// <summary>Whether a parameter without a gradient stays as it is, and so does what is kept for it.</summary>
    public bool IsLocal => Form is UpdateForm.Descent or UpdateForm.Adagrad && Decay == 0f && Shrink == 0f;
}
