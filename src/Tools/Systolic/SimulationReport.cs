using System.Globalization;
using Spectre.Console;
using TinySD.Runtime.Hardware;
using TinySD.Tools.Display;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Systolic;

/// <summary>Prints what an array takes for a plan.</summary>
internal sealed class SimulationReport
{
    private readonly SimulationPlan _plan;
    private readonly string _name;
    private readonly SystolicArray _array;
    private readonly Simulation _drawn;

    public SimulationReport(HardwareProfile profile, SystolicDataflow? dataflow, SimulationPlan plan)
    {
        SystolicArray array = profile.Systolic!;
        _name = profile.Name;
        _array = array with { Dataflow = dataflow ?? array.Dataflow };
        _plan = plan;
        _drawn = new Simulation(_array, plan.Products((kept, _) => kept));
    }

    /// <summary>One JSON object.</summary>
    public void WriteJson(TextWriter output)
    {
        SimulateProduct[] products =
        [
            .. _drawn.Products.Select(p => new SimulateProduct(
                p.Product.Name, p.Product.Shape.M, p.Product.Shape.N, p.Product.Shape.K, p.Product.Kept.M, p.Product.Kept.N, p.Product.Kept.K,
                p.Dense.ComputeCycles, p.Structured.ComputeCycles)),
        ];
        var result = new SimulateResult(Names.Dataflows.Of(_array.Dataflow), _array.Rows, _array.Columns, products, _drawn.Speedup);
        CliJson.Write(output, result, CliJson.Default.SimulateResult);
    }

    /// <summary>A page of pictures.</summary>
    public void WriteHtml(Stream output)
    {
        using var writer = new StreamWriter(output, leaveOpen: true);
        new SimulationPage(_plan, _drawn, _name, Describe()).Write(writer);
    }

    /// <summary>Tables, and why they say what they say.</summary>
    public void WriteText(CliConsole console)
    {
        TextWriter output = console.Out;
        output.WriteLine(_plan.Title);
        output.WriteLine(_plan.Dropout);
        output.WriteLine(Describe());
        console.Results.Write(ProductTable());
        output.WriteLine(
            $"""
            A product is [M, K] x [K, N]. FP, BP, WG: forward, gradients of inputs, gradients of weights; dropped units are a part of
            K, of N and of M. Cycles are the array's own; busy is the share of its multiply-adds that are of use; stalls, in which it
            waits for memory, and bytes moved are those of the structured product.
            """);
        output.WriteLine();
        output.WriteLine(
            $"{Figures.Fixed(_drawn.Speedup, 2)} times as fast in the array's own cycles, {Figures.Fixed(_drawn.SpeedupWithStalls, 2)} times with " +
            $"stalls: {Milliseconds(_drawn.Dense)} dense, {Milliseconds(_drawn.Structured)} structured.");
        output.WriteLine("Stalls are those of one simple order of folds; where memory is the limit a better one may serve the dense products more than the others.");
        WriteDenseOnes(output);
        console.Results.Write(DataflowTable());
        if (KeepsLess) WriteRounding(console);
        WriteWhy(output);
    }

    private bool KeepsLess => _drawn.Products.Any(p => p.KeptMultiplyAdds < p.DenseMultiplyAdds);

    private Table ProductTable()
    {
        Table table = Tables.Create(
            "product", ">dense M,N,K", ">kept M,N,K", ">dense cycles", ">structured", ">ratio", ">busy dense", ">busy structured", ">stalls", ">MB moved", "");
        foreach (SimulatedProduct p in _drawn.Products)
        {
            table.Row(
                p.Product.Name, Shapes(p.Product.Dense), Shapes(p.Product.Compacted), Figures.Count(p.Dense.ComputeCycles),
                Figures.Count(p.Structured.ComputeCycles), Ratio(p.Dense, p.Structured), Busy(p.DenseMultiplyAdds, p.Dense),
                Busy(p.KeptMultiplyAdds, p.Structured), Figures.Count(p.Structured.StallCycles), Megabytes(p.Structured),
                p.IsCompacted ? "" : $"dense; skipping takes {Figures.Count(p.Compacted.ComputeCycles)}");
        }

        if (_drawn.Products.Count == 1) return table;
        table.Row(
            "all", "", "", Figures.Count(_drawn.Dense.ComputeCycles), Figures.Count(_drawn.Structured.ComputeCycles),
            Ratio(_drawn.Dense, _drawn.Structured), Busy(_drawn.Products.Sum(p => p.DenseMultiplyAdds), _drawn.Dense),
            Busy(_drawn.Products.Sum(p => p.KeptMultiplyAdds), _drawn.Structured), Figures.Count(_drawn.Structured.StallCycles),
            Megabytes(_drawn.Structured), "");
        return table;
    }

    private void WriteDenseOnes(TextWriter output)
    {
        int count = _drawn.Products.Count(p => !p.IsCompacted);
        if (count == 0) return;
        string everywhere = Ratio(_drawn.Dense, _drawn.Compacted);
        output.WriteLine(
            $"""

            {Figures.Count(count, "product")} of {_drawn.Products.Count} run dense, with zeros for dropped units, because that is faster here: masks that change at each
            time step cut one product over all steps into many small ones, which fill the array badly. Skipping everywhere would be
            {everywhere} times as fast as dense. --dropout structured-locked keeps the same units for all steps, and such products whole.
            """);
    }

    private Table DataflowTable()
    {
        Table table = Tables.Create("dataflow", ">dense cycles", ">structured", ">ratio", ">with stalls");
        foreach (SystolicDataflow dataflow in Enum.GetValues<SystolicDataflow>())
        {
            Simulation other = With(dataflow);
            table.Row(
                $"{Names.Dataflows.Of(dataflow)} {Words(dataflow)}", Figures.Count(other.Dense.ComputeCycles),
                Figures.Count(other.Structured.ComputeCycles), Figures.Fixed(other.Speedup, 2), Figures.Fixed(other.SpeedupWithStalls, 2));
        }

        return table;
    }

    private void WriteRounding(CliConsole console)
    {
        int rows = _array.Rows;
        Table table = Tables.Create("kept counts", ">structured cycles", ">ratio");
        Add("as drawn", (kept, _) => kept);
        Add($"down to a multiple of {rows}, more dropped", (kept, _) => kept < rows ? kept : kept / rows * rows);
        Add($"up to a multiple of {rows}, fewer dropped", (kept, units) => (int)Math.Min(((long)kept + rows - 1) / rows * rows, units));
        console.Out.WriteLine(
            $"An array saves whole folds only where kept units lie along its edges: rounding kept counts to its {rows} rows changes");
        console.Results.Write(table);

        void Add(string name, Func<int, int, int> round)
        {
            var rounded = new Simulation(_array, _plan.Products(round));
            table.Row(name, Figures.Count(rounded.Structured.ComputeCycles), Figures.Fixed(rounded.Speedup, 2));
        }
    }

    /// <summary>What becomes of half of K, on the first product that loses some of it and is not cut up as well.</summary>
    private void WriteWhy(TextWriter output)
    {
        SimulatedProduct? example = _drawn.Products.FirstOrDefault(
            p => p.Product.Kept.K < p.Product.Shape.K && p.Product.Dense.Count == p.Product.Compacted.Count);
        if (example is null) return;
        GemmShape dense = example.Product.Shape, kept = example.Product.Kept;
        output.WriteLine(
            $"Why the dataflows gain differently: {example.Product.Name}, M,N,K = {Text(dense)}, keeps {kept.K} of K, " +
            $"{Figures.Fixed((double)kept.K / dense.K, 2)} of the work.");
        foreach (SystolicDataflow dataflow in Enum.GetValues<SystolicDataflow>())
        {
            SystolicArray array = _array with { Dataflow = dataflow };
            string ratio = Figures.Fixed((double)FoldModel.Cycles(array, dense) / FoldModel.Cycles(array, kept), 2);
            string why = dataflow == SystolicDataflow.OutputStationary ? WhyFoldsGetShorter(array, dense, kept) : WhyFoldsGo(array, dense, kept);
            output.WriteLine($"  {Names.Dataflows.Of(dataflow)}: {ratio}. {why}");
        }
    }

    private static string WhyFoldsGetShorter(SystolicArray array, GemmShape dense, GemmShape kept)
    {
        long overhead = FoldModel.Overhead(array);
        return $"The array holds outputs, so all {Figures.Count(FoldModel.Folds(array, dense))} folds remain. Each gets shorter, K + {overhead}: " +
            $"{dense.K + overhead} cycles become {kept.K + overhead}; the {overhead} in which the array fills and empties remain.";
    }

    private static string WhyFoldsGo(SystolicArray array, GemmShape dense, GemmShape kept) =>
        $"K lies along the rows, and folds go: ceil({dense.K}/{array.Rows}) = {GemmMapping.Blocks(dense.K, array.Rows)} become " +
        $"ceil({kept.K}/{array.Rows}) = {GemmMapping.Blocks(kept.K, array.Rows)} blocks of K, " +
        $"{Figures.Count(FoldModel.Folds(array, dense))} folds {Figures.Count(FoldModel.Folds(array, kept))}, " +
        $"of {FoldModel.CyclesPerFold(array, dense)} cycles each as before.";

    private Simulation With(SystolicDataflow dataflow) =>
        dataflow == _array.Dataflow ? _drawn : new Simulation(_array with { Dataflow = dataflow }, _drawn.Products.Select(p => p.Product));

    private string Describe()
    {
        string drain = _array.Dataflow == SystolicDataflow.OutputStationary && !_array.DrainOverlaps ? ", drained before the next fold" : "";
        return $"{_name}: {_array.Rows} x {_array.Columns} elements, {Words(_array.Dataflow)}{drain}; {Number(_array.ClockMegahertz)} MHz, " +
            $"{Number(_array.WordsPerCycle)} words a cycle of {Figures.Count(_array.WordBytes, "byte")}; " +
            $"on chip {Figures.Count(_array.InputBytes / 1024.0)} KiB for inputs, {Figures.Count(_array.WeightBytes / 1024.0)} for weights, " +
            $"{Figures.Count(_array.OutputBytes / 1024.0)} for outputs";
    }

    private static string Words(SystolicDataflow dataflow) => dataflow switch
    {
        SystolicDataflow.OutputStationary => "output-stationary",
        SystolicDataflow.WeightStationary => "weight-stationary",
        _ => "input-stationary",
    };

    private static string Shapes(IReadOnlyList<GemmShape> shapes) =>
        shapes.Count == 1 ? Text(shapes[0]) : $"{shapes.Count} x {Text(shapes[0])}";

    private static string Text(GemmShape shape) => string.Create(CultureInfo.InvariantCulture, $"{shape.M},{shape.N},{shape.K}");

    private static string Ratio(GemmCost dense, GemmCost structured) => Figures.Fixed((double)dense.ComputeCycles / structured.ComputeCycles, 2);

    private string Busy(long multiplyAdds, GemmCost cost) =>
        $"{Figures.Fixed(100 * FoldModel.Utilisation(_array, multiplyAdds, cost.ComputeCycles), 1)} %";

    private static string Megabytes(GemmCost cost) => Figures.Fixed(cost.MovedBytes / 1e6, 1);

    private string Milliseconds(GemmCost cost) => $"{Figures.Fixed(cost.TotalCycles / (1e3 * _array.ClockMegahertz), 2)} ms";

    private static string Number(double number) => number.ToString("0.###", CultureInfo.InvariantCulture);
}
