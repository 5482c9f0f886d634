using TinySD.Formats.Fields;
using Recipe = TinySD.Runtime.Tasks.RegressorRecipe;

namespace TinySD.Formats.Models;

/// <summary>The figures of a regressor's recipe. A new one of its own is a row here, and nothing else.</summary>
public static class RegressorFields
{
    private const int Most = 65536, MostSeason = 1 << 24;

    /// <summary>Those that it shares with the recipes of other tasks.</summary>
    public static SequenceFields<Recipe> Shared { get; } = new();

    /// <summary>How far ahead is predicted.</summary>
    public static Field<Recipe, int> Horizon { get; } = new("horizon", "--horizon",
        "Predict the targets of the next 1 to N rows; 0 for those of the same row, from inputs that are no targets. [default: 1 where " +
        "the targets are inputs, or rows have a time; else 0]",
        Spelling.Whole(0, Most), r => r.Horizon, (r, v) => r with { Horizon = v });

    /// <summary>What a linear map sees.</summary>
    public static Field<Recipe> LinearRows { get; } = new Field<Recipe, int>("linearRows", "--linear-rows",
        "Rows, the newest included, that a linear map beside the recurrent layers sees; 0 for none. [default: the preset's, and a tenth " +
        "of the training rows at most]",
        Spelling.Whole(0, Most), r => r.LinearRows, (r, v) => r with { LinearRows = v })
    { Usual = 0 };

    /// <summary>All of them.</summary>
    public static FieldTable<Recipe> Table { get; } = new("a recipe", new Recipe { Name = "" },
    [
        Shared.Training.Name, Horizon,
        new Field<Recipe, int>("window", "--window",
            "Predict from the last T rows alone; 0 for a state that is carried from row to row through the whole series.",
            Spelling.Whole(0, Most), r => r.Window, (r, v) => r with { Window = v }),
        new Field<Recipe, int>("bptt", "--bptt", "Time steps T of a window of truncated back-propagation, where the state is carried.",
            Spelling.Whole(1, Most), r => r.Bptt, (r, v) => r with { Bptt = v })
        {
            StaysIdle = true,
            Group = FieldGroup.Training,
            Idle = r => r.Window > 0 ? ": with --window the rows of a window are run whole" : null,
        },
        new Field<Recipe, int>("season", "--season", "Rows of a season: what was so many rows ago is a rival to compare with; 0 for none.",
            Spelling.Whole(0, MostSeason), r => r.Season, (r, v) => r with { Season = v }) { Usual = 0 },
        new Field<Recipe, SequenceLoss>("loss", "--loss", "What is minimised.",
            ModelSpelling.RegressionLosses, r => r.Loss, (r, v) => r with { Loss = v }) { Group = FieldGroup.Training },
        new Field<Recipe, float>("huberDelta", "--huber-delta",
            "Where Huber's loss becomes straight, in spreads of what the network predicts.",
            Spelling.Positive, r => r.HuberDelta, (r, v) => r with { HuberDelta = v })
        { Usual = 1f, Group = FieldGroup.Training, Idle = r => r.Loss == SequenceLoss.Huber ? null : " without --loss huber" },
        new Field<Recipe, bool>("predictsChange", "--predict-change",
            "Let the network predict how far targets move from their last value, instead of the value.",
            Spelling.Switch, r => r.PredictsChange, (r, v) => r with { PredictsChange = v })
        { Idle = r => r.Horizon > 0 ? null : ": --horizon is 0" },
        new Field<Recipe, bool>("feedsChange", "--feed-change",
            "Feed the network how far inputs have moved since the row before, instead of their values: what it learns then holds at any " +
            "level.",
            Spelling.Switch, r => r.FeedsChange, (r, v) => r with { FeedsChange = v }) { Usual = false },
        LinearRows,
        .. Shared.Training.Dropout, .. Shared.Training.Decay, .. Shared.Body, Shared.Training.Batch, .. Shared.Training.Run,
        Shared.Training.ForgetBias, Shared.Training.Seed,
    ]);
}
