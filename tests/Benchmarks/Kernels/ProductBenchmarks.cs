using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using TinySD.Benchmarks.Matrices;

namespace TinySD.Benchmarks.Kernels;

/// <summary>The recurrent products: one step forward, one step backward, the weight gradient of a window; each
/// structured beside dense.</summary>
[MemoryDiagnoser]
[CategoriesColumn]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory, BenchmarkLogicalGroupRule.ByParams)]
public class ProductBenchmarks
{
    private const string Forward = "forward, step", Backward = "backward, step", Gradient = "weight gradient, window";

    private RuntimeParts _parts = null!;
    private WindowProducts _products = null!;

    /// <summary>Hidden sizes asked for.</summary>
    public static IEnumerable<int> Sizes => KernelSettings.Hidden;

    [ParamsSource(nameof(Sizes))]
    public int H { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _parts = new RuntimeParts(KernelSettings.Threads, KernelSettings.Lanes);
        _products = new WindowProducts(_parts, H, 4 * H, KernelSettings.TimeSteps, KernelSettings.Batch, KernelSettings.Rate);
    }

    [GlobalCleanup]
    public void CleanUp() => _parts.Dispose();

    [Benchmark(Baseline = true)]
    [BenchmarkCategory(Forward)]
    public void ForwardDense() => _products.ForwardStep(structured: false, 0);

    [Benchmark]
    [BenchmarkCategory(Forward)]
    public void ForwardStructured() => _products.ForwardStep(structured: true, 0);

    [Benchmark(Baseline = true)]
    [BenchmarkCategory(Backward)]
    public void BackwardDense() => _products.BackwardStep(structured: false, 0);

    [Benchmark]
    [BenchmarkCategory(Backward)]
    public void BackwardStructured() => _products.BackwardStep(structured: true, 0);

    [Benchmark(Baseline = true)]
    [BenchmarkCategory(Gradient)]
    public void WeightGradientDense() => _products.WeightGradient(structured: false);

    [Benchmark]
    [BenchmarkCategory(Gradient)]
    public void WeightGradientStructured() => _products.WeightGradient(structured: true);
}
