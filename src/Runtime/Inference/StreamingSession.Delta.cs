using TinySD.Runtime.Layers;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

// The sums that products carry from step to step where what has hardly changed is left out.
public abstract partial class StreamingSession
{
    private DeltaProduct[] _products = [];

    /// <summary>How much a number must have changed to be taken again; off by default.</summary>
    public DeltaThresholds Delta { get; private set; }

    /// <summary>What each product has done since the session began or <see cref="ClearDeltaCounts"/>, in the order in which a step comes to
    /// them; empty where <see cref="Delta"/> is off. Makes an array.</summary>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    public DeltaCount[] CountDelta()
    {
        using OneThread.Use use = Look();
        return Array.ConvertAll(_products, product => product.Count);
    }

    /// <summary>Begins to count anew. <see cref="Reset()"/> and <see cref="SetState(ReadOnlySpan{byte})"/> do not.</summary>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    public void ClearDeltaCounts()
    {
        using OneThread.Use use = Look();
        foreach (DeltaProduct product in _products) product.ClearCount();
    }

    /// <summary>Lets every product of all sequences begin with what it is given next.</summary>
    private protected void ResetCarried()
    {
        foreach (DeltaProduct product in _products) product.Reset();
    }

    private static int CarriedBytes(DeltaProduct product) =>
        ((product.LastOf(0).Length + product.SumsOf(0).Length) * sizeof(float)) + sizeof(long);

    private void ResetBeside(int sequence)
    {
        ResetOwn(sequence);
        foreach (DeltaProduct product in _products) product.Reset(sequence);
    }

    private void WriteCarried(int sequence, ref StateWriter to)
    {
        foreach (DeltaProduct product in _products)
        {
            to.Write(product.LastOf(sequence));
            to.Write(product.SumsOf(sequence));
            to.Write((long)product.PhaseOf(sequence));
        }
    }

    private void ReadCarried(int sequence, ref StateReader from)
    {
        foreach (DeltaProduct product in _products)
        {
            from.Read(product.LastOf(sequence));
            from.Read(product.SumsOf(sequence));
            product.PhaseOf(sequence) = (int)from.ReadInt64();
        }
    }

    private string? FindFaultOfCarried(ref StateReader from)
    {
        foreach (DeltaProduct product in _products)
        {
            int wrong = from.FindNotFinite(product.LastOf(0).Length + product.SumsOf(0).Length);
            if (wrong >= 0 && !TakesNonFinite) return $"number {wrong} that '{product.Name}' carries is infinite or not a number";
            long phase = from.ReadInt64();
            if (phase is >= 0 and < DeltaThresholds.RenewalSteps) continue;
            string range = $"0 to {DeltaThresholds.RenewalSteps - 1} were expected";
            return $"'{product.Name}' is {phase} steps past its last renewal; {range}";
        }

        return null;
    }
}
