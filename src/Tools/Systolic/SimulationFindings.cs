namespace TinySD.Tools.Systolic;

/// <summary>A simulation under another name: with another dataflow, or with other kept counts.</summary>
internal sealed record NamedSimulation(string Name, Simulation Simulation)
{
    private string Structured => Figures.Count(Simulation.Structured.ComputeCycles);

    private string Ratio => Figures.Fixed(Simulation.Speedup, 2);

    /// <summary>Its row among other dataflows: dense and structured cycles, their ratio, and that with stalls.</summary>
    public string[] AsDataflow =>
        [Name, Figures.Count(Simulation.Dense.ComputeCycles), Structured, Ratio, Figures.Fixed(Simulation.SpeedupWithStalls, 2)];

    /// <summary>Its row among other kept counts.</summary>
    public string[] AsRounding => [Name, Structured, Ratio];
}

/// <summary>A dataflow's gain on one product, and its reason.</summary>
internal sealed record DataflowReason(string Dataflow, string Ratio, string Why);

/// <summary>What other dataflows and other kept counts would gain, and why. The text and the page both show it.</summary>
internal sealed class SimulationFindings
{
    // Products of the step that a line names; the rest are as many layers of the same.
    private const int MostNamed = 6;

    private readonly SimulationPlan _plan;
    private readonly Simulation _drawn;
    private readonly SystolicArray _array;

    public SimulationFindings(SimulationPlan plan, Simulation drawn)
    {
        _plan = plan;
        _drawn = drawn;
        _array = drawn.Array;
        Dataflows = Array.ConvertAll(Enum.GetValues<SystolicDataflow>(), dataflow => new NamedSimulation(Title(dataflow), With(dataflow)));
        if (drawn.Products.Any(p => p.KeptMultiplyAdds < p.DenseMultiplyAdds)) Roundings = [.. Rounded(_array.Rows)];
        Example = drawn.Products.FirstOrDefault(
            p => p.Product.Kept.K < p.Product.Shape.K && p.Product.Dense.Count == p.Product.Compacted.Count);
    }

    public IReadOnlyList<NamedSimulation> Dataflows { get; }

    /// <summary>The same step with kept counts as drawn and as multiples of the array's rows; none where nothing is dropped.</summary>
    public IReadOnlyList<NamedSimulation> Roundings { get; } = [];

    /// <summary>The first product that loses some of K and is not cut up as well, or <see langword="null"/>.</summary>
    public SimulatedProduct? Example { get; }

    public static string Words(SystolicDataflow dataflow) => dataflow switch
    {
        SystolicDataflow.OutputStationary => "output-stationary",
        SystolicDataflow.WeightStationary => "weight-stationary",
        _ => "input-stationary",
    };

    /// <summary>What the reasons are about; only with an <see cref="Example"/>.</summary>
    public string WhyTitle =>
        $"Why the dataflows gain differently: {Example!.Product.Name}, M,N,K = {Example.Product.Shape}, keeps {Example.Product.Kept.K} " +
        $"of K, {Figures.Fixed((double)Example.Product.Kept.K / Example.Product.Shape.K, 2)} of the work.";

    /// <summary>A reason for each dataflow; none without an <see cref="Example"/>.</summary>
    public IEnumerable<DataflowReason> Why => Example is null ? [] : Enum.GetValues<SystolicDataflow>().Select(Reason);

    /// <summary>Which products rounding makes faster and which slower, a line for each way; only with <see cref="Roundings"/>.</summary>
    public IEnumerable<string> WhereRoundingGains => Roundings.Skip(1).Select(rounding =>
    {
        var changes = _drawn.Products.Zip(rounding.Simulation.Products, (first, second) => new { First = first, Second = second })
            .Where(pair => pair.First.Structured.ComputeCycles != pair.Second.Structured.ComputeCycles)
            .OrderByDescending(pair => Math.Abs(pair.First.Structured.ComputeCycles - pair.Second.Structured.ComputeCycles)).ToList();
        if (changes.Count == 0) return $"{rounding.Name}: no product takes another count of cycles.";
        IEnumerable<string> named = changes.Take(MostNamed)
            .Select(pair => $"{pair.First.Product.Name} {Ratio(pair.First)} -> {Ratio(pair.Second)}");
        string rest = changes.Count > MostNamed ? $", and {changes.Count - MostNamed} more" : "";
        return $"{rounding.Name}: {string.Join(", ", named)}{rest}.";
    });

    private static string Ratio(SimulatedProduct product) => product.Dense.Ratio(product.Structured);

    private static string Title(SystolicDataflow dataflow) => $"{HardwareSpelling.Dataflows.NameOf(dataflow)} {Words(dataflow)}";

    private static string WhyFoldsGetShorter(SystolicArray array, GemmShape dense, GemmShape kept)
    {
        long overhead = FoldModel.Overhead(array), folds = FoldModel.Folds(array, dense);
        string which = folds == 1 ? "its one fold remains. It" : $"all {Figures.Count(folds)} folds remain. Each";
        return $"The array holds outputs, so {which} gets shorter, K + {overhead}: " +
            $"{dense.K + overhead} cycles become {kept.K + overhead}; the {overhead} in which the array fills and empties remain.";
    }

    private static string WhyFoldsGo(SystolicArray array, GemmShape dense, GemmShape kept) =>
        $"K lies along the rows, and folds go: ceil({dense.K}/{array.Rows}) = {GemmMapping.Blocks(dense.K, array.Rows)} become " +
        $"ceil({kept.K}/{array.Rows}) = {GemmMapping.Blocks(kept.K, array.Rows)} blocks of K, " +
        $"{Figures.Count(FoldModel.Folds(array, dense), "fold")} {Figures.Count(FoldModel.Folds(array, kept))}, " +
        $"of {Figures.Count(FoldModel.CyclesPerFold(array, dense), "cycle")} each as before.";

    private DataflowReason Reason(SystolicDataflow dataflow)
    {
        SystolicArray array = _array with { Dataflow = dataflow };
        GemmShape dense = Example!.Product.Shape, kept = Example.Product.Kept;
        string ratio = Figures.Fixed((double)FoldModel.Cycles(array, dense) / FoldModel.Cycles(array, kept), 2);
        return new(
            HardwareSpelling.Dataflows.NameOf(dataflow), ratio,
            dataflow == SystolicDataflow.OutputStationary ? WhyFoldsGetShorter(array, dense, kept) : WhyFoldsGo(array, dense, kept));
    }

    private IEnumerable<NamedSimulation> Rounded(int rows)
    {
        yield return new("as drawn", _drawn);
        yield return Round($"down to a multiple of {rows}, more dropped", (kept, _) => kept < rows ? kept : kept / rows * rows);
        yield return Round(
            $"up to a multiple of {rows}, fewer dropped", (kept, units) => (int)Math.Min(((long)kept + rows - 1) / rows * rows, units));
    }

    private NamedSimulation Round(string name, Func<int, int, int> round) => new(name, new Simulation(_array, _plan.Products(round)));

    private Simulation With(SystolicDataflow dataflow) =>
        dataflow == _array.Dataflow ? _drawn : new Simulation(_array with { Dataflow = dataflow }, _drawn.Products.Select(p => p.Product));
}
