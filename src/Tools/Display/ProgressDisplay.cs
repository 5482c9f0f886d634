namespace TinySD.Tools.Display;

/// <summary>Shows how far a long computation is. Not thread-safe.</summary>
internal interface IProgressDisplay
{
    /// <summary>Whether <see cref="Show"/> would be seen now; before that there is no need to make its text.</summary>
    bool IsDue { get; }

    /// <summary>Says how much of the whole is done, 0 to 1; what is being done, for example <c>epoch 2/13</c>; and figures beside
    /// it.</summary>
    void Show(string label, double share, string detail);

    /// <summary>A line that stays.</summary>
    void Note(string line);
}

/// <summary>Chooses how progress is shown: drawn in place on a terminal, in lines elsewhere, not at all when quiet.</summary>
internal static class ProgressDisplay
{
    /// <summary>Runs <paramref name="body"/> with a display that ends when it does.</summary>
    public static void Run(CliContext context, Action<IProgressDisplay> body)
    {
        if (context.Console.Progress is { } own) body(own);
        else if (context.Quiet) body(new LineDisplay(TextWriter.Null));
        else if (context.Console.ErrorIsTerminal) LiveDisplay.Run(context.Console, body);
        else body(new LineDisplay(context.Console.Error));
    }

    public static T Run<T>(CliContext context, Func<IProgressDisplay, T> body)
    {
        T result = default!;
        Run(context, (IProgressDisplay progress) => { result = body(progress); });
        return result;
    }

    /// <summary>The same of what is worth nothing when it is stopped before its end.</summary>
    /// <exception cref="StoppedException">It was; the message goes on with <paramref name="outcome"/>.</exception>
    public static T RunToTheEnd<T>(CliContext context, string outcome, Func<IProgressDisplay, CancellationToken, T> body)
    {
        try
        {
            return Run(context, progress => body(progress, context.Stop.Watch()));
        }
        catch (OperationCanceledException)
        {
            throw new StoppedException($"stopped before the end; {outcome}.");
        }
    }

    /// <summary>What shows the share of one thing that takes its time.</summary>
    public static Action<double> ShareOf(IProgressDisplay progress, string label) => share =>
    {
        if (progress.IsDue) progress.Show(label, share, "");
    };

    /// <summary>A line every few seconds.</summary>
    private sealed class LineDisplay(TextWriter writer) : IProgressDisplay
    {
        private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);

        private readonly Stopwatch _sinceLast = Stopwatch.StartNew();

        public bool IsDue => _sinceLast.Elapsed >= s_interval;

        public void Show(string label, double share, string detail)
        {
            if (!IsDue) return;
            writer.WriteLine($"{Figures.Fixed(100 * share, 0),3} %  {label}  {detail}".TrimEnd());
            _sinceLast.Restart();
        }

        public void Note(string line)
        {
            writer.WriteLine(line);
            _sinceLast.Restart();
        }
    }

    /// <summary>A bar that is redrawn in place and gone at the end.</summary>
    private sealed class LiveDisplay(TextWriter lines, LiveLine line) : IProgressDisplay
    {
        private const int RedrawMilliseconds = 200;

        private readonly Stopwatch _sinceLast = Stopwatch.StartNew();

        public static void Run(CliConsole console, Action<IProgressDisplay> body)
        {
            LiveLine line = console.Live;
            line.Show(0, "starting");
            try
            {
                body(new LiveDisplay(console.Error, line));
            }
            finally
            {
                line.Clear();
            }
        }

        public bool IsDue => _sinceLast.ElapsedMilliseconds >= RedrawMilliseconds;

        public void Show(string label, double share, string detail)
        {
            line.Show(share, $"{label}  {detail}");
            _sinceLast.Restart();
        }

        // The line gives way.
        public void Note(string text) => lines.WriteLine(text);
    }
}
