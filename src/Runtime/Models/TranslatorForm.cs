using System.Collections.Immutable;

namespace TinySD.Runtime.Models;

/// <summary>What a translator must know beside its parameters to write its translations in words.</summary>
public sealed record TranslatorForm
{
    /// <summary>What a piece of a word ends in where the word goes on, as subword-nmt writes it.</summary>
    public const string Joint = "@@";

    /// <summary>The target's units by their ids, the marks first; distinct.</summary>
    public required ImmutableArray<string> TargetUnits { get; init; }

    /// <summary>Whether units are pieces of words, and those that end in <see cref="Joint"/> go on in the next.</summary>
    public bool JoinsPieces { get; init; }

    /// <summary>The words of a translation.</summary>
    /// <param name="units">Ids of its units, without marks.</param>
    /// <param name="unknown">What stands for each unit that is not known; <see langword="null"/> for the unit's own name.</param>
    /// <exception cref="ArgumentException">An id is none of the target's.</exception>
    public string[] ToWords(ReadOnlySpan<int> units, Func<int, string>? unknown = null)
    {
        string[] names = new string[units.Length];
        for (int i = 0; i < units.Length; i++)
        {
            if ((uint)units[i] >= (uint)TargetUnits.Length)
                Throw.OutOfRange("a unit", units[i], $"0 to {TargetUnits.Length - 1}");
            names[i] = units[i] == TranslatorConfig.Unknown && unknown is not null ? unknown(i) : TargetUnits[units[i]];
        }

        return JoinsPieces ? Join(names) : [.. names.Where(name => name.Length > 0)];
    }

    /// <summary>The words of pieces: <c>foo@@ bar tot@@</c> are <c>foobar</c> and <c>tot</c>.</summary>
    /// <param name="pieces">The pieces; those that end in <see cref="Joint"/> go on in the next.</param>
    public static string[] Join(params IEnumerable<string> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        var words = new List<string>();
        string begun = "";
        foreach (string piece in pieces)
        {
            bool goesOn = piece.EndsWith(Joint, StringComparison.Ordinal);
            begun += goesOn ? piece[..^Joint.Length] : piece;
            if (!goesOn) End();
        }

        End();
        return [.. words];

        void End()
        {
            if (begun.Length > 0) words.Add(begun);
            begun = "";
        }
    }

    /// <summary>Checks the units.</summary>
    /// <exception cref="ArgumentException">There are fewer than the marks, one is empty, or one is there twice.</exception>
    public void Validate()
    {
        if (TargetUnits.IsDefault || TargetUnits.Length < TranslatorConfig.MarkCount)
            Throw.Argument($"a translator needs the {TranslatorConfig.MarkCount} marks at least among its target's units");
        var seen = new HashSet<string>(TargetUnits.Length, StringComparer.Ordinal);
        foreach (string unit in TargetUnits)
        {
            if (string.IsNullOrEmpty(unit)) Throw.Argument("a unit of the target is empty");
            if (!seen.Add(unit)) Throw.Argument($"the target's unit '{unit}' is there twice");
        }
    }
}
