using System.Collections.Immutable;
using TinySD.Runtime.Layers;

namespace TinySD.Runtime.Models;

/// <summary>What a tagger must know beside its parameters.</summary>
public sealed record TaggerForm
{
    /// <summary>The tags, in the order of its scores: distinct, none empty.</summary>
    public required ImmutableArray<string> Tags { get; init; }

    /// <summary>The scheme that <see cref="Tags"/> are in.</summary>
    public TagScheme Scheme { get; init; }

    /// <summary>The scheme of the data that it was trained on, in which it answers unless another is asked for.</summary>
    public TagScheme DataScheme { get; init; }

    /// <summary>Which tag may follow which in the scheme.</summary>
    public TagConstraints ToConstraints()
    {
        var constraints = new TagConstraints(Tags.Length);
        for (int from = 0; from < Tags.Length; from++)
        {
            constraints.Begins[from] = TagSchemes.CanStart(Tags[from], Scheme);
            constraints.Ends[from] = TagSchemes.CanEnd(Tags[from], Scheme);
            for (int to = 0; to < Tags.Length; to++) constraints[from, to] = TagSchemes.IsAllowed(Tags[from], Tags[to], Scheme);
        }

        return constraints;
    }

    /// <summary>Checks the tags.</summary>
    /// <exception cref="ArgumentException">There is none, one is empty, or one is there twice.</exception>
    public void Validate()
    {
        if (Tags.IsDefaultOrEmpty) Throw.Argument("a tagger needs tags");
        Throw.IfUndefined(Scheme);
        Throw.IfUndefined(DataScheme);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string tag in Tags)
        {
            if (string.IsNullOrEmpty(tag)) Throw.Argument("a tag is empty");
            if (!seen.Add(tag)) Throw.Argument($"tag '{tag}' is there twice");
        }
    }
}
