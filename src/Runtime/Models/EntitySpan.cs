namespace TinySD.Runtime.Models;

/// <summary>An entity of a sentence.</summary>
/// <param name="Start">Its first word.</param>
/// <param name="End">The word behind its last.</param>
/// <param name="Type">Its type, such as <c>PER</c>; empty where tags name none.</param>
public sealed record EntitySpan(int Start, int End, string Type);
