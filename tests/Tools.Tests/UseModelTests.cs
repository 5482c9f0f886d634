using System.Text.Json;
using TinySD.Formats.Models;
using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary><c>eval</c>, <c>generate</c>, <c>inspect</c> and <c>verify</c> on a model.</summary>
public sealed class UseModelTests
{
    [Test]
    public async Task Eval_counts_every_token_but_the_first()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        CliResult json = Tinysd.Run("eval", folder.Model, "--data", folder.Test, "--json", "--threads", "1");
        await Assert.That(json.Code).IsEqualTo(0);
        await Assert.That(json.Json.GetProperty("tokens").GetInt64()).IsEqualTo((60 * 7) - 1);
        double perplexity = json.Json.GetProperty("perplexity").GetDouble();
        await Assert.That(perplexity).IsBetween(1, 20);
        CliResult two = Tinysd.Run("eval", folder.Model, "--data", folder.Test, "--json", "--threads", "2");
        await Assert.That(two.Out).IsEqualTo(json.Out);
        CliResult text = Tinysd.Run("eval", folder.Model, "--data", folder.Test, "--threads", "1");
        await Assert.That(text.Out)
            .IsEqualTo($"perplexity {Figures.Fixed(perplexity, 2)} over 419 predicted tokens; 5 streams side by side\n");
    }

    [Test]
    public async Task Generate_writes_so_many_words_after_the_prompt_and_repeats_for_a_seed()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        string[] command = ["generate", folder.Model, "--prompt", "the cat", "--length", "40", "--seed"];
        CliResult first = Tinysd.Run([.. command, "3"]);
        await Assert.That(first.Code).IsEqualTo(0);
        await Assert.That(first.Error).IsEqualTo("");
        await Assert.That(first.Out).StartsWith("the cat ");
        await Assert.That(first.Out).EndsWith("\n");
        await Assert.That(first.Out).DoesNotContain("<eos>");
        await Assert.That(Tinysd.Run([.. command, "3"]).Out).IsEqualTo(first.Out);
        await Assert.That(Tinysd.Run([.. command, "4"]).Out).IsNotEqualTo(first.Out);

        // A line's end is a token too. One is added when the last line was left open.
        int words = first.Out.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Length, lines = first.Out.Count(c => c == '\n');
        await Assert.That(words + lines - 42).IsBetween(0, 1);
    }

    [Test]
    [Arguments("0")]
    [Arguments("1")]
    public async Task Generate_says_when_a_models_numbers_overflow(string temperature)
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        LoadedLanguageModel loaded = LanguageModelFile.Load(folder.Model);
        loaded.Model.Parameters.Values.Fill(float.MaxValue);
        LanguageModelFile.Save(folder.Model, loaded.Model, loaded.Vocabulary, loaded.Training);
        CliResult result = Tinysd.Run("generate", folder.Model, "--temperature", temperature);
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Error).StartsWith("tinysd generate: the model's numbers overflow: logit 0 is ");
        await Assert.That(result.Error).EndsWith(" Train again with a lower learning rate.\n");
    }

    [Test]
    public async Task Temperature_zero_is_the_likeliest_of_one_candidate()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        string cold = Tinysd.Run("generate", folder.Model, "--temperature", "0", "--length", "30").Out;
        await Assert.That(Tinysd.Run("generate", folder.Model, "--top-k", "1", "--length", "30", "--seed", "9").Out).IsEqualTo(cold);
    }

    [Test]
    public async Task Generate_as_json_is_the_same_text()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        JsonElement json = Tinysd.Run("generate", folder.Model, "--prompt", "a dog", "--length", "12", "--json").Json;
        string plain = Tinysd.Run("generate", folder.Model, "--prompt", "a dog", "--length", "12").Out;
        await Assert.That(json.GetProperty("text").GetString()).IsEqualTo(plain);
        await Assert.That(json.GetProperty("prompt").GetString()).IsEqualTo("a dog");
        await Assert.That(json.GetProperty("tokens").GetInt32()).IsEqualTo(12);
    }

    [Test]
    public async Task Characters_are_written_one_after_the_other()
    {
        using var folder = new TestFolder();
        folder.TrainModel("--level", "char");
        string text = Tinysd.Run("generate", folder.Model, "--prompt", "the c", "--length", "60", "--top-k", "2").Out;
        await Assert.That(text).StartsWith("the c");
        await Assert.That(text.Length).IsBetween(65, 66);
        await Assert.That(Tinysd.Run("generate", folder.Model).Out.Length).IsBetween(500, 501);
    }

    [Test]
    public async Task Inspect_lists_every_tensor_and_how_the_model_was_trained()
    {
        using var folder = new TestFolder();
        folder.TrainModel("--test", folder.Test, "--dropout", "structured", "--rate", "0.25");
        CliResult result = Tinysd.Run("inspect", folder.Model, "--json");
        await Assert.That(result.Code).IsEqualTo(0);
        JsonElement json = result.Json;
        await Assert.That(json.GetProperty("kind").GetString()).IsEqualTo("language-model");
        await Assert.That(json.GetProperty("bytes").GetInt64()).IsEqualTo(new FileInfo(folder.Model).Length);
        await Assert.That(json.GetProperty("tensors").EnumerateArray().Select(t => t.GetProperty("name").GetString()!)).IsEquivalentTo(
        [
            "embedding", "lstm.0.input", "lstm.0.recurrent", "lstm.0.bias", "lstm.1.input", "lstm.1.recurrent", "lstm.1.bias",
            "classifier.weight", "classifier.bias",
        ], CollectionOrdering.Matching);
        foreach (JsonElement tensor in json.GetProperty("tensors").EnumerateArray())
        {
            await Assert.That(tensor.GetProperty("dtype").GetString()).IsEqualTo("f32");
            await Assert.That(tensor.GetProperty("offset").GetInt64() % 64).IsEqualTo(0);
            long count = tensor.GetProperty("shape").EnumerateArray().Aggregate(1L, (product, extent) => product * extent.GetInt64());
            await Assert.That(tensor.GetProperty("bytes").GetInt64()).IsEqualTo(4 * count);
            await Assert.That(tensor.GetProperty("checksum").GetString()!).Matches("^[0-9a-f]{32}$");
        }

        await Assert.That(json.GetProperty("configuration").GetProperty("hiddenSize").GetInt32()).IsEqualTo(12);
        await Assert.That(json.GetProperty("vocabulary").GetProperty("count").GetInt32()).IsEqualTo(14);
        JsonElement training = json.GetProperty("training");
        await Assert.That(training.GetProperty("recipe").GetProperty("dropout").GetProperty("kind").GetString()).IsEqualTo("structured");
        await Assert.That(training.GetProperty("train").GetProperty("name").GetString()).IsEqualTo("train.txt");

        string text = Tinysd.Run("inspect", folder.Model).Out;
        await Assert.That(text).Matches(@"kind +language-model");
        await Assert.That(text).Matches(@"lstm\.1\.recurrent +f32 +\[12, 48\]");
        await Assert.That(text).Matches(@"--rate-recurrent +0\.25");
        await Assert.That(text).Matches(@"perplexity +train \d+\.\d\d, valid \d+\.\d\d, test \d+\.\d\d");
    }

    [Test]
    public async Task Inspect_shows_a_file_of_any_kind()
    {
        using var folder = new TestFolder();
        string example = folder.Put("example.tsd", ForeignKind.File());
        JsonElement json = Tinysd.Run("inspect", example, "--json").Json;
        await Assert.That(json.GetProperty("kind").GetString()).IsEqualTo("example");
        await Assert.That(json.GetProperty("tensors").GetArrayLength()).IsEqualTo(0);
        await Assert.That(Tinysd.Run("inspect", example).Out).Matches(@"kind +example");
    }

    [Test]
    public async Task Verify_finds_a_whole_file_whole()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        CliResult result = Tinysd.Run("verify", folder.Model, "--json");
        await Assert.That(result.Code).IsEqualTo(0);
        await Assert.That(result.Json.GetProperty("ok").GetBoolean()).IsTrue();
        await Assert.That(result.Json.GetProperty("damaged").GetArrayLength()).IsEqualTo(0);
        await Assert.That(Tinysd.Run("verify", folder.Model).Out).StartsWith($"{folder.Model}: ok, 9 tensors, ");
    }

    [Test]
    public async Task Verify_names_every_tensor_that_is_damaged()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        byte[] bytes = File.ReadAllBytes(folder.Model);
        JsonElement[] tensors = [.. Tinysd.Run("inspect", folder.Model, "--json").Json.GetProperty("tensors").EnumerateArray()];
        foreach (int index in new[] { 0, 5, 8 }) bytes[tensors[index].GetProperty("offset").GetInt64() + index] ^= 0x10;
        string damaged = folder.Put("damaged.tsd", bytes);
        CliResult result = Tinysd.Run("verify", damaged, "--json");
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Json.GetProperty("ok").GetBoolean()).IsFalse();
        string[] names = [.. result.Json.GetProperty("damaged").EnumerateArray().Select(d => d.GetString()!)];
        await Assert.That(names).IsEquivalentTo(["embedding", "lstm.1.recurrent", "classifier.bias"], CollectionOrdering.Matching);
        await Assert.That(result.Error).Contains($"{damaged} is damaged in tensor 'lstm.1.recurrent', bytes ");
        await Assert.That(Tinysd.Run("verify", damaged).Out).IsEqualTo(string.Concat(names.Select(name => $"{damaged}: damaged {name}\n")));
    }

    [Test]
    public async Task Verify_names_the_part_that_is_no_tensor()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        byte[] whole = File.ReadAllBytes(folder.Model);
        await Assert.That(DamagedAt(100)).IsEqualTo("header");
        await Assert.That(DamagedAt(20)).IsEqualTo("prologue");
        CliResult cut = Tinysd.Run("verify", folder.Put("cut.tsd", whole.AsSpan(0, 300)), "--json");
        await Assert.That(cut.Code).IsEqualTo(1);
        await Assert.That(cut.Json.GetProperty("damaged").GetArrayLength()).IsEqualTo(1);

        // Of a file whose length is wrong no part is, but for the prologue that is not all there.
        await Assert.That(DamagedIn(whole.AsSpan(0, 300))).IsEqualTo("file");
        await Assert.That(DamagedIn(whole.AsSpan(0, whole.Length - 1))).IsEqualTo("file");
        await Assert.That(DamagedIn([.. whole, 0])).IsEqualTo("file");
        await Assert.That(DamagedIn(whole.AsSpan(0, 63))).IsEqualTo("prologue");

        string DamagedAt(int position)
        {
            byte[] bytes = [.. whole];
            bytes[position] ^= 1;
            return DamagedIn(bytes);
        }

        string DamagedIn(ReadOnlySpan<byte> bytes) =>
            Tinysd.Run("verify", folder.Put("damaged.tsd", bytes), "--json").Json.GetProperty("damaged")[0].GetString()!;
    }
}
