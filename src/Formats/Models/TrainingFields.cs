using TinySD.Formats.Fields;

namespace TinySD.Formats.Models;

/// <summary>The figures that every task's recipe has. A new one is a row here, and nothing else.</summary>
/// <typeparam name="TRecipe">The task's recipe.</typeparam>
/// <param name="cellOf">A recipe's recurrent cell.</param>
/// <param name="input">What the first layer is fed, for the help.</param>
/// <param name="head">What stands on the last, for the help.</param>
public sealed class TrainingFields<TRecipe>(
    Func<TRecipe, CellKind> cellOf, string input = "the embedding's output", string head = "the classifier")
    where TRecipe : TrainingRecipe
{
    private const int Most = 65536;

    private static readonly Spelling<float> s_share = Spelling.Number(v => v is >= 0 and < 1, "a number of at least 0 and below 1");

    /// <summary>The name, which chooses a preset.</summary>
    public Field<TRecipe> Name { get; } = new Field<TRecipe, string>(
        "name", "--preset", "The preset that the recipe is derived from.", Spelling.Text, r => r.Name, (r, v) => r with { Name = v })
    { Result = "name" };

    /// <summary>The case of the masks.</summary>
    public Field<TRecipe, DropoutKind> Kind { get; } = new("dropout.kind", "--dropout",
        "How masks vary: random over batch and time (case I), locked in time (II), structured in the batch (III), both (IV). Keeps " +
        "the preset's or the model's rates. nested keeps the first units, the same share of them everywhere and another at each step, " +
        "nested-locked one share for a window: a share of the trained model is a smaller model. They have no rates.",
        ModelSpelling.DropoutKinds, r => r.Dropout.Kind, (r, v) => r with { Dropout = r.Dropout with { Kind = v } })
    { Group = FieldGroup.Dropout, IsMain = true };

    /// <summary>The drop rates of the four sites.</summary>
    public IReadOnlyList<Field<TRecipe, float>> Rates { get; } =
    [
        Rate("embedding", $"Drop rate on {input}. Wins over --rate, as the next three do.",
            d => d.Embedding, (d, v) => d with { Embedding = v }),
        Rate("layer", "Drop rate between layers.", d => d.Layer, (d, v) => d with { Layer = v }),
        Rate("recurrent", "Drop rate on the previous hidden state.", d => d.Recurrent, (d, v) => d with { Recurrent = v }),
        Rate("output", $"Drop rate before {head}.", d => d.Output, (d, v) => d with { Output = v }),
    ];

    /// <summary>How structured masks are drawn.</summary>
    public Field<TRecipe, MaskDraw> Draw { get; } = new(
        "dropout.draw", "--draw", "Whether structured masks keep an exact count of units or each unit by chance.",
        ModelSpelling.MaskDraws, r => r.Dropout.Draw, (r, v) => r with { Dropout = r.Dropout with { Draw = v } })
    { Group = FieldGroup.Dropout, Idle = WithoutGroups };

    /// <summary>What kept counts are rounded to.</summary>
    public Field<TRecipe, int> KeepMultiple { get; } = new("dropout.keepMultiple", "--keep-multiple",
        "Round exact counts of kept units to a multiple of this, for a machine whose tiles it fills.",
        Spelling.Whole(1, Most), r => r.Dropout.KeepMultiple, (r, v) => r with { Dropout = r.Dropout with { KeepMultiple = v } })
    { Group = FieldGroup.Dropout, Usual = 1, IsAlwaysWritten = true, Idle = Unstructured };

    /// <summary>Units that go together.</summary>
    public Field<TRecipe, int> GroupSize { get; } = new(
        "dropout.groupSize", "--group-size", "Units side by side that structured masks keep or drop together.",
        Spelling.Whole(1, Most), r => r.Dropout.GroupSize, (r, v) => r with { Dropout = r.Dropout with { GroupSize = v } })
    { Group = FieldGroup.Dropout, Usual = 1, IsAlwaysWritten = true, Idle = WithoutGroups };

    /// <summary>The smallest share of units that nested masks keep.</summary>
    public Field<TRecipe, float> LeastShare { get; } = new("dropout.leastShare", "--least-share",
        "With nested masks: the smallest share of the units that is kept.",
        Spelling.Number(v => v is > 0 and < 1, "a number between 0 and 1"),
        r => r.Dropout.LeastShare, (r, v) => r with { Dropout = r.Dropout with { LeastShare = v } })
    { Group = FieldGroup.Dropout, Usual = 0.25f, Idle = WithoutShares };

    /// <summary>How many shares there are.</summary>
    public Field<TRecipe, int> ShareCount { get; } = new("dropout.shareCount", "--share-count",
        "With nested masks: how many shares they are drawn from, evenly apart from --least-share to 1.", Spelling.Whole(2, 4096),
        r => r.Dropout.ShareCount, (r, v) => r with { Dropout = r.Dropout with { ShareCount = v } })
    { Group = FieldGroup.Dropout, Usual = 4, Idle = WithoutShares };

    /// <summary>How often all units are kept beside.</summary>
    public Field<TRecipe, float> WholeRate { get; } = new("dropout.wholeRate", "--whole-rate",
        "With nested masks: how often all units are kept, beside the share that falls to them where all are drawn alike.", Spelling.Rate,
        r => r.Dropout.WholeRate, (r, v) => r with { Dropout = r.Dropout with { WholeRate = v } })
    { Group = FieldGroup.Dropout, Usual = 0f, Idle = WithoutShares };

    /// <summary>All of dropout on units.</summary>
    public IReadOnlyList<Field<TRecipe>> Dropout =>
        [Kind, .. Rates, Draw, KeepMultiple, GroupSize, LeastShare, ShareCount, WholeRate];

    /// <summary>What weights decay by.</summary>
    public IReadOnlyList<Field<TRecipe>> Decay { get; } = Field<TRecipe>.In(FieldGroup.Regularisation,
    [
        new Field<TRecipe, float>("weightDecay", "--weight-decay",
            "Weight decay on all parameters, after clipping: L2 or, with adamw, a share of the learning rate.",
            s_share, r => r.WeightDecay, (r, v) => r with { WeightDecay = v }) { Usual = 0f },
        new Field<TRecipe, bool>("decoupledDecay", "--decoupled-decay", "Take that share off at every update, whatever the learning rate.",
            Spelling.Switch, r => r.DecoupledDecay, (r, v) => r with { DecoupledDecay = v })
        { Usual = false, Idle = r => r.WeightDecay > 0f ? null : " without --weight-decay" },
    ]);

    /// <summary>How many sequences are trained at once.</summary>
    public Field<TRecipe> Batch { get; } = new Field<TRecipe, int>(
        "batchSize", "--batch", "Sequences B in a batch.", Spelling.Whole(1, Most), r => r.BatchSize, (r, v) => r with { BatchSize = v })
    { Group = FieldGroup.Training };

    /// <summary>Epochs, learning rate, update rule and start.</summary>
    public IReadOnlyList<Field<TRecipe>> Run { get; } = Field<TRecipe>.In(FieldGroup.Training,
    [
        new Field<TRecipe, int>("epochs", "--epochs", "Passes over the training data.",
            Spelling.Whole(1, LanguageModelFile.MaxEpochs), r => r.Epochs, (r, v) => r with { Epochs = v })
        { ScalesWithEpochs = true, IsMain = true },
        new Field<TRecipe, float>("learningRate", "--lr", "Learning rate of the first epochs.",
            Spelling.Positive, r => r.LearningRate, (r, v) => r with { LearningRate = v }) { IsMain = true },
        new Field<TRecipe, LearningRateSchedule>("learningRateSchedule", "--lr-schedule",
            "How the rate falls: zaremba after some full epochs, constant not at all, cosine and linear towards 0, plateau whenever " +
            "validation is no better, inverse-time as 1 over a sum that grows evenly.",
            ModelSpelling.LearningRateSchedules, r => r.LearningRateSchedule, (r, v) => r with { LearningRateSchedule = v })
        { Usual = LearningRateSchedule.Zaremba },
        new Field<TRecipe, int>(
            "fullRateEpochs", "--full-rate-epochs", "Epochs at the full learning rate before the decay of --lr-schedule zaremba starts.",
            Spelling.Whole(0), r => r.FullRateEpochs, (r, v) => r with { FullRateEpochs = v })
        { StaysIdle = true, ScalesWithEpochs = true, Idle = r => Unscheduled(r, LearningRateSchedule.Zaremba) },
        new Field<TRecipe, float>(
            "decay", "--decay",
            "What the learning rate is divided by: in every epoch after those, or at every plateau; of inverse-time 1 and what the " +
            "divisor grows by in an epoch.",
            Spelling.Number(v => v >= 1, "a number of at least 1"), r => r.Decay, (r, v) => r with { Decay = v })
        {
            StaysIdle = true,
            Idle = r => Unscheduled(
                r, LearningRateSchedule.Zaremba, LearningRateSchedule.Plateau, LearningRateSchedule.InverseTime),
        },
        new Field<TRecipe, int>("warmUpUpdates", "--warm-up", "Updates in which the learning rate rises to its full value.",
            Spelling.Whole(0), r => r.WarmUpUpdates, (r, v) => r with { WarmUpUpdates = v }) { Usual = 0, ScalesWithEpochs = true },
        new Field<TRecipe, int>("patience", "--patience", "Stop after this many epochs in a row without a better validation; 0 for never.",
            Spelling.Whole(0), r => r.Patience, (r, v) => r with { Patience = v }) { Usual = 0, ScalesWithEpochs = true },
        new Field<TRecipe, int>("averageLast", "--average-last",
            "Measure and keep the mean of the parameters after each of so many last epochs; 1 for the epoch's own.",
            Spelling.Whole(1, 100), r => r.AverageLast, (r, v) => r with { AverageLast = v }) { Usual = 1 },
        new Field<TRecipe, float>("clipNorm", "--clip", "The gradient's largest L2 norm; 0 for no clipping.",
            Spelling.NotNegative, r => r.ClipNorm, (r, v) => r with { ClipNorm = v }),
        new Field<TRecipe, LossReduction>("lossReduction", "--loss-reduction",
            "The loss whose gradient is clipped: the sum over time of the batch's mean, or the mean over both.",
            ModelSpelling.LossReductions, r => r.LossReduction, (r, v) => r with { LossReduction = v })
        { Usual = LossReduction.SumOverTime },
        new Field<TRecipe, OptimizerKind>(
            "optimizer", "--optimizer", "The update rule: nt-asgd averages from when validation stops getting better.",
            ModelSpelling.Optimizers, r => r.Optimizer, (r, v) => r with { Optimizer = v }),
        new Field<TRecipe, float>(
            "momentum", "--momentum", "With --optimizer sgd: the share of the running sum of gradients that stays; 0 for plain descent.",
            s_share, r => r.Momentum, (r, v) => r with { Momentum = v }) { Usual = 0f, Idle = r => OtherThan(r, OptimizerKind.Sgd) },
        new Field<TRecipe, bool>("nesterov", "--nesterov", "Make the momentum Nesterov's, which looks one update ahead.",
            Spelling.Switch, r => r.Nesterov, (r, v) => r with { Nesterov = v })
        { Usual = false, Idle = r => r.Momentum > 0f ? null : " without --momentum" },
        new Field<TRecipe, float>("beta1", "--beta1", "With --optimizer adam or adamw: the share of the mean gradient that stays.",
            s_share, r => r.Beta1, (r, v) => r with { Beta1 = v })
        { Usual = 0.9f, Idle = r => OtherThan(r, OptimizerKind.Adam, OptimizerKind.AdamW) },
        new Field<TRecipe, float>("beta2", "--beta2", "With --optimizer adam or adamw: the share of the mean squared gradient that stays.",
            s_share, r => r.Beta2, (r, v) => r with { Beta2 = v })
        { Usual = 0.999f, Idle = r => OtherThan(r, OptimizerKind.Adam, OptimizerKind.AdamW) },
        new Field<TRecipe, float>(
            "epsilon", "--epsilon", "With --optimizer adam, adamw or adagrad: added to the root of the squares that is divided by.",
            Spelling.Positive, r => r.Epsilon, (r, v) => r with { Epsilon = v })
        { Usual = 1e-8f, Idle = r => OtherThan(r, OptimizerKind.Adam, OptimizerKind.AdamW, OptimizerKind.Adagrad) },
        new Field<TRecipe, int>("nonMonotone", "--nonmono",
            "With --optimizer nt-asgd: averaging begins after an epoch worse than the best of those up to this many before the one " +
            "before it.",
            Spelling.Whole(0), r => r.NonMonotone, (r, v) => r with { NonMonotone = v })
        { Usual = 5, StaysIdle = true, ScalesWithEpochs = true, Idle = r => OtherThan(r, OptimizerKind.NtAsgd) },
        new Field<TRecipe, float>("initRange", "--init", "Parameters start uniform in [-X, X].",
            Spelling.Positive, r => r.InitRange, (r, v) => r with { InitRange = v }),
        new Field<TRecipe, InitScheme>("initScheme", "--init-scheme",
            $"uniform: all of them; scaled: a recurrent layer's in [-1/sqrt(H), 1/sqrt(H)], {head}'s bias 0.",
            ModelSpelling.InitSchemes, r => r.InitScheme, (r, v) => r with { InitScheme = v }) { Usual = InitScheme.Uniform },
    ]);

    /// <summary>What initial parameters and masks are drawn from.</summary>
    public Field<TRecipe> Seed { get; } = new Field<TRecipe, ulong>(
        "seed", "--seed", "Seed of the initial parameters and of every mask.", Spelling.Seed, r => r.Seed, (r, v) => r with { Seed = v })
    { Group = FieldGroup.Training, IsMain = true };

    /// <summary>What forget gates start with.</summary>
    public Field<TRecipe> ForgetBias { get; } = new Field<TRecipe, float>(
        "forgetBias", "--forget-bias", "Added to the forget gates' bias of LSTM cells at the start.",
        Spelling.Number(_ => true, "a number"), r => r.ForgetBias, (r, v) => r with { ForgetBias = v })
    { Group = FieldGroup.Training, Idle = r => OtherThanLstm(cellOf(r), "a forget gate") };

    internal static string? OtherThanLstm(CellKind cell, string what) =>
        cell == CellKind.Lstm ? null : $": --cell is {ModelSpelling.Cells.NameOf(cell)}, and only LSTM cells have {what}";

    private static Field<TRecipe, float> Rate(
        string site, string help, Func<DropoutSpec, float> get, Func<DropoutSpec, float, DropoutSpec> with) =>
        new($"dropout.{site}", $"--rate-{site}", help, Spelling.Rate, r => get(r.Dropout),
            (r, v) => r with { Dropout = with(r.Dropout, v) })
        {
            Group = FieldGroup.Dropout,
            Idle = r => r.Dropout.Kind == DropoutKind.None ? ": --dropout is none"
                : r.Dropout.IsNested ? $"{OfKind(r)}, which keeps one share of the units everywhere" : null,
        };

    private static string? Unstructured(TRecipe recipe) =>
        recipe.Dropout.IsStructured ? null : $"{OfKind(recipe)}; only structured masks have it";

    private static string? WithoutGroups(TRecipe recipe) =>
        recipe.Dropout.IsNested ? $"{OfKind(recipe)}, which keeps the first units" : Unstructured(recipe);

    private static string? WithoutShares(TRecipe recipe) =>
        recipe.Dropout.IsNested ? null : $"{OfKind(recipe)}; only nested masks have it";

    private static string OfKind(TRecipe recipe) => $": --dropout is {ModelSpelling.DropoutKinds.NameOf(recipe.Dropout.Kind)}";

    private static string? Unscheduled(TRecipe recipe, params LearningRateSchedule[] schedules) =>
        schedules.Contains(recipe.LearningRateSchedule)
            ? null
            : $": --lr-schedule is {ModelSpelling.LearningRateSchedules.NameOf(recipe.LearningRateSchedule)}";

    private static string? OtherThan(TRecipe recipe, params OptimizerKind[] optimizers) => optimizers.Contains(recipe.Optimizer)
        ? null
        : $" without --optimizer {string.Join(" or ", Array.ConvertAll(optimizers, ModelSpelling.Optimizers.NameOf))}; " +
          $"it is {ModelSpelling.Optimizers.NameOf(recipe.Optimizer)}";
}
