using System.IO.Compression;
using System.Text.Json;
using TinySD.Runtime.Models;

namespace TinySD.Tools.Tests;

/// <summary><c>train tagger</c>, <c>eval</c> and <c>tag</c>.</summary>
public sealed class TaggerTests
{
    [Test]
    public async Task It_learns_and_another_process_says_the_same()
    {
        using var folder = new TestFolder();
        string test = folder.PutSentences("x.conll", 70, 3);
        CliResult trained = folder.TrainTagger("--test", test, "--json");
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        JsonElement json = trained.Json, tested = json.GetProperty("testResult");
        foreach (string key in (string[])["epochs", "metric", "test", "parameters", "model"])
            await Assert.That(json.TryGetProperty(key, out _)).IsTrue().Because(key);
        await Assert.That(json.GetProperty("metric").GetString()).IsEqualTo("F1");
        await Assert.That(json.GetProperty("test").GetDouble()).IsBetween(90, 100);
        await Assert.That(json.GetProperty("valid").GetDouble())
            .IsEqualTo(json.GetProperty("validResult").GetProperty("f1").GetDouble());

        // In another process, which knows nothing but the file.
        CliResult elsewhere = await TinysdProcess.RunAsync(folder.Path, "eval", folder.Model, "--data", test, "--json");
        JsonElement evaluated = elsewhere.Json;
        await Assert.That(JsonSerializer.Serialize(evaluated)).IsEqualTo(JsonSerializer.Serialize(tested));
        await Assert.That(evaluated.GetProperty("f1").GetDouble()).IsEqualTo(json.GetProperty("test").GetDouble());
        await Assert.That(evaluated.GetProperty("rule").GetString()).IsEqualTo("conlleval");

        // What each word is said to be adds up to the same figures.
        (string Word, string Tag)[][] gold = TaggerFiles.Sentences(70, 3);
        (string[] words, string[][] tags) = Tagged(Tinysd.RunOn(TaggerFiles.Lines(gold), "tag", folder.Model));
        await Assert.That(words.SequenceEqual(gold.SelectMany(sentence => sentence.Select(word => word.Word)))).IsTrue();
        string[][] right = [.. gold.Select(sentence => sentence.Select(word => word.Tag).ToArray())];
        var expected = TaggerFiles.Entities(right);
        var found = TaggerFiles.Entities(tags);
        double both = expected.Intersect(found).Count(), f1 = 200 * both / (expected.Count + found.Count);
        await Assert.That(evaluated.GetProperty("f1").GetDouble()).IsEqualTo(f1).Within(1e-9);
        await Assert.That(evaluated.GetProperty("precision").GetDouble()).IsEqualTo(100 * both / found.Count).Within(1e-9);
        await Assert.That(evaluated.GetProperty("recall").GetDouble()).IsEqualTo(100 * both / expected.Count).Within(1e-9);
        string[] flat = [.. tags.SelectMany(sentence => sentence)], flatRight = [.. right.SelectMany(sentence => sentence)];
        await Assert.That(evaluated.GetProperty("accuracy").GetDouble())
            .IsEqualTo(100.0 * flat.Zip(flatRight).Count(pair => pair.First == pair.Second) / flat.Length).Within(1e-9);
        await Assert.That(evaluated.GetProperty("tokens").GetInt32()).IsEqualTo(flat.Length);
        foreach (string type in (string[])["LOC", "PER"])
        {
            JsonElement own = evaluated.GetProperty("perType").GetProperty(type);
            int count = expected.Count(entity => entity.Type == type), of = found.Count(entity => entity.Type == type);
            double hits = expected.Intersect(found).Count(entity => entity.Type == type);
            await Assert.That(own.GetProperty("count").GetInt32()).IsEqualTo(count);
            await Assert.That(own.GetProperty("precision").GetDouble()).IsEqualTo(100 * hits / of).Within(1e-9);
            await Assert.That(own.GetProperty("recall").GetDouble()).IsEqualTo(100 * hits / count).Within(1e-9);
            await Assert.That(own.GetProperty("f1").GetDouble()).IsEqualTo(200 * hits / (count + of)).Within(1e-9);
        }

        string told = Tinysd.Run("eval", folder.Model, "--data", test).Out;
        await Assert.That(told).StartsWith($"{test}: 70 sentences, F1 ").And.Contains(" by conlleval's rule\nprocessed ");
        await Assert.That(told).Contains($"processed {flat.Length} tokens with {expected.Count} phrases; found: {found.Count} phrases; ");
        await Assert.That(told).Contains("              LOC: precision: ");
    }

    [Test]
    [Arguments("Windows line ends")]
    [Arguments("tabs")]
    [Arguments("lines of blanks")]
    [Arguments("no last line end")]
    [Arguments("more columns")]
    [Arguments("document marks")]
    [Arguments("a document mark inside a sentence")]
    public async Task Files_may_be_written_in_several_ways_and_give_the_same_model(string way)
    {
        using var folder = new TestFolder();
        Func<string, string> change = way switch
        {
            "Windows line ends" => text => text.Replace("\n", "\r\n", StringComparison.Ordinal),
            "tabs" => text => text.Replace(" ", "\t", StringComparison.Ordinal),
            "lines of blanks" => text => text.Replace("\n\n", "\n \t \n", StringComparison.Ordinal),
            "no last line end" => text => text.TrimEnd(),
            "more columns" => text => text.Replace(" ", " X  I-Y ", StringComparison.Ordinal),
            "document marks" => text => "-DOCSTART- O\n\n" + text + "-DOCSTART- -X- O O\n\n",
            _ => text => text.Replace("\n\n", "\n-DOCSTART- O\n", StringComparison.Ordinal),
        };
        CliResult result = folder.TrainTagger(
            "--train", folder.PutSentences("a", 150, 1, change), "--valid", folder.PutSentences("b", 60, 2, change), "--json");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        JsonElement usual = folder.TrainTagger("--json", "--no-checkpoints").Json;
        foreach (string name in (string[])["valid", "validLoss"])
            await Assert.That(result.Json.GetProperty(name).GetDouble()).IsEqualTo(usual.GetProperty(name).GetDouble());
    }

    [Test]
    public async Task Columns_are_chosen_and_the_model_remembers_them()
    {
        using var folder = new TestFolder();
        Func<string, string> turn = text => string.Concat(text.Split('\n')
            .Select(line => (line.Split(' ') is [{ } word, { } tag] ? $"x {tag} y {word} z" : line) + "\n"));
        string[] files = ["--train", folder.PutSentences("a", 150, 1, turn), "--valid", folder.PutSentences("b", 60, 2, turn)];
        CliResult result = folder.TrainTagger([.. files, "--word-column", "-2", "--tag-column", "2", "--json"]);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        double usual = folder.TrainTagger("--json", "--out", folder["usual.tsd"]).Json.GetProperty("validLoss").GetDouble();
        await Assert.That(result.Json.GetProperty("validLoss").GetDouble()).IsEqualTo(usual);
        await Assert.That(Tinysd.Run("eval", folder.Model, "--data", folder["b"], "--json").Json.GetProperty("loss").GetDouble())
            .IsEqualTo(usual);
        string plain = folder["v.conll"];
        await Assert.That(Tinysd.Run("eval", folder.Model, "--data", plain, "--word-column", "1", "--tag-column", "-1", "--json").Json
            .GetProperty("loss").GetDouble()).IsEqualTo(usual);
        CliResult none = folder.TrainTagger([.. files, "--tag-column", "9"]);
        await Assert.That(none.Code).IsEqualTo(1);
        await Assert.That(none.Error).Contains("has 5 columns, and tags were asked for in column 9");
        CliResult nought = folder.TrainTagger([.. files, "--tag-column", "0"]);
        await Assert.That(nought.Code).IsEqualTo(2);
        await Assert.That(nought.Error).Contains("--tag-column is '0'; expected a column, counted from 1, or from -1");
    }

    [Test]
    [Arguments(TagScheme.Iob1, "IOB1")]
    [Arguments(TagScheme.Iob2, "IOB2")]
    [Arguments(TagScheme.Bioes, "BIOES")]
    public async Task Any_scheme_is_read_to_the_same_model_and_answers_are_in_it(TagScheme scheme, string name)
    {
        using var folder = new TestFolder();
        string Put(string file, int count, int seed) => folder.PutText(file, TaggerFiles.Columns([.. TaggerFiles.Sentences(count, seed)
            .Select(sentence => sentence.Zip(TagSchemes.Convert([.. sentence.Select(word => word.Tag)], scheme))
                .Select(pair => (pair.First.Word, pair.Second)).ToArray())]));
        CliResult result = folder.TrainTagger("--train", Put("a", 150, 1), "--valid", Put("b", 60, 2), "--json");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Error).Contains($" in BIOES, {name} in the data: O, B-PER, E-PER, S-LOC, S-PER;");
        double usual = folder.TrainTagger("--json", "--out", folder["usual.tsd"]).Json.GetProperty("validLoss").GetDouble();
        await Assert.That(result.Json.GetProperty("validLoss").GetDouble()).IsEqualTo(usual);
        string expected = scheme switch
        {
            TagScheme.Iob1 => "Anna I-PER\nBerg I-PER\nOslo I-LOC\n\n",
            TagScheme.Iob2 => "Anna B-PER\nBerg I-PER\nOslo B-LOC\n\n",
            _ => "Anna B-PER\nBerg E-PER\nOslo S-LOC\n\n",
        };
        await Assert.That(Tinysd.RunOn("Anna Berg Oslo", "tag", folder.Model).Out).IsEqualTo(expected);
        await Assert.That(Tinysd.RunOn("Anna Berg Oslo", "tag", folder.Model, "--scheme", "bioes").Out)
            .IsEqualTo("Anna B-PER\nBerg E-PER\nOslo S-LOC\n\n");

        // A file in another scheme is compared in its own.
        JsonElement other = Tinysd.Run("eval", folder.Model, "--data", folder["v.conll"], "--json").Json;
        await Assert.That(other.GetProperty("scheme").GetString()).IsEqualTo("iob2");
        await Assert.That(other.GetProperty("f1").GetDouble()).IsEqualTo(result.Json.GetProperty("valid").GetDouble());
    }

    [Test]
    public async Task A_tag_that_contradicts_the_others_is_named_with_its_line()
    {
        using var folder = new TestFolder();
        string train = folder.PutSentences("a", 150, 1, text => text + "the O\nhouse I-LOC\n");
        int line = (await File.ReadAllLinesAsync(train)).Length;
        CliResult result = folder.TrainTagger("--train", train);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Error).Contains(
            $"{train}, line {line}: 'I-LOC' cannot follow 'O' in IOB2, the scheme of most of its tags; 1 such tag is read by conlleval's " +
            "rules.");
        string valid = folder.PutText("b", "Anna I-PER\nmet O\nOslo I-LOC\nRome B-LOC\n");
        result = folder.TrainTagger("--valid", valid);
        await Assert.That(result.Error).Contains("b: its tags are IOB1, those of ")
            .And.Contains("t.conll IOB2; each is read as what it is.");
    }

    [Test]
    public async Task A_tag_that_training_never_saw_counts_as_missed()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainTagger().Code).IsEqualTo(0);
        string data = folder.PutText("o.conll", "Anna B-PER\nsaw O\nthe B-ORG\nhouse I-ORG\n\nOslo B-LOC\n");
        CliResult result = Tinysd.Run("eval", folder.Model, "--data", data, "--json");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Error)
            .Contains("o.conll, line 3: the tag 'B-ORG' is none of those that training had; 2 such words count as missed.");
        JsonElement missed = result.Json.GetProperty("perType").GetProperty("ORG");
        await Assert.That((missed.GetProperty("count").GetInt32(), missed.GetProperty("recall").GetDouble())).IsEqualTo((1, 0.0));
        await Assert.That(result.Json.GetProperty("recall").GetDouble()).IsEqualTo(200.0 / 3).Within(1e-9);
        await Assert.That(result.Json.GetProperty("precision").GetDouble()).IsEqualTo(100);
        await Assert.That(result.Json.GetProperty("accuracy").GetDouble()).IsEqualTo(60).Within(1e-9);
    }

    [Test]
    public async Task A_stray_inside_counts_by_one_rule_and_not_by_the_other_and_never_comes_with_constraints()
    {
        // A last name is inside a person wherever training has it; alone it is a stray one.
        using var folder = new TestFolder();
        CliResult trained = folder.TrainTagger("--scheme", "iob2", "--decoder", "softmax", "--epochs", "8");
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        string data = folder.PutText("s.conll", "Berg B-PER\nStone I-PER\nthe O\nOslo B-LOC\n");
        await Assert.That(Tinysd.RunOn("Berg Stone the Oslo", "tag", folder.Model, "--unconstrained").Out)
            .IsEqualTo("Berg I-PER\nStone I-PER\nthe O\nOslo B-LOC\n\n");
        await Assert.That(Figures("--unconstrained")).IsEqualTo((100, 100, 100, "conlleval"));
        (double precision, double recall, double f1, string rule) = Figures("--unconstrained", "--rule", "strict");
        await Assert.That((precision, recall, Math.Round(f1, 2), rule)).IsEqualTo((100, 50, 66.67, "strict"));
        await Assert.That(Tinysd.Run("eval", folder.Model, "--data", data, "--rule", "strict").Out).Contains("by the strict rule of IOB2");
        string[] legal = Tagged(Tinysd.RunOn("Berg Stone the Oslo", "tag", folder.Model)).Tags[0];
        for (int t = 0; t < legal.Length; t++)
            await Assert.That(TagSchemes.IsAllowed(t == 0 ? "O" : legal[t - 1], legal[t], TagScheme.Iob2)).IsTrue();

        (double, double, double, string) Figures(params string[] more)
        {
            JsonElement json = Tinysd.Run(["eval", folder.Model, "--data", data, "--json", .. more]).Json;
            return (json.GetProperty("precision").GetDouble(), json.GetProperty("recall").GetDouble(), json.GetProperty("f1").GetDouble(),
                json.GetProperty("rule").GetString()!);
        }
    }

    [Test]
    public async Task A_model_that_finds_nothing_has_nought_and_its_accuracy()
    {
        using var folder = new TestFolder();
        string plain = folder.PutText("o.conll", "the O\nhouse O\n\nAnna O\n");
        CliResult trained = folder.TrainTagger("--train", plain, "--valid", plain);
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        await Assert.That(trained.Error).Contains("o.conll: no word is in an entity;");
        string data = folder.PutText("e.conll", "the O\nhouse O\nold O\nAnna B-PER\n");
        JsonElement json = Tinysd.Run("eval", folder.Model, "--data", data, "--json").Json;
        foreach (string name in (string[])["precision", "recall", "f1"]) await Assert.That(json.GetProperty(name).GetDouble()).IsEqualTo(0);
        await Assert.That(json.GetProperty("accuracy").GetDouble()).IsEqualTo(75);
    }

    [Test]
    public async Task Plain_tags_are_measured_by_accuracy()
    {
        using var folder = new TestFolder();
        Func<string, string> plain = text => text.Replace("B-PER", "NNP", StringComparison.Ordinal)
            .Replace("I-PER", "NNPS", StringComparison.Ordinal).Replace("B-LOC", "-LRB-", StringComparison.Ordinal);
        CliResult trained = folder.TrainTagger(
            "--train", folder.PutSentences("a", 150, 1, plain), "--valid", folder.PutSentences("b", 60, 2, plain), "--scheme", "iob2",
            "--json");
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        await Assert.That(trained.Error).Contains("--scheme has no effect: the tags of ");
        await Assert.That(trained.Json.GetProperty("metric").GetString()).IsEqualTo("accuracy");
        await Assert.That(trained.Json.GetProperty("valid").GetDouble()).IsBetween(95, 100);
        JsonElement json = Tinysd.Run("eval", folder.Model, "--data", folder["b"], "--json").Json;
        await Assert.That(json.GetProperty("accuracy").GetDouble()).IsEqualTo(trained.Json.GetProperty("valid").GetDouble());
        await Assert.That(json.GetProperty("f1").ValueKind).IsEqualTo(JsonValueKind.Null);
        await Assert.That(Tinysd.RunOn("Anna Berg Oslo", "tag", folder.Model).Out).IsEqualTo("Anna NNP\nBerg NNPS\nOslo -LRB-\n\n");
        await Assert.That(Tinysd.Run("eval", folder.Model, "--data", folder["b"], "--rule", "strict").Error)
            .Contains("--rule has no effect: the tags of ");
    }

    [Test]
    [Arguments("", "is empty")]
    [Arguments("\n \n\r\n", "has blank lines only; lines with a word and its tag were expected")]
    [Arguments("word\nother\n", "line 1: one column; a word and its tag")]
    [Arguments("a O\nb O\n\nc\n", "line 4: 1 column; 2 were expected, as in line 1, and found was 'c'")]
    [Arguments("a O\nb x O\n", "line 2: 3 columns; 2 were expected")]
    [Arguments("-DOCSTART- O\n\n-DOCSTART- O\n", "only lines that begin with -DOCSTART-; there is nothing to train on.")]
    public async Task Training_files_that_are_not_fit_are_refused(string content, string message)
    {
        using var folder = new TestFolder();
        CliResult result = folder.TrainTagger("--train", folder.PutText("bad", content));
        await Assert.That(result.Code).IsEqualTo(1).Because(result.Error);
        await Assert.That(result.Error).Contains(message).And.DoesNotContain("   at ");
        await Assert.That(folder.ModelFiles()).IsEmpty();
    }

    [Test]
    [Arguments("--lower --no-lower", "--lower and --no-lower contradict each other; leave one of them out.")]
    [Arguments("--valid V --valid-fraction 0.2", "leave out --valid, or --valid-fraction")]
    [Arguments("--scheme iob3", "--scheme is 'iob3'; expected one of none, iob1, iob2, bioes.")]
    [Arguments("--characters some", "--characters is 'some'; expected one of none, cnn, lstm.")]
    [Arguments("--preset zaremba-small", "--preset is 'zaremba-small'; expected one of tagger-small, lample, ma-hovy.")]
    [Arguments("--test T --out T", "T")]
    public async Task Command_lines_that_make_no_sense_are_refused(string words, string message)
    {
        using var folder = new TestFolder();
        string test = folder.PutSentences("x.conll", 10, 3);
        CliResult result = folder.TrainTagger([.. words.Split(' ').Select(word => word is "V" or "T" ? test : word)]);
        await Assert.That(result.Code).IsEqualTo(2).Because(result.Error);
        await Assert.That(result.Error).Contains(message == "T" ? test : message);
    }

    [Test]
    public async Task Models_of_other_kinds_are_no_taggers_and_a_tagger_is_no_other()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainModel().Code).IsEqualTo(0);
        CliResult refused = Tinysd.RunOn("x\n", "tag", folder.Model);
        await Assert.That(refused.Code).IsEqualTo(1);
        await Assert.That(refused.Error).Contains("is of kind 'language-model'; 'tagger' was expected").And.Contains("tinysd generate");
        await Assert.That(folder.TrainTagger().Code).IsEqualTo(0);
        foreach (string verb in (string[])["generate", "classify", "predict"])
        {
            CliResult other = Tinysd.RunOn("x\n", verb, folder.Model);
            await Assert.That(other.Code).IsEqualTo(1);
            await Assert.That(other.Error).Contains("is of kind 'tagger'; '").And.Contains("A tagger is for tinysd tag");
        }

        CliResult warned = Tinysd.Run("eval", folder.Model, "--data", folder["v.conll"], "--streams", "3", "--label", "first");
        await Assert.That(warned.Code).IsEqualTo(0);
        await Assert.That(warned.Error).Contains("--streams has no effect: about language models only");
    }

    [Test]
    public async Task Recipes_are_shown_and_idle_options_are_warned_of()
    {
        CliResult shown = Tinysd.Run("train", "tagger", "--preset", "lample", "--show");
        await Assert.That(shown.Code).IsEqualTo(0);
        foreach (string row in (string[])["--characters +lstm", "--character-units +25", "--unknown-rate +0.5", "--lower +true"])
            await Assert.That(shown.Out).Matches(row);
        JsonElement json = Tinysd.Run("train", "tagger", "--preset", "ma-hovy", "--show", "--json").Json;
        await Assert.That(json.GetProperty("characterUnits").GetInt32()).IsEqualTo(30);
        await Assert.That(json.GetProperty("decoder").GetString()).IsEqualTo("crf");
        await Assert.That(json.GetProperty("zeroDigits").GetBoolean()).IsTrue();
        CliResult idle = Tinysd.Run(
            "train", "tagger", "--characters", "none", "--character-units", "9", "--split-seed", "3", "--show", "--valid", "v");
        await Assert.That(idle.Error).Contains("--character-units has no effect: --characters is none");
        await Assert.That(idle.Error).Contains("--split-seed has no effect without --valid-fraction");
    }

    [Test]
    public async Task Real_sentences_are_counted_as_published()
    {
        using var folder = new TestFolder();
        CliResult trained = Tinysd.Run(
            "train", "tagger", "--train", RealData.Find("conll2003/eng.train.gz"), "--valid", RealData.Find("conll2003/eng.testa.gz"),
            "--test", RealData.Find("conll2003/eng.testb.gz"), "--out", folder.Model, "--hidden", "4", "--embedding", "4", "--characters",
            "none", "--max-steps", "2", "--json");
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        await Assert.That(trained.Error).Contains("14,041 sentences and 946 document marks to train on, 203,621 words, 23,499 entities;");
        await Assert.That(trained.Error).Contains("3,250 sentences and 216 document marks to validate on, 51,362 words, 5,942 entities;");
        await Assert.That(trained.Error).Contains("3,453 sentences and 231 document marks to test on, 46,435 words, 5,648 entities;");
        await Assert.That(trained.Error).Contains("17 tags in BIOES, IOB1 in the data");
        JsonElement types = trained.Json.GetProperty("testResult").GetProperty("perType");
        foreach ((string type, int count) in ((string, int)[])[("LOC", 1668), ("MISC", 702), ("ORG", 1661), ("PER", 1617)])
            await Assert.That(types.GetProperty(type).GetProperty("count").GetInt32()).IsEqualTo(count);
    }

    [Test]
    public async Task A_slice_of_real_sentences_is_learnt()
    {
        using var folder = new TestFolder();
        CliResult trained = Tinysd.Run(
            "train", "tagger", "--train", Slice("conll2003/eng.train.gz", 1500), "--valid", Slice("conll2003/eng.testa.gz", 400), "--out",
            folder.Model, "--hidden", "50", "--epochs", "4", "--json");
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        await Assert.That(trained.Json.GetProperty("valid").GetDouble()).IsGreaterThan(40);
        CliResult tagged = Tinysd.RunOn(
            await File.ReadAllTextAsync(folder["eng.testa.gz"]), "tag", folder.Model, "--columns", "--scheme", "iob2");
        await Assert.That(tagged.Code).IsEqualTo(0).Because(tagged.Error);
        await Assert.That(tagged.Out).StartsWith("-DOCSTART- -X- O O O\n\nCRICKET NNP I-NP O ");
        string[] lines = tagged.Out.Split('\n');
        for (int i = 1; i < lines.Length; i++)
        {
            // No inside without what it is inside of.
            string tag = lines[i].Split(' ')[^1], before = lines[i - 1].Split(' ')[^1];
            if (!tag.StartsWith("I-", StringComparison.Ordinal)) continue;
            await Assert.That(before is ['B' or 'I', ..] && before[1..] == tag[1..]).IsTrue().Because(lines[i]);
        }

        string Slice(string name, int count)
        {
            using var packed = new GZipStream(File.OpenRead(RealData.Find(name)), CompressionMode.Decompress);
            using var reader = new StreamReader(packed);
            string[] sentences = reader.ReadToEnd().Split("\n\n");
            return folder.PutText(Path.GetFileName(name), string.Join("\n\n", sentences.Take(count)));
        }
    }

    [Test]
    public async Task A_sentence_of_ten_thousand_words_is_trained_on_and_measured()
    {
        using var folder = new TestFolder();
        string giant = string.Concat(Enumerable.Repeat("Anna B-PER\nsaw O\n", 5000));
        string train = folder.PutSentences("a", 50, 1, text => text + giant);
        CliResult trained = folder.TrainTagger("--train", train, "--valid", train, "--max-length", "100");
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        await Assert.That(trained.Error).Contains(
            "a: 1 of 51 sentences longer than 100 words cut into parts there in training; the longest has 10,000 (--max-length).");
        JsonElement json = Tinysd.Run("eval", folder.Model, "--data", folder.PutText("giant", giant), "--json").Json;
        await Assert.That((json.GetProperty("tokens").GetInt32(), json.GetProperty("f1").GetDouble())).IsEqualTo((10_000, 100.0));
    }

    private static (string[] Words, string[][] Tags) Tagged(CliResult result)
    {
        string[] sentences = result.Out.Split("\n\n")[..^1];
        string[][][] rows = [.. sentences.Select(sentence => sentence.Split('\n').Select(line => line.Split(' ')).ToArray())];
        return ([.. rows.SelectMany(sentence => sentence.Select(row => row[0]))],
            [.. rows.Select(sentence => sentence.Select(row => row[1]).ToArray())]);
    }
}
