namespace TinySD.Tools.Tasks.Classification;

/// <summary>Labels one sequence after another, with memory for the longest so far and no more.</summary>
internal sealed class GrowingSession(Classifier classifier, int maxLength, HardwareProfile? hardware)
{
    private const int FirstLength = 64;

    private ClassifierSession? _session;
    private int _longest;

    /// <summary>Labels a sequence of tokens.</summary>
    /// <returns>The probability of every label, valid until the next call.</returns>
    public ReadOnlySpan<double> Classify(ReadOnlySpan<int> tokens) => For(tokens.Length).Classify(tokens);

    /// <summary>Labels a sequence of rows of numbers [T][I].</summary>
    /// <returns>As for tokens.</returns>
    public ReadOnlySpan<double> Classify(ReadOnlySpan<double> rows) =>
        For(rows.Length / classifier.Form.Inputs.Length).Classify(rows);

    private ClassifierSession For(int length)
    {
        if (_session is not null && length <= _longest) return _session;
        int wanted = (int)Math.Min(maxLength, Math.Max(FirstLength, (long)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)length)));
        if (_session is null || wanted > _longest)
            (_session, _longest) = (new ClassifierSession(classifier, wanted, hardware: hardware), wanted);
        return _session;
    }
}
