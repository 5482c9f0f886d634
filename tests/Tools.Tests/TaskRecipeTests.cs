using System.CommandLine;
using System.Text;
using System.Text.Json;
using TinySD.Formats;
using TinySD.Formats.Fields;
using TinySD.Formats.Models;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Training;
using TinySD.Tools.Errors;
using TinySD.Tools.Options;
using TinySD.Tools.Reproduce;

namespace TinySD.Tools.Tests;

/// <summary>The table of a task that is no language model: what all recipes have, and one row of its own.</summary>
public sealed class TaskRecipeTests
{
    private static readonly TrainingFields<SeriesRecipe> s_shared = new(_ => CellKind.Gru);

    private static readonly FieldTable<SeriesRecipe> s_table = new("a recipe", new() { Name = "" },
    [
        s_shared.Name, .. s_shared.Dropout, .. s_shared.Decay, s_shared.Batch, .. s_shared.Run, s_shared.ForgetBias, s_shared.Seed,
        new Field<SeriesRecipe, int>(
            "horizon", "--horizon", "Steps to look ahead.", Spelling.Whole(1, 99), r => r.Horizon, (r, v) => r with { Horizon = v })
        { Usual = 1 },
    ]);

    [Test]
    public async Task Another_task_s_recipe_comes_back_from_json_and_keeps_its_own_figures()
    {
        SeriesRecipe recipe = new()
        {
            Name = "series", Horizon = 7, Optimizer = OptimizerKind.NtAsgd, Epochs = 40, Patience = 8, NonMonotone = 4,
            Dropout = new() { Kind = DropoutKind.Structured, Output = 0.5f, GroupSize = 4 },
        };
        string json = Write(recipe);
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        reader.Read();
        await Assert.That(s_table.Read(ref reader, "$", out string? fault)).IsEqualTo(recipe);
        await Assert.That(fault).IsNull();
        await Assert.That(json).Contains("\"horizon\":7").And.DoesNotContain("hiddenSize");
        await Assert.That(Write(recipe with { Horizon = 1 })).DoesNotContain("horizon");

        // Epochs and what is counted in them or in updates.
        SeriesRecipe shorter = recipe with { Epochs = 10, FullRateEpochs = 1, Patience = 2, NonMonotone = 1, Decay = recipe.Decay };
        SeriesRecipe scaled = GridScale.Compress(recipe, 0.25, s_table);
        await Assert.That(scaled with { Decay = recipe.Decay }).IsEqualTo(shorter);
    }

    [Test]
    public async Task Another_task_s_options_come_from_its_table()
    {
        var options = new FieldOptions<SeriesRecipe>(
            s_table.Fields.Where(field => field != s_shared.Name && !s_shared.Dropout.Contains(field)));
        var command = new RootCommand();
        foreach (Option option in options.All) command.Add(option);
        using var said = new StringWriter();
        ParseResult parsed = command.Parse("--horizon 9 --lr 0.5 --forget-bias 1 --nonmono 3 --decoupled-decay --full-rate-epochs 2");
        await Assert.That(parsed.Errors).IsEmpty();
        SeriesRecipe own = new() { Name = "series" };
        await Assert.That(options.Apply(parsed, own, new Warnings(said, "tinysd")))
            .IsEqualTo(own with { Horizon = 9, LearningRate = 0.5f, FullRateEpochs = 2 });
        foreach (string option in new[] { "--forget-bias", "--nonmono", "--decoupled-decay" })
            await Assert.That(said.ToString()).Contains($"{option} has no effect");
        await Assert.That(command.Parse("--horizon 100").Errors.Single().Message)
            .IsEqualTo("--horizon is '100'; expected a whole number from 1 to 99.");
    }

    private static string Write(SeriesRecipe recipe)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json)) s_table.Write(writer, recipe);
        return Encoding.UTF8.GetString(json.ToArray());
    }

    private sealed record SeriesRecipe : TrainingRecipe
    {
        public int Horizon { get; init; } = 1;
    }
}
