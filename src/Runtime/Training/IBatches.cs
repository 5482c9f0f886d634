namespace TinySD.Runtime.Training;

/// <summary>The batches of a run, a pure function of the recipe's seed and of numbers: so a run goes on anywhere, and two
/// machines agree.</summary>
/// <typeparam name="TBatch">A class that owns its arrays.</typeparam>
public interface IBatches<in TBatch>
    where TBatch : class
{
    /// <summary>How many batches every epoch has, where all have as many, so that none is laid out only to count them; null where each
    /// has a number of its own.</summary>
    int? CountOfEach => null;

    /// <summary>Lays an epoch out.</summary>
    /// <param name="epoch">Counted from 0.</param>
    /// <param name="firstUpdate">The run's updates before it.</param>
    /// <returns>How many batches it has, at least 1.</returns>
    int Begin(int epoch, long firstUpdate);

    /// <summary>Writes a batch of the epoch begun last. Should not allocate.</summary>
    /// <param name="index">Below the epoch's count.</param>
    /// <param name="into">Is written.</param>
    void Fill(int index, TBatch into);

    /// <summary>Whether the state goes on from the batch before; the first of an epoch begins without.</summary>
    bool Continues(int index);

    /// <summary>What the learning rate is multiplied by for a batch.</summary>
    float RateFactor(int index) => 1f;

    /// <summary>Terms in the losses of the epoch's batches before one.</summary>
    long TermsBefore(int index);
}
