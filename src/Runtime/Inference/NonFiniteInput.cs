namespace TinySD.Runtime.Inference;

/// <summary>What a session does with a number of its input that is infinite or not a number.</summary>
public enum NonFiniteInput
{
    /// <summary>Throws before anything is computed; state and output stay as they were. Costs a look at every number, no memory.</summary>
    Refuse,

    /// <summary>Computes with it, as IEEE 754 says. The state of that sequence may not be finite from then on, until it is reset or
    /// set.</summary>
    Compute,
}
