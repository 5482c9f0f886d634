namespace TinySD.Runtime.Models;

/// <summary>A window of a text: the tokens of some time steps of every sequence, and those that follow them.</summary>
/// <param name="batchSize">Sequences B.</param>
/// <param name="longest">The most time steps T.</param>
public sealed class TokenWindow(int batchSize, int longest)
{
    private readonly int[] _inputs = new int[checked(batchSize * longest)], _targets = new int[batchSize * longest];

    /// <summary>Sequences B.</summary>
    public int BatchSize { get; } = batchSize;

    /// <summary>The most time steps.</summary>
    public int Longest { get; } = longest;

    /// <summary>Time steps T of the window; set it before the tokens.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is set below 1 or above the most there can be.</exception>
    public int TimeSteps
    {
        get;
        set
        {
            if (value < 1 || value > Longest) Throw.OutOfRange(nameof(TimeSteps), value, $"1 to {Longest}");
            field = value;
        }
    } = longest;

    /// <summary>Tokens [T][B].</summary>
    public Span<int> Inputs => _inputs.AsSpan(0, TimeSteps * BatchSize);

    /// <summary>The tokens that follow, [T][B].</summary>
    public Span<int> Targets => _targets.AsSpan(0, TimeSteps * BatchSize);
}
