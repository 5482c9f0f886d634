using TinySD.Tools.Json;
using TinySD.Tools.Options;
using TinySD.Tools.Tasks.LanguageModeling;
using TinySD.Tools.Training;

namespace TinySD.Tools.Bench;

/// <summary>Prints what a comparison of steps measured.</summary>
internal sealed class BenchReport
{
    // Bars take what the other columns leave of a line.
    private const int OtherColumns = 58, ShortestBar = 12, LongestBar = 40;

    private readonly StepComparison<TimedModel> _comparison;
    private readonly BenchPass _forward, _backward, _weightGradient, _elementwise, _optimizer, _step;
    private readonly BenchProfilePass[] _profile;
    private readonly int _threads;
    private readonly string _instructionSet;

    public BenchReport(StepComparison<TimedModel> comparison, int threads, HardwareProfile? hardware)
    {
        _instructionSet = KernelChoice.InstructionSetUnder(hardware);
        _comparison = comparison;
        _threads = threads;
        _forward = Compare(times => times.Forward);
        _backward = Compare(times => times.Backward);
        _weightGradient = Compare(times => times.WeightGradient);
        _elementwise = Compare(times => times.Elementwise);
        _optimizer = Compare(times => times.Optimizer);
        _step = Compare(times => times.Step);
        _profile = Array.ConvertAll(Enum.GetValues<Pass>(), Profile);
    }

    private LanguageModelRecipe Recipe => _comparison.Structured.Run.Recipe;

    private LanguageModelConfig Config => _comparison.Structured.Run.Model.Config;

    public void WriteJson(TextWriter output, bool withProfile)
    {
        DropoutSpec dropout = Recipe.Dropout;
        var shape = new BenchShape(
            Recipe.Name, Config.VocabularySize, Config.EmbeddingSize, Config.HiddenSize, Config.LayerCount,
            ModelSpelling.Cells.NameOf(Config.Cell), Config.Peepholes, Recipe.BatchSize, Recipe.Bptt,
            dropout.Embedding, dropout.Layer, dropout.Recurrent, dropout.Output);
        var result = new BenchResult(
            shape, _threads, _instructionSet, new BenchPasses(_forward, _backward, _weightGradient, _step),
            withProfile ? _profile : null, Profiles.BuiltForLess(CpuFeatures.Here));
        CliJson.Write(output, result);
    }

    public void WriteText(CliConsole console, bool withProfile)
    {
        TextWriter output = console.Prose;
        double limit = IdealSpeedup.Of(LanguageModelTrainer.PlanOf(Recipe, Config.VocabularySize), Recipe.Dropout);
        output.WriteLine(RecipeText.Shape(Recipe, Config.VocabularySize));
        output.WriteLine($"random dropout:     {RecipeText.Rates(_comparison.Dense.Run.Recipe.Dropout)}");
        output.WriteLine($"structured dropout: {RecipeText.Masks(Recipe.Dropout)}");
        string threads = Figures.Count(_threads, "thread"), steps = Figures.Count(_comparison.Dense.Steps, "step");
        output.WriteLine($"{_instructionSet}, {threads}; medians of {steps} of each, in turn");
        console.Write(Overview(limit, Math.Clamp(console.OutputWidth - OtherColumns, ShortestBar, LongestBar)));
        if (withProfile) console.Write(ProfileTable());
        output.WriteLine(
            "FP, BP and WG are the matrix products: forward, gradients of inputs, gradients of weights. Random masks differ from " +
            "sequence to sequence, which leaves the products dense; structured masks let them skip what is dropped. Counting " +
            $"multiply-adds alone, these rates allow a ratio of {Figures.Fixed(limit, 2)}, the ideal.");
        output.WriteLine();
        output.WriteLine(
            "Other programs running at the same time spoil these figures, times more than ratios: measure on an idle machine.");
        if (Profiles.BuiltForLess(CpuFeatures.Here) is { } less) output.WriteLine(less);
    }

    private Table Overview(double limit, int barWidth)
    {
        var table = new Table("", "dropout", ">median", "", ">ratio", ">ideal") { Colored = 3 };
        string ideal = Figures.Fixed(limit, 2);
        Add("FP", _forward, ideal);
        Add("BP", _backward, ideal);
        Add("WG", _weightGradient, ideal);
        Add("elementwise", _elementwise, "");
        Add("optimizer", _optimizer, "");
        Add("whole step", _step, ideal);
        return table;

        void Add(string name, BenchPass pass, string ideal)
        {
            AddRow(name, "random", pass.DenseMs, TextColor.Grey, "", "");
            AddRow("", "structured", pass.StructuredMs, TextColor.Green, Figures.Fixed(pass.Speedup, 2), ideal);
        }

        void AddRow(string name, string dropout, double milliseconds, TextColor color, string ratio, string ideal) => table.Row(
            color, name, dropout, Milliseconds(milliseconds), Bars.Draw(milliseconds / _step.DenseMs, barWidth), ratio, ideal);
    }

    private Table ProfileTable()
    {
        var table = new Table("pass", ">random", ">share", ">structured", ">share", ">ratio");
        Pass[] passes = Enum.GetValues<Pass>();
        for (int i = 0; i < passes.Length; i++)
        {
            BenchProfilePass times = _profile[i];
            table.Row(
                Names.Passes.NameOf(passes[i]), Milliseconds(times.DenseMs), Percent(times.DenseMs / _step.DenseMs),
                Milliseconds(times.StructuredMs), Percent(times.StructuredMs / _step.StructuredMs),
                times.StructuredMs > 0 ? Figures.Fixed(times.DenseMs / times.StructuredMs, 2) : "");
        }

        return table;
    }

    private BenchPass Compare(Func<StepTimes, double> part)
    {
        double dense = _comparison.Dense.MedianOf(part), structured = _comparison.Structured.MedianOf(part);
        return new BenchPass(dense, structured, dense / structured);
    }

    private BenchProfilePass Profile(Pass pass)
    {
        BenchPass times = Compare(times => times.Passes[(int)pass]);
        return new(JsonNamingPolicy.CamelCase.ConvertName(pass.ToString()), times.DenseMs, times.StructuredMs);
    }

    private static string Milliseconds(double milliseconds) => $"{Figures.Fixed(milliseconds, 2)} ms";

    private static string Percent(double share) => $"{Figures.Fixed(100 * share, 1)} %";
}
