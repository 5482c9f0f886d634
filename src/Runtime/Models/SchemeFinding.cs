namespace TinySD.Runtime.Models;

/// <summary>The scheme that the tags of a text keep.</summary>
/// <param name="Scheme">The scheme; <see langword="null"/> where no word is in an entity, and any would fit.</param>
/// <param name="Fault">The first tag that contradicts it; <see langword="null"/> where none does. Such a text still has its entities: see
/// <see cref="TagSchemes"/>.</param>
public sealed record SchemeFinding(TagScheme? Scheme, SchemeFault? Fault);

/// <summary>A tag that contradicts a scheme.</summary>
/// <param name="Sentence">Its sentence, counted from 0.</param>
/// <param name="Word">Its word there, counted from 0.</param>
/// <param name="Count">Tags that contradict the scheme, this one and those behind it.</param>
/// <param name="Reason">What is wrong with it, such as <c>'I-PER' cannot follow 'O' in IOB2</c>.</param>
public sealed record SchemeFault(int Sentence, int Word, long Count, string Reason);
