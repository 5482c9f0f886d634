namespace TinySD.Native;

/// <summary>A session of any kind, as C sees it: steps of tokens or of rows in, answers out, in single precision.</summary>
/// <remarks>One thread at a time; a call that fails leaves the state as it was.</remarks>
internal abstract class Stream
{
    private readonly byte[] _before;
    private int _inside;

    protected Stream(Shape shape, StreamingSession session)
    {
        (Shape, Session) = (shape, session);
        _before = new byte[session.StateBytes];
    }

    /// <summary>What carries the state.</summary>
    public StreamingSession Session { get; }

    protected Shape Shape { get; }

    /// <summary>Feeds T steps, [T][B] tokens or [T][B][I] numbers, and answers after each, [T][B][O].</summary>
    public void Run(ReadOnlySpan<int> tokens, ReadOnlySpan<float> rows, Span<float> answers, bool hasTokens, bool one)
    {
        int steps = Enter(tokens, rows, answers.Length, hasTokens, one ? 1 : 0, perStep: true);
        try
        {
            // One step is refused as a whole; of more the first may have been taken.
            if (steps > 1) Session.CopyState(_before);
            RunSteps(tokens, rows, answers, steps);
        }
        catch when (steps > 1)
        {
            PutBack();
            throw;
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Answers to whole sequences, [B][O]; the state stays as it is.</summary>
    public void Predict(ReadOnlySpan<int> tokens, ReadOnlySpan<float> rows, Span<float> answers, bool hasTokens)
    {
        int steps = Enter(tokens, rows, answers.Length, hasTokens, 0, perStep: false);
        try
        {
            Keep();
            try
            {
                Session.Reset();
                Answer(tokens, rows, answers, steps);
            }
            finally
            {
                Session.SetState(_before);
            }
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Does something with the session that no other thread is in.</summary>
    public void Alone(Action<StreamingSession, int> act, int argument)
    {
        Enter();
        try
        {
            act(Session, argument);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>The state as a file's bytes, with checksums. Of one session they have one length.</summary>
    public byte[] Save()
    {
        Enter();
        try
        {
            return SessionStateFile.ToBytes(Session);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Goes on from a saved state.</summary>
    public void Load(ReadOnlyMemory<byte> bytes)
    {
        Enter();
        try
        {
            SessionStateFile.Load(bytes, Session);
        }
        catch (FileProblemException exception)
        {
            throw new CallException(Status.BadState, exception.Message);
        }
        finally
        {
            Leave();
        }
    }

    protected abstract void RunSteps(ReadOnlySpan<int> tokens, ReadOnlySpan<float> rows, Span<float> answers, int steps);

    /// <summary>Runs from the beginning and keeps the last answers.</summary>
    protected virtual void Answer(ReadOnlySpan<int> tokens, ReadOnlySpan<float> rows, Span<float> answers, int steps)
    {
        int width = Shape.Inputs * Session.Batch;
        for (int t = 0; t < steps; t++)
        {
            if (rows.IsEmpty) RunSteps(tokens.Slice(t * Session.Batch, Session.Batch), [], answers, 1);
            else RunSteps([], rows.Slice(t * width, width), answers, 1);
        }
    }

    /// <summary>Widens rows into [B][I], and answers back from [B][O].</summary>
    protected static void Copy(ReadOnlySpan<float> from, Span<double> to)
    {
        for (int i = 0; i < from.Length; i++) to[i] = from[i];
    }

    /// <inheritdoc cref="Copy(ReadOnlySpan{float}, Span{double})"/>
    protected static void Copy(ReadOnlySpan<double> from, Span<float> to)
    {
        for (int i = 0; i < from.Length; i++) to[i] = (float)from[i];
    }

    // A state that has become infinite cannot be put back, and is no less so after some steps: what failed is what there is to tell.
    private void PutBack()
    {
        try
        {
            Session.SetState(_before);
        }
        catch (ArgumentException)
        {
        }
    }

    // What could not be put back is told while it stands: simple cells have no bounds, and their state may pass all numbers.
    private void Keep()
    {
        Session.CopyState(_before);
        try
        {
            Session.SetState(_before);
        }
        catch (ArgumentException)
        {
            throw new CallException(Status.NotFinite, "the session's state has become infinite or not a number: reset it first");
        }
    }

    // Checks all sizes, and that no other thread is inside.
    private int Enter(
        ReadOnlySpan<int> tokens, ReadOnlySpan<float> rows, int room, bool hasTokens, int wanted, bool perStep)
    {
        bool takesTokens = Shape.Vocabulary > 0;
        if (takesTokens != hasTokens)
        {
            throw new CallException(Status.NotSupported, takesTokens
                ? "the model takes tokens: call the function whose name ends in _tokens"
                : "the model takes rows of numbers, not tokens");
        }

        int width = takesTokens ? Session.Batch : Session.Batch * Shape.Inputs, found = takesTokens ? tokens.Length : rows.Length;
        string what = takesTokens ? "tokens" : "numbers";
        if (found % width != 0 || found == 0 || (wanted > 0 && found != width * wanted))
            throw Refused($"there are {found} {what}; {(wanted > 0 ? "" : "a multiple of ")}{width} were expected");
        int steps = found / width;
        long answers = (long)(perStep ? steps : 1) * Session.Batch * Shape.Outputs;
        if (room != answers) throw Refused($"the output has room for {room} numbers; {answers} were expected");
        Enter();
        return steps;

        static CallException Refused(string message) => new(Status.BadArgument, message);
    }

    private void Enter()
    {
        if (Interlocked.CompareExchange(ref _inside, 1, 0) == 0) return;
        throw new CallException(
            Status.Busy, "another thread is inside this session: make one for each thread, they share their model's weights");
    }

    private void Leave() => Volatile.Write(ref _inside, 0);
}
