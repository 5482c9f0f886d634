using Spectre.Console;
using TinySD.Formats.Hardware;
using TinySD.Tools.Json;

namespace TinySD.Tools.Systolic;

/// <summary>Prints what an array takes for a plan.</summary>
internal sealed class SimulationReport
{
    private readonly SimulationPlan _plan;
    private readonly string _name;
    private readonly SystolicArray _array;
    private readonly Simulation _drawn;
    private readonly SimulationFindings _findings;

    public SimulationReport(HardwareProfile profile, SystolicDataflow? dataflow, SimulationPlan plan)
    {
        SystolicArray array = profile.Systolic!;
        _name = profile.Name;
        _array = array with { Dataflow = dataflow ?? array.Dataflow };
        _plan = plan;
        _drawn = new Simulation(_array, plan.Products((kept, _) => kept));
        _findings = new SimulationFindings(plan, _drawn);
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
        var result = new SimulateResult(HardwareSpelling.Dataflows.NameOf(_array.Dataflow), _array.Rows, _array.Columns, products, _drawn.Speedup);
        CliJson.Write(output, result, CliJson.Default.SimulateResult);
    }

    /// <summary>A page of pictures.</summary>
    public void WriteHtml(Stream output)
    {
        using var writer = new StreamWriter(output, leaveOpen: true);
        new SimulationPage(_plan, _drawn, _findings, _name, Describe()).Write(writer);
    }

    /// <summary>Tables, and why they say what they say.</summary>
    public void WriteText(CliConsole console)
    {
        TextWriter output = console.Out;
        output.WriteLine(_plan.Title);
        output.WriteLine(_plan.Dropout);
        output.WriteLine(Describe());
        console.Results.Write(ProductTable());
        output.Write(
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
        if (_findings.Roundings.Count > 0) WriteRounding(console);
        WriteWhy(output);
    }

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
        output.Write(
            $"""

            {Figures.Count(count, "product")} of {_drawn.Products.Count} run dense, with zeros for dropped units, because that is faster here: masks that change at each
            time step cut one product over all steps into many small ones, which fill the array badly. Skipping everywhere would be
            {everywhere} times as fast as dense. --dropout structured-locked keeps the same units for all steps, and such products whole.

            """);
    }

    private Table DataflowTable()
    {
        Table table = Tables.Create("dataflow", ">dense cycles", ">structured", ">ratio", ">with stalls");
        foreach ((string name, Simulation other) in _findings.Dataflows)
        {
            table.Row(
                name, Figures.Count(other.Dense.ComputeCycles), Figures.Count(other.Structured.ComputeCycles), Figures.Fixed(other.Speedup, 2),
                Figures.Fixed(other.SpeedupWithStalls, 2));
        }

        return table;
    }

    private void WriteRounding(CliConsole console)
    {
        Table table = Tables.Create("kept counts", ">structured cycles", ">ratio");
        foreach ((string name, Simulation rounded) in _findings.Roundings)
            table.Row(name, Figures.Count(rounded.Structured.ComputeCycles), Figures.Fixed(rounded.Speedup, 2));
        console.Out.WriteLine(
            $"An array saves whole folds only where kept units lie along its edges: rounding kept counts to its {Figures.Count(_array.Rows, "row")} changes");
        console.Results.Write(table);
        foreach (string line in _findings.WhereRoundingGains) console.Out.WriteLine($"  {line}");
        console.Out.WriteLine();
    }

    /// <summary>What becomes of a part of K, on one product.</summary>
    private void WriteWhy(TextWriter output)
    {
        if (_findings.Example is null) return;
        output.WriteLine(_findings.WhyTitle);
        foreach (DataflowReason reason in _findings.Why) output.WriteLine($"  {reason.Dataflow}: {reason.Ratio}. {reason.Why}");
    }

    private string Describe()
    {
        string drain = _array.Dataflow == SystolicDataflow.OutputStationary && !_array.DrainOverlaps ? ", drained before the next fold" : "";
        return $"{_name}: {_array.Rows} x {Figures.Count(_array.Columns, "element")}, {SimulationFindings.Words(_array.Dataflow)}{drain}; {Number(_array.ClockMegahertz)} MHz, " +
            $"{Number(_array.WordsPerCycle)} words a cycle of {Figures.Count(_array.WordBytes, "byte")}; " +
            $"on chip {Figures.Count(_array.InputBytes / 1024.0)} KiB for inputs, {Figures.Count(_array.WeightBytes / 1024.0)} for weights, " +
            $"{Figures.Count(_array.OutputBytes / 1024.0)} for outputs";
    }

    private static string Shapes(IReadOnlyList<GemmShape> shapes) =>
        shapes.Count == 1 ? SimulationFindings.Text(shapes[0]) : $"{shapes.Count} x {SimulationFindings.Text(shapes[0])}";

    private static string Ratio(GemmCost dense, GemmCost structured) => Figures.Fixed((double)dense.ComputeCycles / structured.ComputeCycles, 2);

    private string Busy(long multiplyAdds, GemmCost cost) =>
        $"{Figures.Fixed(100 * FoldModel.Utilisation(_array, multiplyAdds, cost.ComputeCycles), 1)} %";

    private static string Megabytes(GemmCost cost) => Figures.Fixed(cost.MovedBytes / 1e6, 1);

    private string Milliseconds(GemmCost cost) => $"{Figures.Fixed(cost.TotalCycles / (1e3 * _array.ClockMegahertz), 2)} ms";

    private static string Number(double number) => number.ToString("0.###", CultureInfo.InvariantCulture);
}
