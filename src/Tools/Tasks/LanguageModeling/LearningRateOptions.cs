using System.CommandLine;
using TinySD.Runtime.Training;
using TinySD.Tools.Display;
using TinySD.Tools.Errors;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>The options of the learning rate, and of when a run ends.</summary>
internal sealed class LearningRateOptions
{
    private readonly Option<float?> _learningRate = Ranged.Number("--lr", v => v > 0, "a number above 0",
        "Learning rate of the first epochs.");

    private readonly Option<LearningRateSchedule?> _schedule = Ranged.Choice("--lr-schedule", Names.LearningRateSchedules,
        "How the rate falls: zaremba after some full epochs, constant not at all, cosine and linear towards 0, plateau whenever validation is no better.");

    private readonly Option<int?> _fullRateEpochs = Ranged.Whole("--full-rate-epochs", 0, int.MaxValue,
        "Epochs at the full learning rate before the decay of --lr-schedule zaremba starts.");

    private readonly Option<float?> _decay = Ranged.Number("--decay", v => v >= 1, "a number of at least 1",
        "What the learning rate is divided by: in every epoch after those, or at every plateau.");

    private readonly Option<int?> _warmUp = Ranged.Whole("--warm-up", 0, int.MaxValue, "Updates in which the learning rate rises to its full value.");
    private readonly Option<int?> _patience = Ranged.Whole("--patience", 0, int.MaxValue,
        "Stop after this many epochs in a row without a better validation; 0 for never.");

    /// <summary>All of them.</summary>
    public IEnumerable<Option> All => [_learningRate, _schedule, _fullRateEpochs, _decay, _warmUp, _patience];

    /// <summary>A recipe with what a command line asks for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="recipe">The recipe.</param>
    /// <param name="warnings">Told of options that have no effect under the schedule.</param>
    public LanguageModelRecipe Apply(ParseResult parsed, LanguageModelRecipe recipe, Warnings warnings)
    {
        LearningRateSchedule schedule = parsed.GetValue(_schedule) ?? recipe.LearningRateSchedule;
        bool isZaremba = schedule == LearningRateSchedule.Zaremba, decays = isZaremba || schedule == LearningRateSchedule.Plateau;
        warnings.NoEffect(
            [.. isZaremba ? [] : Ranged.Given(parsed, _fullRateEpochs), .. decays ? [] : Ranged.Given(parsed, _decay)],
            $": --lr-schedule is {Names.LearningRateSchedules.Of(schedule)}");
        return recipe with
        {
            LearningRate = parsed.GetValue(_learningRate) ?? recipe.LearningRate,
            LearningRateSchedule = schedule,
            FullRateEpochs = (isZaremba ? parsed.GetValue(_fullRateEpochs) : null) ?? recipe.FullRateEpochs,
            Decay = (decays ? parsed.GetValue(_decay) : null) ?? recipe.Decay,
            WarmUpUpdates = parsed.GetValue(_warmUp) ?? recipe.WarmUpUpdates,
            Patience = parsed.GetValue(_patience) ?? recipe.Patience,
        };
    }
}
