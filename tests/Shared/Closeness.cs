using System.Numerics;
using System.Runtime.CompilerServices;
using TUnit.Assertions.Core;

namespace TinySD.Tests.Shared;

/// <summary>Comparisons that not-a-number fails. TUnit's own compare as a sort does, which puts it below everything; of two methods that
/// fit, the compiler takes these, because they are for one type.</summary>
internal static class Closeness
{
    public static BelowAssertion<double> IsLessThan(
        this IAssertionSource<double> source, double limit, [CallerArgumentExpression(nameof(limit))] string? expression = null) =>
        Below(source, limit, allowsLimit: false, $".IsLessThan({expression})");

    public static BelowAssertion<double> IsLessThanOrEqualTo(
        this IAssertionSource<double> source, double limit, [CallerArgumentExpression(nameof(limit))] string? expression = null) =>
        Below(source, limit, allowsLimit: true, $".IsLessThanOrEqualTo({expression})");

    public static BelowAssertion<float> IsLessThan(
        this IAssertionSource<float> source, float limit, [CallerArgumentExpression(nameof(limit))] string? expression = null) =>
        Below(source, limit, allowsLimit: false, $".IsLessThan({expression})");

    public static BelowAssertion<float> IsLessThanOrEqualTo(
        this IAssertionSource<float> source, float limit, [CallerArgumentExpression(nameof(limit))] string? expression = null) =>
        Below(source, limit, allowsLimit: true, $".IsLessThanOrEqualTo({expression})");

    /// <summary>The largest difference between two runs of numbers, not a number where one of them is not: LINQ's Max
    /// would leave it out.</summary>
    /// <exception cref="InvalidOperationException">One has more numbers than the other.</exception>
    public static double Furthest<TFound, TExpected>(ReadOnlySpan<TFound> found, ReadOnlySpan<TExpected> expected)
        where TFound : INumber<TFound>
        where TExpected : INumber<TExpected>
    {
        if (found.Length != expected.Length)
            throw new InvalidOperationException($"{expected.Length} numbers expected, {found.Length} found");
        double furthest = 0;
        for (int i = 0; i < found.Length; i++)
            furthest = Math.Max(furthest, Math.Abs(double.CreateChecked(found[i]) - double.CreateChecked(expected[i])));
        return furthest;
    }

    /// <inheritdoc cref="Furthest{TFound, TExpected}(ReadOnlySpan{TFound}, ReadOnlySpan{TExpected})"/>
    public static double Furthest<TFound, TExpected>(TFound[] found, TExpected[] expected)
        where TFound : INumber<TFound>
        where TExpected : INumber<TExpected> => Furthest((ReadOnlySpan<TFound>)found, (ReadOnlySpan<TExpected>)expected);

    private static BelowAssertion<T> Below<T>(IAssertionSource<T> source, T limit, bool allowsLimit, string expression)
        where T : INumber<T>
    {
        source.Context.ExpressionBuilder.Append(expression);
        return new BelowAssertion<T>(source.Context, limit, allowsLimit);
    }
}

/// <summary>A number is below a limit, or at it.</summary>
internal sealed class BelowAssertion<T>(AssertionContext<T> context, T limit, bool allowsLimit) : Assertion<T>(context)
    where T : INumber<T>
{
    protected override Task<AssertionResult> CheckAsync(EvaluationMetadata<T> metadata)
    {
        if (metadata.Exception is { } exception) return Task.FromResult(AssertionResult.Failed($"threw {exception.GetType().Name}"));
        T found = metadata.Value!;
        bool isBelow = found < limit || (allowsLimit && found == limit);
        return Task.FromResult(isBelow ? AssertionResult.Passed : AssertionResult.Failed($"found {found}"));
    }

    protected override string GetExpectation() => $"to be {(allowsLimit ? "at most" : "less than")} {limit}";
}
