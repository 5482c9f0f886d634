using System.Globalization;
using System.Text.Json;
using TinySD.Formats.Checkpoints;

namespace TinySD.Tools.Tests;

/// <summary>One model and one text have one perplexity, whoever measures it: validation, test and <c>eval</c> cut the text into the same
/// number of streams.</summary>
public sealed class StreamsTests
{
    // A state that grows with every step, untrained: the longer a stream, the worse.
    private static readonly string[] s_drifting =
        ["--cell", "rnn-relu", "--layers", "1", "--init", "0.57", "--lr", "0.0001", "--seed", "4", "--epochs", "1", "--max-steps", "3"];

    [Test]
    public async Task A_model_whose_perplexity_depends_on_the_streams_has_the_same_in_validation_test_and_eval()
    {
        using var folder = new TestFolder();
        JsonElement trained = TrainDrifting(folder, "--test", folder.Valid).Json;
        double valid = trained.GetProperty("validPerplexity").GetDouble();
        await Assert.That(trained.GetProperty("testPerplexity").GetDouble()).IsEqualTo(valid);
        await Assert.That(Streams(trained, "streams", "testStreams")).IsEquivalentTo([5, 5], CollectionOrdering.Matching);
        await Assert.That(Streams(trained.GetProperty("epochs")[0], "streams")).IsEquivalentTo([5], CollectionOrdering.Matching);

        JsonElement eval = Eval(folder);
        await Assert.That((eval.GetProperty("perplexity").GetDouble(), eval.GetProperty("streams").GetInt32())).IsEqualTo((valid, 5));
        JsonElement one = Eval(folder, "--streams", "1"), many = Eval(folder, "--streams", "50");
        await Assert.That((one.GetProperty("streams").GetInt32(), many.GetProperty("streams").GetInt32())).IsEqualTo((1, 50));
        await Assert.That(one.GetProperty("perplexity").GetDouble()).IsGreaterThan(3 * valid);
        await Assert.That(many.GetProperty("perplexity").GetDouble()).IsLessThan(valid / 3);
    }

    [Test]
    public async Task The_streams_asked_for_are_those_of_validation_test_eval_and_record()
    {
        using var folder = new TestFolder();
        CliResult asked = TrainDrifting(folder, "--test", folder.Valid, "--streams", "50");
        double valid = asked.Json.GetProperty("validPerplexity").GetDouble();
        await Assert.That(valid).IsBetween(1000, 10_000);
        await Assert.That(asked.Json.GetProperty("testPerplexity").GetDouble()).IsEqualTo(valid);
        await Assert.That(asked.Error).Contains("validation and test run in 50 streams side by side\n");
        await Assert.That(Eval(folder).GetProperty("perplexity").GetDouble()).IsEqualTo(valid);
        await Assert.That(Tinysd.Run("inspect", folder.Model, "--json").Json.GetProperty("training").GetProperty("streams").GetInt32())
            .IsEqualTo(50);
        await Assert.That(Tinysd.Run("inspect", folder.Model).Out).Matches("measured in +50 streams side by side");
    }

    [Test]
    public async Task Weights_in_16_bits_are_tested_as_they_are_stored()
    {
        using var folder = new TestFolder();
        JsonElement trained = Train(folder, ["--dtype", "bf16", "--test", folder.Valid]).Json;
        await Assert.That(Eval(folder).GetProperty("perplexity").GetDouble()).IsEqualTo(trained.GetProperty("testPerplexity").GetDouble());
        await Assert.That(trained.GetProperty("testPerplexity").GetDouble())
            .IsNotEqualTo(trained.GetProperty("validPerplexity").GetDouble());
    }

    [Test]
    public async Task Other_evaluations_say_their_streams_and_a_cache_is_compared_with_one_stream()
    {
        using var folder = new TestFolder();
        Train(folder, ["--dropout", "random", "--rate", "0.3"]);
        JsonElement cache = Eval(folder, "--cache", "20"), samples = Eval(folder, "--mc-samples", "2");
        await Assert.That((cache.GetProperty("streams").GetInt32(), cache.GetProperty("cache").GetProperty("streams").GetInt32()))
            .IsEqualTo((1, 1));
        await Assert.That((samples.GetProperty("streams").GetInt32(), samples.GetProperty("monteCarlo").GetProperty("streams").GetInt32()))
            .IsEqualTo((5, 5));
        await Assert.That(Tinysd.Run("eval", folder.Model, "--data", folder.Valid, "--streams", "1").Out)
            .EndsWith(" predicted tokens; one stream\n");
    }

    [Test]
    public async Task A_model_from_before_streams_were_recorded_is_measured_in_one()
    {
        using var folder = new TestFolder();
        Train(folder, []);
        await WithoutAsync(folder.Model, "\"streams\":5,");
        JsonElement eval = Eval(folder);
        await Assert.That(eval.GetProperty("streams").GetInt32()).IsEqualTo(1);
        await Assert.That(eval.GetProperty("perplexity").GetDouble())
            .IsEqualTo(Eval(folder, "--streams", "1").GetProperty("perplexity").GetDouble());
    }

    [Test]
    public async Task A_run_begun_before_streams_were_recorded_goes_on_with_what_it_had()
    {
        using var folder = new TestFolder();
        string[] words = ["--test", folder.Test, "--checkpoint", folder["ck"]];
        JsonElement unbroken = Tinysd.Run(folder.TrainArgs(folder["unbroken.tsd"], 1, "--test", folder.Test, "--json")).Json;
        CliResult stopped = Tinysd.RunUntilShown("epoch 2/3", 20, folder.TrainArgs(folder.Model, 1, words));
        await Assert.That(stopped.Code).IsEqualTo(130).Because(stopped.Error);
        string checkpoint = CheckpointFolder.List(folder["ck"])[0];
        await WithoutAsync(checkpoint, "\"streams\":5,");
        await WithoutAsync(checkpoint, "\"lineMarks\":\"where-missing\",");
        CliResult refused = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--streams", "5");
        await Assert.That(refused.Code).IsEqualTo(2);
        await Assert.That(refused.Error)
            .Contains("--streams is 5, and the run in ").And.Contains("validation runs in 5 streams side by side, the test in one stream");

        CliResult resumed = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--json");
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
        await Assert.That(Streams(resumed.Json, "streams", "testStreams")).IsEquivalentTo([5, 1], CollectionOrdering.Matching);
        await Assert.That(resumed.Json.GetProperty("validPerplexity").GetDouble())
            .IsEqualTo(unbroken.GetProperty("validPerplexity").GetDouble());

        // Its model is what it would have been: without a word of streams or marks, and measured in one.
        JsonElement inspected = Tinysd.Run("inspect", folder.Model, "--json").Json;
        await Assert.That(inspected.GetProperty("training").TryGetProperty("streams", out _)).IsFalse();
        await Assert.That(inspected.GetProperty("vocabulary").GetProperty("eos").GetString()).IsEqualTo("always");
        double eval = Tinysd.Run("eval", folder.Model, "--data", folder.Test, "--json").Json.GetProperty("perplexity").GetDouble();
        await Assert.That(resumed.Json.GetProperty("testPerplexity").GetDouble()).IsEqualTo(eval);
    }

    [Test]
    public async Task A_resumed_run_has_the_streams_it_was_begun_with()
    {
        using var folder = new TestFolder();
        CliResult stopped =
            Tinysd.RunUntilShown("epoch 2/3", 20, folder.TrainArgs(folder.Model, 1, "--streams", "7", "--checkpoint", folder["ck"]));
        await Assert.That(stopped.Code).IsEqualTo(130).Because(stopped.Error);
        CliResult other = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--streams", "5");
        await Assert.That(other.Code).IsEqualTo(2);
        JsonElement resumed = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--streams", "7", "--json").Json;
        await Assert.That(resumed.GetProperty("streams").GetInt32()).IsEqualTo(7);
        await Assert.That(Eval(folder).GetProperty("perplexity").GetDouble()).IsEqualTo(resumed.GetProperty("validPerplexity").GetDouble());
    }

    private static CliResult TrainDrifting(TestFolder folder, params string[] options)
    {
        folder.PutText("train.txt", Text(0, 500));
        folder.PutText("valid.txt", Text(1000, 120));
        return Train(folder, [.. s_drifting, .. options]);

        static string Text(int first, int count) =>
            string.Concat(Enumerable.Range(first, count)
                .Select(i => string.Create(CultureInfo.InvariantCulture, $"w{i % 7} w{i * i % 11} w{i * 3 % 5}\n")));
    }

    private static CliResult Train(TestFolder folder, string[] options)
    {
        // An option given later replaces the folder's own.
        List<string> arguments = [.. folder.TrainArgs(folder.Model, 1)];
        for (int i = 0; i < options.Length; i += 2)
        {
            int own = arguments.IndexOf(options[i]);
            if (own >= 0) arguments.RemoveRange(own, 2);
            arguments.AddRange(options[i], options[i + 1]);
        }

        CliResult result = Tinysd.Run([.. arguments, "--json"]);
        return result.Code == 0 ? result : throw new InvalidOperationException(result.Error);
    }

    private static JsonElement Eval(TestFolder folder, params string[] options) =>
        Tinysd.Run(["eval", folder.Model, "--data", folder.Valid, "--json", .. options]).Json;

    private static int[] Streams(JsonElement json, params string[] names) => [.. names.Select(name => json.GetProperty(name).GetInt32())];

    // The file as an older build wrote it.
    private static async Task WithoutAsync(string path, string member)
    {
        (string header, byte[] data) = TsdBytes.Split(await File.ReadAllBytesAsync(path));
        await Assert.That(header.Split(member).Length).IsEqualTo(2)
            .Because(string.Create(CultureInfo.InvariantCulture, $"{path} has {member} once"));
        await File.WriteAllBytesAsync(path, TsdBytes.File(header.Replace(member, "", StringComparison.Ordinal), data));
    }
}
