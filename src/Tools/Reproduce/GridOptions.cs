using TinySD.Tools.Options;
using TinySD.Tools.Training;

namespace TinySD.Tools.Reproduce;

/// <summary>The options that say what a grid of any task trains, beside its recipe.</summary>
/// <param name="orRate">What else of the task's gives the rate on the recurrent state, for the help; empty for nothing.</param>
internal sealed class GridOptions(string orRate = "")
{
    private const int DefaultSeeds = 3, MostSeeds = 1000;

    private readonly Option<string?> _cells = new("--cells")
    {
        HelpName = "NAMES",
        Description = "The cells, separated by commas: " + string.Join("; ", GridCell.All.Select(cell => $"{cell.Name}, {cell.Meaning}")) +
            $". On the recurrent state the rate is --rate-recurrent, {orRate}or that before the classifier. The baseline is the preset's " +
            $"own case: {GridCell.Locked.Name} or {GridCell.LockedRecurrent.Name} for masks that stay, else " +
            $"{GridCell.Random.Name}. [default: all but the nested ones, and {GridCell.LockedRecurrent.Name} as baseline only]",
    };

    private readonly Option<string?> _seeds = new("--seeds")
    {
        HelpName = "N|LIST",
        Description = $"Seeds 1 to N for every cell, or a list such as 4,7 or 4-6. More may be added later. [default: {DefaultSeeds}]",
    };

    private readonly Option<float?> _scale = Ranged.Number("--scale", scale => scale is > 0 and <= 1, "a number above 0 and at most 1",
        "Compress the schedule to this fraction of its epochs, with warm-up, patience and --nonmono; the decay of --lr-schedule zaremba " +
        "is raised so that the last epoch's learning rate stays the same. [default: 1]");

    public IEnumerable<Option> All => HelpGroup.Grid.MainOf<Option>(_cells, _seeds, _scale);

    /// <summary>What they say on a command line, beside a task's recipe.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="options">The recipe's options.</param>
    /// <param name="usual">The preset of a command line that names none.</param>
    /// <param name="table">The recipe's figures.</param>
    /// <param name="warnings">Told of options that have no effect.</param>
    /// <param name="change">What becomes of the recipe when it is read, or null.</param>
    /// <exception cref="UsageException">Options contradict each other, or one names what there is not.</exception>
    public GridPlan<TRecipe> Read<TRecipe>(
        ParseResult parsed, RecipeOptions<TRecipe> options, string usual, FieldTable<TRecipe> table, Warnings warnings,
        Func<TRecipe, TRecipe>? change = null)
        where TRecipe : TrainingRecipe
    {
        TRecipe preset = options.PresetOf(parsed, usual);
        DropoutSpec own = preset.Dropout;
        if (own is { Embedding: 0, Layer: 0, Recurrent: 0, Output: 0 } && !options.GivesRate(parsed)) throw WithoutRate();

        // Structured, so that what only structured masks have can be given.
        TRecipe recipe =
            options.ReadBeside(parsed, preset with { Dropout = own with { Kind = DropoutKind.Structured } }, warnings);
        return Read(parsed, change is null ? recipe : change(recipe), own, options.GivesRecurrentRate(parsed), table);
    }

    /// <summary>What they say on a command line.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="recipe">What the task's own options say; structured, so that what only structured masks have can be given.</param>
    /// <param name="own">The preset's own way to drop units, which is what the cells are measured against.</param>
    /// <param name="givesRecurrentRate">Whether the rate on the recurrent state is given.</param>
    /// <param name="table">The recipe's figures.</param>
    /// <param name="settle">What a cell and a seed make of the recipe; null for nothing more than all cells do.</param>
    /// <exception cref="UsageException">Two of them contradict each other, or one names what there is not.</exception>
    public GridPlan<TRecipe> Read<TRecipe>(
        ParseResult parsed, TRecipe recipe, DropoutSpec own, bool givesRecurrentRate, FieldTable<TRecipe> table,
        Func<GridCell, TRecipe, ulong, TRecipe>? settle = null)
        where TRecipe : TrainingRecipe
    {
        if (recipe.Dropout is { Embedding: 0, Layer: 0, Output: 0 }) throw WithoutRate();

        // A rate given as 0 takes the preset's away, and is not the same as one not given, for which another stands in.
        bool leavesRecurrent = recipe.Dropout.Recurrent == 0f && givesRecurrentRate;
        GridCell baseline = GridCell.BaselineFor(leavesRecurrent ? own with { Recurrent = 0f } : own);

        // As it was written, so that 0.7 times 15 is 10.5 and not a little less.
        double scale = (double)(decimal)(parsed.GetValue(_scale) ?? 1);
        TRecipe shared = GridScale.Compress(recipe, scale, table);
        IReadOnlyList<GridCell> cells = parsed.GetValue(_cells) is { } names ? Cells(names) : GridCell.DefaultsFor(baseline);
        var plan = new GridPlan<TRecipe>(shared, Settle, baseline, cells, Seeds(parsed.GetValue(_seeds)));
        GridCell[] idle =
            [.. cells.Where(cell => cell.DropsRecurrent && (leavesRecurrent || Settle(cell, shared.Seed).Dropout.Recurrent == 0f))];
        return idle.Length == 0 ? plan : throw new UsageException(
            $"the cells {string.Join(", ", Array.ConvertAll(idle, cell => cell.Name))} drop the recurrent state, and there is no rate " +
            "for it; " +
            "give --rate-recurrent, for example --rate-recurrent 0.25, or name the other cells by --cells.");

        TRecipe Settle(GridCell cell, ulong seed) => settle?.Invoke(cell, shared, seed) ?? cell.Apply(shared, seed);
    }

    /// <summary>The error of a recipe without dropout between layers.</summary>
    public static UsageException WithoutRate() =>
        new("a grid needs a drop rate between layers; give --rate-embedding, --rate-layer or --rate-output, or --rate for all.");

    private static IReadOnlyList<GridCell> Cells(string names)
    {
        string[] asked = names.Split(',', StringSplitOptions.TrimEntries);
        string? unknown = Array.Find(asked, name => GridCell.All.All(cell => cell.Name != name));
        if (unknown is not null)
        {
            string end = Suggestion.End(unknown, GridCell.All.Select(cell => cell.Name));
            throw new UsageException($"--cells has '{unknown}'; expected names out of {GridCell.List}, separated by commas{end}");
        }

        return [.. GridCell.All.Where(cell => asked.Contains(cell.Name))];
    }

    private static IReadOnlyList<ulong> Seeds(string? text)
    {
        text ??= DefaultSeeds.ToString(CultureInfo.InvariantCulture);
        string list = IsNumber(text, out ulong count) ? $"1-{text}" : text;
        var seeds = new List<ulong>();
        bool isSound = count <= MostSeeds;
        foreach (string part in list.Split(',', StringSplitOptions.TrimEntries))
        {
            string[] ends = part.Split('-');
            isSound = isSound && ends.Length is 1 or 2 && IsNumber(ends[0], out _) && IsNumber(ends[^1], out _);
            if (!isSound) break;
            ulong first = ulong.Parse(ends[0], CultureInfo.InvariantCulture), last = ulong.Parse(ends[^1], CultureInfo.InvariantCulture);
            isSound = first <= last && last - first < MostSeeds && seeds.Count < MostSeeds;
            for (ulong offset = 0; isSound && offset <= last - first; offset++) seeds.Add(first + offset);
        }

        return isSound && seeds.Count is > 0 and <= MostSeeds
            ? [.. seeds.Distinct()]
            : throw new UsageException(
                $"--seeds is '{text}'; expected a count from 1 to {MostSeeds}, or a list of at most as many seeds, such as 4,7 or 4-6.");
    }

    private static bool IsNumber(string text, out ulong number) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
