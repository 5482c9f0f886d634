namespace TinySD.Runtime.Inference;

/// <summary>Sessions of one model at several shares of its units, of which one runs at a time: a device takes a smaller share while its
/// battery is low. <c>new SessionsByShare&lt;LanguageModelSession&gt;([1f, 0.5f], share => new(model.AtShare(share)))</c>.</summary>
/// <typeparam name="TSession">The kind of session.</typeparam>
/// <remarks>Everything is made in the constructor, and nothing is allocated when the share changes: memory holds the model at every share.
/// A new share begins a new sequence. The first units of a larger model's state are near to a smaller model's state, and are not it, so
/// no state is handed on. Not thread-safe.</remarks>
public sealed class SessionsByShare<TSession>
    where TSession : StreamingSession
{
    private readonly float[] _shares;
    private readonly TSession[] _sessions;
    private int _chosen;

    /// <summary>Opens a session for every share; the first is chosen.</summary>
    /// <param name="shares">The shares, each above 0 and at most 1, and different: those that the model was trained with, see
    /// <see cref="Masks.DropoutSpec.ShareAt"/>, and others between them.</param>
    /// <param name="open">Opens a session of the model at a share, each a new one.</param>
    /// <exception cref="ArgumentException">There is no share, one is out of range or comes twice; or <paramref name="open"/> gives no new
    /// session.</exception>
    public SessionsByShare(ReadOnlySpan<float> shares, Func<float, TSession> open)
    {
        ArgumentNullException.ThrowIfNull(open);
        if (shares.IsEmpty) Throw.Argument("there is no share; expected one or more");
        _shares = shares.ToArray();
        for (int i = 0; i < shares.Length; i++)
        {
            if (!(shares[i] is > 0f and <= 1f)) Throw.OutOfRange("a share", shares[i], "above 0 and at most 1");
            if (shares[..i].Contains(shares[i])) Throw.Argument($"the share {shares[i]} comes twice");
        }

        _sessions = new TSession[shares.Length];
        for (int i = 0; i < shares.Length; i++)
        {
            TSession session = open(shares[i]);
            if (session is null || Array.IndexOf(_sessions, session) >= 0)
                Throw.Argument($"no session was opened for the share {shares[i]}");
            _sessions[i] = session;
        }
    }

    /// <summary>The shares, in the order in which they were given.</summary>
    public IReadOnlyList<float> Shares => _shares;

    /// <summary>The session of the share that is chosen.</summary>
    public TSession Session => _sessions[_chosen];

    /// <summary>The share that is chosen. Another one begins a new sequence; the old one must have been ended by
    /// <see cref="StreamingSession.Reset()"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no session of that share.</exception>
    /// <exception cref="InvalidOperationException">The session is in the middle of a sequence.</exception>
    public float Share
    {
        get => _shares[_chosen];
        set
        {
            int chosen = Array.IndexOf(_shares, value);
            if (chosen < 0) Throw.OutOfRange(nameof(Share), value, $"one of {string.Join(", ", _shares)}");
            if (chosen == _chosen) return;
            if (!Session.IsFresh)
            {
                throw new InvalidOperationException(
                    $"the share is to change from {Share} to {value}, and the session is in the middle of a sequence; Reset it first: a " +
                    "share changes between sequences");
            }

            // Whoever kept it may have fed it.
            if (!_sessions[chosen].IsFresh) _sessions[chosen].Reset();
            _chosen = chosen;
        }
    }
}
