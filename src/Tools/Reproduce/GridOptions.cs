using TinySD.Tools.Options;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Reproduce;

/// <summary>The options that say what a grid trains.</summary>
internal sealed class GridOptions
{
    private const int DefaultSeeds = 3, MostSeeds = 1000;

    private readonly LanguageModelOptions _recipe = new();
    private readonly VocabularyOptions _vocabulary = new();

    private readonly Option<string?> _cells = new("--cells")
    {
        HelpName = "NAMES",
        Description = "The cells, separated by commas: " + string.Join("; ", GridCell.All.Select(cell => $"{cell.Name}, {cell.Meaning}")) +
            ". On the recurrent state the rate is --rate-recurrent, or DropConnect's, which gives way there unless --weight-drop is given, or that before the " +
            $"classifier. The baseline is the preset's own case: {GridCell.Locked.Name} or {GridCell.LockedRecurrent.Name} for masks that stay, else " +
            $"{GridCell.Random.Name}. [default: all, but {GridCell.LockedRecurrent.Name} as baseline only]",
    };

    private readonly Option<string?> _seeds = new("--seeds")
    {
        HelpName = "N|LIST",
        Description = $"Seeds 1 to N for every cell, or a list such as 4,7 or 4-6. More may be added later. [default: {DefaultSeeds}]",
    };

    private readonly Option<float?> _scale = Ranged.Number("--scale", scale => scale is > 0 and <= 1, "a number above 0 and at most 1",
        "Compress the schedule to this fraction of its epochs, with warm-up, patience and --nonmono; the decay of --lr-schedule zaremba is raised so that the last " +
        "epoch's learning rate stays the same. [default: 1]");

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        _recipe.AddSharedTo(command);
        _vocabulary.AddTo(command);
        foreach (Option option in new Option[] { _cells, _seeds, _scale }) command.Add(option);
    }

    /// <summary>What they say on a command line.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="warnings">Told of options that have no effect.</param>
    /// <exception cref="UsageException">Two of them contradict each other, or one names what there is not.</exception>
    public GridPlan Read(ParseResult parsed, Warnings warnings)
    {
        DropoutSpec own = DropoutSpec.None;

        // Structured, so that what only structured masks have can be given; each cell takes what it can use.
        (TextLevel level, LanguageModelRecipe recipe) = _recipe.Read(
            parsed, warnings, preset =>
            {
                own = preset.Dropout;
                if (own is { Embedding: 0, Layer: 0, Recurrent: 0, Output: 0 } && !_recipe.GivesRate(parsed)) throw WithoutRate();
                return preset with { Dropout = preset.Dropout with { Kind = DropoutKind.Structured } };
            });
        if (recipe.Dropout is { Embedding: 0, Layer: 0, Output: 0 })
            throw WithoutRate();

        // A rate given as 0 takes the preset's away, and is not the same as one not given, for which another stands in.
        bool leavesRecurrent = recipe.Dropout.Recurrent == 0f && _recipe.GivesRecurrentRate(parsed);
        GridCell baseline = GridCell.BaselineFor(leavesRecurrent ? own with { Recurrent = 0f } : own);

        // As it was written, so that 0.7 times 15 is 10.5 and not a little less.
        double scale = (double)(decimal)(parsed.GetValue(_scale) ?? 1);
        IReadOnlyList<GridCell> cells = parsed.GetValue(_cells) is { } names ? Cells(names) : GridCell.DefaultsFor(baseline);
        var plan = new GridPlan(level, _vocabulary.Read(parsed, level, warnings), GridScale.Compress(recipe, scale, LanguageModelFields.Table), baseline, cells, Seeds(parsed.GetValue(_seeds)), _recipe.GivesWeightDrop(parsed));
        GridCell[] idle = [.. cells.Where(cell => cell.DropsRecurrent && (leavesRecurrent || plan.RecipeOf(cell).Dropout.Recurrent == 0f))];
        return idle.Length == 0 ? plan : throw new UsageException(
            $"the cells {string.Join(", ", idle.Select(cell => cell.Name))} drop the recurrent state, and there is no rate for it; give --rate-recurrent, for example " +
            "--rate-recurrent 0.25, or name the other cells by --cells.");
    }

    /// <summary>As <see cref="VocabularyOptions.Marks"/>.</summary>
    public LineMarks? Marks(ParseResult parsed, TextLevel level, Warnings warnings) => _vocabulary.Marks(parsed, level, warnings);

    private static UsageException WithoutRate() =>
        new("a grid needs a drop rate between layers; give --rate-embedding, --rate-layer or --rate-output, or --rate for all.");

    private static IReadOnlyList<GridCell> Cells(string names)
    {
        string[] asked = names.Split(',', StringSplitOptions.TrimEntries);
        string? unknown = asked.FirstOrDefault(name => GridCell.All.All(cell => cell.Name != name));
        if (unknown is not null) throw new UsageException($"--cells has '{unknown}'; expected names out of {GridCell.List}, separated by commas.");
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
            : throw new UsageException($"--seeds is '{text}'; expected a count from 1 to {MostSeeds}, or a list of at most as many seeds, such as 4,7 or 4-6.");
    }

    private static bool IsNumber(string text, out ulong number) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
