using System.Globalization;
using System.Text.Json;
using TinySD.Formats.Models;
using TinySD.Formats.Text;
using TinySD.Runtime.Inference;

namespace TinySD.Tools.Tests;

/// <summary>What <c>generate</c> does beside sampling: what it must not say, where it goes on from, and what could come next.</summary>
public sealed class GenerateTests
{
    [Test]
    public async Task Forbidden_words_are_never_generated()
    {
        using var folder = new TestFolder();
        folder.TrainModel("--max-vocabulary", "10");
        string[] command = ["generate", folder.Model, "--length", "300", "--seed", "2"];
        await Assert.That(Tinysd.Run(command).Out).Contains("<unk>").And.Contains("the");
        CliResult without = Tinysd.Run([.. command, "--forbid", "<unk>", "--forbid", "the"]);
        await Assert.That(without.Code).IsEqualTo(0);
        await Assert.That(without.Out).DoesNotContain("<unk>");
        await Assert.That(without.Out.Split(' ', '\n')).DoesNotContain("the");
        await Assert.That(Tinysd.Run([.. command, "--forbid", "<eos>"]).Out.Count(c => c == '\n')).IsEqualTo(1);
    }

    [Test]
    public async Task A_forbidden_token_that_the_model_does_not_have_is_refused_with_what_its_tokens_are()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        await Refused("platypus", "--forbid is 'platypus'; the model's vocabulary of words has none such");
        await Refused("the cat", "--forbid is 'the cat'; the model's tokens are words, and one without white space was expected.");
        string[] all = [.. LanguageModelFile.Load(folder.Model).Vocabulary.Tokens.SelectMany(token => new[] { "--forbid", token })];
        CliResult none = Tinysd.Run(["generate", folder.Model, .. all]);
        await Assert.That(none.Code).IsEqualTo(2);
        await Assert.That(none.Error).Contains("--forbid names all 14 tokens of the model; leave one out");
        await Assert.That(Tinysd.Run(["generate", folder.Model, "--length", "5", .. all[2..]]).Code).IsEqualTo(0);
        folder.TrainModel("--level", "char", "--max-steps", "2");
        await Refused("the", "--forbid is 'the'; the model's tokens are characters, and one was expected.");
        await Refused("%", "--forbid is '%'; the model's vocabulary of characters has none such.");
        folder.TrainModel("--level", "byte", "--max-steps", "2");
        await Refused("newline", "tokens are bytes, and two hexadecimal digits were expected");
        await Assert.That(Tinysd.Run("generate", folder.Model, "--length", "5", "--forbid", "0A").Code).IsEqualTo(0);

        async Task Refused(string token, string message)
        {
            CliResult result = Tinysd.Run("generate", folder.Model, "--forbid", token);
            await Assert.That(result.Code).IsEqualTo(2);
            await Assert.That(result.Error).Contains(message);
            await Assert.That(result.Out).IsEqualTo("");
        }
    }

    [Test]
    [Arguments("the cat", "the cat")]
    [Arguments("the cat\r\na dog", "the cat\na dog")]
    [Arguments("\uFEFFthe cat\n", "the cat\n")]
    public async Task A_prompt_from_a_file_or_standard_input_is_read_as_texts_are(string content, string prompt)
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        string file = folder.PutText("prompt.txt", content);
        CliResult expected = Tinysd.Run("generate", folder.Model, "--prompt", prompt, "--length", "20");
        CliResult read = Tinysd.Run("generate", folder.Model, "--prompt-file", file, "--length", "20");
        await Assert.That(read).IsEqualTo(expected);
        await Assert.That(Tinysd.RunOn(content, "generate", folder.Model, "--prompt-file", "-", "--length", "20")).IsEqualTo(expected);
    }

    [Test]
    public async Task A_prompt_that_cannot_be_read_is_refused_by_its_name()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        await Refused(1, "there is no file nowhere.txt; check the name", "--prompt-file", "nowhere.txt");
        await Refused(1, "- is empty; a text was expected", "--prompt-file", "-");
        string strange = folder.PutText("strange.txt", "the cat\nthe platypus\n");
        await Refused(1, $"{strange}, line 2: the word 'platypus' is not in the model's vocabulary", "--prompt-file", strange);
        await Refused(2, "--prompt and --prompt-file contradict each other", "--prompt", "a", "--prompt-file", strange);
        folder.TrainModel("--min-count", "2");
        await Assert.That(Tinysd.Run("generate", folder.Model, "--prompt-file", strange, "--length", "3").Error).IsEqualTo(
            $"tinysd generate: the vocabulary lacks 'platypus' of {strange}; the model reads <unk> instead.\n");

        async Task Refused(int code, string message, params string[] options)
        {
            CliResult result = Tinysd.Run(["generate", folder.Model, .. options]);
            await Assert.That(result.Code).IsEqualTo(code);
            await Assert.That(result.Error).Contains(message);
            await Assert.That(result.Out).IsEqualTo("");
        }
    }

    [Test]
    public async Task At_byte_level_a_prompt_is_its_bytes()
    {
        using var folder = new TestFolder();
        folder.TrainModel("--level", "byte", "--max-steps", "2");
        byte[] bytes = [0xEF, 0xBB, 0xBF, 0xFF, 13, 10];
        string file = folder.Put("prompt.bin", bytes);
        JsonElement json = Tinysd.Run("generate", folder.Model, "--prompt-file", file, "--length", "4", "--json").Json;
        await Assert.That(json.GetProperty("bytes").GetBytesFromBase64().AsSpan(0, 6).SequenceEqual(bytes)).IsTrue();
        CliResult told = Tinysd.Run("generate", folder.Model, "--prompt-file", file, "--probabilities", "256", "--json");
        await Assert.That(told.Json.GetProperty("probabilities").GetArrayLength()).IsEqualTo(256);
        await Assert.That(Tinysd.Run("generate", folder.Model, "--probabilities", "256").Out).Contains("61  a ");
    }

    [Test]
    [Arguments("1", null, 0)]
    [Arguments("0.5", "cat", 0)]
    [Arguments("0", "cat", 0)]
    [Arguments("1", null, 4)]
    public async Task Probabilities_are_those_of_the_models_logits(string temperature, string? forbidden, int topK)
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        (Vocabulary vocabulary, double[] logits) = LogitsAfter(folder.Model, "<eos>", "the");
        double scale = double.Parse(temperature, CultureInfo.InvariantCulture);
        (string Token, double Logit)[] allowed =
        [
            .. vocabulary.Tokens.Select((token, id) => (token, logits[id])).Where(pair => pair.token != forbidden)
                .OrderByDescending(pair => pair.Item2).Take(scale == 0 ? 1 : topK == 0 ? 99 : topK),
        ];
        double[] weights = [.. allowed.Select(pair => scale == 0 ? 1 : Math.Exp(pair.Logit / scale))];
        string[] command = ["generate", folder.Model, "--prompt", "the", "--temperature", temperature, "--top-k", $"{topK}"];
        if (forbidden is not null) command = [.. command, "--forbid", forbidden];
        JsonElement[] told =
            [.. Tinysd.Run([.. command, "--probabilities", "99", "--json"]).Json.GetProperty("probabilities").EnumerateArray()];
        await Assert.That(told.Select(row => row.GetProperty("token").GetString()!))
            .IsEquivalentTo(allowed.Select(pair => pair.Token), CollectionOrdering.Matching);
        for (int i = 0; i < told.Length; i++)
            await Assert.That(told[i].GetProperty("probability").GetDouble()).IsEqualTo(weights[i] / weights.Sum()).Within(1e-12);
    }

    [Test]
    public async Task Probabilities_stand_in_a_table_of_ten_or_as_many_as_are_asked_for()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        CliResult ten = Tinysd.Run("generate", folder.Model, "--prompt", "the", "--probabilities");
        await Assert.That(ten.Error).IsEqualTo("");
        await Assert.That(Rows(ten)).IsEqualTo(10);
        CliResult two = Tinysd.Run("generate", folder.Model, "--probabilities", "2", "--prompt", "the", "--length", "7", "--seed", "3");
        await Assert.That(Rows(two)).IsEqualTo(2);
        await Assert.That(two.Error).Contains("warning: --length and --seed have no effect with --probabilities: nothing is sampled.");
        CliResult zero = Tinysd.Run("generate", folder.Model, "--probabilities", "0");
        await Assert.That((zero.Code, zero.Error.Split('\n')[0])).IsEqualTo(
            (2, "tinysd generate: --probabilities is '0'; expected a whole number of at least 1."));

        static int Rows(CliResult result) => result.Out.Split('\n').Count(line => line.Contains(" 0.", StringComparison.Ordinal));
    }

    private static (Vocabulary Vocabulary, double[] Logits) LogitsAfter(string model, params string[] tokens)
    {
        LoadedLanguageModel loaded = LanguageModelFile.Load(model);
        var session = new LanguageModelSession(loaded.Model);
        double[] logits = [];
        foreach (string token in tokens)
        {
            loaded.Vocabulary.TryGetId(token, out int id);
            logits = [.. session.Step(id).ToArray().Select(logit => (double)logit)];
        }

        return (loaded.Vocabulary, logits);
    }
}
