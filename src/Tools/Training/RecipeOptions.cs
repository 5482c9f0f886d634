using TinySD.Tools.Options;

namespace TinySD.Tools.Training;

/// <summary>The options of any task's recipe: a preset, how units are dropped, and every other figure.</summary>
/// <typeparam name="TRecipe">The task's recipe.</typeparam>
/// <param name="table">The recipe's figures.</param>
/// <param name="shared">Those that all tasks have.</param>
/// <param name="find">The preset of a name; an error where there is none.</param>
/// <param name="presetHelp">What there is to say of presets.</param>
/// <param name="presetNames">Their names.</param>
internal sealed class RecipeOptions<TRecipe>(
    FieldTable<TRecipe> table, TrainingFields<TRecipe> shared, Func<string, TRecipe> find, string presetHelp,
    IEnumerable<string> presetNames)
    where TRecipe : TrainingRecipe
{
    private const string SeedName = "--seed", DecayName = "--weight-decay", DecoupledName = "--decoupled-decay";

    private readonly Option<string?> _preset = PresetOption.Create(presetHelp, presetNames);
    private readonly DropoutOptions<TRecipe> _dropout = new(shared);
    private readonly FieldOptions<TRecipe> _figures =
        new(table.Fields.Where(field => field.Option != PresetOption.Name && !shared.Dropout.Contains(field)));

    /// <summary>With presets that are a list, of which the first is the usual one.</summary>
    public RecipeOptions(FieldTable<TRecipe> table, TrainingFields<TRecipe> shared, IReadOnlyList<TRecipe> presets)
        : this(table, shared, name => PresetOption.Find(name, presets), PresetOption.HelpOf(presets), presets.Select(preset => preset.Name))
    {
    }

    public Option Preset => _preset;

    /// <summary>How units are dropped.</summary>
    public IReadOnlyList<Option> Dropout => _dropout.All;

    /// <summary>All but the preset's, in the order of the help.</summary>
    public IEnumerable<Option> Figures => [.. _dropout.All, .. _figures.All];

    public IEnumerable<Option> All => [_preset, .. Figures];

    /// <summary>Those that the runs of a grid share.</summary>
    public IEnumerable<Option> OfGrids => All.Where(IsOfGrids);

    public Option this[string name] => _figures[name];

    /// <summary>Whether the runs of a grid share an option: case and seed are what it varies.</summary>
    public bool IsOfGrids(Option option) => option != _dropout.Case && option.Name != SeedName;

    /// <summary>Whether a command line gives any drop rate of units.</summary>
    public bool GivesRate(ParseResult parsed) => _dropout.GivesRate(parsed);

    /// <summary>Whether a command line gives the previous hidden state's rate, by itself or for all sites.</summary>
    public bool GivesRecurrentRate(ParseResult parsed) => _dropout.GivesRecurrent(parsed);

    /// <summary>The recipe of a new run, or of one that goes on.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="usual">The preset of a new run that names none.</param>
    /// <param name="resumed">The run that goes on, or null.</param>
    /// <param name="warnings">Told of options that have no effect.</param>
    /// <param name="start">The model that a new run begins with, or null.</param>
    /// <exception cref="UsageException">Options contradict each other or the run, or there is no such preset.</exception>
    public TRecipe Read<TData>(
        ParseResult parsed, string usual, ResumedRun<TRecipe, TData>? resumed, Warnings warnings, StartModel<TRecipe>? start = null)
        where TData : class
    {
        if (resumed is null)
        {
            TRecipe own = ReadBeside(parsed, BaseOf(parsed, PresetOf(parsed, usual), start), warnings);
            start?.Check(own, table);
            return own;
        }

        CheckPreset(parsed, resumed.Recipe, resumed.Contradiction);
        return resumed.Settle(ReadBeside(parsed, resumed.Recipe, warnings));
    }

    /// <summary>A preset, or what stands in its place where a run begins with a model.</summary>
    public TRecipe BaseOf(ParseResult parsed, TRecipe preset, StartModel<TRecipe>? start) =>
        start?.Base(preset, Ranged.Given(parsed, _preset).Count > 0) ?? preset;

    /// <summary>The preset that a command line names, or the usual one.</summary>
    /// <exception cref="UsageException">There is none of that name.</exception>
    public TRecipe PresetOf(ParseResult parsed, string usual) => find(parsed.GetValue(_preset) ?? usual);

    /// <summary>A recipe with what a command line gives beside it.</summary>
    /// <exception cref="UsageException">Options contradict each other.</exception>
    public TRecipe ReadBeside(ParseResult parsed, TRecipe own, Warnings warnings)
    {
        // Other figures may say nothing without dropout.
        TRecipe recipe = _figures.Apply(parsed, own, warnings, asked => WithoutForeignDecay(parsed, own, asked) with
        {
            Dropout = _dropout.Read(parsed, own.Dropout, $"the preset {own.Name}", warnings),
        });
        if (recipe.Dropout.IsNested && recipe.WithoutNested is { } what)
        {
            throw new UsageException(
                $"--dropout is {ModelSpelling.DropoutKinds.NameOf(recipe.Dropout.Kind)}, and {what} cannot have nested masks: these are " +
                "for stacks of one direction under one head; give another kind, for example --dropout structured.");
        }

        if (recipe is { Optimizer: OptimizerKind.AdamW, DecoupledDecay: true })
        {
            throw new UsageException(
                $"{DecoupledName} is not for --optimizer adamw, whose decay goes with the learning rate; leave it out, or give adam.");
        }

        return recipe;
    }

    /// <summary>Refuses a preset that is not a run's.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="recipe">The run's.</param>
    /// <param name="contradiction">Makes an error of an option, its value, and the value that is known.</param>
    public void CheckPreset(ParseResult parsed, TRecipe recipe, Func<string, string, string, UsageException> contradiction)
    {
        if (parsed.GetValue(_preset) is { } preset && find(preset).Name != recipe.Name)
            throw contradiction(_preset.Name, preset, recipe.Name);
    }

    // A preset's decay is left out with its rule, or goes on from one kind of descent to the other.
    private TRecipe WithoutForeignDecay(ParseResult parsed, TRecipe preset, TRecipe recipe)
    {
        if (recipe.Optimizer == preset.Optimizer || recipe.Optimizer is OptimizerKind.Sgd or OptimizerKind.NtAsgd) return recipe;
        bool isOwn = Ranged.Given(parsed, _figures[DecayName]).Count > 0;
        return recipe with { WeightDecay = isOwn ? recipe.WeightDecay : 0f, DecoupledDecay = false };
    }
}

/// <summary>The option that names a preset.</summary>
internal static class PresetOption
{
    public const string Name = "--preset";

    public static Option<string?> Create(string help, IEnumerable<string> names)
    {
        var option = new Option<string?>(Name) { HelpName = "NAME", Description = help };
        option.CompletionSources.Add([.. names]);
        return HelpGroup.Model.MainOf(option)[0];
    }

    /// <summary>The preset of that name, out of a list.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static TRecipe Find<TRecipe>(string name, IReadOnlyList<TRecipe> presets)
        where TRecipe : TrainingRecipe =>
        presets.FirstOrDefault(preset => preset.Name == name)
        ?? throw new UsageException(
            $"{Name} is '{name}'; expected one of {ListOf(presets)}{Suggestion.End(name, presets.Select(preset => preset.Name))}");

    /// <summary>What the help says where presets are a list, of which the first is the usual one.</summary>
    public static string HelpOf<TRecipe>(IReadOnlyList<TRecipe> presets)
        where TRecipe : TrainingRecipe =>
        $"A named set of these options, one of {ListOf(presets)}; those given beside it win. [default: {presets[0].Name}]";

    private static string ListOf<TRecipe>(IReadOnlyList<TRecipe> presets)
        where TRecipe : TrainingRecipe => string.Join(", ", presets.Select(preset => preset.Name));
}
