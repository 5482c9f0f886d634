using TinySD.Tools.Reproduce;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Classification;

/// <summary>A grid of classifiers.</summary>
/// <param name="plan">What it trains.</param>
/// <param name="data">The data, test data among them.</param>
/// <param name="options">The options that say how they are read and divided, and their values.</param>
/// <param name="reading">The same with what is usual.</param>
internal sealed class ClassifierGrid(
    GridPlan<ClassifierRecipe> plan, ClassifierData data, IReadOnlyDictionary<string, string> options, ClassifierReading reading)
    : GridTask<ClassifierRecipe, RunSequences, SequenceBatch>(OfSequences, plan, ClassifierFields.Table, ClassifierCheckpoint.Format)
{
    // The most accuracy that structured masks may cost against others of the same rates: half a point.
    private const double Allowed = 0.005;

    private readonly GridSets _sets =
        new("sequence", ("train", SetOf(data.Train)), ("valid", SetOf(data.Valid)), ("test", SetOf(data.Test!)));

    private readonly RunSequences _run = data.ToRunSequences(options, reading);

    /// <summary>What the folder of a grid of classifiers knows of them.</summary>
    public static GridKind OfSequences { get; } =
        GridKind.Of("reproduce classifier", ClassifierTraining.Told, Allowed, ClassifierFields.Table, ClassifierCheckpoint.Format) with
        {
            FindFault = GridSets.FindFault,
        };

    public override IEnumerable<string> Warnings => data.Warnings;

    public override Dictionary<string, JsonElement> Data => _sets.ToManifest();

    public override IEnumerable<(string Name, string Value)> Facts => ClassifierTraining.FactsOf(data);

    protected override RunSequences DataOfRuns => _run;

    // Of labels the fingerprints have the numbers alone, so that their names are settings.
    public override IEnumerable<(string Option, string Value)> Rows()
    {
        const string level = "--level";
        var beside = new List<(string, string)>();
        if (data.Vocabulary is { } vocabulary) beside.Add((level, TextSpelling.Levels.NameOf(vocabulary.Level)));
        beside.AddRange(options.Where(option => option.Key != level).Select(option => (option.Key, option.Value)));
        return SettingRows.With(base.Rows(), [.. beside, ("classes", string.Join(", ", data.Form.Labels))]);
    }

    public override void Check(Dictionary<string, JsonElement> begun, string folder) => _sets.Check(begun, folder);

    public override void AddTo(JsonObject report)
    {
        base.AddTo(report);
        _sets.AddTo(report);
    }

    protected override bool IsOfThis(RunSequences run) =>
        run.Train.Checksum == _run.Train.Checksum && run.Vocabulary?.Checksum == _run.Vocabulary?.Checksum;

    protected override TrainedTask<SequenceBatch> NewRun(ClassifierRecipe recipe, RunSetup setup) =>
        new ClassifierTraining(recipe, data, setup);

    private static GridSet SetOf(ClassifierPart part) => new(part.Path, part.Sequences.Count, Fingerprint.Of(part.Sequences));
}
