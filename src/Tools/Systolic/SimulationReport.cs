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

    public void WriteJson(TextWriter output)
    {
        SimulateProduct[] products =
        [
            .. _drawn.Products.Select(p => new SimulateProduct(
                p.Product.Name, p.Product.Shape.M, p.Product.Shape.N, p.Product.Shape.K, p.Product.Kept.M, p.Product.Kept.N,
                p.Product.Kept.K, p.Dense.ComputeCycles, p.Structured.ComputeCycles)),
        ];
        string dataflow = HardwareSpelling.Dataflows.NameOf(_array.Dataflow);
        var result = new SimulateResult(dataflow, _array.Rows, _array.Columns, products, _drawn.Speedup);
        CliJson.Write(output, result);
    }

    public void WriteHtml(TextWriter output) => new SimulationPage(_plan, _drawn, _findings, _name, Describe()).Write(output);

    /// <summary>Tables, and why they say what they say.</summary>
    public void WriteText(CliConsole console)
    {
        TextWriter output = console.Prose;
        output.WriteLine(_plan.Title);
        output.WriteLine(_plan.Dropout);
        output.WriteLine(Describe());
        console.Write(ProductTable());
        string own = Figures.Fixed(_drawn.Speedup, 2), stalled = Figures.Fixed(_drawn.SpeedupWithStalls, 2);
        string dense = Milliseconds(_drawn.Dense), structured = Milliseconds(_drawn.Structured);
        output.WriteLine(
            "A product is [M, K] x [K, N]. FP, BP, WG: forward, gradients of inputs, gradients of weights; dropped units are a part of " +
            "K, of N and of M. Cycles are the array's own; busy is the share of its multiply-adds that are of use; stalls, in which it " +
            "waits for memory, and bytes moved are those of the structured product.");
        output.WriteLine();
        output.WriteLine(
            $"{own} times as fast in the array's own cycles, {stalled} times with stalls: {dense} dense, {structured} structured.");
        output.WriteLine(
            "Stalls are those of one simple order of folds; " +
            "where memory is the limit a better one may serve the dense products more than the others.");
        WriteDenseOnes(output);
        var table = new Table("dataflow", ">dense cycles", ">structured", ">ratio", ">with stalls");
        foreach (NamedSimulation other in _findings.Dataflows) table.Row(other.AsDataflow);
        console.Write(table);
        if (_findings.Roundings.Count > 0) WriteRounding(console);
        if (_findings.Example is null) return;
        output.WriteLine(_findings.WhyTitle);
        foreach (DataflowReason reason in _findings.Why) output.WriteLine($"  {reason.Dataflow}: {reason.Ratio}. {reason.Why}");
    }

    private Table ProductTable()
    {
        var table = new Table(
            "product", ">dense M,N,K", ">kept M,N,K", ">dense cycles", ">structured", ">ratio", ">busy dense", ">busy structured",
            ">stalls", ">MB moved", "");
        foreach (SimulatedProduct p in _drawn.Products)
        {
            string note = p.IsCompacted ? "" : $"dense; skipping takes {Figures.Count(p.Compacted.ComputeCycles)}";
            Row(p.Product.Name, Shapes(p.Product.Dense), Shapes(p.Product.Compacted), [p], p.Dense, p.Structured, note);
        }

        if (_drawn.Products.Count > 1) Row("all", "", "", _drawn.Products, _drawn.Dense, _drawn.Structured, "");
        return table;

        void Row(string name, string shapes, string kept, IReadOnlyList<SimulatedProduct> of, GemmCost dense, GemmCost cost, string note) =>
            table.Row(
                name, shapes, kept, Figures.Count(dense.ComputeCycles), Figures.Count(cost.ComputeCycles), dense.Ratio(cost),
                Busy(of.Sum(p => p.DenseMultiplyAdds), dense), Busy(of.Sum(p => p.KeptMultiplyAdds), cost),
                Figures.Count(cost.StallCycles), Figures.Fixed(cost.MovedBytes / 1e6, 1), note);
    }

    private void WriteDenseOnes(TextWriter output)
    {
        int count = _drawn.Products.Count(p => !p.IsCompacted);
        if (count == 0) return;
        string dense = $"{Figures.Count(count, "product")} of {_drawn.Products.Count}", everywhere = _drawn.Dense.Ratio(_drawn.Compacted);
        output.WriteLine();
        output.WriteLine(
            $"{dense} run dense, with zeros for dropped units, because that is faster here: masks that change at each time step cut " +
            "one product over all steps into many small ones, which fill the array badly. Skipping everywhere would be " +
            $"{everywhere} times as fast as dense. --dropout structured-locked keeps the same units for all steps, and such products " +
            "whole.");
    }

    private void WriteRounding(CliConsole console)
    {
        var table = new Table("kept counts", ">structured cycles", ">ratio");
        foreach (NamedSimulation rounded in _findings.Roundings) table.Row(rounded.AsRounding);
        console.Prose.WriteLine(
            "An array saves whole folds only where kept units lie along its edges: " +
            $"rounding kept counts to its {Figures.Count(_array.Rows, "row")} changes");
        console.Write(table);
        foreach (string line in _findings.WhereRoundingGains) console.Prose.WriteLine($"  {line}");
        console.Prose.WriteLine();
    }

    private string Describe()
    {
        bool drains = _array.Dataflow == SystolicDataflow.OutputStationary && !_array.DrainOverlaps;
        string flow = SimulationFindings.Words(_array.Dataflow) + (drains ? ", drained before the next fold" : "");
        string input = Kibi(_array.InputBytes), weights = Kibi(_array.WeightBytes), outputs = Kibi(_array.OutputBytes);
        return $"{_name}: {_array.Rows} x {Figures.Count(_array.Columns, "element")}, {flow}; {Number(_array.ClockMegahertz)} MHz, " +
            $"{Number(_array.WordsPerCycle)} words a cycle of {Figures.Count(_array.WordBytes, "byte")}; " +
            $"on chip {input} KiB for inputs, {weights} for weights, {outputs} for outputs";

        static string Kibi(long bytes) => Figures.Count(bytes / 1024.0);
    }

    private static string Shapes(IReadOnlyList<GemmShape> shapes) => shapes.Count == 1 ? $"{shapes[0]}" : $"{shapes.Count} x {shapes[0]}";

    private string Busy(long multiplyAdds, GemmCost cost) =>
        $"{Figures.Fixed(100 * FoldModel.Utilisation(_array, multiplyAdds, cost.ComputeCycles), 1)} %";

    private string Milliseconds(GemmCost cost) => $"{Figures.Fixed(cost.TotalCycles / (1e3 * _array.ClockMegahertz), 2)} ms";

    private static string Number(double number) => number.ToString("0.###", CultureInfo.InvariantCulture);
}
