using System.Globalization;
using System.Text;
using System.Text.Json;
using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary><c>translate</c>: what comes in, what goes out, and when.</summary>
public sealed class TranslateTests
{
    [Test]
    public async Task Lines_come_back_in_their_order_the_empty_one_empty()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainTranslator().Code).IsEqualTo(0);
        string word = "a", longer = string.Join(' ', Enumerable.Repeat("der kleine hund sieht", 30));
        CliResult result = Translate(folder, $"{longer}\n\n{word}\n");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        string[] lines = result.Out.Split('\n');
        await Assert.That(lines.Length).IsEqualTo(4);
        await Assert.That(lines[1]).IsEqualTo("");
        await Assert.That(lines[3]).IsEqualTo("");

        // Each as it is alone, whatever stands beside it.
        string[] sources = [.. TranslatorFiles.Pairs(30, 9).Select(pair => pair.Source), "", " \t ", longer, "hund"];
        string[] together = Translate(folder, string.Join('\n', sources) + "\n").Out.Split('\n')[..^1];
        await Assert.That(together.Length).IsEqualTo(sources.Length);
        for (int i = 0; i < sources.Length; i += 3)
            await Assert.That(Translate(folder, sources[i] + "\n").Out).IsEqualTo(together[i] + "\n").Because(sources[i]);
        string[] other = Translate(folder, string.Join("\r\n", sources), "--batch", "3").Out.Split('\n');
        await Assert.That(other.SequenceEqual([.. together, ""])).IsTrue();
        await Assert.That(Translate(folder, "").Out).IsEqualTo("");
    }

    [Test]
    public async Task What_it_has_learnt_it_says()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainTranslator("--epochs", "10").Code).IsEqualTo(0);
        (string Source, string Target)[] pairs = TranslatorFiles.Pairs(20, 4);
        CliResult result = Translate(folder, string.Concat(pairs.Select(pair => pair.Source + "\n")), "--beam", "3");
        int right = result.Out.Split('\n').Zip(pairs).Count(both => both.First == both.Second.Target);
        await Assert.That(right).IsGreaterThan(15).Because(result.Out);
    }

    [Test]
    public async Task Answers_come_at_once_where_nothing_more_has_come()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainTranslator("--epochs", "1").Code).IsEqualTo(0);
        using var output = new StringWriter { NewLine = "\n" };
        var seen = new List<int>();
        using var input = new StepwiseInput(
            ["der hund\n", "\nein mann\n", "der b", "aum"], () => seen.Add(output.ToString().Count(c => c == '\n')));
        using var stop = new StopRequest();
        int code = Cli.Run(["translate", folder.Model], new CliConsole(output, TextWriter.Null) { Input = input }, stop);
        await Assert.That(code).IsEqualTo(0);
        await Assert.That(string.Join(' ', seen)).StartsWith("0 0 1 3 3 3");
        await Assert.That(output.ToString().Count(c => c == '\n')).IsEqualTo(4);
    }

    [Test]
    public async Task A_beam_of_one_is_greedy_and_the_best_of_several_are_distinct()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainTranslator("--epochs", "2").Code).IsEqualTo(0);
        string input = string.Concat(TranslatorFiles.Pairs(12, 5).Select(pair => pair.Source + "\n"));
        CliResult greedy = Translate(folder, input);
        await Assert.That(Translate(folder, input, "--beam", "1").Out).IsEqualTo(greedy.Out);
        CliResult best = Translate(folder, input, "--beam", "4", "--n-best", "4");
        await Assert.That(best.Code).IsEqualTo(0).Because(best.Error);
        string[][] rows = [.. best.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(" ||| "))];
        foreach (IGrouping<string, string[]> block in rows.GroupBy(row => row[0]))
        {
            await Assert.That(block.Select(row => row[1]).Distinct().Count()).IsEqualTo(4);
            double[] scores = [.. block.Select(row => double.Parse(row[2], CultureInfo.InvariantCulture))];
            await Assert.That(scores.SequenceEqual(scores.OrderDescending())).IsTrue();
        }

        await Assert.That(string.Join(' ', rows.Select(row => row[0]).Distinct())).IsEqualTo(string.Join(' ', Enumerable.Range(0, 12)));
        string first = string.Concat(rows.Where((_, i) => i % 4 == 0).Select(row => row[1] + "\n"));
        await Assert.That(Translate(folder, input, "--beam", "4").Out).IsEqualTo(first);
        CliResult empty = Translate(folder, "\nhund\n", "--beam", "2", "--n-best", "2");
        await Assert.That(empty.Out).StartsWith("0 |||  ||| 0");
        CliResult more = Translate(folder, input, "--beam", "2", "--n-best", "3");
        await Assert.That(more.Code).IsEqualTo(2);
        await Assert.That(more.Error).Contains("--n-best is 3 and --beam 2");
    }

    [Test]
    public async Task Pieces_that_join_to_the_same_words_are_one_translation()
    {
        // Cut beforehand, as often as not.
        using var folder = new TestFolder();
        (string, string)[] few = [("ein haus", "a house"), ("ein haus", "a ho@@ use"), ("ein hund", "a dog"), ("ein hund", "a do@@ g")];
        (string source, string target) = folder.PutPairs("p", [.. Enumerable.Range(0, 160).Select(i => few[i % few.Length])]);
        CliResult trained = folder.TrainTranslator(
            "--source", source, "--target", target, "--valid-source", source, "--valid-target", target, "--epochs", "4");
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        CliResult best = Translate(folder, "ein haus\nein hund\n", "--beam", "6", "--n-best", "6");
        string[][] rows = [.. best.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(" ||| "))];
        foreach ((string line, string right) in ((string, string)[])[("0", "a house"), ("1", "a dog")])
        {
            string[] own = [.. rows.Where(row => row[0] == line).Select(row => row[1])];
            await Assert.That(own[0]).IsEqualTo(right);
            await Assert.That(own.Distinct().Count()).IsEqualTo(own.Length).Because(best.Out);
        }
    }

    [Test]
    public async Task A_translation_ends_at_the_limit_at_the_latest()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainTranslator("--max-steps", "1").Code).IsEqualTo(0);
        CliResult result = Translate(folder, "der hund mag ein baum .\n", "--max-length", "3", "--beam", "3", "--n-best", "3");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        string[] lines = result.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await Assert.That(lines.Length).IsEqualTo(3);
        foreach (string line in lines)
            await Assert.That(line.Split(" ||| ")[1].Split(' ').Length).IsLessThanOrEqualTo(3);
    }

    [Test]
    public async Task A_line_of_five_thousand_tokens_is_translated()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainTranslator("--epochs", "1").Code).IsEqualTo(0);
        string line = string.Join(' ', Enumerable.Repeat("der hund mag ein baum", 1000));
        CliResult result = Translate(folder, $"hund\n{line}\nmann\n", "--max-length", "50");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Out.Count(c => c == '\n')).IsEqualTo(3);

        // Longer than the model takes at once.
        string longest = string.Join(' ', Enumerable.Repeat("der", 20_000));
        CliResult parts = Translate(folder, $"{longest}\n", "--max-length", "5");
        await Assert.That(parts.Code).IsEqualTo(0).Because(parts.Error);
        await Assert.That(parts.Error).Contains("is translated in parts of ");
        await Assert.That(parts.Out.Count(c => c == '\n')).IsEqualTo(1);
    }

    [Test]
    public async Task Unknown_words_become_words_of_the_line_and_never_unknown_ones()
    {
        using var folder = new TestFolder();

        // So few words have a place that the model says that it does not know them.
        await Assert.That(folder.TrainTranslator("--target-vocabulary-size", "5", "--epochs", "3").Code).IsEqualTo(0);
        const string input = "der hund mag xyzzy baum .\n<unk> <unk>\n\n";
        string plain = Translate(folder, input).Out;
        await Assert.That(plain).Contains("<unk>");
        CliResult replaced = Translate(folder, input, "--replace-unknown");
        await Assert.That(replaced.Code).IsEqualTo(0).Because(replaced.Error);
        await Assert.That(replaced.Out).DoesNotContain("<unk>").And.DoesNotContain("</s>").And.DoesNotContain("<s>");
        string[] own = plain.Split('\n')[0].Split(' '), other = replaced.Out.Split('\n')[0].Split(' ');
        await Assert.That(other.Length).IsEqualTo(own.Length);
        for (int i = 0; i < own.Length; i++)
        {
            if (own[i] == "<unk>") await Assert.That("der hund mag xyzzy baum .".Split(' ')).Contains(other[i]);
            else await Assert.That(other[i]).IsEqualTo(own[i]);
        }
    }

    [Test]
    public async Task Attention_is_written_line_by_line_and_adds_up_to_one()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainTranslator("--bpe", "20", "--epochs", "2").Code).IsEqualTo(0);
        string path = folder["attention.jsonl"];
        CliResult result = Translate(folder, "der hund mag ein baum .\n\nein mann\n", "--attention", path);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        JsonElement[] rows = [.. (await File.ReadAllLinesAsync(path)).Select(line => JsonDocument.Parse(line).RootElement)];
        await Assert.That(rows.Length).IsEqualTo(3);
        for (int i = 0; i < rows.Length; i++)
        {
            await Assert.That(rows[i].GetProperty("line").GetInt32()).IsEqualTo(i);
            int units = rows[i].GetProperty("source").GetArrayLength();
            await Assert.That(rows[i].GetProperty("weights").GetArrayLength()).IsEqualTo(rows[i].GetProperty("target").GetArrayLength());
            foreach (JsonElement weights in rows[i].GetProperty("weights").EnumerateArray())
            {
                await Assert.That(weights.GetArrayLength()).IsEqualTo(units);
                await Assert.That(weights.EnumerateArray().Sum(weight => weight.GetDouble())).IsEqualTo(1).Within(1e-4);
            }
        }

        await Assert.That(rows[0].GetProperty("source")[rows[0].GetProperty("source").GetArrayLength() - 1].GetString()).IsEqualTo("</s>");
        await Assert.That(rows[1].GetProperty("source").GetArrayLength()).IsEqualTo(0);
    }

    [Test]
    public async Task Json_has_a_row_for_each_line()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainTranslator("--epochs", "2").Code).IsEqualTo(0);
        JsonElement json = Translate(folder, "der hund .\n\n\u00e4\n", "--json", "--n-best", "2", "--beam", "2").Json;
        JsonElement[] rows = [.. json.GetProperty("rows").EnumerateArray()];
        await Assert.That(rows.Length).IsEqualTo(3);
        await Assert.That(rows[2].GetProperty("source").GetString()).IsEqualTo("\u00e4");
        await Assert.That(rows[1].GetProperty("translation").GetString()).IsEqualTo("");
        await Assert.That(rows[0].GetProperty("translations").GetArrayLength()).IsEqualTo(2);
        await Assert.That(rows[0].GetProperty("translation").GetString())
            .IsEqualTo(rows[0].GetProperty("translations")[0].GetProperty("text").GetString());
        await Assert.That(Translate(folder, "der hund .", "--length-penalty", "1").Error)
            .Contains("--length-penalty has no effect with a --beam of 1");
    }

    [Test]
    public async Task Text_that_is_not_utf8_is_read_as_latin1_and_said_to_be()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainTranslator("--epochs", "1").Code).IsEqualTo(0);
        using var input = new MemoryStream(Encoding.Latin1.GetBytes("Malm\u00f6\n"));
        CliResult result = Tinysd.RunOn(input, "translate", folder.Model);
        await Assert.That(result.Code).IsEqualTo(0);
        await Assert.That(result.Error).Contains("standard input: not UTF-8, read as Latin-1.");
    }

    private static CliResult Translate(TestFolder folder, string input, params string[] more) =>
        Tinysd.RunOn(input, ["translate", folder.Model, .. more]);
}
