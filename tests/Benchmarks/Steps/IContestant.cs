namespace TinySD.Benchmarks.Steps;

/// <summary>A trainer whose steps are timed.</summary>
internal interface IContestant : IDisposable
{
    string Name { get; }

    /// <summary>One window forward, backward, clipped and updated; state is carried to the next.</summary>
    /// <param name="inputs">Tokens [T][B].</param>
    /// <param name="targets">The tokens that follow, [T][B].</param>
    /// <returns>Mean cross-entropy, nats a token: read back by all, so that none can leave work undone.</returns>
    double Step(int[] inputs, int[] targets);
}
