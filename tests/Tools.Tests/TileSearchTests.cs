using TinySD.Formats.Hardware;
using TinySD.Runtime.Hardware;
using TinySD.Tools.Machines;

namespace TinySD.Tools.Tests;

/// <summary>The search for tiles with a clock that the test holds: it finds what is fastest, keeps the default within noise, and can be
/// stopped.</summary>
public sealed class TileSearchTests
{
    private static readonly HardwareProfile _profile = BuiltInProfiles.Find("x64-avx512")[0];
    private static readonly ProductTiles _default = _profile.Simd!.Tiles;

    [Test]
    public async Task Takes_the_fastest_for_every_question()
    {
        // The fastest of each is somewhere else than the default, and each product knows only its own figures.
        IReadOnlyList<TileAnswer> answers = Search((product, tiles) => product switch
        {
            TrialProduct.RecurrentStep => 1 + Math.Abs(tiles.ForwardRows - 7) + (tiles.ForwardColumns == 64 ? 3 : 0),
            TrialProduct.Window => 1 + Math.Abs(Math.Log2(tiles.WindowColumns / 256.0)),
            TrialProduct.StreamedStep =>
                1 + Math.Abs(tiles.StreamedUnits - 32) + Math.Abs(tiles.StreamedAhead - 64) + (tiles.StreamedFloats < 9_000_000 ? 1 : 0),
            _ => 1 + Math.Abs(tiles.GradientSteps - 16),
        });
        ProductTiles expected = new()
        {
            ForwardRows = 7,
            ForwardColumns = 32,
            ForwardUnits = 64,
            WindowColumns = 256,
            StreamedUnits = 32,
            StreamedAhead = 64,
            StreamedFloats = 9_000_000,
            GradientSteps = 16,
        };
        await Assert.That(answers[^1].Chosen).IsEqualTo(expected);
        await Assert.That(answers[2].Gain).IsEqualTo(2);
        await Assert.That(answers.Select(a => a.Question.Figure)).IsEquivalentTo(
            [
                "forwardRows x forwardColumns", "forwardUnits", "windowColumns", "streamedUnits", "streamedAhead", "streamedFloats",
                "gradientSteps",
            ],
            CollectionOrdering.Matching);
    }

    [Test]
    [Arguments(0.981, false)]
    [Arguments(0.979, true)]
    public async Task Only_what_is_clearly_faster_replaces_the_default(double time, bool isTaken)
    {
        IReadOnlyList<TileAnswer> answers = Search((_, tiles) => tiles.WindowColumns == 512 ? time : 1);
        await Assert.That(answers[2].Chosen.WindowColumns).IsEqualTo(isTaken ? 512 : _default.WindowColumns);
        await Assert.That(answers.Count(a => a.Chosen != a.Default)).IsEqualTo(isTaken ? 1 : 0);
    }

    /// <summary>Equal candidates under noise of five percent and interruptions that triple a time: nothing changes, whatever the
    /// seed.</summary>
    [Test]
    public async Task Noise_changes_nothing()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            IReadOnlyList<TileAnswer> answers =
                Search((_, _) => 1e-3 * (1 + (0.05 * random.NextDouble())) * (random.Next(20) == 0 ? 3 : 1));
            await Assert.That(answers[^1].Chosen).IsEqualTo(_default);
        }
    }

    [Test]
    public async Task Noise_hides_no_clear_gain()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            IReadOnlyList<TileAnswer> answers = Search(
                (_, tiles) =>
                    1e-3 * (tiles.GradientSteps == 4 ? 0.85 : 1) * (1 + (0.05 * random.NextDouble())) * (random.Next(20) == 0 ? 3 : 1));
            await Assert.That(answers[^1].Chosen).IsEqualTo(_default with { GradientSteps = 4 });
        }
    }

    /// <summary>The whole machine at half its clock, now and then for long: candidates that are timed in turn all slow down
    /// alike.</summary>
    [Test]
    public async Task A_clock_that_drifts_changes_nothing()
    {
        int calls = 0;
        IReadOnlyList<TileAnswer> answers = Search((_, _) => 1e-3 * (1 + (++calls / 2000.0)));
        await Assert.That(answers[^1].Chosen).IsEqualTo(_default);
    }

    [Test]
    [Arguments("x64-sse42")]
    [Arguments("x64-avx2")]
    [Arguments("x64-avx512")]
    [Arguments("arm64-neon")]
    public async Task Only_sound_tiles_are_tried_and_each_knows_the_answers_before(string name)
    {
        HardwareProfile profile = BuiltInProfiles.Find(name)[0];
        var unsound = new List<HardwareFault>();
        bool grew = true;
        var search = new TileSearch(profile, (_, tiles) =>
        {
            if ((profile with { Simd = profile.Simd! with { Tiles = tiles } }).FindFault() is { } fault) unsound.Add(fault);

            // The last questions come after this one was answered.
            if (tiles.GradientSteps != profile.Simd!.Tiles.GradientSteps) grew &= tiles.WindowColumns == 512;
            return tiles.WindowColumns == 512 ? 0.5 : 1;
        });
        search.Run((_, _) => { }, CancellationToken.None);
        await Assert.That(unsound).IsEmpty();
        await Assert.That(grew).IsTrue();
    }

    /// <summary>A machine a hundred times slower is asked no more often than it takes to tell.</summary>
    [Test]
    public async Task A_slow_machine_is_measured_less_often()
    {
        int slow = 0, fast = 0;
        Search((_, _) =>
        {
            slow++;
            return 1;
        });
        Search((_, _) =>
        {
            fast++;
            return 0.001;
        });
        await Assert.That(slow).IsLessThan(fast / 2);
        await Assert.That(slow).IsLessThanOrEqualTo(6 * 40);
    }

    [Test]
    public async Task A_stop_ends_it_between_two_measurements()
    {
        using var stop = new CancellationTokenSource();
        int calls = 0;
        var search = new TileSearch(_profile, (_, _) =>
        {
            if (++calls == 10) stop.Cancel();
            return 1;
        });
        await Assert.That(() => search.Run((_, _) => { }, stop.Token)).Throws<OperationCanceledException>();
        await Assert.That(calls).IsEqualTo(10);
    }

    private static IReadOnlyList<TileAnswer> Search(Func<TrialProduct, ProductTiles, double> measure) =>
        new TileSearch(_profile, measure).Run((_, _) => { }, CancellationToken.None);
}
