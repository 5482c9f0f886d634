namespace TinySD.Tools.Commands;

/// <summary>Standard input, answered in order: many lines at once where they are there, and what is there at once where nothing more has
/// come yet.</summary>
/// <typeparam name="T">What lines make: of one or of several.</typeparam>
internal sealed class AnsweredLines<T>
    where T : class
{
    /// <summary>Makes something of a line and its number; null where it takes more lines.</summary>
    /// <exception cref="FailureException">The line does not fit.</exception>
    public required Func<string, long, T?> Take { get; init; }

    /// <summary>Makes something of what is left at the end, where the last line had this number; null for nothing.</summary>
    public Func<long, T?> End { get; init; } = _ => null;

    /// <summary>How large something is, for <see cref="MostSize"/>.</summary>
    public required Func<T, long> SizeOf { get; init; }

    /// <summary>How many are answered at once.</summary>
    public required int Most { get; init; }

    /// <summary>How large they are together, from which on they are answered.</summary>
    public required long MostSize { get; init; }

    /// <summary>Reads all of standard input.</summary>
    /// <param name="context">Has it.</param>
    /// <param name="answer">Answers some, in order.</param>
    /// <exception cref="FailureException">A line did not fit; all before it are answered.</exception>
    /// <exception cref="FileProblemException">It could not be read; likewise.</exception>
    public void Answer(CliContext context, Action<List<T>, CancellationToken> answer)
    {
        CancellationToken stop = context.Stop.Watch();
        using var lines = new LineReader(StoppableInput.Name, new StoppableInput(context.Console.Input, stop));
        var ready = new List<T>();
        long size = 0;
        try
        {
            while (true)
            {
                if (ready.Count >= Most || size >= MostSize || !lines.HasLine) Say();
                if (!lines.TryRead(out string? line)) break;
                if (lines.HasLatin1) context.Warnings.Say($"{StoppableInput.Name}: not UTF-8, read as Latin-1.");
                Add(Take(line, lines.Line));
            }
        }
        catch (Exception exception) when (exception is FailureException or FileProblemException)
        {
            // What came before is not lost.
            Say();
            throw;
        }

        Add(End(lines.Line));
        Say();

        void Add(T? made)
        {
            if (made is null) return;
            ready.Add(made);
            size += SizeOf(made);
        }

        void Say()
        {
            if (ready.Count == 0) return;
            answer(ready, stop);
            ready.Clear();
            size = 0;
        }
    }
}
