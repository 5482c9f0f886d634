using TinySD.Runtime.Hardware;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>One product's shape, numbers and kept units, and the three products run on them by the fast path, between canaries.</summary>
/// <remarks>Shapes: x [T][K][B], w [K][N], bias [N], d [T*B][ld], with ld from <see cref="Products.RowStride"/>; Keep[t] lists the kept
/// units of step t.</remarks>
internal sealed class ProductRig
{
    public ProductRig(int k, int n, int timeSteps, int batch, KeepPattern pattern, bool sameKeep = false, int seed = 1)
    {
        (K, N, T, B, Stride) = (k, n, timeSteps, batch, Products.RowStride(n));
        X = Arrays.Uniform(seed, timeSteps * k * batch);
        W = Arrays.Uniform(seed + 1, k * n);
        Bias = Arrays.Uniform(seed + 2, n);
        D = Arrays.Uniform(seed + 3, timeSteps * batch * Stride);
        Keep = [.. Enumerable.Range(0, timeSteps).Select(t => KeepPatterns.Draw(pattern, k, seed + (sameKeep ? 0 : t)))];
        SameKeep = sameKeep;
    }

    public int K { get; }

    public int N { get; }

    public int T { get; }

    public int B { get; }

    public int Stride { get; }

    public bool SameKeep { get; }

    public float[] X { get; set; }

    public float[] W { get; set; }

    public float[] Bias { get; }

    public float[] D { get; }

    public int[][] Keep { get; set; }

    public override string ToString() => $"K={K} N={N} T={T} B={B}";

    /// <summary>Runs all products; <see cref="ProductResults.Damage"/> names the first canary that died.</summary>
    public ProductResults Run(int laneWidth, IParallelRunner? runner = null, float scale = 1f, ProductTiles? tiles = null)
    {
        var products = new Products(runner ?? SingleThread.Instance, KernelChoice.ForLaneWidth(laneWidth, tiles));
        products.Announce(K, N, T, B, backward: true);
        var workspace = new Workspace();
        var layout = new ParameterLayout();
        TensorSlot weight = layout.Add("w", K, N), bias = layout.Add("bias", N);
        var rows = new WeightRows(weight, products, workspace);
        products.ReserveScratch(workspace);
        var scratch = new GuardedBuffer("scratch", Math.Max(1, workspace.LengthFloats));
        workspace.Allocate(_ => scratch.Memory);

        var block = new GuardedBuffer("parameters", layout.LengthFloats);
        var parameters = new ParameterBlock(layout, block.Memory);
        W.CopyTo(parameters[weight]);
        Bias.CopyTo(parameters[bias]);
        rows.Update(parameters);
        Weights w = rows.Of(parameters);
        ReadOnlySpan<float> paddedBias = parameters.Padded(bias);
        var d = new GuardedBuffer("d", D);
        GuardedBuffer kept = new("kept x", Compact());
        var window = new GuardedBuffer("c of a window", T * B * Stride);
        for (int row = 0; row < T * B; row++) window.Span.Slice(row * Stride, N).Fill(float.NaN);
        var steps = new GuardedBuffer("c of steps", T * B * Stride);
        var dx = new GuardedBuffer("dx", T * K * B, float.NaN);
        var dxWindow = new GuardedBuffer("dx of a window", T * K * B, float.NaN);
        GuardedBuffer g = new("g", K * N, float.NaN), biasSums = new("gradient of the bias", N, float.NaN);
        int[] indices = new int[T * K];
        for (int t = 0; t < T; t++) Keep[t].CopyTo(indices, t * K);
        int[] counts = [.. Keep.Select(keep => keep.Length)];
        KeepTable keeps = SameKeep ? new KeepTable(Keep[0]) : new KeepTable(indices, K, counts);

        products.ForwardWindow(w, kept.Span, StepRows.Even(T, B), keeps, paddedBias, window.Span);
        for (int t = 0; t < T; t++)
        {
            Span<float> c = steps.Span.Slice(t * B * Stride, B * Stride);
            for (int b = 0; b < B; b++) Bias.CopyTo(c[(b * Stride)..]);
            products.ForwardStep(w, kept.Span.Slice(t * K * B, K * B), B, keeps.At(t), c);
            products.Backward(w, d.Span.Slice(t * B * Stride, B * Stride), B, keeps.At(t), scale, dx.Span.Slice(t * K * B, K * B));
        }

        products.BackwardWindow(w, d.Span, StepRows.Even(T, B), keeps, scale, dxWindow.Span);
        products.WeightGradient(
            kept.Span, K, N, StepRows.Even(T, B), keeps, d.Span, new(g.Span, isNew: true), new(biasSums.Span, isNew: true));
        GuardedBuffer[] buffers = [scratch, kept, block, d, window, steps, dx, dxWindow, g, biasSums];
        var results = new ProductResults(
            window.Span.ToArray(), steps.Span.ToArray(), dx.Span.ToArray(), dxWindow.Span.ToArray(), g.Span.ToArray(),
            biasSums.Span.ToArray(),
            buffers.Select(buffer => buffer.Damage()).FirstOrDefault(damage => damage != null));
        foreach (GuardedBuffer buffer in buffers) buffer.Dispose();
        return results;
    }

    // x as the products take it: a step's kept units in the first rows of its [K][B], not-a-number in the others.
    private float[] Compact()
    {
        float[] compact = new float[X.Length];
        Array.Fill(compact, float.NaN);
        for (int t = 0; t < T; t++)
        {
            for (int i = 0; i < Keep[t].Length; i++) X.AsSpan(((t * K) + Keep[t][i]) * B, B).CopyTo(compact.AsSpan(((t * K) + i) * B));
        }

        return compact;
    }

    /// <summary>The same x and w with 0 in the rows of dropped units, and every unit kept: what a dense product would be given.</summary>
    public ProductRig Dense()
    {
        var dense = new ProductRig(K, N, T, B, KeepPattern.All) { W = W, X = [.. X] };
        Bias.CopyTo(dense.Bias, 0);
        D.CopyTo(dense.D, 0);
        ForEachDropped((t, k) => dense.X.AsSpan(((t * K) + k) * B, B).Clear());
        return dense;
    }

    /// <summary>Puts not-a-number into every x that a step drops, and into the weights of units that no step keeps.</summary>
    public void PoisonDropped()
    {
        ForEachDropped((t, k) => X.AsSpan(((t * K) + k) * B, B).Fill(float.NaN));
        foreach (int k in Enumerable.Range(0, K).Except(Keep.SelectMany(keep => keep))) W.AsSpan(k * N, N).Fill(float.NaN);
    }

    public void ForEachDropped(Action<int, int> action)
    {
        for (int t = 0; t < T; t++)
        {
            foreach (int k in Enumerable.Range(0, K).Except(Keep[t])) action(t, k);
        }
    }
}

/// <summary>c [T*B][ld] two ways, dx [T][K][B] two ways, g [K][N], the bias's gradient [N], and the first write outside a buffer, if
/// any.</summary>
internal sealed record ProductResults(
    float[] Window, float[] Steps, float[] Dx, float[] DxWindow, float[] G, float[] BiasSums, string? Damage)
{
    /// <summary>Every result by name.</summary>
    public IEnumerable<(string Name, float[] Values)> All =>
        [("window", Window), ("steps", Steps), ("dx", Dx), ("dx of a window", DxWindow), ("g", G), ("bias", BiasSums)];

    /// <summary>The first element whose bits differ from the other's, or null.</summary>
    public string? FirstDifference(ProductResults expected)
    {
        foreach (((string name, float[] found), (_, float[] wanted)) in All.Zip(expected.All))
        {
            if (Arrays.FirstDifference(found, wanted) is { } difference) return name + difference;
        }

        return null;
    }
}
