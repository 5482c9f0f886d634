namespace TinySD.Benchmarks.Inference;

/// <summary>Someone who steps a layer on: each call goes on from the state that the one before left.</summary>
internal interface IStepper : IDisposable
{
    string Name { get; }

    /// <summary>What the last call gave: h of every step, [T, B, H].</summary>
    ReadOnlySpan<float> Output { get; }

    /// <summary>A call.</summary>
    /// <param name="input">[T, B, I].</param>
    void Step(ReadOnlySpan<float> input);

    /// <summary>Back to a state of zeros.</summary>
    void Reset();
}
