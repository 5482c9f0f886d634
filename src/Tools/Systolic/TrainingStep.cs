namespace TinySD.Tools.Systolic;

/// <summary>Every product of a network's training step, with the units that the mask schedule keeps in its first step.</summary>
/// <remarks>
/// <para>
/// Weights [I, O] at B sequences and T time steps: FP is [B, I] x [I, O], and dropped units shorten its K = I. BP is [B, O] x [O, I], and
/// they are columns of its output, N = I. WG is [I, B] x [B, O], and they are rows of its output, M = I.
/// </para>
/// <para>
/// Where nothing waits for the step before, the dense pass takes all T steps at once, the fastest way there is: FP and BP with M = TB
/// outside the recurrence, WG with K = TB everywhere. The compacted pass can do so only with one mask for all steps; otherwise it makes a
/// product for each.
/// </para>
/// </remarks>
internal sealed class TrainingStep
{
    private readonly DropoutSpec _dropout;
    private readonly MaskSampler _sampler;
    private readonly Func<int, int, int> _round;
    private readonly List<TrainingProduct> _products = [];
    private readonly List<WeightInputs> _masks = [];

    /// <summary>The products of a network's plan under masks of a seed; <paramref name="round"/> makes another kept count of a place's kept
    /// count and its units.</summary>
    public TrainingStep(IReadOnlyList<PlannedProduct> products, DropoutSpec dropout, ulong seed, Func<int, int, int> round)
    {
        _dropout = dropout;
        _round = round;
        _sampler = new MaskSampler(seed, dropout);
        foreach (PlannedProduct product in products) Add(product);
    }

    public IReadOnlyList<TrainingProduct> Products => _products;

    /// <summary>The masks as they were drawn, in the order of the products.</summary>
    public IReadOnlyList<WeightInputs> Masks => _masks;

    private void Add(PlannedProduct product)
    {
        int batch = product.Batch, steps = product.TimeSteps, units = product.Inputs, outputs = product.Outputs;
        MaskPlace? place = _dropout.IsStructured && product.Place is { Rate: > 0 } ? product.Place : null;
        bool isDropped = place is not null;
        int[][] masks = [.. Enumerable.Range(0, steps).Select(t => isDropped ? Draw(place!, t) : [.. Enumerable.Range(0, units)])];
        _masks.Add(new WeightInputs(product.Name, units, masks));
        int[] kept = Array.ConvertAll(masks, mask => isDropped ? _round(mask.Length, units) : units);

        // What a product over all steps at once keeps of the units, or nothing where it would have to keep others at each.
        int? atOnce = !isDropped ? units : _dropout.IsLocked ? kept[0] : null;
        AddPass("FP", product.IsStepped, 0, (rows, k) => new GemmShape(rows, outputs, k));

        // The state that the window began with needs no gradient.
        AddPass("BP", product.IsStepped, product.IsStepped ? 1 : 0, (rows, n) => new GemmShape(rows, n, outputs));
        AddPass("WG", false, 0, (rows, m) => new GemmShape(m, outputs, rows));

        void AddPass(string pass, bool isStepwise, int firstStep, Func<int, int, GemmShape> shape)
        {
            int[] used = kept[firstStep..];
            if (used.Length == 0) return;
            int rows = isStepwise ? batch : batch * steps;
            GemmShape dense = shape(rows, units);
            GemmShape[] stepwise = Array.ConvertAll(used, count => shape(batch, count));
            _products.Add(new TrainingProduct(
                $"{product.Name} {pass}", dense, shape(rows, (int)Math.Round(used.Average())),
                isStepwise ? Array.ConvertAll(used, _ => dense) : [dense],
                isStepwise || atOnce is null ? stepwise : [shape(rows, atOnce.Value)]));
        }
    }

    private int[] Draw(MaskPlace place, int t)
    {
        int[] keep = new int[place.Units];
        return keep[.._sampler.Keep(place, default, t, keep)];
    }
}
