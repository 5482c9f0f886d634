using TinySD.Runtime.Masks;

namespace TinySD.Runtime.Models;

/// <summary>What a sequence model's linear head sees of the stack's outputs.</summary>
public enum ReadOut
{
    /// <summary>The output of every step, by itself: as many predictions as steps.</summary>
    EveryStep,

    /// <summary>The state after each sequence's own last step; of the reverse direction after its first.</summary>
    Last,

    /// <summary>The mean over each sequence's steps.</summary>
    Mean,

    /// <summary>The maximum over each sequence's steps, unit by unit.</summary>
    Maximum,
}

/// <summary>The shape of a model of sequences: rows of numbers, or tokens and their embedding; a stack of recurrent layers; a linear
/// head.</summary>
public sealed record SequenceModelConfig
{
    /// <summary>The stack. Its input size is the number of columns, or the width of the embedding.</summary>
    public required RecurrentStackConfig Body { get; init; }

    /// <summary>Outputs O of the head, at least 1.</summary>
    public required int OutputSize { get; init; }

    /// <summary>Distinct tokens V; 0 for rows of numbers.</summary>
    public int VocabularySize { get; init; }

    /// <summary>What the head sees.</summary>
    public ReadOut ReadOut { get; init; }

    /// <summary>Rows of numbers, the newest first, of which a linear map is added to the head's outputs: the autoregressive part of Lai et
    /// al., "Modeling Long- and Short-Term Temporal Patterns with Deep Neural Networks" (SIGIR 2018). 0 for none.</summary>
    public int LinearRows { get; init; }

    /// <summary>Numbers of those rows.</summary>
    public int LinearInputs => checked(LinearRows * Body.InputSize);

    /// <summary>Whether sequences are of tokens.</summary>
    public bool HasTokens => VocabularySize > 0;

    /// <summary>The shape of a model cut down to a share of its units, those of an embedding among them, by the rule of nested
    /// masks: see <see cref="MaskSampler.ShareOf"/>.</summary>
    /// <param name="share">Above 0 and at most 1.</param>
    /// <param name="keepMultiple">What counts of units are rounded to.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is out of range.</exception>
    public SequenceModelConfig AtShare(float share, int keepMultiple = 1)
    {
        RecurrentStackConfig body = Body.AtShare(share, keepMultiple);
        if (HasTokens) body = body with { InputSize = MaskSampler.ShareOf(Body.InputSize, share, keepMultiple) };
        return this with { Body = body };
    }

    /// <summary>Checks every range.</summary>
    /// <exception cref="ArgumentException">A value is out of range, or the cell is one that cannot be trained.</exception>
    public void Validate()
    {
        Body.Validate();
        if (!Body.IsPlain)
            Throw.Argument("a cell with other functions, coupled gates, a clip or its reset before the product cannot be trained");
        if (OutputSize < 1) Throw.OutOfRange(nameof(OutputSize), OutputSize, "at least 1");
        if (VocabularySize < 0) Throw.OutOfRange(nameof(VocabularySize), VocabularySize, "0 (rows of numbers) or above");
        Throw.IfUndefined(ReadOut);
        if (LinearRows is < 0 or > 65536) Throw.OutOfRange(nameof(LinearRows), LinearRows, "0 to 65536");
        if (LinearRows > 0 && HasTokens) Throw.Argument("a linear map of the last rows is of rows of numbers, and these are tokens");
    }
}
