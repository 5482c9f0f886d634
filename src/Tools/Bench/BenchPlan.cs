using TinySD.Tools.Tasks.LanguageModeling;
using TinySD.Tools.Training;

namespace TinySD.Tools.Bench;

/// <summary>What is timed.</summary>
/// <param name="Dense">With random dropout: every product is computed in full.</param>
/// <param name="Structured">The same shape with structured dropout, at the recurrent site too.</param>
/// <param name="Vocabulary">Tokens V, the size of the classifier.</param>
internal sealed record BenchPlan(LanguageModelRecipe Dense, LanguageModelRecipe Structured, int Vocabulary)
{
    /// <summary>The rate of a preset that has no dropout.</summary>
    public const float DefaultRate = 0.5f;

    // The Penn Treebank's words, and about as many characters as a text in English has.
    private const int Words = 10_000, Characters = 100;

    /// <summary>The two models of a preset.</summary>
    /// <param name="preset">Shape and rates.</param>
    /// <param name="rate">Drop rate at every site instead of the preset's, or null.</param>
    /// <param name="keepMultiple">What kept counts are rounded to instead of the preset's multiple, or null.</param>
    /// <param name="groupSize">Units that go together instead of the preset's, or null.</param>
    public static BenchPlan For(LanguageModelRecipe preset, float? rate, int? keepMultiple = null, int? groupSize = null)
    {
        DropoutSpec rates = preset.Dropout;
        if (rate is null && rates.Kind == DropoutKind.None) rate = DefaultRate;

        // Where the preset leaves the recurrent state alone, the dense model does too: that is what a user would otherwise run.
        if (rate is { } all) rates = rates with { Embedding = all, Layer = all, Recurrent = rates.Recurrent > 0 ? all : 0, Output = all };
        rates = rates with { KeepMultiple = keepMultiple ?? rates.KeepMultiple, GroupSize = groupSize ?? rates.GroupSize };

        // All windows are alike, or times would not be.
        preset = preset with { VariableBptt = false };

        // Where the preset drops recurrent weights, skipping units takes their place, as in its structured form.
        float weights = preset.WeightDrop > 0 ? rate ?? preset.WeightDrop : 0;
        float recurrent = rates.Recurrent > 0 ? rates.Recurrent : weights > 0 ? weights : rates.Output;
        return new BenchPlan(
            preset with { Dropout = rates with { Kind = DropoutKind.Random } },
            preset with { Dropout = rates with { Kind = DropoutKind.Structured, Recurrent = recurrent }, WeightDrop = 0 },
            Presets.IsOfCharacters(preset.Name) ? Characters : Words);
    }

    public StepComparison<TimedModel> Compare(int? steps, IParallelRunner runner, HardwareProfile? hardware) => new(
        TimedModel.OnRandomText(Dense, Vocabulary, runner, hardware),
        TimedModel.OnRandomText(Structured, Vocabulary, runner, hardware), steps);
}
