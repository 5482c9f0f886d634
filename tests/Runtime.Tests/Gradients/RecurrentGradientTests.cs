using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;

namespace TinySD.Runtime.Tests;

/// <summary>A bidirectional layer over sequences of unequal length, against central differences of its twin's loss in double precision: by
/// every parameter, by the input, and by the initial state, with gradients that come from behind the window's end.</summary>
public sealed class RecurrentGradientTests
{
    // Float rounding over a tensor's norm, as in FastPathTests; the differences themselves are good to 1e-9.
    private const double Tolerance = 3e-6;

    // A draw that leaves a unit or two makes of a gradient the small difference of terms further up, as in RegularizerTests: at most 7.3e-6
    // here.
    private const double BernoulliTolerance = 1e-5;

    private static readonly int[] _lengths = [3, 6, 0, 1, 6];

    public static IEnumerable<Func<RecurrentCase>> Grid() =>
        from cell in Cases.Cells
        from dropout in Cases.Dropouts
        from weightDrop in new[] { 0f, 0.3f }
        select (Func<RecurrentCase>)(() => new RecurrentCase(cell.Kind, cell.Peepholes, RecurrentDirection.Bidirectional, _lengths)
        {
            Dropout = dropout with { Layer = 0.3f, Recurrent = 0.4f },
            WeightDrop = weightDrop,
        });

    [Test]
    [MethodDataSource(nameof(Grid))]
    public async Task Gradients_are_the_slopes_of_the_twins_loss(RecurrentCase @case)
    {
        var rig = new RecurrentRig(@case);
        Dictionary<string, double[]> slopes = rig.Slopes();
        double tolerance = @case.Dropout.Draw == MaskDraw.Bernoulli ? BernoulliTolerance : Tolerance;
        foreach (int width in Cases.LaneWidths)
        {
            Dictionary<string, float[]> found = rig.Run([.. Enumerable.Range(0, _lengths.Length)], width: width).Gradients;
            await Assert.That(string.Join(' ', found.Keys.Order())).IsEqualTo(string.Join(' ', slopes.Keys.Order()));
            foreach ((string name, double[] slope) in slopes)
            {
                await Assert.That(Arrays.RelativeDistance(found[name].ToDoubles(), slope))
                    .IsLessThan(tolerance).Because($"{name} of {@case}, {width} lanes");
                bool isWeight = rig.Layout.Tensors.Any(slot => slot.Name == name);
                if (isWeight)
                    await Assert.That(Arrays.Norm(slope))
                        .IsGreaterThan(1e-3).Because($"a gradient of {name} that vanishes shows nothing");
            }
        }
    }

    [Test]
    [Arguments(0f)]
    [Arguments(0.3f)]
    public async Task Weights_used_for_two_windows_in_one_step_have_the_slopes_of_both_losses(float weightDrop)
    {
        foreach ((CellKind kind, bool peepholes) in Cases.Cells)
        {
            var @case = new RecurrentCase(kind, peepholes, RecurrentDirection.Bidirectional, _lengths) { WeightDrop = weightDrop };
            var rig = new RecurrentRig(@case);
            Dictionary<string, double[]> slopes = rig.Slopes();
            foreach ((string name, float[] found) in rig.RunWindows([[0, 1, 4], [2, 3]]).Gradients)
                await Assert.That(Arrays.RelativeDistance(found.ToDoubles(), slopes[name]))
                    .IsLessThan(Tolerance).Because($"{name} of {@case}");
        }
    }
}
