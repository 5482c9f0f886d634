using TinySD.Tools.Json;
using TinySD.Tools.Options;
using TinySD.Tools.Reproduce;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>The texts of a grid, and its vocabulary, as its manifest has them.</summary>
internal sealed record GridTexts(VocabularyFingerprint Vocabulary, TextFingerprint Train, TextFingerprint Valid, TextFingerprint Test)
{
    /// <summary>Reads what a manifest says of them.</summary>
    /// <exception cref="JsonException">It is of other members.</exception>
    public static GridTexts Read(Dictionary<string, JsonElement> manifest)
    {
        GridMembers vocabulary = Of("vocabulary");
        return new(new(vocabulary.Int("count"), vocabulary.String("checksum")), Text("train"), Text("valid"), Text("test"));

        GridMembers Of(string name) => GridMembers.Of(name, manifest.GetValueOrDefault(name));

        TextFingerprint Text(string name)
        {
            GridMembers text = Of(name);
            return new(text.String("path"), text.Long("tokens"), text.String("checksum"));
        }
    }

    /// <summary>What a manifest says of them.</summary>
    public Dictionary<string, JsonElement> ToManifest() => new()
    {
        ["vocabulary"] = JsonMembers.ElementOf(json => json.Add(Vocabulary.Count, "count").Add(Vocabulary.Checksum, "checksum")),
        ["train"] = Of(Train),
        ["valid"] = Of(Valid),
        ["test"] = Of(Test),
    };

    private static JsonElement Of(TextFingerprint text) =>
        JsonMembers.ElementOf(json => json.Add(text.Path, "path").Add(text.Tokens, "tokens").Add(text.Checksum, "checksum"));
}

/// <summary>A grid of language models.</summary>
/// <param name="plan">What it trains.</param>
/// <param name="data">The texts.</param>
/// <param name="streams">
/// Streams of validation and test; null in a grid from before that was a setting, as <see cref="EvaluationStreams.Of"/> has it.
/// </param>
/// <param name="rules">How they become tokens.</param>
/// <param name="keepsWeightDrop">Whether DropConnect stays in the cells that drop the recurrent state.</param>
internal sealed class LanguageModelGrid(
    GridPlan<LanguageModelRecipe> plan, LanguageModelData data, int? streams, TokenRules rules, bool keepsWeightDrop)
    : GridTask<LanguageModelRecipe, RunTexts, TokenWindow>(OfTexts, plan, LanguageModelFields.Table, LanguageModelCheckpoint.Format)
{
    private const string StreamsOption = "--streams", WeightDropOption = "--weight-drop",
        WeightDropRow = "DropConnect beside recurrent dropout";

    // The most perplexity that structured masks may cost against others of the same rates.
    private const double Allowed = 0.5;

    private readonly EvaluationStreams _streams = EvaluationStreams.Of(streams, plan.Recipe);
    private readonly GridTexts _texts = new(
        new(data.Vocabulary.Count, Fingerprint.Of(data.Vocabulary)), data.Train.ToFingerprint(), data.Valid.ToFingerprint(),
        data.Test!.ToFingerprint());

    /// <summary>What the folder of a grid of language models knows of them.</summary>
    public static GridKind OfTexts { get; } = OfFields(GridKind.Of(
        "reproduce lm", LanguageModelTraining.Told, Allowed, LanguageModelFields.Table, LanguageModelCheckpoint.Format));

    public override IEnumerable<string> Warnings => [.. data.Remarks, .. data.Warnings(Recipe)];

    public override Dictionary<string, JsonElement> Data => _texts.ToManifest();

    public override string MeasuredHow(GridReport report) => _streams.Told(hasTest: true);

    public override IEnumerable<(string Name, string Value)> Facts => data.Facts;

    protected override RunTexts DataOf(LanguageModelRecipe recipe) => data.ToRunTexts(streams);

    /// <summary>The streams of a grid that has begun, or of a new one.</summary>
    /// <param name="begun">The manifest of one that has.</param>
    /// <param name="asked">What the command line says, or null.</param>
    /// <param name="recipe">What the cells share.</param>
    public static int? StreamsOf(GridManifest? begun, int? asked, LanguageModelRecipe recipe) =>
        asked ?? (begun?.Settings.ContainsKey(StreamsOption) == false ? null : recipe.BatchSize);

    /// <summary>Which lines get a token for their end in a grid that has begun, or in a new one.</summary>
    /// <param name="begun">The manifest of one that has.</param>
    /// <param name="asked">What the command line says, or null.</param>
    public static LineMarks MarksOf(GridManifest? begun, LineMarks? asked) =>
        asked ?? (begun?.Settings.ContainsKey(VocabularyOptions.LineMarksName) == false ? LineMarks.Always : LineMarks.WhereMissing);

    /// <summary>The recipe of a cell.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="grid">What all cells share.</param>
    /// <param name="seed">Of parameters and masks.</param>
    /// <param name="keepsWeightDrop">
    /// Whether DropConnect stays where the recurrent state is dropped. Both act on the same product, so else it gives way, and its rate is
    /// that of the units.
    /// </param>
    public static LanguageModelRecipe Settle(GridCell cell, LanguageModelRecipe grid, ulong seed, bool keepsWeightDrop) =>
        cell.Apply(grid, seed, grid.WeightDrop) with { WeightDrop = cell.DropsRecurrent && !keepsWeightDrop ? 0f : grid.WeightDrop };

    public override IEnumerable<(string Option, string Value)> Rows()
    {
        foreach ((string option, string value) in RecipeReport.WithLevel(data.Vocabulary.Level, base.Rows()))
        {
            yield return (option, value);
            if (option == WeightDropOption && Recipe.WeightDrop > 0f) yield return (WeightDropRow, keepsWeightDrop ? "true" : "false");
        }

        (int least, int? most, _) = data.Limits;
        if (least > 1) yield return (VocabularyLimitOptions.MinimumCountName, Figures.Setting(least));
        if (rules.LineMarks != LineMarks.Always)
            yield return (VocabularyOptions.LineMarksName, TextSpelling.LineMarks.NameOf(rules.LineMarks));
        foreach ((string, string) row in VocabularyOptions.Rows(rules)) yield return row;
        if (data.Cut is { } cut) yield return (HeldOutShare.OptionName, Figures.Setting(cut.Share));
        if (streams is { } known) yield return (StreamsOption, Figures.Setting(known));
        if (most is { } size) yield return (VocabularyLimitOptions.MaximumSizeName, Figures.Setting(size));
    }

    public override float? WeightDropOf(GridCell cell) => RecipeOf(cell).WeightDrop;

    public override NetworkPlan NetworkOf(GridCell cell) => LanguageModelTrainer.PlanOf(RecipeOf(cell), data.Vocabulary.Count);

    /// <remarks>All windows are alike, or times would not be.</remarks>
    public override ITimedRun Timed(GridCell cell, IParallelRunner runner, HardwareProfile? hardware) =>
        TimedModel.OnRandomText(RecipeOf(cell) with { VariableBptt = false }, data.Vocabulary.Count, runner, hardware);

    public override void Check(Dictionary<string, JsonElement> begun, string folder)
    {
        GridTexts was = GridTexts.Read(begun);
        Check("--train", was.Train, _texts.Train);
        if (was.Vocabulary != _texts.Vocabulary) throw Other("--train", _texts.Train, "its words or characters are others");
        Check("--valid", was.Valid, _texts.Valid);
        Check("--test", was.Test, _texts.Test);

        void Check(string option, TextFingerprint was, TextFingerprint now)
        {
            if (now.DifferenceFrom(was) is { } why) throw Other(option, now, why);
        }

        FailureException Other(string option, TextFingerprint text, string why) =>
            new($"{option} {text.Path} is not the text of the grid in {folder}: {why}. " +
                "Give the grid's own text, or another folder for --dir.");
    }

    public override void WriteMembers(JsonMembers json)
    {
        base.WriteMembers(json);
        json.Add(data.Vocabulary.Count, "vocabulary");
        Add("train", data.Train);
        Add("valid", data.Valid);
        Add("test", data.Test!);

        void Add(string name, EncodedText text) =>
            json.Add(members => members.Add(Path.GetFileName(text.Name), "name").Add(text.Tokens.Length, "tokens"), name);
    }

    public override void WriteLast(JsonMembers json) => json
        .Add(data.LeftOutOf(Recipe).Tokens, "leftOutTokens").Add(_streams.Valid, "streams").Add(_streams.Test, "testStreams");

    public override void Dispose()
    {
        data.Dispose();
        base.Dispose();
    }

    protected override bool AreSame(RunTexts begun, RunTexts texts) => begun.Train.Checksum == texts.Train.Checksum;

    protected override void WriteRecipe(JsonMembers json)
    {
        base.WriteRecipe(json);
        json.Add(TextSpelling.Levels.NameOf(data.Vocabulary.Level), "level");
    }

    protected override TrainedTask<TokenWindow> NewRun(
        LanguageModelRecipe recipe, RunSetup setup) =>
        new LanguageModelTraining(recipe, data, setup, streams: streams);

    protected override GridRunResult ResultOf(GridRun run, TrainingOutcome outcome) =>
        base.ResultOf(run, outcome) with { Streams = _streams.Valid, TestStreams = _streams.Test };

    private static GridKind OfFields(GridKind fields) => fields with
    {
        ValueOf = (option, value) => option == VocabularyOptions.LineMarksName && value is not null
            ? TextSpelling.LineMarks.Current(value) ?? value
            : fields.ValueOf(option, value),
        FindFault = texts =>
        {
            GridTexts read = GridTexts.Read(texts);
            return read.Vocabulary.Count < 2 || read.Train.Tokens < 2 || read.Valid.Tokens < 2 || read.Test.Tokens < 2
                ? "a text or the vocabulary has fewer than 2 tokens"
                : null;
        },
    };
}
