using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>The fast path against the twin: the same parameters, tokens and masks, every case, odd and even sizes,
/// every lane width.</summary>
public sealed class FastPathTests
{
    // Float rounding (unit 6e-8), measured against the magnitudes of a gradient's terms and over a tensor's norm. The largest distance
    // found on this grid is 4e-7, some 7 units.
    private const double Tolerance = 1e-6;

    // With survivors multiplied by up to 67 the gates saturate and the slopes 1 - tanh^2 cancel, as in any path in floats: at most 5.6e-6.
    private const double SaturatedTolerance = 1e-5;

    public sealed record Shape(int V, int E, int H, int Layers, int B, int T, bool Tied = false)
    {
        public CellKind Cell { get; init; }

        public bool Peepholes { get; init; }

        public LanguageModelConfig Config => Cases.Config(V, E, H, Layers, Tied).Of((Cell, Peepholes));

        public override string ToString() =>
            $"{Cell}{(Peepholes ? " with peepholes" : "")} V={V} E={E} H={H} layers={Layers} B={B} T={T}{(Tied ? " tied" : "")}";
    }

    private static readonly Shape[] _shapes =
    [
        new(V: 2, E: 1, H: 1, Layers: 1, B: 1, T: 1),
        new(V: 2, E: 3, H: 1, Layers: 2, B: 2, T: 5),
        new(V: 19, E: 2, H: 3, Layers: 3, B: 5, T: 7),
        new(V: 19, E: 3, H: 3, Layers: 1, B: 1, T: 7, Tied: true),
        new(V: 100, E: 17, H: 17, Layers: 2, B: 20, T: 5, Tied: true),
        new(V: 19, E: 40, H: 17, Layers: 2, B: 21, T: 2),
        new(V: 100, E: 16, H: 40, Layers: 2, B: 33, T: 2),
        new(V: 2, E: 67, H: 40, Layers: 1, B: 1, T: 5),
        new(V: 19, E: 17, H: 67, Layers: 3, B: 5, T: 2),
        new(V: 100, E: 67, H: 67, Layers: 1, B: 20, T: 7),
    ];

    private static readonly (float Embedding, float Layer, float Recurrent, float Output)[] _rates =
    [
        (0.3f, 0.5f, 0.4f, 0.25f),
        (0.99f, 0.99f, 0.99f, 0.99f), // keeps 1 unit of 67, and sometimes none of a Bernoulli draw
        (0.001f, 0.001f, 0.001f, 0.001f), // keeps all units by count, and still goes the masked way
        (0f, 0f, 0.5f, 0f),
        (0.5f, 0.5f, 0f, 0.5f),
    ];

    public static IEnumerable<Func<(DropoutSpec Dropout, Shape Shape)>> Grid()
    {
        foreach ((CellKind cell, bool peepholes) in Cases.Cells)
        {
            foreach (DropoutSpec kind in Cases.Dropouts)
            {
                for (int i = 0; i < _shapes.Length; i++)
                {
                    Shape shape = _shapes[i] with { Cell = cell, Peepholes = peepholes };
                    var rates = _rates[(i + (int)kind.Kind) % _rates.Length];
                    yield return () => (
                        kind with { Embedding = rates.Embedding, Layer = rates.Layer, Recurrent = rates.Recurrent, Output = rates.Output },
                        shape);
                }
            }

            foreach (DropoutSpec nested in Cases.Nested)
            {
                foreach (Shape shape in _shapes) yield return () => (nested, shape with { Cell = cell, Peepholes = peepholes });
            }
        }
    }

    [Test]
    public async Task The_grid_has_steps_that_keep_no_unit_one_unit_and_all_units_of_several()
    {
        var kept = new HashSet<string>();
        foreach ((DropoutSpec dropout, Shape shape) in Grid().Select(make => make())
            .Where(pair => pair.Dropout.IsStructured && pair.Shape.H > 1))
        {
            ReferenceMasks masks = ReferenceMasks.From(dropout, seed: 7, shape.Config, shape.T, shape.B, new Draw(3, 2));
            foreach (double[,] mask in masks.Recurrent.SelectMany(steps => steps))
            {
                int count = Enumerable.Range(0, shape.H).Count(unit => mask[unit, 0] != 0);
                if (count == 0 || count == 1 || count == shape.H)
                    kept.Add($"{dropout.Kind} {dropout.Draw} {(count == shape.H ? "all" : count)}");
            }
        }

        foreach (DropoutKind kind in new[] { DropoutKind.Structured, DropoutKind.StructuredLocked })
        {
            await Assert.That(kept).Contains($"{kind} ExactCount 1");
            await Assert.That(kept).Contains($"{kind} ExactCount all");
            await Assert.That(kept).Contains($"{kind} Bernoulli 0");
            await Assert.That(kept).Contains($"{kind} Bernoulli all");
        }
    }

    [Test]
    [MethodDataSource(nameof(Grid))]
    public async Task Losses_and_gradients_are_the_twins_over_two_windows_with_carried_state(DropoutSpec dropout, Shape shape)
    {
        bool isSaturated = dropout.Embedding > 0.9f;
        double tolerance = isSaturated ? SaturatedTolerance : Tolerance;
        float range = Range(shape.Cell, isSaturated);
        // Two windows: the second starts from the first one's state and has other masks.
        const int sample = 2, firstStep = 3;
        var twin = new ReferenceLanguageModel(NewModel(shape, range));
        LanguageModelRecipe recipe = Cases.Recipe(shape.Config, shape.B, shape.T, dropout);
        ReferenceState state = twin.NewState(shape.B);
        var expected = new List<(
            int[] Tokens, int[] Targets, ReferenceWindow Window,
            Dictionary<string, double[,]> Gradients, Dictionary<string, double[,]> Terms)>();
        for (int window = 0; window < 2; window++)
        {
            int[] tokens = Arrays.Tokens(10 + window, shape.B * shape.T, shape.V),
                targets = Arrays.Tokens(20 + window, shape.B * shape.T, shape.V);
            ReferenceMasks masks = ReferenceMasks.From(
                dropout, recipe.Seed, shape.Config, shape.T, shape.B, new Draw(firstStep + window, sample));
            ReferenceWindow forward = twin.Forward(tokens, targets, masks, state);
            expected.Add((tokens, targets, forward, twin.Backward(forward), twin.TermMagnitudes(forward)));
            state = forward.FinalState!;
        }

        foreach (int width in Cases.LaneWidths)
        {
            LanguageModel model = NewModel(shape, range);
            var trainer = new LanguageModelTrainer(
                model, recipe, SingleThread.Instance, KernelChoice.ForLaneWidth(width))
            { LearningRate = 0f };
            for (int window = 0; window < 2; window++)
            {
                (int[] tokens, int[] targets, ReferenceWindow forward, var gradients, var terms) = expected[window];
                // A step at learning rate 0 computes the gradient, changes nothing and carries the state.
                StepResult result = trainer.Step(tokens, targets, new Draw(firstStep + window, sample));
                string where = $"window {window}, {width} lanes";
                await Assert.That(result.Loss * shape.T).IsEqualTo(forward.Loss).Within(tolerance * forward.Loss).Because(where);
                foreach (TensorSlot slot in model.Layout.Tensors)
                {
                    double distance = Arrays.RelativeDistance(
                        trainer.Gradients[slot].ToArray().ToDoubles(), gradients[slot.Name].AsFlat(), terms[slot.Name].AsFlat());
                    await Assert.That(distance).IsLessThan(tolerance).Because($"{slot.Name}, {where}");
                }
            }
        }
    }

    // Parameters are drawn from [-range, range]. Cells without an output gate lose more of 1 - tanh^2 where they saturate, and a simple
    // one's gradient grows from step to step where its weights are large: they start smaller, at the same tolerance.
    private static float Range(CellKind cell, bool isSaturated) => cell switch
    {
        CellKind.Lstm => 0.3f,
        _ when isSaturated => 0.03f,
        CellKind.Gru => 0.3f,
        _ => 0.15f,
    };

    private static LanguageModel NewModel(Shape shape, float range) => Cases.Model(shape.Config, seed: 5, range);
}
