using System.Text.Json;
using TinySD.Formats.Models;

namespace TinySD.Tools.Tests;

/// <summary>Runs of <c>train tagger</c>: stopped and resumed, begun with vectors or a model, planned, inspected.</summary>
public sealed class TaggerRunTests
{
    [Test]
    [Arguments("epoch 2/4", 7)]
    [Arguments("epoch 4/4: F1", 1)]
    public async Task A_run_that_was_stopped_goes_on_to_the_bytes_of_one_that_was_not(string shown, int after)
    {
        using var folder = new TestFolder();
        string[] Args(string output) => folder.TaggerArgs(
            "--valid-fraction", "0.2", "--split-seed", "3", "--test", folder.PutSentences("x.conll", 40, 3), "--no-lower", "--vectors",
            PutVectors(folder), "--document-marks", "keep", "--characters", "lstm", "--out", folder[output]);
        CliResult unbroken = Tinysd.Run([.. Args("unbroken.tsd"), "--json"]);
        await Assert.That(unbroken.Code).IsEqualTo(0).Because(unbroken.Error);
        CliResult stopped = Tinysd.RunUntilShown(shown, after, Args("model.tsd"));
        await Assert.That(stopped.Code).IsEqualTo(130).Because(stopped.Error);
        string kept = folder["model.tsd.checkpoints"];
        foreach ((string words, string message) in ((string, string)[])
            [
                ("--lower", "--lower is true, and the run in "), ("--tag-column 1", "--tag-column is 1, and the run in "),
                ("--scheme iob2", "--scheme is iob2, and the run in "),
                ("--document-marks drop", "--document-marks is drop, and the run in "),
            ])
        {
            CliResult other = Tinysd.Run(["train", "tagger", "--resume", kept, .. words.Split(' ')]);
            await Assert.That(other.Code).IsEqualTo(2).Because(words + other.Error);
            await Assert.That(other.Error).Contains(message);
        }

        CliResult resumed = Tinysd.Run("train", "tagger", "--resume", kept, "--json", "--zero-digits", "true", "--valid-fraction", ".20");
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
        await Assert.That(folder.AreEqual("model.tsd", "unbroken.tsd")).IsTrue();
        await Assert.That(resumed.Json.GetProperty("testResult").GetRawText())
            .IsEqualTo(unbroken.Json.GetProperty("testResult").GetRawText());
    }

    [Test]
    public async Task A_run_does_not_go_on_with_other_sentences()
    {
        using var folder = new TestFolder();
        string kept = folder["ck"];
        await Assert.That(Tinysd.RunUntilShown("epoch 2/4", 1, folder.TaggerArgs("--checkpoint", kept)).Code).IsEqualTo(130);
        CliResult inspected = Tinysd.Run("inspect", Directory.GetFiles(kept, "checkpoint-*.tsd").First());
        await Assert.That(inspected.Out).Contains("t.conll, 150 sentences").And.Contains("5: O, B-PER, E-PER, S-LOC, S-PER");
        await Assert.That(inspected.Out).Matches("task +tagger");
        await Assert.That(inspected.Out).Matches("--decoder +crf");
        folder.PutSentences("v.conll", 60, 5);
        CliResult other = Tinysd.Run("train", "tagger", "--resume", kept);
        await Assert.That(other.Code).IsEqualTo(1);
        await Assert.That(other.Error).Contains("it has as many sentences, but not the same ones");
        folder.PutSentences("v.conll", 60, 2);
        folder.PutSentences("t.conll", 150, 1, text => text.Replace("Oslo", "Kiel", StringComparison.Ordinal));
        other = Tinysd.Run("train", "tagger", "--resume", kept);
        await Assert.That(other.Error).Contains("its words or characters are others");
    }

    [Test]
    public async Task The_same_bits_come_whatever_the_threads()
    {
        using var folder = new TestFolder();
        string[] words = ["--dropout", "structured", "--rate", "0.3", "--epochs", "2"];
        await Assert.That(folder.TrainTagger([.. words, "--threads", "1"]).Code).IsEqualTo(0);
        CliResult other = folder.TrainTagger([.. words, "--threads", "3", "--out", folder["other.tsd"]]);
        await Assert.That(other.Code).IsEqualTo(0).Because(other.Error);
        await Assert.That(folder.AreEqual("model.tsd", "other.tsd")).IsTrue();
    }

    [Test]
    public async Task Words_begin_with_the_vectors_of_a_file()
    {
        using var folder = new TestFolder();
        string vectors = PutVectors(folder);
        CliResult result = folder.TrainTagger("--vectors", vectors, "--max-steps", "1", "--lr", "1e-9", "--epochs", "1");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Error).Contains("3 numbers a word; 3 of 17 words have a vector there, the others begin at random.");
        LoadedTagger loaded = TaggerFile.Load(folder.Model);
        await Assert.That(Row(loaded, "anna")).IsEqualTo("1.5 -2 0.25");
        await Assert.That(Row(loaded, "oslo")).IsEqualTo("4 5 6");
        await Assert.That(loaded.Description.Words.Words.TryGetId("kiel", out _)).IsFalse();
        await Assert.That(Tinysd.Run("inspect", folder.Model).Out).Contains("vectors.txt, vectors of 3 words");

        // Words of the other files, if they have one.
        string valid = folder.PutSentences("k", 60, 2, text => text + "Kiel B-LOC\nUlm B-LOC\n");
        result = folder.TrainTagger(
            "--vectors", vectors, "--vector-words", "all", "--valid", valid, "--max-steps", "1", "--lr", "1e-9", "--epochs", "1");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        loaded = TaggerFile.Load(folder.Model);
        await Assert.That(Row(loaded, "kiel")).IsEqualTo("7 8 9");
        await Assert.That(loaded.Description.Words.Words.TryGetId("ulm", out _)).IsFalse();

        CliResult width = folder.TrainTagger("--vectors", vectors, "--embedding", "8");
        await Assert.That(width.Code).IsEqualTo(1);
        await Assert.That(width.Error).Contains("vectors.txt has vectors of 3 numbers, and 8 were asked for");
        CliResult uneven = folder.TrainTagger("--vectors", folder.PutText("uneven.txt", "anna 1 2 3\noslo 1 2\n"));
        await Assert.That(uneven.Code).IsEqualTo(1);
        await Assert.That(uneven.Error).Contains("uneven.txt, line 2: 2 numbers behind 'oslo'; 3 were expected");
        await Assert.That(folder.TrainTagger("--vector-words", "all").Error).Contains("--vector-words has no effect without --vectors");
    }

    [Test]
    public async Task Training_begins_with_a_model_and_keeps_what_it_knows()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainTagger("--no-lower", "--characters", "lstm").Code).IsEqualTo(0);
        string[] begin = ["--init-from", folder.Model, "--out", folder["more.tsd"]];
        string few = folder.PutSentences("few", 20, 7);
        CliResult more = folder.TrainTagger([.. begin, "--train", few, "--epochs", "1", "--json"]);
        await Assert.That(more.Code).IsEqualTo(0).Because(more.Error);
        await Assert.That(more.Json.GetProperty("valid").GetDouble()).IsGreaterThan(90);
        LoadedTagger loaded = TaggerFile.Load(folder["more.tsd"]);
        await Assert.That(loaded.Description.Words.Reading.IsLowerCase).IsFalse();
        await Assert.That(loaded.Description.Words.Words.Count).IsEqualTo(TaggerFile.Load(folder.Model).Description.Words.Words.Count);
        foreach ((string words, string message) in ((string, string)[])
            [
                ("--hidden 16", "--hidden is 16, and the model in "), ("--lower", "--lower is true, and the model in "),
                ("--scheme iob2", "--scheme is iob2, and the model in "), ("--decoder softmax", "--decoder is softmax, and the model in "),
            ])
        {
            CliResult other = folder.TrainTagger([.. begin, .. words.Split(' ')]);
            await Assert.That(other.Code).IsEqualTo(2).Because(words + other.Error);
            await Assert.That(other.Error).Contains(message);
        }

        string unknown = folder.PutSentences("u", 20, 7, text => text + "the O\nhouse B-ORG\n");
        CliResult refused = folder.TrainTagger([.. begin, "--train", unknown]);
        await Assert.That(refused.Code).IsEqualTo(1);
        await Assert.That(refused.Error)
            .Contains("the tag 'B-ORG' (S-ORG in BIOES) is none of those of the model that training begins with (--init-from).");
    }

    [Test]
    public async Task Its_memory_is_planned_the_same_before_and_after()
    {
        using var folder = new TestFolder();
        string[] args = folder.TaggerArgs("--max-length", "7");
        JsonElement planned = Tinysd.Run([.. args, "--plan", "--json"]).Json;
        await Assert.That(folder.ModelFiles()).IsEmpty();
        await Assert.That(Tinysd.Run(args).Code).IsEqualTo(0);
        JsonElement after = Tinysd.Run("inspect", folder.Model, "--plan", "--json", "--threads", "2").Json;
        foreach (string part in (string[])["parametersBytes", "gradientsBytes", "optimizerBytes", "workspaceBytes", "totalBytes"])
            await Assert.That(after.GetProperty(part).GetInt64()).IsEqualTo(planned.GetProperty(part).GetInt64());
    }

    [Test]
    public async Task Its_file_is_inspected_and_verified_and_its_page_written()
    {
        using var folder = new TestFolder();
        string page = folder["page.html"];
        CliResult trained = folder.TrainTagger("--report", page, "--max-length", "4", "--test", folder.PutSentences("x.conll", 20, 3));
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        await Assert.That(trained.Error).Matches("t.conll: [0-9]+ of 150 sentences longer than 4 words cut into parts there in training; ");
        string html = await File.ReadAllTextAsync(page);
        await Assert.That(html).Contains("<h1>A tagger with validation F1 ").And.Contains("<td>tested on</td><td>x.conll, 20 sentences, ");
        await Assert.That(html).DoesNotContain("NaN");
        await Assert.That(Tinysd.Run("inspect", folder.Model).Out).Contains("5 tags in BIOES, IOB2 in the data")
            .And.Contains("17 words, with <unk>").And.Contains("characters, with <unk>").And.Contains("t.conll, 150 sentences");
        JsonElement json = Tinysd.Run("inspect", folder.Model, "--json").Json;
        await Assert.That(json.GetProperty("kind").GetString()).IsEqualTo("tagger");
        await Assert.That(json.GetProperty("tagger").GetProperty("tags").GetArrayLength()).IsEqualTo(5);
        await Assert.That(Tinysd.Run("verify", folder.Model).Out).Contains("ok,");
        byte[] bytes = await File.ReadAllBytesAsync(folder.Model);
        bytes[^70] ^= 1;
        await File.WriteAllBytesAsync(folder.Model, bytes);
        await Assert.That(Tinysd.Run("verify", folder.Model, "--json").Json.GetProperty("damaged").GetArrayLength()).IsEqualTo(1);
        CliResult refused = Tinysd.RunOn("x\n", "tag", folder.Model);
        await Assert.That((refused.Code, refused.Out)).IsEqualTo((1, ""));
    }

    private static string PutVectors(TestFolder folder) => folder.PutText(
        "vectors.txt", "6 3\nanna 1.5 -2 0.25\noslo 4 5 6\nOslo 3 3 3\nkiel 7 8 9\nNew York 1 1 1\nthe 0 0.5 1\n");

    private static string Row(LoadedTagger loaded, string word)
    {
        loaded.Description.Words.Words.TryGetId(word, out int id);
        float[] all = loaded.Tagger.Model.Parameters[loaded.Tagger.Model.Embedding].ToArray();
        int width = loaded.Tagger.Model.Config.EmbeddingSize;
        return string.Join(' ', all[(id * width)..((id + 1) * width)].Select(x => FormattableString.Invariant($"{Math.Round(x, 5)}")));
    }
}
