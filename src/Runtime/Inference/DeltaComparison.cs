using TinySD.Runtime.Layers;

namespace TinySD.Runtime.Inference;

/// <summary>How far the answers of a session with delta thresholds are from those of an exact one.</summary>
/// <param name="Largest">The largest absolute error.</param>
/// <param name="Sum">Of all absolute errors.</param>
/// <param name="Count">Answers.</param>
public readonly record struct DeltaError(double Largest, double Sum, long Count)
{
    /// <summary>The mean absolute error; 0 where there are no answers.</summary>
    public double Mean => Count == 0 ? 0 : Sum / Count;

    /// <summary>With one more.</summary>
    internal DeltaError With(double found, double expected)
    {
        double error = Math.Abs(found - expected);
        return new DeltaError(Math.Max(Largest, error), Sum + error, Count + 1);
    }
}

/// <summary>A model measured exactly and with delta thresholds, on the same data.</summary>
/// <typeparam name="TResult">What the task measures.</typeparam>
/// <param name="Exact">Exactly.</param>
/// <param name="Delta">With thresholds.</param>
/// <param name="Error">Of all answers: probabilities, of every token after each and of every label after each sequence, or predictions in
/// normalised units.</param>
/// <param name="Products">What each product did; empty where the thresholds are 0.</param>
public sealed record DeltaComparison<TResult>(TResult Exact, TResult Delta, DeltaError Error, IReadOnlyList<DeltaCount> Products)
    where TResult : notnull
{
    /// <summary>The share of all multiply-adds that were skipped.</summary>
    public double SkippedShare => DeltaCount.SkippedShareOf([.. Products]);
}
