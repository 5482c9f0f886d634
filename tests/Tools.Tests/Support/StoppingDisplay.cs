using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary>Asks for a stop, as Ctrl-C does, when it is shown something for the n-th time; a run shows every step, and every window of a
/// validation.</summary>
/// <param name="stop">The way to stop.</param>
/// <param name="wanted">What is counted: labels and notes that hold this.</param>
/// <param name="after">Which of them, counted from 1.</param>
internal sealed class StoppingDisplay(StopRequest stop, string wanted, int after) : IProgressDisplay
{
    private int _seen;

    public bool IsDue => true;

    public void Show(string label, double share, string detail) => Count(label);

    public void Note(string line) => Count(line);

    private void Count(string shown)
    {
        if (shown.Contains(wanted, StringComparison.Ordinal) && ++_seen == after) stop.TryRequest();
    }
}
