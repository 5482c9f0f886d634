using System.Diagnostics;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;

namespace TinySD.Runtime.Tests;

/// <summary>Where a step's time goes: every pass is told, and together they are the step.</summary>
public sealed class PassTimesTests
{
    // 4 * 10 gates and 13 logits are no multiple of 16, so weight rows are copied too.
    private const int Vocabulary = 13, Batch = 3, TimeSteps = 4, Steps = 20;

    private static readonly LanguageModelConfig _config = Cases.Config(Vocabulary, embedding: 6, hidden: 10, layers: 2);

    [Test]
    [Arguments(DropoutKind.Random)]
    [Arguments(DropoutKind.Locked)]
    [Arguments(DropoutKind.Structured)]
    [Arguments(DropoutKind.StructuredLocked)]
    public async Task Every_pass_takes_time_and_all_together_no_more_than_the_steps(DropoutKind kind)
    {
        LanguageModelTrainer trainer = NewTrainer(kind);
        long start = Stopwatch.GetTimestamp();
        Train(trainer);
        TimeSpan whole = Stopwatch.GetElapsedTime(start);
        PassTimes times = trainer.Times;
        foreach (Pass pass in Enum.GetValues<Pass>())
        {
            // A language model reads no characters of words.
            if (pass == Pass.Characters) await Assert.That(times[pass]).IsEqualTo(TimeSpan.Zero);
            else await Assert.That(times[pass]).IsGreaterThan(TimeSpan.Zero).Because($"{pass} occurs");
        }

        await Assert.That(times.Total).IsLessThanOrEqualTo(whole);
    }

    [Test]
    public async Task The_sums_are_those_of_their_passes()
    {
        LanguageModelTrainer trainer = NewTrainer(DropoutKind.Structured);
        Train(trainer);
        PassTimes times = trainer.Times;
        await IsSumOf(times.Forward, Pass.InputForward, Pass.RecurrentForward, Pass.ClassifierForward);
        await IsSumOf(times.Backward, Pass.InputBackward, Pass.RecurrentBackward, Pass.ClassifierBackward);
        await IsSumOf(times.WeightGradient, Pass.InputGradient, Pass.RecurrentGradient, Pass.ClassifierGradient);
        await IsSumOf(times.Optimizer, Pass.GradientNorm, Pass.Update);
        await IsSumOf(
            times.Elementwise, Pass.Copies, Pass.Masks, Pass.Embedding, Pass.Dropout, Pass.CellForward, Pass.CellBackward, Pass.Softmax,
            Pass.BiasSums);
        await IsSumOf(times.Total, Enum.GetValues<Pass>());

        // A tick of a TimeSpan is 100 ns, and each of the terms is rounded down to one.
        async Task IsSumOf(TimeSpan sum, params Pass[] passes) =>
            await Assert.That(sum.Ticks).IsEqualTo(passes.Sum(pass => times[pass].Ticks)).Within(Enum.GetValues<Pass>().Length);
    }

    [Test]
    public async Task Without_dropout_its_sites_take_no_time()
    {
        LanguageModelTrainer trainer = NewTrainer(DropoutKind.None);
        Train(trainer);
        await Assert.That(trainer.Times[Pass.Masks]).IsEqualTo(TimeSpan.Zero);
        await Assert.That(trainer.Times[Pass.Dropout]).IsEqualTo(TimeSpan.Zero);
    }

    [Test]
    public async Task What_passes_between_steps_is_no_part_of_them()
    {
        LanguageModelTrainer trainer = NewTrainer(DropoutKind.Structured);
        Train(trainer);
        trainer.Times.Reset();
        await Assert.That(trainer.Times.Total).IsEqualTo(TimeSpan.Zero);
        Thread.Sleep(200);
        long start = Stopwatch.GetTimestamp();
        Train(trainer);
        await Assert.That(trainer.Times.Total).IsLessThanOrEqualTo(Stopwatch.GetElapsedTime(start));
    }

    private static LanguageModelTrainer NewTrainer(DropoutKind kind)
    {
        var dropout = new DropoutSpec { Kind = kind, Embedding = 0.5f, Layer = 0.5f, Recurrent = 0.5f, Output = 0.5f };
        return new LanguageModelTrainer(Cases.Model(_config), Cases.Recipe(_config, Batch, TimeSteps, dropout));
    }

    private static void Train(LanguageModelTrainer trainer)
    {
        int[] inputs = Arrays.Tokens(1, Batch * TimeSteps, Vocabulary), targets = Arrays.Tokens(2, Batch * TimeSteps, Vocabulary);
        for (int step = 0; step < Steps; step++) trainer.Step(inputs, targets, new Draw(step));
    }
}
