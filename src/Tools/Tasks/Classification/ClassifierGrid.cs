using TinySD.Tools.Json;
using TinySD.Tools.Reproduce;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Classification;

/// <summary>A grid of classifiers.</summary>
/// <param name="plan">What it trains.</param>
/// <param name="folds">The data of each seed, test data among them.</param>
/// <param name="options">The options that say how they are read and divided, and their values.</param>
internal sealed class ClassifierGrid(
    GridPlan<ClassifierRecipe> plan, SeedFolds folds, IReadOnlyDictionary<string, string> options)
    : GridTask<ClassifierRecipe, RunSequences, SequenceBatch>(OfSequences, plan, ClassifierFields.Table, ClassifierCheckpoint.Format)
{
    // The most accuracy that structured masks may cost against others of the same rates: half a point.
    private const double Allowed = 0.005;

    // What is not of one fold alone is the same in all.
    private readonly ClassifierData _first = folds.DataOf(plan.Seeds[0]);

    private readonly GridSets _sets = SetsOf(folds, plan.Seeds[0]);

    /// <summary>What the folder of a grid of classifiers knows of them.</summary>
    public static GridKind OfSequences { get; } = KindOf(
        GridKind.Of("reproduce classifier", ClassifierTraining.Told, Allowed, ClassifierFields.Table, ClassifierCheckpoint.Format));

    public override IEnumerable<string> Warnings
    {
        get
        {
            var all = new List<string>();
            foreach (ulong seed in Plan.Seeds) all.AddRange(folds.DataOf(seed).Warnings);
            return all.Distinct();
        }
    }

    public override Dictionary<string, JsonElement> Data => _sets.ToManifest();

    public override string MeasuredHow(GridReport report)
    {
        if (folds.Count is not { } count) return "";
        HashSet<ulong> seeds = [];
        HashSet<int> tested = [];
        foreach (GridRunResult run in report.Cells.SelectMany(cell => cell.Runs))
        {
            if (seeds.Add(run.Seed)) tested.Add(folds.FoldOf(run.Seed));
        }

        int used = tested.Count;
        string which = used == count ? $"all {count} folds" : $"{used} of {count} folds";
        string who = used == seeds.Count ? "each seed tests on a fold of its own" : "the seeds test on the folds in turn";
        return $"{who}, so that means and spread are over {which}";
    }

    public override IEnumerable<(string Name, string Value)> Facts
    {
        get
        {
            string seed = Plan.Seeds[0].ToString(CultureInfo.InvariantCulture);
            if (folds.Count is not { } count) return ClassifierTraining.FactsOf(_first);
            string file = Path.GetFileName(_first.Train.Path), all = Figures.Count(folds.Whole.Train.Sequences.Count, _first.Noun);
            return
            [
                ("to train and test on", $"{file}, {all} in {Figures.Count(count, "fold")}; seed 1 leaves out fold 1, and so on in turn"),
                .. OfSeed(ClassifierTraining.FactsOf(_first), seed),
            ];

            static IEnumerable<(string, string)> OfSeed(IEnumerable<(string Name, string Value)> facts, string seed)
            {
                foreach ((string name, string value) in facts) yield return ($"{name}, seed {seed}", value);
            }
        }
    }

    protected override RunSequences DataOf(ClassifierRecipe recipe) => folds.RunOf(recipe.Seed);

    // Of labels the fingerprints have the numbers alone, so that their names are settings.
    public override IEnumerable<(string Option, string Value)> Rows()
    {
        const string level = "--level";
        var beside = new List<(string, string)>();
        if (_first.Vocabulary is { } vocabulary) beside.Add((level, TextSpelling.Levels.NameOf(vocabulary.Level)));
        foreach ((string option, string value) in options)
        {
            if (option != level) beside.Add((option, value));
        }

        return SettingRows.With(base.Rows(), [.. beside, ("classes", string.Join(", ", _first.Form.Labels))]);
    }

    public override void Check(Dictionary<string, JsonElement> begun, string folder) => _sets.Check(begun, folder);

    public override void WriteMembers(JsonMembers json)
    {
        _sets.Write(json);
        json.Add(folds.Count, "folds");
        base.WriteMembers(json);
    }

    protected override bool AreSame(RunSequences begun, RunSequences run) =>
        begun.Train.Checksum == run.Train.Checksum && begun.Vocabulary?.Checksum == run.Vocabulary?.Checksum;

    protected override TrainedTask<SequenceBatch> NewRun(ClassifierRecipe recipe, RunSetup setup) =>
        new ClassifierTraining(recipe, folds.DataOf(recipe.Seed), setup);

    private static GridKind KindOf(GridKind kind) => kind with
    {
        FindFault = GridSets.FindFault,
        ValueOf = (option, word) => kind.ValueOf(option, ClassifierDataOptions.ValueOf(option, word)),
    };

    // Seeds that are added later have other folds of the same file.
    private static GridSets SetsOf(SeedFolds folds, ulong seed)
    {
        ClassifierData first = folds.DataOf(seed);
        if (folds.Count is null)
            return new("sequence", ("train", SetOf(first.Train)), ("valid", SetOf(first.Valid)), ("test", SetOf(first.Test!)));
        (ClassifierPart train, ClassifierPart? valid) = folds.Whole;
        return new("sequence", ("train", SetOf(train)), ("valid", valid is null ? null : SetOf(valid)));
    }

    private static GridSet SetOf(ClassifierPart part) => new(part.Path, part.Sequences.Count, Fingerprint.Of(part.Sequences));
}
