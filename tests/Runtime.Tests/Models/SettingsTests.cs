using System.Reflection;
using TinySD.Runtime.Hardware;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Numerics;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>Every number of every record of settings, one after the other: what is no number, infinite, negative or none of its
/// names is refused.</summary>
public sealed class SettingsTests
{
    private static readonly LanguageModelRecipe s_recipe = new() { Name = "test", HiddenSize = 4, Bptt = 3, BatchSize = 2 };

    private static readonly SimdMachine s_simd = new()
    {
        Instructions = SimdInstructions.Avx2,
        LaneWidth = 8,
        VectorRegisters = 16,
        L1Bytes = 32 << 10,
        L2Bytes = 1 << 20,
        L3Bytes = 32 << 20,
        Cores = 2,
        Tiles = new() { ForwardRows = 6 },
    };

    private static readonly SystolicArray s_array = new()
    {
        Rows = 8,
        Columns = 8,
        Dataflow = SystolicDataflow.WeightStationary,
        InputBytes = 1024,
        WeightBytes = 1024,
        OutputBytes = 1024,
        WordsPerCycle = 1,
        ClockMegahertz = 100,
        Number = SystolicNumber.Binary32,
        DrainOverlaps = true,
    };

    // A record, what checks it, and members for which a negative number is one like any other.
    private static readonly (object Record, Action<object> Validate, string[] Signed)[] s_records =
    [
        (s_recipe, record => ((LanguageModelRecipe)record).Validate(), [nameof(LanguageModelRecipe.ForgetBias)]),
        (new DropoutSpec { Kind = DropoutKind.Structured, Output = 0.5f }, record => ((DropoutSpec)record).Validate(), []),
        (
            new DropoutSpec { Kind = DropoutKind.Random, Output = 0.5f },
            record => (s_recipe with { Dropout = (DropoutSpec)record }).Validate(), []),
        (s_recipe.ToConfig(5), record => ((LanguageModelConfig)record).Validate(), []),
        (
            new RecurrentStackConfig { Cell = CellKind.RnnTanh, InputSize = 3, HiddenSize = 4 },
            record => ((RecurrentStackConfig)record).Validate(), []),
        (new Activation(ActivationKind.Affine, 1f, 1f), record => new RecurrentStackConfig
        {
            Cell = CellKind.RnnTanh, InputSize = 3, HiddenSize = 4, Activations = [(Activation)record],
        }.Validate(), [nameof(Activation.Alpha), nameof(Activation.Beta)]),
        (new HardwareProfile { Name = "a", Description = "b", Simd = s_simd }, record => ((HardwareProfile)record).Validate(), []),
        (s_simd, record => Profile(simd: (SimdMachine)record), []),
        (s_simd.Tiles, record => Profile(simd: s_simd with { Tiles = (ProductTiles)record }), []),
        (s_array, record => Profile(systolic: (SystolicArray)record), []),
    ];

    [Test]
    public async Task Every_number_of_every_record_is_checked()
    {
        int numbers = 0;
        foreach ((object record, Action<object> validate, string[] signed) in s_records)
        {
            validate(record);
            foreach (PropertyInfo member in record.GetType().GetProperties().Where(property => property.CanWrite))
            {
                foreach (object wrong in Wrong(member.PropertyType, signed.Contains(member.Name)))
                {
                    object changed = With(record, member, wrong);
                    await Assert.That(() => validate(changed))
                        .Throws<ArgumentException>().Because($"{record.GetType().Name}.{member.Name} = {wrong}");
                    numbers++;
                }
            }
        }

        await Assert.That(numbers).IsGreaterThan(150);
    }

    [Test]
    public async Task Every_number_handed_to_a_call_is_checked()
    {
        LanguageModel model = Cases.Model(s_recipe.ToConfig(5), range: 0.1f);
        var trainer = new LanguageModelTrainer(model, s_recipe);
        var cache = new CacheEvaluator(model, 5);
        var text = new TokenMemory(new[] { 1, 2, 3 });
        (string Name, Action<float> Call)[] calls =
        [
            ("the learning rate", value => trainer.LearningRate = value),
            ("the range of the initial weights", value => model.Initialize(1, value)),
            ("theta", value => cache.Evaluate(text, value)),
            ("lambda", value => cache.Evaluate(text, 1f, value)),
            ("the word drop rate", value => _ = new MonteCarloEvaluator(model, DropoutSpec.None, 2, wordDrop: value)),
            ("the weight drop rate", value => _ = new MonteCarloEvaluator(model, DropoutSpec.None, 2, weightDrop: value)),
            ("the temperature", value => _ = new TokenSampler(5, value)),
            ("the rate of a mask", value => MaskSampler.KeepCount(10, value)),
        ];
        foreach ((string name, Action<float> call) in calls)
        {
            foreach (float wrong in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity, -1f, -float.Epsilon })
                await Assert.That(() => call(wrong)).Throws<ArgumentException>().Because($"{name} = {wrong}");
        }

        foreach (float wrong in new[] { float.NaN, float.PositiveInfinity })
            await Assert.That(() => model.Initialize(1, 0.1f, wrong)).Throws<ArgumentException>();
        (string Name, Action<int> Call)[] counts =
        [
            ("streams", value => _ = new LanguageModelEvaluator(model, streams: value)),
            ("time steps", value => _ = new LanguageModelEvaluator(model, timeSteps: value)),
            ("streams", value => _ = new MonteCarloEvaluator(model, DropoutSpec.None, 2, streams: value)),
            ("time steps", value => _ = new MonteCarloEvaluator(model, DropoutSpec.None, 2, timeSteps: value)),
            ("samples", value => _ = new MonteCarloEvaluator(model, DropoutSpec.None, value)),
            ("time steps", value => _ = new CacheEvaluator(model, timeSteps: value)),
            ("positions", value => _ = new CacheEvaluator(model, value)),
            ("sequences", value => _ = new TokenWindows(text, value, 1)),
            ("steps", value => _ = new TokenWindows(text, 1, value)),
        ];
        foreach ((string name, Action<int> call) in counts)
        {
            foreach (int wrong in new[] { 0, -1, int.MinValue })
                await Assert.That(() => call(wrong)).Throws<ArgumentException>().Because($"{name} = {wrong}");
        }

        await Assert.That(() => ValidationHistory.IsNonMonotonic([1.0, 2.0], -1)).Throws<ArgumentException>();
        await Assert.That(() => ValidationHistory.EpochsAveraged([1.0, 2.0], -1)).Throws<ArgumentException>();
    }

    [Test]
    public async Task A_learning_rate_of_nothing_trains_nothing_and_one_that_overflows_is_refused()
    {
        LanguageModel model = Cases.Model(s_recipe.ToConfig(5), range: 0.1f);
        float[] before = model.Parameters.Values.ToArray();
        int[] tokens = [0, 1, 2, 3, 4, 0];
        new LanguageModelTrainer(model, s_recipe) { LearningRate = 0f }.Step(tokens, tokens);
        await Assert.That(model.Parameters.Values.SequenceEqual(before)).IsTrue();

        // A window of twice the base length has twice the rate.
        LanguageModelRecipe variable = s_recipe with { VariableBptt = true, Bptt = 5 };
        int[] longer = [.. Enumerable.Range(0, 20).Select(i => i % 5)];
        var trainer = new LanguageModelTrainer(model, variable) { LearningRate = 2e38f };
        await Assert.That(() => trainer.Step(longer, longer, new Draw(0))).Throws<NotFiniteException>();
        await Assert.That(model.Parameters.Values.SequenceEqual(before)).IsTrue();
    }

    private static IEnumerable<object> Wrong(Type type, bool isSigned)
    {
        if (type == typeof(float))
            return isSigned
                ? [float.NaN, float.PositiveInfinity, float.NegativeInfinity]
                : [float.NaN, float.PositiveInfinity, float.NegativeInfinity, -1f, -float.Epsilon];
        if (type == typeof(double)) return [double.NaN, double.PositiveInfinity, double.NegativeInfinity, -1.0, 0.0, double.Epsilon];
        if (type == typeof(int)) return [int.MinValue, -1];
        if (type == typeof(long)) return [long.MinValue, -1L];
        return type.IsEnum ? [Enum.ToObject(type, 99), Enum.ToObject(type, -1)] : [];
    }

    private static object With(object record, PropertyInfo member, object value)
    {
        // A record struct in a box is its own copy.
        object copy = record.GetType().IsValueType
            ? System.Runtime.CompilerServices.RuntimeHelpers.GetObjectValue(record)
            : record.GetType().GetMethod("<Clone>$")!.Invoke(record, null)!;
        member.SetValue(copy, value);
        return copy;
    }

    private static void Profile(SimdMachine? simd = null, SystolicArray? systolic = null) =>
        new HardwareProfile { Name = "test", Description = "A test's.", Simd = simd, Systolic = systolic }.Validate();
}
