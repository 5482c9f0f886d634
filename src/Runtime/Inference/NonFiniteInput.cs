namespace TinySD.Runtime.Inference;

/// <summary>What a session does with a number that is infinite or not a number.</summary>
public enum NonFiniteInput
{
    /// <summary>Computes with it. The state of that sequence is not finite from then on, until it is reset or set.</summary>
    Propagate,

    /// <summary>Throws before anything is computed; state and output stay as they were. Costs a look at every number, no memory.</summary>
    Refuse,
}
