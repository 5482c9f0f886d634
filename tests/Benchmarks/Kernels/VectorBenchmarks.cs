using BenchmarkDotNet.Attributes;
using TinySD.Benchmarks.Matrices;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Benchmarks.Kernels;

/// <summary>What is not a product: the LSTM cell of one step, the softmax and the random masks of a window.</summary>
/// <remarks>The cell and the softmax work in place, so a benchmark that calls them again and again feeds them their own results: their time
/// does not depend on the numbers, as long as these stay finite and are not denormal. So the inputs are copied anew each time, and the copy
/// alone is measured beside them.</remarks>
[MemoryDiagnoser]
public class VectorBenchmarks
{
    private const int Batch = KernelSettings.Batch, Rows = KernelSettings.Batch * KernelSettings.TimeSteps;

    private RuntimeParts _parts = null!;
    private VectorOps _ops = null!;
    private MaskSampler _sampler;
    private int _gateStride, _logitStride;
    private Memory<float> _a, _opened, _gates, _c, _cNext, _tanhC, _h, _dUp, _dRecurrent, _dcStart, _dc, _y, _logits, _losses, _masks;
    private int[] _targets = [];

    /// <summary>Hidden sizes asked for.</summary>
    public static IEnumerable<int> Sizes => KernelSettings.Hidden;

    [ParamsSource(nameof(Sizes))]
    public int H { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _parts = new RuntimeParts(KernelSettings.Threads, KernelSettings.Lanes);
        _ops = new VectorOps(_parts.Runner, _parts.Kernels);
        _sampler = new MaskSampler(1, new() { Kind = DropoutKind.Random });
        _gateStride = Products.RowStride(4 * H);
        _logitStride = Products.RowStride(KernelSettings.Vocabulary);
        int cells = Batch * AlignedBuffer.RoundUp(H);
        _a = _parts.Uniform(Batch * _gateStride, 2f);
        _gates = _parts.Zeros(_a.Length);
        _c = _parts.Uniform(cells, 1f);
        (_cNext, _tanhC, _dc) = (_parts.Zeros(cells), _parts.Zeros(cells), _parts.Zeros(cells));
        _dcStart = _parts.Uniform(cells);
        _h = _parts.Zeros(H * Batch);
        (_dUp, _dRecurrent) = (_parts.Uniform(H * Batch), _parts.Uniform(H * Batch));
        _opened = _parts.Zeros(_a.Length);
        LstmForward();
        _gates.CopyTo(_opened);
        _y = _parts.Uniform(Rows * _logitStride, 5f);
        _logits = _parts.Zeros(_y.Length);
        _losses = _parts.Zeros(Rows);
        _targets = _parts.Tokens(Rows, KernelSettings.Vocabulary);
        _masks = _parts.Zeros(KernelSettings.TimeSteps * H * Batch);
    }

    [GlobalCleanup]
    public void CleanUp() => _parts.Dispose();

    [Benchmark]
    public void CopyOfGates() => _a.CopyTo(_gates);

    [Benchmark]
    public void LstmForward()
    {
        _a.CopyTo(_gates);
        _ops.LstmForward(_gates.Span, _gateStride, H, Batch, _c.Span, _cNext.Span, _tanhC.Span, _h.Span);
    }

    [Benchmark]
    public void LstmBackward()
    {
        _opened.CopyTo(_gates);
        _dcStart.CopyTo(_dc);
        _ops.LstmBackward(_gates.Span, _gateStride, H, Batch, _c.Span, _tanhC.Span, _dUp.Span, _dRecurrent.Span, _dc.Span);
    }

    [Benchmark]
    public void CopyOfLogits() => _y.CopyTo(_logits);

    [Benchmark]
    public void SoftmaxOfWindow()
    {
        _y.CopyTo(_logits);
        _ops.SoftmaxCrossEntropy(_logits.Span, KernelSettings.Vocabulary, _logitStride, _targets, 1f / Batch, _losses.Span);
    }

    [Benchmark]
    public void RandomMasksOfWindow() =>
        _ops.FillMasks(
            _sampler, new MaskPlace("output", 2, H, KernelSettings.Rate), default, KernelSettings.TimeSteps, H * Batch, _masks.Span);
}
