using TinySD.Tools.Json;
using TinySD.Tools.Reproduce;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Translating;

/// <summary>A grid of translators.</summary>
/// <param name="plan">What it trains.</param>
/// <param name="data">The data, test pairs among them.</param>
/// <param name="options">The options that say how they were read, and their values.</param>
internal sealed class TranslatorGrid(
    GridPlan<TranslatorRecipe> plan, TranslatorData data, IReadOnlyDictionary<string, string> options)
    : GridTask<TranslatorRecipe, RunPairs, TranslatorBatch>(
        OfTranslators, plan, TranslatorFields.Table, TranslatorCheckpoint.Format)
{
    // The most BLEU that structured masks may cost against others of the same rates.
    private const double Allowed = 0.5;

    private readonly RunPairs _run = data.ToRunPairs(options);
    private readonly GridSets _sets =
        new("sentence", [.. SetsOf("", data.Train), .. SetsOf("valid-", data.Valid), .. SetsOf("test-", data.Test!)]);

    /// <summary>What the folder of a grid of translators knows of them.</summary>
    public static GridKind OfTranslators { get; } = KindOf(
        GridKind.Of("reproduce translator", TranslatorTraining.Told, Allowed, TranslatorFields.Table, TranslatorCheckpoint.Format));

    public override IEnumerable<string> Warnings => data.Warnings;

    public override Dictionary<string, JsonElement> Data => _sets.ToManifest();

    public override IEnumerable<(string Name, string Value)> Facts => TranslatorTraining.FactsOf(data);

    public override IEnumerable<(string Option, string Value)> Rows() =>
        SettingRows.With(base.Rows(), TranslatorDataOptions.Rows(options));

    public override void Check(Dictionary<string, JsonElement> begun, string folder) => _sets.Check(begun, folder);

    public override void WriteMembers(JsonMembers json)
    {
        _sets.Write(json);
        base.WriteMembers(json);
    }

    protected override RunPairs DataOf(TranslatorRecipe recipe) => _run;

    protected override bool AreSame(RunPairs begun, RunPairs run) =>
        begun.Train.Checksum == run.Train.Checksum && begun.SourceVocabulary == run.SourceVocabulary
        && begun.TargetVocabulary == run.TargetVocabulary;

    protected override TrainedTask<TranslatorBatch> NewRun(TranslatorRecipe recipe, RunSetup setup) =>
        new TranslatorTraining(recipe, data, setup);

    private static GridKind KindOf(GridKind kind) => kind with
    {
        FindFault = GridSets.FindFault,
        ValueOf = (option, word) => kind.ValueOf(option, TranslatorDataOptions.ValueOf(option, word)),
    };

    // By the names of their options.
    private static IEnumerable<(string Name, GridSet? Set)> SetsOf(string use, TranslatorPart part)
    {
        (GridSet source, GridSet target) = part.ToSets();
        return [($"{use}source", source), ($"{use}target", target)];
    }
}
