namespace TinySD.Runtime.Masks;

/// <summary>What masks are drawn for; with the seed it decides every one of them.</summary>
/// <param name="Update">The run's updates before this one, through all epochs, from 0.</param>
/// <param name="Sample">Which of several draws for the same update, from 0; training has one.</param>
public readonly record struct Draw(int Update, int Sample = 0)
{
    /// <exception cref="ArgumentOutOfRangeException">A number is below 0.</exception>
    internal void Check()
    {
        if (Update < 0) Throw.OutOfRange("the update", Update, "0 or above");
        if (Sample < 0) Throw.OutOfRange("the sample", Sample, "0 or above");
    }
}
