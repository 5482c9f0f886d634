using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>Layers that anyone can use refuse what their kernels would trust.</summary>
public sealed class LayerBorderTests
{
    [Test]
    public async Task Tokens_that_are_not_of_the_table_and_too_little_room_are_refused()
    {
        var layout = new ParameterLayout();
        TensorSlot table = layout.Add("table", 5, 3);
        NetworkPlan plan = Trainer.NewPlan();
        var layer = new EmbeddingLayer(table, tied: false, new WindowShape(2, 1, Training: false), plan);
        plan.Take();
        var parameters = new ParameterBlock(layout);
        StepRows rows = StepRows.Even(1, 2);
        layer.Forward(parameters, [0, 4], rows, new float[6]);
        foreach (int[] tokens in (int[][])[[0, 5], [-1, 0], [0]])
            await Assert.That(() => layer.Forward(parameters, tokens, rows, new float[6])).Throws<ArgumentException>();
        await Assert.That(() => layer.Forward(parameters, [0, 4], rows, new float[5])).Throws<ArgumentException>();
    }

    [Test]
    [Arguments(CharacterReading.Convolution)]
    [Arguments(CharacterReading.Recurrent)]
    public async Task Lists_of_characters_that_are_none_are_refused(CharacterReading reading)
    {
        var layout = new ParameterLayout();
        CharacterConfig config = new() { Reading = reading, AlphabetSize = 4, EmbeddingSize = 2, Units = 3, MaxLength = 5 };
        NetworkPlan plan = Trainer.NewPlan();
        CharacterEncoder encoder = CharacterEncoder.Create(config.Declare(layout, "c."), 2, 5, isTraining: false, plan, "c.");
        plan.Take();
        var parameters = new ParameterBlock(layout);
        encoder.Update(parameters);
        encoder.Forward(parameters, new CharacterLists([0, 2, 3], [3, 0, 1]));
        foreach ((int[] starts, int[] characters) in ((int[], int[])[])
            [([0, 2, 3], [4, 0, 1]), ([0, 2, 3], [-1, 0, 1]), ([0, 1, 2, 3], [1, 1, 1]), ([0, 3, 2], [1, 1, 1]), ([1, 2], [1, 1]),
                ([0, 3], [1, 1]), ([], [])])
        {
            await Assert.That(() => { encoder.Forward(parameters, new CharacterLists(starts, characters)); }).Throws<ArgumentException>();
        }
    }
}
