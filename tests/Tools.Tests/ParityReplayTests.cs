using TinySD.Formats;
using TinySD.Formats.Schedules;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Training;

namespace TinySD.Tools.Tests;

/// <summary>A mask schedule of a network that no code in it knows: written from its plan, replayed, and refused by another.</summary>
public sealed class ParityReplayTests
{
    private const int Updates = 6;

    internal static DropoutSpec Structured { get; } = new() { Kind = DropoutKind.Structured };

    [Test]
    [Arguments(DropoutKind.Structured, MaskDraw.ExactCount, 1)]
    [Arguments(DropoutKind.Structured, MaskDraw.Bernoulli, 3)]
    [Arguments(DropoutKind.StructuredLocked, MaskDraw.ExactCount, 2)]
    public async Task What_is_replayed_gives_the_bits_of_what_is_drawn(DropoutKind kind, MaskDraw draw, int group)
    {
        using var folder = new TestFolder();
        ParityRecipe recipe = RecipeOf(new() { Kind = kind, Draw = draw, GroupSize = group, Recurrent = 0.5f, Output = 0.25f });
        var drawn = new ParityTask(recipe);
        Write(folder["m.tss"], InfoOf(recipe, drawn));
        using MaskScheduleFile file = MaskScheduleFile.Open(folder["m.tss"]);
        await Assert.That(string.Join(' ', file.Info.Places.Select(place => place.Name))).IsEqualTo("parity.recurrent parity.output");

        // Of another seed, so that masks that were drawn nevertheless would be others.
        var replayed = new ParityTask(recipe with { Seed = recipe.Seed + 1 }, masks: file);
        await Assert.That(Train(replayed, drawn, recipe)).IsTrue();
        await Assert.That(Train(new ParityTask(recipe with { Seed = recipe.Seed + 1 }), drawn, recipe)).IsFalse();
    }

    [Test]
    public async Task A_network_that_the_file_was_not_drawn_for_is_refused_when_it_is_made()
    {
        using var folder = new TestFolder();
        ParityRecipe recipe = RecipeOf(Structured with { Recurrent = 0.5f });
        Write(folder["m.tss"], InfoOf(recipe, new ParityTask(recipe)));
        using MaskScheduleFile file = MaskScheduleFile.Open(folder["m.tss"]);
        (string Expected, ParityRecipe Other)[] cases =
        [
            ("needs 'parity.recurrent', number 0, 17 units, drop rate 0.5, and the file has", recipe with { HiddenSize = 17 }),
            ("16 units, drop rate 0.25, and the file has", RecipeOf(Structured with { Recurrent = 0.25f })),
            ("needs 'parity.output', number 1, 16 units, drop rate 0.5, and the file has none",
                RecipeOf(Structured with { Recurrent = 0.5f, Output = 0.5f })),
            ("has windows of up to 9 time steps, and the file is for 8", recipe with { TimeSteps = 9 }),
        ];
        foreach ((string expected, ParityRecipe other) in cases)
        {
            await Assert.That(() => new ParityTask(other, masks: file)).Throws<FileProblemException>().And.HasMessageContaining(expected);
        }
    }

    internal static void Write(string path, MaskScheduleInfo info)
    {
        using MaskScheduleWriter writer = MaskScheduleWriter.Start(path, info, resume: false);
        while (writer.Written < info.Updates) writer.WriteNext();
        writer.Finish();
    }

    private static MaskScheduleInfo InfoOf(ParityRecipe recipe, ParityTask task) => new()
    {
        Seed = recipe.Seed,
        Dropout = recipe.Dropout,
        TimeSteps = recipe.TimeSteps,
        Updates = Updates,
        Places = MaskScheduleInfo.WithMasks(task.Network.Plan.Places),
    };

    // Whether two networks, begun alike and fed alike, come to the same parameters.
    private static bool Train(ParityTask task, ParityTask other, ParityRecipe recipe)
    {
        other.Initialize();
        other.Network.Parameters.Values.CopyTo(task.Network.Parameters.Values);
        Trainer<ParityBatch> trainer = new(task.Network, recipe), second = new(other.Network, recipe);
        ParityBatch batch = task.NewBatch();
        for (int update = 0; update < Updates; update++)
        {
            other.Batches.Fill(update, batch);
            trainer.Step(batch, new Draw(update), 0.1f);
            second.Step(batch, new Draw(update), 0.1f);
        }

        return task.Network.Parameters.Values.SequenceEqual(other.Network.Parameters.Values);
    }

    private static ParityRecipe RecipeOf(DropoutSpec dropout) => new()
    {
        Name = "parity",
        BatchSize = 4,
        Dropout = dropout,
        Seed = 3,
        InitRange = 0.5f,
    };
}
