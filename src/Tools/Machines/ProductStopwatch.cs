namespace TinySD.Tools.Machines;

/// <summary>Times the runtime's own products under tiles: what <see cref="TileSearch"/> asks on a real machine.</summary>
/// <remarks>Operands of one product at a time are held; the search asks about one after the other.</remarks>
internal sealed class ProductStopwatch(HardwareProfile profile, IParallelRunner runner)
{
    // Shorter, and the clock and the hand-over to other threads are part of what is measured.
    private const double ShortestSample = 0.002, MostRepeats = 1000;

    private readonly Dictionary<ProductTiles, Action> _ready = [];
    private TrialProduct? _product;
    private ProductTrial? _trial;
    private int _repeats;

    public double Measure(TrialProduct product, ProductTiles tiles)
    {
        if (product != _product) Begin(product);
        if (!_ready.TryGetValue(tiles, out Action? run))
        {
            run = _trial!.Under(profile with { Simd = profile.Simd! with { Tiles = tiles } });
            _ready.Add(tiles, run);
            run();
        }

        if (_repeats == 0) _repeats = (int)Math.Clamp(Math.Ceiling(ShortestSample / Time(run, 2)), 1, MostRepeats);
        return Time(run, _repeats);
    }

    private static double Time(Action run, int repeats)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < repeats; i++) run();
        return Stopwatch.GetElapsedTime(start).TotalSeconds / repeats;
    }

    private void Begin(TrialProduct product)
    {
        const int columns = 4 * TileQuestion.Hidden, streamedColumns = 4 * TileQuestion.StreamedHidden;
        _ready.Clear();
        _trial = null;
        _repeats = 0;
        _trial = product switch
        {
            TrialProduct.RecurrentStep => Trial(ProductKind.ForwardStep, TileQuestion.Hidden, columns),
            TrialProduct.Window => Trial(ProductKind.ForwardWindow, TileQuestion.Hidden, columns),
            TrialProduct.StreamedStep => Trial(ProductKind.ForwardStep, TileQuestion.StreamedHidden, streamedColumns),
            _ => Trial(ProductKind.WeightGradient, TileQuestion.Hidden, columns),
        };
        _product = product;

        ProductTrial Trial(ProductKind kind, int units, int columns) =>
            new(kind, units, columns, TileQuestion.TimeSteps, TileQuestion.Batch, runner);
    }
}
