namespace TinySD.Tools.Systolic;

/// <summary>What a product costs on an array, over all time steps.</summary>
/// <param name="Product">The product.</param>
/// <param name="Dense">Nothing skipped.</param>
/// <param name="Compacted">Every dropped unit skipped.</param>
internal sealed record SimulatedProduct(TrainingProduct Product, GemmCost Dense, GemmCost Compacted)
{
    /// <summary>Whether skipping pays: masks that differ from step to step may cut a product into many small ones.</summary>
    public bool IsCompacted => Compacted.ComputeCycles <= Dense.ComputeCycles;

    /// <summary>The faster way, as a scheduler would choose: skipping, or the dense product with zeros for what is dropped.</summary>
    public GemmCost Structured => IsCompacted ? Compacted : Dense;

    public long DenseMultiplyAdds => Sum(Product.Dense);

    /// <summary>Multiply-adds that the masks leave.</summary>
    public long KeptMultiplyAdds => Sum(Product.Compacted);

    private static long Sum(IReadOnlyList<GemmShape> shapes)
    {
        long sum = 0;
        foreach (GemmShape shape in shapes) sum += shape.MultiplyAdds;
        return sum;
    }
}

/// <summary>Products on an array, and their sums.</summary>
internal sealed class Simulation
{
    private readonly Dictionary<GemmShape, GemmCost> _costs = [];

    public Simulation(SystolicArray array, IEnumerable<TrainingProduct> products)
    {
        Array = array;
        Products = [.. products.Select(product => new SimulatedProduct(product, Sum(product.Dense), Sum(product.Compacted)))];
        foreach (SimulatedProduct product in Products)
        {
            Dense += product.Dense;
            Structured += product.Structured;
            Compacted += product.Compacted;
        }
    }

    public SystolicArray Array { get; }

    public IReadOnlyList<SimulatedProduct> Products { get; }

    public GemmCost Dense { get; }

    /// <summary>All products, each the faster way.</summary>
    public GemmCost Structured { get; }

    /// <summary>All products with every dropped unit skipped.</summary>
    public GemmCost Compacted { get; }

    /// <summary>How many times as fast structured is, compute cycles alone.</summary>
    public double Speedup => (double)Dense.ComputeCycles / Structured.ComputeCycles;

    /// <summary>The same with the cycles in which the array waits for memory.</summary>
    public double SpeedupWithStalls => (double)Dense.TotalCycles / Structured.TotalCycles;

    // Most products of a step are alike: one for each time step, and the same count kept.
    private GemmCost Sum(IEnumerable<GemmShape> shapes)
    {
        GemmCost sum = default;
        foreach (GemmShape shape in shapes)
        {
            if (!_costs.TryGetValue(shape, out GemmCost cost)) _costs[shape] = cost = MemoryModel.Cost(Array, shape);
            sum += cost;
        }

        return sum;
    }
}
