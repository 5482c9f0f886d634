using TinySD.Tools.Options;

namespace TinySD.Tools.Training;

/// <summary>The model that <c>--init-from</c> begins with, as far as recipes are about it.</summary>
/// <typeparam name="TRecipe">The task's recipe.</typeparam>
/// <param name="Path">Its file.</param>
/// <param name="Own">The recipe that it was trained by; null where nobody knows.</param>
/// <param name="WithShape">A recipe with the model's shape.</param>
internal sealed record StartModel<TRecipe>(string Path, TRecipe? Own, Func<TRecipe, TRecipe> WithShape)
    where TRecipe : TrainingRecipe
{
    /// <summary>What the options of a command line are given beside: the preset it names, or else the model's own recipe, or the usual
    /// preset.</summary>
    public TRecipe Base(TRecipe preset, bool isNamed) => WithShape(isNamed || Own is null ? preset : Own);

    /// <summary>Refuses a recipe of another shape.</summary>
    /// <exception cref="UsageException">An option gives one.</exception>
    public void Check(TRecipe recipe, FieldTable<TRecipe> table)
    {
        foreach ((string option, string? asked, string? own) in table.Differences(recipe, WithShape(recipe)))
            throw Contradiction(option, asked ?? "none", own ?? "none");
    }

    /// <summary>The error of an option that says other than the model.</summary>
    public UsageException Contradiction(string option, string asked, string own) =>
        new($"{option} is {asked}, and the model in {Path} has {own}; leave it out to begin with that model.");

    /// <summary>Refuses a value of an option other than the model's.</summary>
    /// <exception cref="UsageException">It is another.</exception>
    public void Require<T>(string option, T? asked, T own, Spelling<T> spelling)
        where T : struct
    {
        if (asked is { } other && !other.Equals(own)) throw Contradiction(option, spelling.NameOf(other), spelling.NameOf(own));
    }
}

/// <summary>The option that names it.</summary>
internal static class StartOption
{
    public const string Name = "--init-from";

    public static FileOption Create() => FileOption.Input(Name,
        "Begin with the weights of this model (.tsd), of the same kind, instead of random ones. Its shape is kept, and its words, labels " +
        "or columns; the recipe is its own, or that of --preset, and options beside it win.");
}
