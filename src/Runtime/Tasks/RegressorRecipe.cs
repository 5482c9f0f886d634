using System.Collections.Immutable;
using TinySD.Runtime.Models;

namespace TinySD.Runtime.Tasks;

/// <summary>Everything that decides a regressor's training run, apart from its data.</summary>
public sealed partial record RegressorRecipe : SequenceRecipe
{
    /// <summary>Rows ahead, all of 1 to this one; 0 for the targets' values in the same row.</summary>
    public int Horizon { get; init; } = 1;

    /// <summary>Rows that a prediction looks at; 0 for a state that is carried through the whole series.</summary>
    public int Window { get; init; }

    /// <summary>Time steps T of truncated back-propagation where the state is carried; not used with a window, which is run
    /// whole.</summary>
    public int Bptt { get; init; } = 32;

    /// <summary>Rows of a season to compare with; 0 for none.</summary>
    public int Season { get; init; }

    /// <summary>What is minimised: squared, absolute or Huber's error.</summary>
    public SequenceLoss Loss { get; init; }

    /// <summary>Where Huber's loss becomes straight, in spreads of what the network predicts; other losses ignore it.</summary>
    public float HuberDelta { get; init; } = 1f;

    /// <summary>Whether the network predicts how far targets move from their last value. Only of targets that are inputs too, and of rows
    /// ahead; elsewhere it predicts the value whatever this says.</summary>
    public bool PredictsChange { get; init; } = true;

    /// <summary>Whether the network is fed how far inputs have moved since the row before, instead of their values.</summary>
    public bool FeedsChange { get; init; }

    /// <summary>Rows, the newest included, that a linear map beside the recurrent layers sees; 0 for none.</summary>
    public int LinearRows { get; init; }

    /// <summary>Steps of a batch.</summary>
    public int TimeSteps => Window > 0 ? Window : Bptt;

    /// <summary>What is fed and predicted, without scales.</summary>
    /// <param name="inputs">The columns that are fed.</param>
    /// <param name="targets">The columns that are predicted.</param>
    public SeriesForm ToForm(IEnumerable<string> inputs, IEnumerable<string> targets)
    {
        ImmutableArray<string> fed = [.. inputs], predicted = [.. targets];
        return new SeriesForm
        {
            Inputs = fed,
            Targets = predicted,
            Horizon = Horizon,
            Window = Window,
            Season = Season,
            FeedsChange = FeedsChange,
            LinearRows = LinearRows,
            PredictsChange = PredictsChange && Horizon > 0 && predicted.All(fed.Contains),
        };
    }

    /// <summary>The model's shape for so many columns and targets.</summary>
    public SequenceModelConfig ToConfig(int inputs, int targets) => new()
    {
        Body = ToBody(inputs),
        OutputSize = checked(targets * Math.Max(1, Horizon)),
        ReadOut = Window > 0 ? ReadOut.Last : ReadOut.EveryStep,
        LinearRows = LinearRows,
    };

    /// <summary>This recipe with a regressor's shape, horizon, window and all else that it has fixed: to train it further.</summary>
    public RegressorRecipe WithShapeOf(Regressor regressor)
    {
        (RecurrentStackConfig body, SeriesForm form) = (regressor.Model.Config.Body, regressor.Form);
        return this with
        {
            HiddenSize = body.HiddenSize,
            LayerCount = body.LayerCount,
            Cell = body.Cell,
            Peepholes = body.Peepholes,
            Direction = body.Direction,
            Horizon = form.Horizon,
            Window = form.Window,
            Season = form.Season,
            PredictsChange = form.PredictsChange,
            FeedsChange = form.FeedsChange,
            LinearRows = form.LinearRows,
        };
    }

    /// <summary>Refuses a regressor of another shape.</summary>
    internal void RequireShapeOf(Regressor regressor)
    {
        SeriesForm form = regressor.Form, own = ToForm(form.Inputs, form.Targets);
        RequireShape(ToConfig(form.Inputs.Length, form.Targets.Length), regressor.Model.Config);
        if ((own.Horizon, own.Window, own.PredictsChange, own.FeedsChange)
            != (form.Horizon, form.Window, form.PredictsChange, form.FeedsChange))
            Throw.Argument($"what the recipe feeds and predicts is not what the regressor does; {nameof(WithShapeOf)} makes it so");
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        if (Horizon is < 0 or > 65536) Throw.OutOfRange(nameof(Horizon), Horizon, "0 to 65536");
        if (Window is < 0 or > 65536) Throw.OutOfRange(nameof(Window), Window, "0 to 65536");
        if (LinearRows is < 0 or > 65536) Throw.OutOfRange(nameof(LinearRows), LinearRows, "0 to 65536");
        if (Bptt is < 1 or > 65536) Throw.OutOfRange(nameof(Bptt), Bptt, "1 to 65536");
        if (Season is < 0 or > 1 << 24) Throw.OutOfRange(nameof(Season), Season, $"0 to {1 << 24}");
        if (Loss is not (SequenceLoss.Squared or SequenceLoss.Absolute or SequenceLoss.Huber))
            Throw.OutOfRange(nameof(Loss), Loss, "a loss of numbers");
        if (!(HuberDelta > 0f && float.IsFinite(HuberDelta))) Throw.OutOfRange(nameof(HuberDelta), HuberDelta, "above 0 and finite");
        if (Window == 0 && Direction != RecurrentDirection.Forward)
            Throw.Argument("a state that is carried through a series is read forward; another direction needs a window");
    }
}
