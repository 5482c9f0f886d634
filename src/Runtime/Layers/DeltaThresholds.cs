namespace TinySD.Runtime.Layers;

/// <summary>How much a number must have changed since it was last taken for a streaming session to take it again: the thresholds of a
/// delta network (Neil, Lee, Delbruck and Liu, "Delta Networks for Optimized Recurrent Network Computation", ICML 2017). The default is
/// off: everything is taken at every step.</summary>
/// <remarks>
/// <para>Every product of the session then carries its sums c = b + x' W, where x' is each input as it was last taken. At a step the inputs
/// for which |x - x'| is above the threshold are taken: (x - x') times their row of W is added to c, and x' is x. The rows of all others
/// are not read. At the first step of a sequence, and at each <see cref="RenewalSteps"/>th one after it, c begins anew at b and all that is
/// not 0 is taken, so that rounding does not add up; that is less than half a percent of the work.</para>
/// <para>A larger threshold skips more and errs more. Hidden units lie in [-1, 1]; inputs are counted as the network sees them: normalised
/// columns, or numbers of the embedding.</para>
/// </remarks>
/// <param name="Inputs">Of what the network is fed with: columns of numbers, or embedded tokens. 0 or above, and finite.</param>
/// <param name="Hidden">Of hidden units, in the recurrent product, in the layer above, and in the read-out. 0 or above, and
/// finite.</param>
public readonly record struct DeltaThresholds(float Inputs, float Hidden)
{
    /// <summary>Steps of a sequence from one at which everything is taken to the next.</summary>
    public const int RenewalSteps = 256;

    /// <summary>One threshold for both.</summary>
    /// <param name="threshold">0 or above, and finite.</param>
    public DeltaThresholds(float threshold)
        : this(threshold, threshold)
    {
    }

    /// <summary>Whether both are 0: then nothing is carried, and the bits are those of a session without thresholds.</summary>
    public bool IsOff => Inputs == 0f && Hidden == 0f;

    /// <summary>Refuses what is no threshold, and any of what has no step before the next whose sums could be carried.</summary>
    internal void Check(string? without = null)
    {
        if (!IsThreshold(Inputs)) Throw.OutOfRange("the delta threshold of inputs", Inputs, "0 or above, and finite");
        if (!IsThreshold(Hidden)) Throw.OutOfRange("the delta threshold of hidden units", Hidden, "0 or above, and finite");
        if (without is not null && !IsOff)
            Throw.Argument($"delta thresholds are given for {without}; expected one that goes forward from step to step");

        static bool IsThreshold(float value) => value >= 0f && float.IsFinite(value);
    }
}
