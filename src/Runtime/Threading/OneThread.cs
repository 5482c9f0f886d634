namespace TinySD.Runtime.Threading;

/// <summary>Sees a second thread in what belongs to one at a time: an exchange on the way in, a write on the way out.</summary>
internal struct OneThread
{
    private int _isBusy;

    /// <summary>Goes in; dispose of what it gives to go out.</summary>
    /// <param name="message">What to say to a second one; null for the words about a session.</param>
    /// <exception cref="InvalidOperationException">Somebody is in.</exception>
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Use Enter(string? message = null)
    {
        if (Interlocked.Exchange(ref _isBusy, 1) != 0) Throw.TwoThreads(message);
        return new Use(ref _isBusy);
    }

    /// <summary>A stay.</summary>
    public readonly ref struct Use
    {
        private readonly ref int _isBusy;

        internal Use(ref int isBusy) => _isBusy = ref isBusy;

        /// <summary>Goes out.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Dispose() => Volatile.Write(ref _isBusy, 0);
    }
}
