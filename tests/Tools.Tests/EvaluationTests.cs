using System.Text.Json;
using System.Text.RegularExpressions;

namespace TinySD.Tools.Tests;

/// <summary><c>eval</c> with Monte Carlo dropout and with a continuous cache.</summary>
public sealed class EvaluationTests
{
    [Test]
    public async Task Monte_Carlo_dropout_takes_the_models_own_and_repeats_whatever_the_threads()
    {
        using var folder = new TestFolder();
        folder.TrainModel("--dropout", "structured", "--rate", "0.25");
        string[] command = ["eval", folder.Model, "--data", folder.Test, "--mc-samples", "3", "--json", "--threads"];
        JsonElement json = Tinysd.Run([.. command, "1"]).Json, mc = json.GetProperty("monteCarlo");
        await Assert.That(json.GetProperty("seconds").GetDouble()).IsGreaterThan(0);
        await Assert.That(mc.GetProperty("samples").GetInt32()).IsEqualTo(3);
        await Assert.That(mc.GetProperty("seed").GetInt32()).IsEqualTo(1);
        await Assert.That(mc.GetProperty("dropout").GetString()).IsEqualTo("structured");
        await Assert.That(mc.GetProperty("rateRecurrent").GetDouble()).IsEqualTo(0.25);
        await Assert.That(Perplexity(mc)).IsBetween(1, 20);
        await Assert.That(Perplexity(mc)).IsNotEqualTo(Perplexity(json));
        await Assert.That(json.TryGetProperty("cache", out _)).IsFalse();

        await Assert.That(Perplexity(Tinysd.Run([.. command, "2"]).Json.GetProperty("monteCarlo"))).IsEqualTo(Perplexity(mc));
        await Assert.That(Perplexity(Tinysd.Run([.. command, "1", "--seed", "2"]).Json.GetProperty("monteCarlo")))
            .IsNotEqualTo(Perplexity(mc));

        // Without a rate the passes are the static one.
        JsonElement none = Tinysd.Run([.. command, "1", "--rate", "0"]).Json;
        await Assert.That(Perplexity(none.GetProperty("monteCarlo"))).IsEqualTo(Perplexity(json)).Within(1e-9);

        string text = Tinysd.Run("eval", folder.Model, "--data", folder.Test, "--mc-samples", "3").Out;
        await Assert.That(text).Matches(@"^perplexity \d+\.\d\d over 419 predicted tokens; 5 streams side by side; \d+ s\nwith Monte " +
            @"Carlo dropout: perplexity \d+\.\d\d, 3 samples of structured dropout, rates 0\.25, 0\.25, 0\.25, 0\.25; 5 streams side by " +
            @"side; \d+ s\n$");
    }

    [Test]
    public async Task Monte_Carlo_dropout_drops_the_words_and_weights_of_the_models_recipe_or_those_asked_for()
    {
        using var folder = new TestFolder();
        folder.TrainModel("--rate-word", "0.2", "--weight-drop", "0.5", "--last-hidden", "7");
        string[] command = ["eval", folder.Model, "--data", folder.Test, "--mc-samples", "2"];
        JsonElement own = Tinysd.Run([.. command, "--json"]).Json.GetProperty("monteCarlo");
        await Assert.That(
            (own.GetProperty("dropout").GetString(), own.GetProperty("rateWord").GetSingle(), own.GetProperty("weightDrop").GetSingle()))
            .IsEqualTo(("none", 0.2f, 0.5f));
        JsonElement words = Tinysd.Run([.. command, "--json", "--weight-drop", "0"]).Json.GetProperty("monteCarlo");
        await Assert.That(Perplexity(words)).IsNotEqualTo(Perplexity(own));
        await Assert.That(Tinysd.Run(command).Out)
            .Matches(@"2 samples of word dropout 0\.2, weight dropout 0\.5; 5 streams side by side; \d+ s\n$");

        // With neither the passes are the static one, and there is nothing to average.
        CliResult nothing = Tinysd.Run([.. command, "--rate-word", "0", "--weight-drop", "0"]);
        await Assert.That(nothing.Code).IsEqualTo(2);
        await Assert.That(nothing.Error).Contains("--mc-samples needs dropout");
    }

    [Test]
    [Arguments("--dropout structured --rate 0.25", "--dropout none", "--dropout")]
    [Arguments("--rate-word 0.2", "--rate-word 0", "--rate-word")]
    [Arguments(
        "--rate-word 0.2 --weight-drop 0.5 --dropout random --rate 0.1", "--weight-drop 0 --rate-word 0 --dropout none", "--dropout")]
    public async Task Options_that_leave_none_of_a_models_dropout_are_blamed_and_not_the_model(string trained, string asked, string blamed)
    {
        using var folder = new TestFolder();
        folder.TrainModel(trained.Split(' '));
        CliResult result = Tinysd.Run(["eval", folder.Model, "--data", folder.Test, "--mc-samples", "3", .. asked.Split(' ')]);
        await Assert.That(result.Code).IsEqualTo(2);
        await Assert.That(result.Error).StartsWith(
            $"tinysd eval: --mc-samples needs dropout, and {blamed} leaves none of the model's; leave it out, or give --dropout and " +
            "--rate, for example " +
            "--dropout random --rate 0.2.\n");
    }

    [Test]
    public async Task A_cache_takes_the_numbers_given_or_tunes_them()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        string[] command = ["eval", folder.Model, "--data", folder.Test, "--json", "--cache", "50"];
        JsonElement given = Tinysd.Run([.. command, "--cache-theta", "0.5", "--cache-lambda", "0"]).Json;
        JsonElement cache = given.GetProperty("cache");
        await Assert.That(Perplexity(cache)).IsEqualTo(Perplexity(given)).Within(1e-9);
        await Assert.That(cache.GetProperty("size").GetInt32()).IsEqualTo(50);
        await Assert.That(cache.GetProperty("theta").GetDouble()).IsEqualTo(0.5);
        await Assert.That(cache.TryGetProperty("tunedOn", out _)).IsFalse();

        JsonElement tuned = Tinysd.Run([.. command, "--cache-tune", folder.Valid]).Json.GetProperty("cache");
        await Assert.That(tuned.GetProperty("tunedOn").GetString()).IsEqualTo(folder.Valid);
        await Assert.That(tuned.GetProperty("lambda").GetDouble()).IsGreaterThan(0);

        // What was found on a text is what is measured there with it.
        JsonElement again = Tinysd.Run("eval", folder.Model, "--data", folder.Valid, "--json", "--cache", "50", "--cache-tune",
            folder.Valid).Json.GetProperty("cache");
        await Assert.That(Perplexity(again)).IsEqualTo(again.GetProperty("tunedPerplexity").GetDouble());
        string text = Tinysd.Run("eval", folder.Model, "--data", folder.Test, "--cache", "50", "--cache-tune", folder.Valid).Out;
        await Assert.That(text).Contains("with a continuous cache: perplexity ");
        await Assert.That(text).Contains($", tuned on {folder.Valid} to perplexity ");
    }

    [Test]
    public async Task Streams_give_nearly_the_same_perplexity()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        double one = Perplexity(Tinysd.Run("eval", folder.Model, "--data", folder.Test, "--json", "--streams", "1").Json);
        JsonElement four = Tinysd.Run("eval", folder.Model, "--data", folder.Test, "--json", "--streams", "4").Json;
        await Assert.That(four.GetProperty("tokens").GetInt64()).IsEqualTo((60 * 7) - 1);
        await Assert.That(Perplexity(four)).IsEqualTo(one).Within(0.01 * one);
    }

    [Test]
    [Arguments("--seed 3", "--seed has no effect without --mc-samples, which evaluates with dropout.")]
    [Arguments("--rate 0.5", "--rate has no effect without --mc-samples, which evaluates with dropout.")]
    [Arguments(
        "--rate-word 0.5 --dropout locked", "--dropout and --rate-word have no effect without --mc-samples, which evaluates with dropout.")]
    [Arguments("--rate-word-by-sequence", "--rate-word-by-sequence has no effect without --mc-samples, which evaluates with dropout.")]
    [Arguments("--weight-drop 0.5", "--weight-drop has no effect without --mc-samples, which evaluates with dropout.")]
    [Arguments("--mc-samples 2 --dropout random",
        "--dropout random has no effect: the model's recipe has no drop rate; add --rate, for example --rate 0.5, or the rate of a site.")]
    [Arguments("--cache-theta 1 --cache-tune none", "--cache-theta and --cache-tune have no effect without --cache.")]
    [Arguments("--cache 5 --cache-lambda 0.1 --cache-tune VALID", "--cache-lambda has no effect: --cache-tune finds both numbers.")]
    public async Task Options_without_effect_are_warnings(string options, string warning)
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        CliResult result = Tinysd.Run(["eval", folder.Model, "--data", folder.Test, "--quiet",
            .. options.Replace("VALID", folder.Valid, StringComparison.Ordinal).Split(' ')]);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Error).IsEqualTo($"tinysd eval: warning: {warning}\n");
        await Assert.That(result.Out).StartsWith("perplexity ");
    }

    [Test]
    [Arguments("--mc-samples 3", "--mc-samples needs dropout, and the model was trained without; add --dropout and --rate")]
    [Arguments("--mc-samples 3 --dropout none", "--mc-samples needs dropout, and the model was trained without; add --dropout and --rate")]
    [Arguments("--mc-samples 3 --rate 0.5", "warning: --rate has no effect: the model's recipe has no dropout; add --dropout")]
    [Arguments("--mc-samples 0", "--mc-samples is '0'; expected a whole number from 1 to 65536.")]
    [Arguments("--cache 5 --cache-lambda 1", "--cache-lambda is '1'; expected a number of at least 0 and below 1.")]
    [Arguments("--cache 5 --streams 2", "--cache needs the whole text in one stream; leave --streams out.")]
    public async Task Options_in_contradiction_are_refused(string options, string message)
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        CliResult result = Tinysd.Run(["eval", folder.Model, "--data", folder.Test, .. options.Split(' ')]);
        await Assert.That(result.Code).IsEqualTo(2);
        await Assert.That(result.Error).StartsWith($"tinysd eval: {message}");
        await Assert.That(result.Out).IsEqualTo("");
    }

    // Of the 419 tokens to predict; the first of the text is not one of them.
    [Test]
    [Arguments("the cat", 0, "0 of them <unk> (0.0 %)")]
    [Arguments("the platypus <unk>", 2, "2 of them <unk> (0.5 %)")]
    [Arguments("platypus cat", 0, "0 of them <unk> (0.0 %)")]
    [Arguments("platypus platypus", 1, "1 of them <unk> (0.2 %)")]
    public async Task Unknown_tokens_are_counted_and_told(string start, int unknown, string told)
    {
        using var folder = new TestFolder();
        string[] words = [.. start.Split(' '), .. File.ReadAllText(folder.Test).ReplaceLineEndings(" ").Split(' ')];
        string text = folder.PutText("some.txt", string.Join('\n', words[..210]));
        CliResult trained = folder.TrainModel("--min-count", "2", "--test", text, "--json");
        await Assert.That(trained.Json.GetProperty("validUnknown").GetInt64()).IsEqualTo(0);
        await Assert.That(trained.Json.GetProperty("testUnknown").GetInt64()).IsEqualTo(unknown);
        await Assert.That(trained.Error)
            .Contains($"\n{folder.Valid}: 419 tokens to predict, 0 of them <unk> (0.0 %)\n{text}: 419 tokens to predict, {told}\n");
        await Assert.That(Tinysd.Run("eval", folder.Model, "--data", text).Out)
            .Matches(@"^perplexity \d+\.\d\d over 419 predicted tokens, " + Regex.Escape(told) + "; 5 streams side by side\n$");
        JsonElement json = Tinysd.Run("eval", folder.Model, "--data", text, "--json").Json;
        await Assert.That(json.GetProperty("tokens").GetInt64()).IsEqualTo(419);
        await Assert.That(json.GetProperty("unknown").GetInt64()).IsEqualTo(unknown);
    }

    [Test]
    public async Task Without_an_unknown_token_there_is_nothing_to_tell_of_it()
    {
        using var folder = new TestFolder();
        CliResult trained = folder.TrainModel("--json");
        await Assert.That(trained.Json.GetProperty("validUnknown").GetInt64()).IsEqualTo(0);
        await Assert.That(trained.Json.TryGetProperty("testUnknown", out _)).IsFalse();
        await Assert.That(trained.Error).DoesNotContain("<unk>");
        await Assert.That(Tinysd.Run("eval", folder.Model, "--data", folder.Test, "--json").Json.GetProperty("unknown").GetInt64())
            .IsEqualTo(0);
        await Assert.That(Tinysd.Run("eval", folder.Model, "--data", folder.Test).Out).DoesNotContain("<unk>");
    }

    private static double Perplexity(JsonElement json) => json.GetProperty("perplexity").GetDouble();
}
