using System.Runtime.CompilerServices;

namespace TinySD.Tools.Options;

/// <summary>What options, or commands, are about: they stand together in the help. Said where they are declared.</summary>
/// <param name="title">The heading.</param>
internal sealed class HelpGroup(string title)
{
    private static readonly ConditionalWeakTable<Symbol, HelpGroup> s_groups = [];
    private static readonly ConditionalWeakTable<Symbol, Symbol> s_main = [];

    /// <summary>What is read, and how.</summary>
    public static HelpGroup Data { get; } = new("Data");

    /// <summary>Which tokens a model knows.</summary>
    public static HelpGroup Vocabulary { get; } = new("Vocabulary");

    /// <summary>What is written.</summary>
    public static HelpGroup Output { get; } = new("Output");

    /// <summary>The model and its shape.</summary>
    public static HelpGroup Model { get; } = new("Model");

    /// <summary>How units are dropped.</summary>
    public static HelpGroup Dropout { get; } = new("Dropout");

    /// <summary>What else keeps a model from learning its data by heart.</summary>
    public static HelpGroup Regularisation { get; } = new("Regularisation");

    /// <summary>How a model is trained.</summary>
    public static HelpGroup Training { get; } = new("Training");

    /// <summary>What a grid is made of.</summary>
    public static HelpGroup Grid { get; } = new("Grid");

    /// <summary>What runs survive by.</summary>
    public static HelpGroup Checkpoints { get; } = new("Checkpoints");

    /// <summary>What a command runs on.</summary>
    public static HelpGroup Machine { get; } = new("Machine");

    /// <summary>What has no group.</summary>
    public static HelpGroup Other { get; } = new("Options");

    /// <summary>What every command has.</summary>
    public static HelpGroup Common { get; } = new("Common");

    public string Title => title;

    /// <summary>Puts symbols into this group, but those that have one.</summary>
    public T[] Of<T>(params IEnumerable<T> symbols)
        where T : Symbol
    {
        T[] all = [.. symbols];
        foreach (T symbol in all) s_groups.TryAdd(symbol, this);
        return all;
    }

    /// <summary>The same of options that a short help text explains too, in which others are only named.</summary>
    public T[] MainOf<T>(params IEnumerable<T> options)
        where T : Option => Of(AsMain(options));

    /// <summary>The group of a figure of a recipe.</summary>
    public static HelpGroup Of(FieldGroup group) => group switch
    {
        FieldGroup.Dropout => Dropout,
        FieldGroup.Regularisation => Regularisation,
        FieldGroup.Training => Training,
        _ => Model,
    };

    /// <summary>The group of a symbol.</summary>
    public static HelpGroup Of(Symbol symbol) => s_groups.TryGetValue(symbol, out HelpGroup? group) ? group : Other;

    /// <summary>Has a short help text explain these.</summary>
    public static T[] AsMain<T>(params IEnumerable<T> options)
        where T : Option
    {
        T[] all = [.. options];
        foreach (T option in all) s_main.TryAdd(option, option);
        return all;
    }

    /// <summary>Has it only name these, which matter more to other commands.</summary>
    public static IReadOnlyList<Option> AsOther(IReadOnlyList<Option> options)
    {
        foreach (Option option in options) s_main.Remove(option);
        return options;
    }

    /// <summary>Whether a short help text explains an option.</summary>
    public static bool IsMain(Option option) => s_main.TryGetValue(option, out _);
}

/// <summary>An option that a command wants, and the one that may be given in its place, if any.</summary>
internal sealed record WantedOption(Option Option, Option? Other = null);

/// <summary>A command that wants options which the parser lets a command line do without.</summary>
internal interface IWantsOptions
{
    /// <summary>They.</summary>
    IEnumerable<WantedOption> Wanted { get; }

    /// <summary>The option by which a command line needs none of them, or null.</summary>
    Option? InPlaceOfAll => null;
}
