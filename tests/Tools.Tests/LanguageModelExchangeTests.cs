using System.Text.Json;
using TinySD.Formats.Container;
using TinySD.Formats.Exchange.Parts;
using TinySD.Formats.Exchange.Safetensors;
using TinySD.Formats.Models;

namespace TinySD.Tools.Tests;

/// <summary>Whole language models to the formats of others and back, as a user does it.</summary>
public sealed class LanguageModelExchangeTests
{
    [Test]
    [Arguments("m.safetensors", "")]
    [Arguments("m.safetensors", "--cell gru --level char")]
    [Arguments("m.safetensors", "--layers 3 --last-hidden 7 --embedding 7 --tied")]
    [Arguments("m.safetensors", "--level byte --dtype f16")]
    [Arguments("m.onnx", "")]
    [Arguments("m.onnx", "--peepholes --level char")]
    [Arguments("m.onnx", "--layers 3 --last-hidden 7 --embedding 7 --tied")]
    [Arguments("m.onnx", "--cell gru --dtype bf16")]
    public async Task A_language_model_goes_out_and_comes_back(string name, string options)
    {
        using var folder = new TestFolder();
        string[] more = options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        await Assert.That(folder.TrainModel(more).Code).IsEqualTo(0);
        await Ok("export", folder.Model, "--out", folder[name]);
        CliResult import =
            Tinysd.Run(["import", folder[name], "--out", folder["back.tsd"], "--json", .. more.SkipWhile(word => word != "--dtype")]);
        await Assert.That(import.Code).IsEqualTo(0).Because(import.Error);
        LoadedLanguageModel there = LanguageModelFile.Load(folder.Model), back = LanguageModelFile.Load(folder["back.tsd"]);
        JsonElement json = import.Json;
        await Assert.That((json.GetProperty("kind").GetString(), json.GetProperty("vocabulary").GetInt32(),
            json.GetProperty("layers").GetInt32(), json.GetProperty("tied").GetBoolean()))
            .IsEqualTo(("language-model", there.Vocabulary.Count, there.Model.Config.LayerCount, there.Model.Config.TieWeights));
        await Assert.That(json.GetProperty("leftOut").GetArrayLength()).IsEqualTo(0);
        await Assert.That(back.Training.ImportedFrom).IsEqualTo(name);
        await Ok("verify", folder["back.tsd"]);

        // Nothing but what it was imported from is new: the same file comes out when that is taken away.
        LanguageModelFile.Save(folder["same.tsd"], back.Model, back.Vocabulary, back.Training with { ImportedFrom = null }, more switch
        {
            [.., "f16"] => TensorStorage.F16,
            [.., "bf16"] => TensorStorage.BF16,
            _ => TensorStorage.F32,
        });
        await Assert.That(folder.AreEqual("model.tsd", "same.tsd")).IsTrue();
        foreach (string[] command in (string[][])[["eval", "MODEL", "--data", folder.Test, "--json"],
            ["generate", "MODEL", "--seed", "3", "--length", "20", "--json"]])
        {
            JsonElement[] results = [.. new[] { folder.Model, folder["back.tsd"] }.Select(
                model => Tinysd.Run([.. command.Select(word => word == "MODEL" ? model : word)]).Json)];
            await Assert.That(results[1].ToString()).IsEqualTo(results[0].ToString());
        }

        await Assert.That(Tinysd.Run("inspect", folder["back.tsd"]).Out).Contains($"{name}").And.Contains("train.txt");
    }

    [Test]
    [Arguments("m.safetensors")]
    [Arguments("m.onnx")]
    public async Task Its_recurrent_layers_alone_go_out_and_come_back(string name)
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        CliResult export = Tinysd.Run("export", folder.Model, "--out", folder[name], "--recurrent-only");
        await Assert.That(export.Error).Contains("left out");
        await Ok("import", folder[name], "--out", folder["s.tsd"]);
        LoadedLanguageModel model = LanguageModelFile.Load(folder.Model);
        await Assert.That(RecurrentStackFile.Load(folder["s.tsd"]).Parameters.Values.SequenceEqual(
            LanguageModelParts.RecurrentParts(model.Model)[0].Parameters.Values)).IsTrue();
    }

    [Test]
    public async Task Run_runs_a_whole_model_from_ONNX()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        await Ok("export", folder.Model, "--out", folder["m.onnx"], "--with-state");
        int tokens = LanguageModelFile.Load(folder.Model).Vocabulary.Count;
        NamedTensor states = new("h0", [2, 1, 12], new float[24]);
        SafetensorsWriter.Write(
            folder["x.safetensors"], [new("tokens", [3, 1], [1L, 0L, 2L]), states, new("c0", states.Shape, states.Floats!)]);
        await Ok("run", folder["m.onnx"], "--input", folder["x.safetensors"], "--output", folder["y.safetensors"]);
        using SafetensorsFile file = SafetensorsFile.Open(folder["y.safetensors"]);
        await Assert.That(string.Join(' ', file.Tensors.Select(t => $"{t.Name}[{string.Join(',', t.Shape)}]")))
            .IsEqualTo($"logits[3,1,{tokens}] hn[2,1,12] cn[2,1,12]");
    }

    [Test]
    public async Task Of_a_whole_model_the_recurrent_layers_are_taken_where_that_is_asked()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        await Ok("export", folder.Model, "--out", folder["m.safetensors"]);
        using (SafetensorsFile file = SafetensorsFile.Open(folder["m.safetensors"]))
        {
            await Assert.That(file.Tensors.Select(t => t.Name))
                .Contains("lstm.weight_ih_l0").And.Contains("embedding.weight").And.Contains("classifier.weight");
            await Assert.That(JsonSerializer.Deserialize<string[]>(file.Metadata["tinysd.vocabulary"])!).Contains("<eos>");
        }

        CliResult import = Tinysd.Run("import", folder["m.safetensors"], "--out", folder["s.tsd"], "--recurrent-only", "--json");
        await Assert.That(import.Json.GetProperty("kind").GetString()).IsEqualTo("recurrent-stack");
        await Assert.That(import.Json.GetProperty("leftOut").GetArrayLength()).IsEqualTo(3);
        await Assert.That(import.Error).Contains("left out");

        await Ok("export", folder.Model, "--out", folder["m.onnx"]);
        await Ok("import", folder["m.onnx"], "--out", folder["t.tsd"], "--recurrent-only");
        await Assert.That(RecurrentStackFile.Load(folder["t.tsd"]).Parameters.Values.SequenceEqual(
            RecurrentStackFile.Load(folder["s.tsd"]).Parameters.Values)).IsTrue();
    }

    [Test]
    public async Task A_model_of_unknown_training_can_be_used_and_says_so()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        LoadedLanguageModel model = LanguageModelFile.Load(folder.Model);
        string prefix = "rnn.";
        NamedTensor[] tensors = [.. PyTorchNames.Name("m", LanguageModelParts.RecurrentParts(model.Model)[0], prefix),
            .. LanguageModelParts.Surroundings(model.Model)];
        SafetensorsWriter.Write(folder["m.safetensors"], tensors);
        CliResult refused = Tinysd.Run("import", folder["m.safetensors"], "--out", folder["m.tsd"]);
        await Assert.That(refused.Code).IsEqualTo(1);
        await Assert.That(refused.Error).Contains("--vocabulary FILE").And.Contains("--recurrent-only");
        await File.WriteAllLinesAsync(folder["words.txt"], model.Vocabulary.Tokens);
        await Ok("import", folder["m.safetensors"], "--out", folder["m.tsd"], "--vocabulary", folder["words.txt"], "--level", "word");
        double[] perplexities = [.. new[] { folder["m.tsd"], folder.Model }.Select(model => Tinysd.Run(
            "eval", model, "--data", folder.Test, "--streams", "1", "--json").Json.GetProperty("perplexity").GetDouble())];
        await Assert.That(perplexities[0]).IsEqualTo(perplexities[1]);
        await Assert.That(Tinysd.Run("inspect", folder["m.tsd"]).Out)
            .Contains("m.safetensors").And.DoesNotContain("trained on").And.DoesNotContain("--preset");
    }

    private static async Task Ok(params string[] args)
    {
        CliResult result = Tinysd.Run(args);
        await Assert.That(result.Code).IsEqualTo(0).Because($"{string.Join(' ', args)}: {result.Error}");
    }
}
