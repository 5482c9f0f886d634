using TinySD.Tools.Json;
using TinySD.Tools.Reproduce;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Regression;

/// <summary>A grid of regressors.</summary>
/// <param name="plan">What it trains.</param>
/// <param name="data">The data, test rows among them.</param>
internal sealed class RegressorGrid(GridPlan<RegressorRecipe> plan, RegressorData data)
    : GridTask<RegressorRecipe, RunSeries, SequenceBatch>(OfSeries, plan, RegressorFields.Table, RegressorCheckpoint.Format)
{
    // The most that structured masks may cost against others of the same rates, as a share of these others' mean squared error.
    private const double Allowed = 0.02;

    private readonly GridSets _sets = data.ToGridSets();
    private readonly RunSeries _run = data.ToRunSeries();

    /// <summary>What the folder of a grid of regressors knows of them.</summary>
    public static GridKind OfSeries { get; } =
        GridKind.Of("reproduce regressor", RegressorTraining.Told, Allowed, RegressorFields.Table, RegressorCheckpoint.Format) with
        {
            FindFault = GridSets.FindFault,
        };

    public override IEnumerable<string> Warnings => data.Warnings;

    public override Dictionary<string, JsonElement> Data => _sets.ToManifest();

    public override IEnumerable<(string Name, string Value)> Facts => data.Facts;

    protected override RunSeries DataOf(RegressorRecipe recipe) => _run;

    public override IEnumerable<(string Option, string Value)> Rows() => SettingRows.With(
        base.Rows(), ("--targets", string.Join(", ", data.Form.Targets)), ("--inputs", string.Join(", ", data.Form.Inputs)));

    public override void Check(Dictionary<string, JsonElement> begun, string folder) => _sets.Check(begun, folder);

    public override void WriteMembers(JsonMembers json)
    {
        _sets.Write(json);
        base.WriteMembers(json);
    }

    protected override bool AreSame(RunSeries begun, RunSeries run) => begun.Train.Checksum == run.Train.Checksum;

    protected override TrainedTask<SequenceBatch> NewRun(RegressorRecipe recipe, RunSetup setup) =>
        new RegressorTraining(recipe, data, setup);
}
