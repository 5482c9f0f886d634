using System.Text.Json;

namespace TinySD.Tools.Tests;

/// <summary>What of a text is not used, or not as its owner may think, is said: tokens that no window holds, marks of lines, carriage
/// returns, unknown words.</summary>
public sealed class TextWarningTests
{
    [Test]
    public async Task Tokens_that_no_epoch_uses_are_counted_and_told()
    {
        // 2100 tokens in 5 streams of 420: 69 windows of 6 steps look at 415 of each.
        using var folder = new TestFolder();
        CliResult few = folder.TrainModel("--max-steps", "2", "--report", folder["report.html"], "--json");
        await Assert.That((few.Json.GetProperty("trainTokens").GetInt64(), few.Json.GetProperty("leftOutTokens").GetInt64()))
            .IsEqualTo((2100L, 25L));
        await Assert.That(few.Error).Contains(
            $"\n{folder.Train}: each epoch leaves out 25 of 2,100 tokens (1.2 %): the text is cut into 5 streams of equal length, and of " +
            "those only whole windows of 6 steps " +
            "are trained. --bptt 3 leaves out 10.\n");
        await Assert.That(await File.ReadAllTextAsync(folder["report.html"])).Contains("left out of each epoch</td><td>25 tokens</td>");
    }

    [Test]
    [Arguments("20", "70", 680, "(32.4 %)", "--bptt 52 leaves out 0.")] // 105 of each of 20 streams: 71 in one window
    [Arguments("64", "20", 756, "(36.0 %)", "are trained. A lower --batch or --bptt leaves out less.")] // 32 of each: 21
    [Arguments("1000", "1", 100, "", "")] // less than a twentieth, and --quiet
    public async Task A_share_that_must_not_be_missed_is_a_warning_with_a_remedy(
        string batch, string bptt, long left, string share, string remedy)
    {
        using var folder = new TestFolder();
        CliResult result = Tinysd.Run(
            "train", "lm", "--train", folder.Train, "--valid", folder.Valid, "--out", folder.Model, "--hidden", "4", "--batch", batch,
            "--bptt", bptt, "--max-steps", "1", "--quiet", "--json");
        await Assert.That(result.Json.GetProperty("leftOutTokens").GetInt64()).IsEqualTo(left);
        if (left > 105)
        {
            await Assert.That(result.Error)
                .Contains($"tinysd train lm: {folder.Train}: each epoch leaves out {left} of 2,100 tokens {share}").And.Contains(remedy);
        }

        else await Assert.That(result.Error).IsEqualTo("");
    }

    [Test]
    public async Task Windows_of_varying_length_leave_out_what_does_not_fill_every_stream_alone()
    {
        using var folder = new TestFolder();
        CliResult result = folder.TrainModel("--variable-bptt", "--max-steps", "2", "--json");
        await Assert.That(result.Json.GetProperty("leftOutTokens").GetInt64()).IsEqualTo(0);
        await Assert.That(result.Error).DoesNotContain("leaves out");
        string odd = folder.PutText("odd.txt", await File.ReadAllTextAsync(folder.Train) + "the cat\n");
        string[] args = folder.TrainArgs(folder.Model, 1, "--variable-bptt", "--max-steps", "2", "--json");
        args[Array.IndexOf(args, folder.Train)] = odd;
        CliResult over = Tinysd.Run(args);
        await Assert.That(over.Json.GetProperty("leftOutTokens").GetInt64()).IsEqualTo(3);
        await Assert.That(over.Error).Contains("leaves out 3 of 2,103 tokens (0.1 %): the text is cut into 5 streams of equal length.\n");
    }

    [Test]
    public async Task Lines_that_end_in_the_mark_already_get_no_second_one()
    {
        using var folder = new TestFolder();
        string marked =
            folder.PutText("marked.txt", (await File.ReadAllTextAsync(folder.Train)).Replace("\n", " <eos>\n", StringComparison.Ordinal));
        string test = folder.PutText(
            "marked-test.txt", (await File.ReadAllTextAsync(folder.Test)).Replace("\n", " <eos>\n", StringComparison.Ordinal));
        CliResult plain = folder.TrainModel("--json"), same = TrainOn(folder, marked, "--json");
        await Assert.That(same.Error).Contains($"tinysd train lm: {marked}: 300 of 300 lines end in <eos> already, and get no second one");
        await Assert.That(same.Json.GetProperty("validPerplexity").GetDouble())
            .IsEqualTo(plain.Json.GetProperty("validPerplexity").GetDouble());
        JsonElement eval = Tinysd.Run("eval", folder.Model, "--data", folder.Test, "--json").Json;
        CliResult again = Tinysd.Run("eval", folder.Model, "--data", test, "--json");
        await Assert.That(again.Out).IsEqualTo(eval.GetRawText() + "\n");
        await Assert.That(again.Error).Contains($"tinysd eval: {test}: 60 of 60 lines end in <eos> already, and get no second one");

        // As it was before there was a choice.
        CliResult twice = TrainOn(folder, marked, "--json", "--eos", "always");
        await Assert.That(twice.Json.GetProperty("trainTokens").GetInt64()).IsEqualTo(2400);
        await Assert.That(twice.Error).Contains("300 of 300 lines end in <eos> already, and get a second one");
        await Assert.That(Tinysd.Run("eval", folder.Model, "--data", test, "--json").Json.GetProperty("tokens").GetInt64()).IsEqualTo(479);
    }

    [Test]
    public async Task Without_marks_a_line_end_is_white_space_in_training_eval_resume_and_generate()
    {
        using var folder = new TestFolder();
        CliResult stopped =
            Tinysd.RunUntilShown("epoch 2/3", 20, folder.TrainArgs(folder.Model, 1, "--eos", "none", "--checkpoint", folder["ck"]));
        await Assert.That(stopped.Code).IsEqualTo(130).Because(stopped.Error);
        CliResult other = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--eos", "auto");
        await Assert.That(other.Code).IsEqualTo(2);
        await Assert.That(other.Error).Contains("--eos is where-missing, and the run in ").And.Contains(" has none;");
        JsonElement resumed = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--json").Json;
        await Assert.That((resumed.GetProperty("trainTokens").GetInt64(), resumed.GetProperty("vocabulary").GetInt32()))
            .IsEqualTo((1800L, 13));
        string oneLine = folder.PutText("one-line.txt", (await File.ReadAllTextAsync(folder.Test)).Replace('\n', ' '));
        CliResult lines = Tinysd.Run("eval", folder.Model, "--data", folder.Test, "--json");
        CliResult line = Tinysd.Run("eval", folder.Model, "--data", oneLine, "--json");
        await Assert.That(lines.Json.GetProperty("tokens").GetInt64()).IsEqualTo(359);
        await Assert.That(line.Out).IsEqualTo(lines.Out);
        CliResult text = Tinysd.Run("generate", folder.Model, "--length", "20", "--prompt", "the\ncat");
        await Assert.That(text.Out).StartsWith("the cat ");
        await Assert.That(text.Out.Split(' ').Length).IsEqualTo(22);
        await Assert.That(Tinysd.Run("inspect", folder.Model).Out).Matches("--eos +none");
    }

    [Test]
    public async Task The_option_has_no_effect_where_tokens_are_no_words()
    {
        using var folder = new TestFolder();
        CliResult result = folder.TrainModel("--level", "char", "--eos", "none", "--max-steps", "2");
        await Assert.That(result.Code).IsEqualTo(0);
        await Assert.That(result.Error).Contains("tinysd train lm: warning: --eos none has no effect at --level char");
    }

    [Test]
    public async Task A_text_without_a_word_is_refused()
    {
        using var folder = new TestFolder();
        CliResult result = TrainOn(folder, folder.PutText("blank.txt", " \n\n"), "--eos", "none");
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Error).Contains("blank.txt has white space only, and not one word.");
    }

    [Test]
    [Arguments("\r", "has no line feed and 300 carriage returns, which are white space: all of it is one line, with one <eos>.")]
    [Arguments("\r\n", null)]
    [Arguments("\r\nthe cat\r", ": 300 carriage returns without a line feed behind are white space, and end no line.")]
    public async Task Carriage_returns_that_end_no_line_are_told(string end, string? told)
    {
        using var folder = new TestFolder();
        string text = folder.PutText("other.txt", (await File.ReadAllTextAsync(folder.Train)).Replace("\n", end, StringComparison.Ordinal));
        CliResult result = TrainOn(folder, text, "--max-steps", "2");
        await Assert.That(result.Code).IsEqualTo(0);
        if (told is null) await Assert.That(result.Error).DoesNotContain("carriage");
        else await Assert.That(result.Error).Contains($"tinysd train lm: {text}{(told[0] == ':' ? "" : " ")}{told}");

        // What marks no lines has no lines to end; at character level nothing is lost, but hardly meant.
        await Assert.That(TrainOn(folder, text, "--max-steps", "2", "--eos", "none").Error).DoesNotContain("carriage");
        await Assert.That(TrainOn(folder, text, "--max-steps", "2", "--level", "char", "--min-count", "2").Error)
            .Contains("carriage returns are characters like any other");
        CliResult eval = Tinysd.Run("eval", folder.Model, "--data", text);
        await Assert.That(eval.Error).Contains($"tinysd eval: {text}: its ");
    }

    [Test]
    public async Task Words_of_the_training_text_and_of_a_prompt_that_are_unknown_are_told()
    {
        using var folder = new TestFolder();
        CliResult trained = folder.TrainModel("--max-vocabulary", "8", "--max-steps", "2", "--json");
        long unknown = trained.Json.GetProperty("trainUnknown").GetInt64();
        await Assert.That(unknown).IsBetween(300, 1500);
        await Assert.That(trained.Error).Contains($"{folder.Train}: 2,100 tokens to train on, ");
        CliResult text = Tinysd.Run("generate", folder.Model, "--prompt", "the zebra <unk> gnu", "--length", "3");
        await Assert.That(text.Error)
            .IsEqualTo("tinysd generate: the vocabulary lacks 'gnu', 'zebra' of --prompt; the model reads <unk> instead.\n");
        await Assert.That(text.Out).StartsWith("the <unk> <unk> <unk> ");
        await Assert.That(Tinysd.Run("generate", folder.Model, "--prompt", "the <unk>", "--length", "3").Error).IsEqualTo("");
    }

    private static CliResult TrainOn(TestFolder folder, string text, params string[] options)
    {
        string[] args = folder.TrainArgs(folder.Model, 1, options);
        args[Array.IndexOf(args, folder.Train)] = text;
        return Tinysd.Run(args);
    }
}
