using TinySD.Tools.Bench;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Systolic;

/// <summary>What to simulate.</summary>
/// <param name="Title">It in a line.</param>
/// <param name="Dropout">Its masks in a line.</param>
/// <param name="Products">Its products, each kept count changed by a function of that count and the place's units.</param>
/// <param name="Masks">Its masks; none of a single product.</param>
internal sealed record SimulationPlan(
    string Title, string Dropout, Func<Func<int, int, int>, IReadOnlyList<TrainingProduct>> Products, IReadOnlyList<WeightInputs> Masks)
{
    /// <summary>A training step of a preset, at the rates at which <c>tinysd bench</c> times it.</summary>
    public static SimulationPlan ForPreset(LanguageModelRecipe preset, DropoutKind kind, float? rate, int? keepMultiple, int? groupSize)
    {
        var bench = BenchPlan.For(preset, rate, keepMultiple, groupSize);
        DropoutSpec own = bench.Structured.Dropout;
        DropoutSpec dropout = kind is DropoutKind.Nested or DropoutKind.NestedLocked ? own.AsNested(kind)
            : kind == DropoutKind.None ? DropoutSpec.None : own with { Kind = kind };
        LanguageModelRecipe recipe = bench.Structured with { Dropout = dropout };
        string rates = RecipeText.Masks(dropout), seed = $"the masks of the first step with seed {recipe.Seed}";
        IReadOnlyList<PlannedProduct> products = LanguageModelTrainer.PlanOf(recipe, bench.Vocabulary).PlannedProducts;
        return new SimulationPlan(
            RecipeText.Shape(recipe, bench.Vocabulary), Describe(kind, $": {rates}; {seed}"),
            round => new TrainingStep(products, dropout, recipe.Seed, round).Products,
            new TrainingStep(products, dropout, recipe.Seed, (kept, _) => kept).Masks);
    }

    /// <summary>One forward product, whose dropped units are a part of its K.</summary>
    public static SimulationPlan ForGemm(GemmShape shape, DropoutKind kind, float? rate, int? keepMultiple, int? groupSize)
    {
        DropoutSpec dropout = new()
        {
            Kind = kind, Output = rate ?? BenchPlan.DefaultRate, KeepMultiple = keepMultiple ?? 1, GroupSize = groupSize ?? 1,
        };
        if (dropout.IsNested) dropout = dropout.AsNested(kind);
        float dropped = dropout.RateOf(DropoutSite.Output);
        int drawn = dropout.IsStructured ? dropout.KeepCount(new MaskPlace("gemm", 0, shape.K, dropped)) : shape.K;
        return new SimulationPlan(
            $"one product [M, K] x [K, N], M,N,K = {shape}",
            Describe(kind, dropout.IsNested ? $": {RecipeText.Shares(dropout)}" : $", rate {Figures.Setting(dropped)}"),
            round =>
            {
                GemmShape kept = shape with { K = dropout.IsStructured ? round(drawn, shape.K) : drawn };
                return [new TrainingProduct("gemm", shape, kept, [shape], [kept])];
            },
            []);
    }

    private static string Describe(DropoutKind kind, string rates) =>
        $"{ModelSpelling.DropoutKinds.NameOf(kind)} dropout{(kind == DropoutKind.None ? "" : rates)}";
}
