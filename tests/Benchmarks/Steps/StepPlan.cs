using TinySD.Runtime.Masks;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Training;

namespace TinySD.Benchmarks.Steps;

/// <summary>What every contestant of a race does.</summary>
/// <param name="Recipe">Shapes, optimizer and clipping.</param>
/// <param name="Rate">Drop rate at every site that drops.</param>
/// <param name="Vocabulary">Tokens V.</param>
/// <param name="Threads">Threads, the same for all.</param>
/// <param name="WarmUp">Untimed steps of each.</param>
/// <param name="Rounds">Timed steps of each.</param>
internal sealed record StepPlan(LanguageModelRecipe Recipe, float Rate, int Vocabulary, int Threads, int WarmUp, int Rounds)
{
    /// <summary>Windows of tokens, and the tokens that follow.</summary>
    public Course Course => new(Recipe.BatchSize, Recipe.Bptt, Vocabulary, Vocabulary, WarmUp, Rounds);

    /// <summary>Whether a recipe has nothing beside dropout, clipping and plain descent or Adam: what every contestant does.</summary>
    public static bool IsComparable(LanguageModelRecipe recipe) =>
        recipe is
        {
            LastHiddenSize: 0, TieWeights: false, VariableBptt: false, LossReduction: LossReduction.SumOverTime,
            Optimizer: not OptimizerKind.NtAsgd,
            WordDrop: 0, WeightDrop: 0, ActivationPenalty: 0, TemporalPenalty: 0, WeightDecay: 0,
        };

    /// <summary>The recipe with dropout of a kind at the sites of Zaremba et al.: not on the recurrent connection.</summary>
    public LanguageModelRecipe WithoutRecurrentDropout(DropoutKind kind) =>
        Recipe with { Dropout = new() { Kind = kind, Embedding = Rate, Layer = Rate, Output = Rate } };

    /// <summary>The recipe with dropout of a kind at every site, the recurrent connection included.</summary>
    public LanguageModelRecipe WithRecurrentDropout(DropoutKind kind) =>
        Recipe with { Dropout = new() { Kind = kind, Embedding = Rate, Layer = Rate, Recurrent = Rate, Output = Rate } };
}
