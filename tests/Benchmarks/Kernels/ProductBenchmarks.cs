using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;

namespace TinySD.Benchmarks.Kernels;

/// <summary>The recurrent products: one step forward, one step backward, the weight gradient of a window; each structured beside dense.</summary>
[MemoryDiagnoser]
[CategoriesColumn]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory, BenchmarkLogicalGroupRule.ByParams)]
public class ProductBenchmarks
{
    private const string Forward = "forward, step", Backward = "backward, step", Gradient = "weight gradient, window";

    private RuntimeParts _parts = null!;
    private RecurrentProducts _dense = null!, _structured = null!;

    /// <summary>Hidden sizes asked for.</summary>
    public static IEnumerable<int> Sizes => KernelSettings.Hidden;

    [ParamsSource(nameof(Sizes))]
    public int H { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _parts = new RuntimeParts();
        _dense = new RecurrentProducts(_parts, H, 0f);
        _structured = new RecurrentProducts(_parts, H, KernelSettings.Rate);
    }

    [GlobalCleanup]
    public void CleanUp() => _parts.Dispose();

    [Benchmark(Baseline = true)]
    [BenchmarkCategory(Forward)]
    public void ForwardDense() => _dense.Forward();

    [Benchmark]
    [BenchmarkCategory(Forward)]
    public void ForwardStructured() => _structured.Forward();

    [Benchmark(Baseline = true)]
    [BenchmarkCategory(Backward)]
    public void BackwardDense() => _dense.Backward();

    [Benchmark]
    [BenchmarkCategory(Backward)]
    public void BackwardStructured() => _structured.Backward();

    [Benchmark(Baseline = true)]
    [BenchmarkCategory(Gradient)]
    public void WeightGradientDense() => _dense.WeightGradient();

    [Benchmark]
    [BenchmarkCategory(Gradient)]
    public void WeightGradientStructured() => _structured.WeightGradient();
}
