using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;

namespace TinySD.Runtime.Tests;

/// <summary>The oracle's own oracle: the twin's gradients against central differences of the twin's loss, all in
/// double precision.</summary>
public sealed class ReferenceGradientTests
{
    private const int Batch = 2, TimeSteps = 3;

    // The difference quotient's truncation, h^2/6 of the third derivative, and its rounding, 1e-16 * loss / h, are both near 1e-10 at this
    // h; gradients here are near 0.1.
    private const double H = 1e-5, Tolerance = 1e-6;

    public static IEnumerable<Func<(DropoutSpec Dropout, string Sites)>> Sites()
    {
        foreach (DropoutSpec dropout in Cases.Dropouts)
        {
            yield return () => (dropout with { Embedding = 0.3f, Layer = 0.5f, Recurrent = 0.4f, Output = 0.25f }, "all sites");
            if (dropout.Kind == DropoutKind.None) continue;
            yield return () => (dropout with { Embedding = 0.5f }, "embedding");
            yield return () => (dropout with { Layer = 0.5f }, "layer");
            yield return () => (dropout with { Recurrent = 0.5f }, "recurrent");
            yield return () => (dropout with { Output = 0.5f }, "output");
        }

        foreach (DropoutSpec nested in Cases.Nested) yield return () => (nested, "all sites");
    }

    [Test]
    [MethodDataSource(nameof(Sites))]
    public async Task The_twins_gradient_is_the_slope_of_its_loss(DropoutSpec dropout, string sites)
    {
        LanguageModelConfig[] shapes = [
            Cases.Config(5, 4, 3, 1), Cases.Config(4, 2, 3, 2), Cases.Config(4, 3, 3, 3), Cases.Config(5, 3, 3, 2, tied: true)];
        foreach (LanguageModelConfig config in shapes.SelectMany(shape => Cases.Cells.Select(cell => shape.Of(cell))))
        {
            foreach ((string tensor, double distance, double norm) in Check(config, dropout))
            {
                await Assert.That(distance).IsLessThan(Tolerance).Because($"{tensor} of {config}, {sites}");
                if (dropout.Draw == MaskDraw.Bernoulli) continue; // may drop all units of a site, and with them a whole gradient
                if (config.Cell == CellKind.RnnRelu) continue; // may have no unit of a layer above 0
                await Assert.That(norm)
                    .IsGreaterThan(1e-4).Because($"a gradient of {tensor} that vanishes shows nothing, {config}, {sites}");
            }
        }
    }

    private static IEnumerable<(string Tensor, double Distance, double Norm)> Check(LanguageModelConfig config, DropoutSpec dropout)
    {
        var twin = new ReferenceLanguageModel(Cases.Model(config, seed: 3, range: 0.9f));
        ReferenceMasks masks = ReferenceMasks.From(dropout, seed: 11, config, TimeSteps, Batch, new Draw(5));
        int[] tokens = Arrays.Tokens(1, Batch * TimeSteps, config.VocabularySize),
            targets = Arrays.Tokens(2, Batch * TimeSteps, config.VocabularySize);
        var state = new ReferenceState(
            [.. Enumerable.Range(0, config.LayerCount).Select(layer => Arrays.Uniform(layer, config.HiddenSize, Batch))],
            [.. Enumerable.Range(0, config.LayerCount).Select(layer => Arrays.Uniform(layer + 100, Batch, config.HiddenSize))]);
        Dictionary<string, double[,]> gradients = twin.Backward(twin.Forward(tokens, targets, masks, state));
        foreach ((string tensor, double[,] values) in twin.Parameters)
        {
            double[] slopes = new double[values.Length];
            for (int i = 0; i < slopes.Length; i++)
            {
                double was = values.AsFlat()[i];
                values.AsFlat()[i] = was + H;
                double above = twin.Forward(tokens, targets, masks, state).Loss;
                values.AsFlat()[i] = was - H;
                slopes[i] = (above - twin.Forward(tokens, targets, masks, state).Loss) / (2 * H);
                values.AsFlat()[i] = was;
            }

            yield return (tensor, Arrays.RelativeDistance(slopes, gradients[tensor].AsFlat()), Arrays.Norm(gradients[tensor].AsFlat()));
        }
    }
}
