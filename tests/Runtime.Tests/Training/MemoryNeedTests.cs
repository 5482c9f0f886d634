using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>What training is said to take is what it takes, to the byte, whatever is trained.</summary>
public sealed class MemoryNeedTests
{
    public static IEnumerable<int> Kinds() => Enumerable.Range(0, TrainingCase.All.Count);

    [Test]
    [MethodDataSource(nameof(Kinds))]
    public async Task The_host_is_asked_once_for_exactly_what_was_planned_and_validation_asks_for_nothing(int kind)
    {
        TrainingCase @case = TrainingCase.All[kind];
        using var pool = new WorkerPool(3);
        foreach (IParallelRunner? runner in (IParallelRunner?[])[null, pool])
        {
            MemoryNeed planned = @case.Plan(runner);
            var given = new List<GuardedBuffer>();
            TrainingRig hosted = @case.Make(Give, runner), own = @case.Make(null, runner);
            await Assert.That(hosted.Need).IsEqualTo(planned).Because(@case.Name);
            await Assert.That(given.Count).IsEqualTo(1);
            foreach (TrainingRig rig in (TrainingRig[])[hosted, own])
            {
                rig.Steps(5);
                rig.Measure();
                rig.Steps(9);
            }

            await Assert.That(given.Count).IsEqualTo(1);
            await Assert.That(given[0].Span.Length * (long)sizeof(float)).IsEqualTo(planned.TotalBytes);
            await Assert.That(given[0].Damage()).IsNull();
            await Assert.That(Arrays.FirstDifference(hosted.Parameters.Values, own.Parameters.Values)).IsNull();
            given[0].Dispose();

            // It may hold anything and start anywhere.
            Memory<float> Give(int floats)
            {
                given.Add(new GuardedBuffer("the host's memory", floats, float.NaN));
                return given[^1].Memory;
            }
        }
    }

    [Test]
    [MethodDataSource(nameof(Kinds))]
    public async Task Validating_between_steps_changes_none_of_them_and_gives_the_bits_of_an_evaluator_by_itself(int kind)
    {
        TrainingCase @case = TrainingCase.All[kind];
        TrainingRig measured = @case.Make(null, null), left = @case.Make(null, null);
        for (int step = 0; step < 12; step++)
        {
            double loss = measured.Measure().Loss, metric = measured.Measure().Metric;
            if (@case.MeasureApart is { } apart)
                await Assert.That(apart(measured.Parameters) is double found && (found == loss || found == metric)).IsTrue();
            measured.Steps(1);
            left.Steps(1);
            await Assert.That(Arrays.FirstDifference(measured.Parameters.Values, left.Parameters.Values)).IsNull();
        }
    }

    [Test]
    [MethodDataSource(nameof(Kinds))]
    public async Task A_step_of_a_run_allocates_nothing(int kind)
    {
        TrainingRig rig = TrainingCase.All[kind].Make(null, null);
        rig.Steps(3);
        long least = long.MaxValue;
        for (int round = 0; round < 6 && least > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            rig.Steps(1);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        await Assert.That(least).IsEqualTo(0);
    }

    [Test]
    public async Task Beside_the_block_there_are_small_objects_only_and_a_plan_takes_nothing_at_all()
    {
        const int vocabulary = 5_000, columns = 20;
        TokenMemory text = new(new int[20_000]);
        LanguageModelRecipe lm = LanguageModelRecipe.FindPreset("zaremba-small")! with { HiddenSize = 100, Optimizer = OptimizerKind.Adam };
        RegressorRecipe rows = RegressorRecipe.Presets[0] with { HiddenSize = 200, BatchSize = 64, Bptt = 64 };
        string[] names = [.. Enumerable.Range(0, columns).Select(i => $"c{i}")];
        double[] wave = [.. Enumerable.Range(0, 200).Select(i => Math.Sin(i))];
        SeriesTable table = new(names, [.. names.Select(_ => wave)]);
        SeriesForm form = SeriesForm.Learn(rows.ToForm(names, names), SeriesPart.All(table));
        ClassifierRecipe words = ClassifierRecipe.Presets[0] with { MaxLength = 100 };
        var sequences = LabelledSequences.OfTokens([new int[100], new int[100]], [[0], [1]]);
        ClassifierForm labels = new() { Labels = ["a", "b"] };
        foreach ((Func<MemoryNeed> plan, Func<TrainingRig> make) in ((Func<MemoryNeed>, Func<TrainingRig>)[])
            [
                (() => LanguageModelTrainer.MemoryNeedOf(lm, vocabulary),
                    () => new TrainingRig<TokenWindow>(new LanguageModelTask(lm, vocabulary, text, text))),
                (() => RegressorTask.MemoryNeedOf(rows, columns, columns),
                    () => new TrainingRig<SequenceBatch>(
                        new RegressorTask(rows, form, SeriesPart.All(table), SeriesPart.All(table)))),
                (() => ClassifierTask.MemoryNeedOf(words, vocabulary, 0, 2, 100),
                    () => new TrainingRig<SequenceBatch>(new ClassifierTask(words, labels, vocabulary, sequences, sequences))),
            ])
        {
            long planning = Allocated(() => plan()), making = Allocated(() => make());
            long total = plan().TotalBytes;
            await Assert.That(total).IsGreaterThan(10_000_000);
            await Assert.That(making - total).IsBetween(0, 400_000);
            await Assert.That(planning).IsLessThan(100_000);
        }
    }

    [Test]
    public async Task What_no_machine_has_can_be_planned()
    {
        LanguageModelRecipe large = LanguageModelRecipe.FindPreset("zaremba-large")!, recipe = large with
        {
            Optimizer = OptimizerKind.Adam,
            HiddenSize = 6000,
        };
        MemoryNeed need = LanguageModelTrainer.MemoryNeedOf(recipe, 50_000);
        await Assert.That(need.ParametersBytes).IsGreaterThan(1L << 32);
        await Assert.That(need.OptimizerBytes).IsEqualTo(2 * need.ParametersBytes);
        await Assert.That(need.TotalBytes).IsGreaterThan(4 * need.ParametersBytes);
    }

    [Test]
    public async Task A_block_longer_than_any_can_be_is_asked_for_piece_by_piece()
    {
        var asked = new List<int>();
        var arena = new Arena(3L << 30, Give);
        await Assert.That(asked.Count).IsEqualTo(0);
        arena.Take(48);
        arena.Take(17);
        await Assert.That(string.Join(' ', asked)).IsEqualTo("48 17");

        asked.Clear();
        arena = new Arena(64 + 32, Give);
        Memory<float> first = arena.Take(50), second = arena.Take(17), third = arena.Take(1);
        await Assert.That(string.Join(' ', asked)).IsEqualTo("96 1");
        await Assert.That((first.Length, second.Length, third.Length)).IsEqualTo((50, 17, 1));
        second.Span.Fill(1f);
        await Assert.That(first.Span.ContainsAnyExcept(0f)).IsFalse();

        Memory<float> Give(int floats)
        {
            asked.Add(floats);
            return new float[floats];
        }
    }

    private static long Allocated(Action action)
    {
        action();
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
