using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Models;

/// <summary>A window of a text: the tokens of some time steps of every sequence, and those that follow them.</summary>
public sealed class TokenWindow
{
    private readonly Workspace.Slice _inputs, _targets;

    /// <summary>Room for a window.</summary>
    /// <param name="batchSize">Sequences B.</param>
    /// <param name="longest">The most time steps T.</param>
    /// <exception cref="ArgumentException">A size is below 1, or the tokens would pass 2^31.</exception>
    public TokenWindow(int batchSize, int longest)
        : this(batchSize, longest, new Workspace(), isAlone: true)
    {
    }

    /// <summary>Reserves room for a window in memory that is taken later.</summary>
    internal TokenWindow(int batchSize, int longest, Workspace workspace)
        : this(batchSize, longest, workspace, isAlone: false)
    {
    }

    private TokenWindow(int batchSize, int longest, Workspace workspace, bool isAlone)
    {
        if (batchSize < 1) Throw.OutOfRange(nameof(batchSize), batchSize, "at least 1");
        if (longest < 1) Throw.OutOfRange(nameof(longest), longest, "at least 1");
        BatchSize = batchSize;
        Longest = longest;
        TimeSteps = longest;
        _inputs = workspace.Reserve((long)batchSize * longest);
        _targets = workspace.Reserve((long)batchSize * longest);
        if (isAlone) workspace.Allocate();
    }

    /// <summary>Sequences B.</summary>
    public int BatchSize { get; }

    /// <summary>The most time steps.</summary>
    public int Longest { get; }

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
    }

    /// <summary>Tokens [T][B].</summary>
    public Span<int> Inputs => _inputs.Integers[..(TimeSteps * BatchSize)];

    /// <summary>The tokens that follow, [T][B].</summary>
    public Span<int> Targets => _targets.Integers[..(TimeSteps * BatchSize)];
}
