using System.Text;
using System.Text.Json;
using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary><c>tag</c>: what comes on standard input, sentence by sentence.</summary>
public sealed class TagTests
{
    [Test]
    public async Task A_sentence_has_the_same_tags_and_probabilities_alone_and_among_others()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainTagger().Code).IsEqualTo(0);
        string[] sentences = TaggerFiles.Lines(TaggerFiles.Sentences(40, 4)).Split('\n')[..^1];
        JsonElement[] rows = [.. Tag(folder, string.Join('\n', sentences), "--probabilities", "--json").Json.GetProperty("rows")
            .EnumerateArray()];
        await Assert.That(rows.Length).IsEqualTo(40);
        string text = Tag(folder, string.Join('\n', sentences), "--probabilities", "--threads", "3").Out;
        string expected = "";
        for (int i = 0; i < rows.Length; i++)
        {
            JsonElement alone = Tag(folder, sentences[i], "--probabilities", "--json", "--threads", "1").Json.GetProperty("rows")[0];
            await Assert.That(JsonSerializer.Serialize(rows[i])).IsEqualTo(JsonSerializer.Serialize(alone));
            string[] words = [.. rows[i].GetProperty("words").EnumerateArray().Select(word => word.GetString()!)];
            string[] tags = [.. rows[i].GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()!)];
            double[] probabilities = [.. rows[i].GetProperty("probabilities").EnumerateArray().Select(p => p.GetDouble())];
            await Assert.That(string.Join(' ', words)).IsEqualTo(sentences[i]);
            await Assert.That(probabilities.All(p => p is > 0 and <= 1)).IsTrue();
            JsonElement[] all = [.. rows[i].GetProperty("tagProbabilities").EnumerateArray()];
            await Assert.That(all.Length).IsEqualTo(words.Length);
            for (int t = 0; t < words.Length; t++)
            {
                await Assert.That(all[t].EnumerateObject().Sum(p => p.Value.GetDouble())).IsEqualTo(1).Within(1e-9);
                await Assert.That(all[t].EnumerateObject().Count(p => p.Value.GetDouble() == probabilities[t])).IsEqualTo(1);
            }

            for (int t = 0; t < words.Length; t++) expected += FormattableString.Invariant($"{words[t]} {tags[t]} {probabilities[t]:F6}\n");
            expected += "\n";

            // Entities are those of the tags, the end being the word behind the last.
            var own = TaggerFiles.Entities([tags]);
            var told = rows[i].GetProperty("entities").EnumerateArray().Select(entity => (
                0, entity.GetProperty("start").GetInt32(), entity.GetProperty("end").GetInt32() - 1,
                entity.GetProperty("type").GetString()!));
            await Assert.That(own.SetEquals(told)).IsTrue();
        }

        await Assert.That(text).IsEqualTo(expected);
    }

    [Test]
    public async Task Every_line_is_a_sentence_however_short_or_long()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainTagger().Code).IsEqualTo(0);
        string giant = string.Concat(Enumerable.Repeat("Anna saw ", 10_000));
        CliResult result = Tag(folder, $"\n \t \nOslo\nAnna\tmet   Oslo\r\n{giant}\n\u00e9\ud83d\udca1\u6771\u4eac\nRome");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        string[] blocks = result.Out.Split("\n\n");
        await Assert.That(result.Out).StartsWith("\n\nOslo B-LOC\n\nAnna B-PER\nmet O\nOslo B-LOC\n\nAnna B-PER\nsaw O\n");
        string[] last = blocks[^4..];
        await Assert.That(last[0].Split('\n').Length).IsEqualTo(20_000);
        await Assert.That(last[0].Split('\n').Distinct().Order(StringComparer.Ordinal).SequenceEqual(["Anna B-PER", "saw O"])).IsTrue();
        await Assert.That(last[1]).StartsWith("\u00e9\ud83d\udca1\u6771\u4eac ");
        await Assert.That(last[2]).IsEqualTo("Rome B-LOC");
        await Assert.That(result.Error).Contains("line 5: a sentence of 20,000 words is tagged in parts of 16,384.");
        await Assert.That(Tag(folder, "").Out).IsEqualTo("");
        await Assert.That(Tag(folder, "\n", "--json").Json.GetProperty("rows")[0].GetProperty("words").GetArrayLength()).IsEqualTo(0);
    }

    [Test]
    public async Task A_sentence_is_answered_before_the_next_line_comes_and_those_that_came_together_are_answered_at_once()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainTagger().Code).IsEqualTo(0);
        await Assert.That(await Seen("tag", "Anna met\n", "Oslo\nRome\nBonn\n", "the")).IsEqualTo("0 0 1 4 4");
        await Assert.That(await Seen("tag --columns", "Anna\nmet\n", "\nOslo\n\nRo", "me\n")).IsEqualTo("0 0 0 2 2");

        async Task<string> Seen(string command, params string[] pieces)
        {
            using var output = new StringWriter { NewLine = "\n" };
            using var error = new StringWriter();
            using var stop = new StopRequest();
            var seen = new List<int>();
            using var input = new StepwiseInput(pieces, () => seen.Add(output.ToString().Split("\n\n").Length - 1));
            int code = Cli.Run([.. command.Split(' '), folder.Model], new CliConsole(output, error) { Input = input }, stop);
            await Assert.That(code).IsEqualTo(0).Because(error.ToString());
            return string.Join(' ', seen);
        }
    }

    [Test]
    public async Task Words_are_looked_up_as_in_training_and_printed_as_they_came()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainTagger("--characters", "none").Code).IsEqualTo(0);
        await Assert.That(Tag(folder, "ANNA berg the 2026 OSLO").Out).IsEqualTo("ANNA B-PER\nberg I-PER\nthe O\n2026 O\nOSLO B-LOC\n\n");
        string usual = Tag(folder, "Anna Berg 1987", "--probabilities", "--json").Json.GetProperty("rows")[0].GetProperty("probabilities")
            .GetRawText();
        await Assert.That(Tag(folder, "anna BERG 2001", "--probabilities", "--json").Json.GetProperty("rows")[0]
            .GetProperty("probabilities").GetRawText()).IsEqualTo(usual);
        await Assert.That(folder.TrainTagger("--characters", "none", "--no-lower", "--zero-digits", "false").Code).IsEqualTo(0);
        string exact = Probabilities("Anna Berg 1987");
        await Assert.That(Probabilities("anna Berg 1987")).IsNotEqualTo(exact);
        await Assert.That(Probabilities("Anna Berg 2001")).IsNotEqualTo(exact);
        await Assert.That(Probabilities("Anna Berg 2001")).IsEqualTo(Probabilities("Anna Berg 2002"));

        string Probabilities(string text) =>
            Tag(folder, text, "--probabilities", "--json").Json.GetProperty("rows")[0].GetProperty("probabilities").GetRawText();
    }

    [Test]
    public async Task Columns_stay_as_they_came_with_the_tag_behind_them()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainTagger().Code).IsEqualTo(0);
        CliResult result = Tag(
            folder, "-DOCSTART- -X-\n\nAnna NNP \nBerg  NNP\n\n\n# a comment of one\nOslo\tNNP\r\n-DOCSTART- -X-\nthe DT", "--columns");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Out).IsEqualTo(
            "-DOCSTART- -X- O\n\nAnna NNP B-PER\nBerg  NNP I-PER\n\n# a comment of one\nOslo\tNNP\tB-LOC\n\n" +
            "-DOCSTART- -X- O\n\nthe DT O\n\n");
        await Assert.That(Tag(folder, "NNP Anna\n\nDT the\n", "--columns", "--word-column", "2").Out)
            .IsEqualTo("NNP Anna B-PER\n\nDT the O\n\n");
        await Assert.That(Tag(folder, "#oslo\nAnna\n", "--columns").Out.Split('\n')[1]).IsEqualTo("Anna B-PER");
        CliResult uneven = Tag(folder, "a b\n\nAnna NNP\nthe\n", "--columns");
        await Assert.That(uneven.Code).IsEqualTo(1);
        await Assert.That(uneven.Error).Contains("standard input, line 4: 1 column; 2 expected, as in line 1.");
        await Assert.That(uneven.Out).StartsWith("a b ");
        CliResult few = Tag(folder, "Anna\n", "--columns", "--word-column", "3");
        await Assert.That(few.Error).Contains("line 1: 1 column, and words were asked for in column 3 (--word-column).");
        await Assert.That(Tag(folder, "Anna", "--word-column", "2").Error).Contains("--word-column has no effect without --columns");

        // What it writes, eval reads.
        string columns = TaggerFiles.Columns(TaggerFiles.Sentences(20, 5));
        string again = folder.PutText("again", Tag(folder, columns, "--columns").Out);
        JsonElement json = Tinysd.Run("eval", folder.Model, "--data", again, "--json").Json;
        await Assert.That(json.GetProperty("f1").GetDouble()).IsEqualTo(100);
        await Assert.That(json.GetProperty("sentences").GetInt32()).IsEqualTo(20);
    }

    [Test]
    public async Task Text_that_is_not_utf8_is_read_as_latin1_and_said_to_be()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainTagger().Code).IsEqualTo(0);
        using var input = new MemoryStream(Encoding.Latin1.GetBytes("Malm\u00f6\n"));
        CliResult result = Tinysd.RunOn(input, "tag", folder.Model);
        await Assert.That(result.Out).StartsWith("Malm\u00f6 ");
        await Assert.That(result.Error).Contains("standard input: not UTF-8, read as Latin-1.");
    }

    [Test]
    public async Task A_stop_ends_it_while_it_waits()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainTagger().Code).IsEqualTo(0);
        using var output = new StringWriter { NewLine = "\n" };
        using var stop = new StopRequest();
        using var end = new ManualResetEventSlim();
        int count = 0;
        using var input = new StepwiseInput(["Anna\n", "Oslo\n"], () =>
        {
            if (++count < 3) return;
            stop.TryRequest();
            end.Wait();
        });
        int code = Cli.Run(["tag", folder.Model], new CliConsole(output, TextWriter.Null) { Input = input }, stop);
        end.Set();
        await Assert.That((code, output.ToString())).IsEqualTo((130, "Anna B-PER\n\n"));
    }

    private static CliResult Tag(TestFolder folder, string input, params string[] more) =>
        Tinysd.RunOn(input, ["tag", folder.Model, .. more]);
}
