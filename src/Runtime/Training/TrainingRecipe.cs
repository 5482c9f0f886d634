using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;

namespace TinySD.Runtime.Training;

/// <summary>What decides a training run of any task, apart from its data and the network's shape: dropout, optimizer,
/// clipping and schedule.</summary>
/// <remarks>A task's recipe is a record of its own that adds its shape and what else only it knows.</remarks>
public abstract record TrainingRecipe
{
    private const int MostAveraged = 100;

    /// <summary>The preset's name, or that of the preset it was derived from.</summary>
    public required string Name { get; init; }

    /// <summary>Parameters start uniform in [-range, range].</summary>
    public float InitRange { get; init; } = 0.1f;

    /// <summary>Whether recurrent layers start in a range of their own.</summary>
    public InitScheme InitScheme { get; init; }

    /// <summary>Added to the forget gate's bias of an LSTM at the start; other cells have none and ignore it.</summary>
    public float ForgetBias { get; init; }

    /// <summary>Sequences B in a batch.</summary>
    public int BatchSize { get; init; } = 20;

    /// <summary>Case and rates of dropout.</summary>
    public DropoutSpec Dropout { get; init; } = DropoutSpec.None;

    /// <summary>What the loss of a batch is.</summary>
    public LossReduction LossReduction { get; init; }

    /// <summary>The update rule.</summary>
    public OptimizerKind Optimizer { get; init; }

    /// <summary>n of the averaging rule's trigger: averaging begins after an epoch whose validation is worse than the best of those up to n
    /// before the one before it. Other rules ignore it.</summary>
    public int NonMonotone { get; init; } = 5;

    /// <summary>Share of the running sum of gradients that stays from update to update; 0 for none. Sgd only.</summary>
    public float Momentum { get; init; }

    /// <summary>Whether the momentum is Nesterov's, which looks one update ahead.</summary>
    public bool Nesterov { get; init; }

    /// <summary>Share of the mean gradient that stays from update to update. Rules other than Adam and AdamW ignore it.</summary>
    public float Beta1 { get; init; } = 0.9f;

    /// <summary>Share of the mean squared gradient that stays from update to update. Rules other than Adam and AdamW ignore it.</summary>
    public float Beta2 { get; init; } = 0.999f;

    /// <summary>Added to the root of the squares that Adam, AdamW and Adagrad divide by. Other rules ignore it.</summary>
    public float Epsilon { get; init; } = 1e-8f;

    /// <summary>Weight decay, on all parameters, after clipping: this times the parameter is added to its gradient. With
    /// <see cref="OptimizerKind.AdamW"/> every update takes off each parameter this times the learning rate as a share.</summary>
    public float WeightDecay { get; init; }

    /// <summary>Whether weight decay stands apart from the learning rate: every update ends by taking that share off each parameter. Not
    /// for <see cref="OptimizerKind.AdamW"/>, whose decay is decoupled in a way of its own.</summary>
    public bool DecoupledDecay { get; init; }

    /// <summary>Learning rate of the first epochs.</summary>
    public float LearningRate { get; init; } = 1f;

    /// <summary>The gradient is scaled down to this L2 norm when it is longer; 0 turns clipping off.</summary>
    public float ClipNorm { get; init; } = 5f;

    /// <summary>Passes over the training data.</summary>
    public int Epochs { get; init; } = 13;

    /// <summary>How the learning rate goes from epoch to epoch.</summary>
    public LearningRateSchedule LearningRateSchedule { get; init; }

    /// <summary>Updates in which the learning rate rises from nothing to its full value, in equal steps; 0 for none.</summary>
    public int WarmUpUpdates { get; init; }

    /// <summary>Epochs without a better validation figure after which the run ends; 0 for no such end.</summary>
    public int Patience { get; init; }

    /// <summary>Epochs at the full learning rate before the decay starts; Zaremba's schedule only.</summary>
    public int FullRateEpochs { get; init; } = 4;

    /// <summary>What the learning rate is divided by: once for every epoch after <see cref="FullRateEpochs"/>, or whenever there is a
    /// plateau; or, by how much more than 1 with every epoch of <see cref="LearningRateSchedule.InverseTime"/>.</summary>
    public float Decay { get; init; } = 2f;

    /// <summary>What is measured and kept after an epoch is the mean of the parameters after so many last epochs, or after all where there
    /// are fewer; 1 for the epoch's own.</summary>
    public int AverageLast { get; init; } = 1;

    /// <summary>Seed of the initial parameters and of every mask.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>What its network is, where that cannot have nested masks; null where it can.</summary>
    public virtual string? WithoutNested => null;

    /// <summary>The learning rate of an epoch.</summary>
    /// <param name="epoch">Counted from 0.</param>
    /// <param name="validations">The validation figures of the epochs before it, less being better, as <see cref="Metric.Figure"/> has
    /// them: they decide where there is a plateau.</param>
    public float LearningRateAt(int epoch, ReadOnlySpan<double> validations = default) => LearningRateSchedule switch
    {
        LearningRateSchedule.Constant => LearningRate,
        LearningRateSchedule.Cosine => (float)(LearningRate * 0.5 * (1.0 + PortableMath.CosPi((double)epoch / Epochs))),
        LearningRateSchedule.Linear => (float)(LearningRate * (1.0 - ((double)epoch / Epochs))),
        LearningRateSchedule.InverseTime => (float)(LearningRate / (1.0 + ((Decay - 1.0) * epoch))),
        LearningRateSchedule.Plateau => (float)(LearningRate / PortableMath.Power(Decay, ValidationHistory.Stalls(validations))),
        _ => (float)(LearningRate / PortableMath.Power(Decay, Math.Max(0, epoch + 1 - FullRateEpochs))),
    };

    /// <summary>Whether a run has had its patience: epochs with these validation figures, and none of the last was better. Where averaging
    /// is to begin once validation stops getting better, patience counts from there, or it would end the run in the very epochs that
    /// averaging waits for.</summary>
    public bool IsOutOfPatience(ReadOnlySpan<double> validations)
    {
        int counted = Optimizer == OptimizerKind.NtAsgd ? ValidationHistory.EpochsAveraged(validations, NonMonotone) ?? 0 : int.MaxValue;
        return Patience > 0 && Math.Min(counted, ValidationHistory.EpochsSinceBest(validations)) >= Patience;
    }

    /// <summary>Checks every range.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it.</exception>
    public virtual void Validate()
    {
        Dropout.Validate();
        if (Dropout.IsNested && WithoutNested is { } what) Throw.NotNested(what);
        if (!(InitRange > 0 && float.IsFinite(InitRange))) Throw.OutOfRange(nameof(InitRange), InitRange, "above 0 and finite");
        if (!float.IsFinite(ForgetBias)) Throw.OutOfRange(nameof(ForgetBias), ForgetBias, "finite");
        if (BatchSize is < 1 or > 65536) Throw.OutOfRange(nameof(BatchSize), BatchSize, "1 to 65536");
        Throw.IfNegative(WeightDecay);
        if (WeightDecay >= 1f) Throw.OutOfRange(nameof(WeightDecay), WeightDecay, "below 1");
        if (DecoupledDecay && Optimizer == OptimizerKind.AdamW)
        {
            Throw.Argument(
                "AdamW's weight decay is decoupled and goes with the learning rate; DecoupledDecay needs another rule, such as Adam");
        }

        Throw.IfNoRate(Momentum);
        bool isDescent = Optimizer == OptimizerKind.Sgd;
        if ((Momentum > 0f || Nesterov) && !isDescent) Throw.Argument($"momentum needs the optimizer Sgd; found {Optimizer}");
        if (Nesterov && Momentum == 0f) Throw.Argument("Nesterov's momentum must be above 0; found 0");
        Throw.IfNoRate(Beta1);
        Throw.IfNoRate(Beta2);
        if (!(Epsilon > 0f && float.IsFinite(Epsilon))) Throw.OutOfRange(nameof(Epsilon), Epsilon, "above 0 and finite");
        if (NonMonotone < 0) Throw.OutOfRange(nameof(NonMonotone), NonMonotone, "0 or above");
        if (WarmUpUpdates < 0) Throw.OutOfRange(nameof(WarmUpUpdates), WarmUpUpdates, "0 or above");
        if (Patience < 0) Throw.OutOfRange(nameof(Patience), Patience, "0 or above");
        Throw.IfUndefined(InitScheme);
        Throw.IfUndefined(LossReduction);
        Throw.IfUndefined(Optimizer);
        Throw.IfUndefined(LearningRateSchedule);
        if (!(LearningRate > 0 && float.IsFinite(LearningRate))) Throw.OutOfRange(nameof(LearningRate), LearningRate, "above 0 and finite");
        if (!(ClipNorm >= 0 && float.IsFinite(ClipNorm)))
            Throw.OutOfRange(nameof(ClipNorm), ClipNorm, "0 (no clipping) or above, and finite");
        if (Epochs < 1) Throw.OutOfRange(nameof(Epochs), Epochs, "at least 1");
        if (AverageLast is < 1 or > MostAveraged) Throw.OutOfRange(nameof(AverageLast), AverageLast, $"1 to {MostAveraged}");
        if (AverageLast > 1 && Optimizer == OptimizerKind.NtAsgd)
            Throw.Argument("averaged descent keeps the mean of all updates; averages of the last epochs are for other rules");
        if (FullRateEpochs < 0) Throw.OutOfRange(nameof(FullRateEpochs), FullRateEpochs, "0 or above");
        if (!(Decay >= 1 && float.IsFinite(Decay))) Throw.OutOfRange(nameof(Decay), Decay, "at least 1 and finite");
    }
}
