using TinySD.Runtime.Models;

namespace TinySD.Runtime.Inference;

/// <summary>By which rule tags make entities where they break their scheme.</summary>
public enum EntityRule
{
    /// <summary>That of conlleval, the script of the CoNLL shared tasks: a stray I- begins an entity too; see
    /// <see cref="TagSchemes"/>.</summary>
    Conlleval,

    /// <summary>Only what the scheme's grammar allows is an entity: in IOB2 what begins with B-, in BIOES what is complete.</summary>
    Strict,
}

/// <summary>How well entities of one type were found.</summary>
/// <param name="Type">The type.</param>
/// <param name="Figures">How many there are, were found and are right: of the same words and type.</param>
public sealed record EntityFigures(string Type, LabelFigures Figures);

/// <summary>What an evaluation of tags measured.</summary>
public sealed partial record TaggingResult
{
    /// <summary>The tags' scheme; with <see cref="TagScheme.None"/> only accuracy counts.</summary>
    public required TagScheme Scheme { get; init; }

    /// <summary>The rule that counts.</summary>
    public required EntityRule Rule { get; init; }

    /// <summary>Sentences, also those without a word.</summary>
    public required long Sentences { get; init; }

    /// <summary>Words.</summary>
    public required long Tokens { get; init; }

    /// <summary>Words whose tag is right.</summary>
    public required long RightTokens { get; init; }

    /// <summary>Entities of all types.</summary>
    public required LabelFigures Entities { get; init; }

    /// <summary>For each type that is there or was found, in ordinal order.</summary>
    public required IReadOnlyList<EntityFigures> PerType { get; init; }

    /// <summary>The mean loss of a sentence in nats, over those whose tags the tagger all has; not a number where there is none.</summary>
    public double Loss { get; init; } = double.NaN;

    /// <summary>The share of words whose tag is right; 0 where there is none.</summary>
    public double Accuracy => Tokens == 0 ? 0 : (double)RightTokens / Tokens;

    /// <summary>What counts: F1 over all entities, or the accuracy of tags that make none.</summary>
    public double Score => Scheme == TagScheme.None ? Accuracy : Entities.F1;
}
