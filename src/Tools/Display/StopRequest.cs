namespace TinySD.Tools.Display;

/// <summary>The way from Ctrl-C to a command that can stop in good order and watches; while none does, a signal ends the process.</summary>
internal sealed class StopRequest : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private volatile bool _isWatched;

    /// <summary>From now on a request is this command's to obey.</summary>
    public CancellationToken Watch()
    {
        _isWatched = true;
        return _source.Token;
    }

    /// <summary>Asks for a stop; false when nobody watches, or one was asked for before: whoever asks twice wants the process
    /// gone.</summary>
    public bool TryRequest()
    {
        if (!_isWatched || _source.IsCancellationRequested) return false;
        _source.Cancel();
        return true;
    }

    public void Dispose() => _source.Dispose();
}
