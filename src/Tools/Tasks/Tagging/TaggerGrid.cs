using TinySD.Tools.Json;
using TinySD.Tools.Reproduce;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Tagging;

/// <summary>A grid of taggers.</summary>
/// <param name="plan">What it trains.</param>
/// <param name="data">The data, test sentences among them.</param>
/// <param name="reading">How they were read.</param>
/// <param name="options">The options that say so, and their values.</param>
internal sealed class TaggerGrid(
    GridPlan<TaggerRecipe> plan, TaggerData data, TaggerReading reading, IReadOnlyDictionary<string, string> options)
    : GridTask<TaggerRecipe, RunSequences, TaggerBatch>(
        data.Form.Scheme == TagScheme.None ? OfPlainTags : OfEntities, PlanOf(plan, data.Recipe), TaggerFields.Table,
        TaggerCheckpoint.Format)
{
    // The most F1 that structured masks may cost against others of the same rates.
    private const double Allowed = 0.3;

    private readonly RunSequences _run = data.ToRunSequences(options, reading);

    private readonly GridSets _sets = new(
        "sentence", ("train", SetOf(data.Train)), ("valid", SetOf(data.Valid)), ("test", SetOf(data.Test!)));

    /// <summary>What the folder of a grid of taggers knows of them.</summary>
    public static GridKind OfEntities { get; } = KindOf(
        GridKind.Of("reproduce tagger", TaggerTraining.Told, Allowed, TaggerFields.Table, TaggerCheckpoint.Format));

    private static GridKind OfPlainTags { get; } = OfEntities with { Words = TaggerTraining.ToldPlain };

    public override IEnumerable<string> Warnings => data.Warnings;

    public override Dictionary<string, JsonElement> Data => _sets.ToManifest();

    public override IEnumerable<(string Name, string Value)> Facts => TaggerTraining.FactsOf(data);

    public override IEnumerable<(string Option, string Value)> Rows()
    {
        var beside = new List<(string, string)>();
        foreach ((string option, string value) in options) beside.Add((option, value));
        return SettingRows.With(base.Rows(), [.. beside, ("tags", string.Join(", ", data.Form.Tags))]);
    }

    public override void Check(Dictionary<string, JsonElement> begun, string folder) => _sets.Check(begun, folder);

    public override void WriteMembers(JsonMembers json)
    {
        _sets.Write(json);
        base.WriteMembers(json);
    }

    protected override RunSequences DataOf(TaggerRecipe recipe) => _run;

    protected override bool AreSame(RunSequences begun, RunSequences run) =>
        begun.Train.Checksum == run.Train.Checksum && begun.Vocabulary == run.Vocabulary;

    protected override TrainedTask<TaggerBatch> NewRun(TaggerRecipe recipe, RunSetup setup) => new TaggerTraining(recipe, data, setup);

    // What only the data tell, for all cells.
    private static GridPlan<TaggerRecipe> PlanOf(GridPlan<TaggerRecipe> plan, TaggerRecipe settled) => plan with
    {
        Recipe = settled,
        Settle = (cell, seed) => plan.Settle(cell, seed) with { Scheme = settled.Scheme, EmbeddingSize = settled.EmbeddingSize },
    };

    private static GridKind KindOf(GridKind kind) => kind with
    {
        FindFault = GridSets.FindFault,
        ValueOf = (option, word) => kind.ValueOf(option, TaggerDataOptions.ValueOf(option, word)),
    };

    private static GridSet SetOf(TaggerPart part) => new(part.Path, part.Sentences.Count, Fingerprint.Of(part.Sentences));
}
