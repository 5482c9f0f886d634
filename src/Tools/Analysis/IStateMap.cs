namespace TinySD.Tools.Analysis;

/// <summary>One step of a network under one input, as a map F of its state, for several states at once.</summary>
internal interface IStateMap
{
    /// <summary>Numbers S of a state.</summary>
    int Size { get; }

    /// <summary>The most states of a call, at least 1.</summary>
    int Capacity { get; }

    /// <summary>Makes F(h) of each of <paramref name="count"/> states.</summary>
    /// <param name="states">h, [count][S].</param>
    /// <param name="count">1 to <see cref="Capacity"/>.</param>
    /// <param name="next">Receives F(h), [count][S].</param>
    void Step(ReadOnlySpan<float> states, int count, Span<float> next);

    /// <summary>Multiplies by the Jacobian from the left, at each of the states of the last <see cref="Step"/>: v J, the gradient of v F(h)
    /// by h.</summary>
    /// <param name="vectors">v, [count][S].</param>
    /// <param name="gradients">Receives v J, [count][S].</param>
    void PullBack(ReadOnlySpan<float> vectors, Span<float> gradients);
}
