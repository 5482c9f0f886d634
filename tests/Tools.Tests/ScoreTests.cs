using System.Globalization;
using System.Text.Json;
using TinySD.Formats.Models;
using TinySD.Runtime.Inference;
using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary><c>tinysd score</c>: the log-probability of lines.</summary>
public sealed class ScoreTests
{
    [Test]
    public async Task A_lines_score_is_the_scalar_sum_over_a_sessions_logits()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        string[] lines = ["the cat sees a big house", "house house", "", string.Join(' ', Enumerable.Repeat("a dog", 40))];
        CliResult result = Tinysd.RunOn(string.Join('\n', lines), "score", folder.Model);
        await Assert.That((result.Code, result.Error)).IsEqualTo((0, ""));
        string[] told = result.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await Assert.That(told.Length).IsEqualTo(lines.Length);
        LoadedLanguageModel loaded = LanguageModelFile.Load(folder.Model);
        for (int i = 0; i < lines.Length; i++)
        {
            string[] words = [.. lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries), "<eos>"];
            double expected = 0;
            var session = new LanguageModelSession(loaded.Model);
            loaded.Vocabulary.TryGetId("<eos>", out int last);
            foreach (string word in words)
            {
                double[] weights = [.. session.Step(last).ToArray().Select(logit => Math.Exp(logit))];
                loaded.Vocabulary.TryGetId(word, out last);
                expected += Math.Log(weights[last] / weights.Sum());
            }

            string[] cells = told[i].Split('\t');
            await Assert.That(double.Parse(cells[0], CultureInfo.InvariantCulture)).IsEqualTo(expected).Within(2e-5);
            await Assert.That(cells[1]).IsEqualTo($"{words.Length}");
        }
    }

    [Test]
    [Arguments("word", "")]
    [Arguments("char", "\n")]
    [Arguments("byte", "\n")]
    public async Task A_line_scores_what_eval_says_of_a_text_that_has_it_after_a_lines_end(string level, string end)
    {
        using var folder = new TestFolder();
        folder.TrainModel("--level", level, "--max-steps", "60");
        const string line = "the cat sees a big house";
        string text = folder.PutText("one.txt", $"\n{line}\n");
        JsonElement eval = Tinysd.Run("eval", folder.Model, "--data", text, "--streams", "1", "--json").Json;
        JsonElement score = Tinysd.RunOn(line + end, "score", folder.Model, "--json").Json;
        long tokens = eval.GetProperty("tokens").GetInt64();
        await Assert.That(score.GetProperty("tokens").GetInt64()).IsEqualTo(tokens);
        await Assert.That(score.GetProperty("rows").GetArrayLength()).IsEqualTo(1);
        await Assert.That(score.GetProperty("perplexity").GetDouble()).IsEqualTo(eval.GetProperty("perplexity").GetDouble()).Within(1e-4);
        await Assert.That(score.GetProperty("logProbability").GetDouble())
            .IsEqualTo(-tokens * Math.Log(eval.GetProperty("perplexity").GetDouble())).Within(1e-3);
    }

    [Test]
    public async Task Lines_are_read_each_by_itself_with_CRLF_and_a_mark_as_without()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        string both = Tinysd.RunOn("\uFEFFthe cat\r\na dog sees\r\n", "score", folder.Model).Out;
        await Assert.That(both).IsEqualTo(
            Tinysd.RunOn("the cat", "score", folder.Model).Out + Tinysd.RunOn("a dog sees\n", "score", folder.Model).Out);
        CliResult none = Tinysd.RunOn("", "score", folder.Model);
        await Assert.That((none.Code, none.Out)).IsEqualTo((0, ""));
        JsonElement empty = Tinysd.RunOn("", "score", folder.Model, "--json").Json;
        await Assert.That(empty.GetProperty("rows").GetArrayLength()).IsEqualTo(0);
        await Assert.That(empty.GetProperty("perplexity").ValueKind).IsEqualTo(JsonValueKind.Null);
    }

    [Test]
    public async Task Unknown_words_are_told_once_or_refused_with_their_line()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        CliResult refused = Tinysd.RunOn("the cat\nthe platypus\n", "score", folder.Model);
        await Assert.That(refused.Code).IsEqualTo(1);
        await Assert.That(refused.Out.Count(c => c == '\n')).IsEqualTo(1);
        await Assert.That(refused.Error).StartsWith(
            "tinysd score: standard input, line 2: the word 'platypus' is not in the model's vocabulary, and that has no <unk>.");
        folder.TrainModel("--min-count", "2");
        CliResult told = Tinysd.RunOn("the cat\nthe platypus\na gnu\n", "score", folder.Model);
        await Assert.That(told.Error).IsEqualTo(
            "tinysd score: the vocabulary lacks 'platypus' of standard input, line 2; the model reads <unk> instead.\n");
        await Assert.That(told.Out.Split('\n')[1]).IsEqualTo(Tinysd.RunOn("the <unk>", "score", folder.Model).Out.TrimEnd());
    }

    [Test]
    public async Task Each_line_is_answered_before_the_next_is_read()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        using var output = new StringWriter { NewLine = "\n" };
        var answered = new List<int>();
        using var input = new StepwiseInput(
            ["the cat\n", "a dog\n"], () => answered.Add(output.ToString().Count(c => c == '\n')));
        using var stop = new StopRequest();
        int code = Cli.Run(["score", folder.Model], new CliConsole(output, TextWriter.Null) { Input = input }, stop);
        await Assert.That(code).IsEqualTo(0);
        await Assert.That(answered).Contains(1);
    }

    [Test]
    public async Task Numbers_that_overflow_and_models_of_another_kind_are_refused()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        LoadedLanguageModel loaded = LanguageModelFile.Load(folder.Model);
        loaded.Model.Parameters.Values.Fill(float.MaxValue);
        LanguageModelFile.Save(folder.Model, loaded.Model, loaded.Vocabulary, loaded.Training);
        CliResult result = Tinysd.RunOn("the cat\n", "score", folder.Model);
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Error).StartsWith("tinysd score: the model's numbers overflow: a logit is ");
        string cut = folder.Put("cut.tsd", (await File.ReadAllBytesAsync(folder.Model)).AsSpan(0, 300));
        await Assert.That(Tinysd.RunOn("the cat\n", "score", cut).Code).IsEqualTo(1);
    }
}
