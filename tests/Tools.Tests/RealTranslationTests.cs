using System.IO.Compression;
using System.Text.Json;
using TinySD.Formats.Models;

namespace TinySD.Tools.Tests;

/// <summary>Translators on sentences of people.</summary>
public sealed class RealTranslationTests
{
    private const string Multi30k = "multi30k_deen/tok";

    [Test]
    public async Task A_slice_of_real_pairs_is_learnt_and_translated()
    {
        using var folder = new TestFolder();
        CliResult trained = Tinysd.Run(
            "train", "translator", "--source", Slice(folder, $"{Multi30k}/train.lc.norm.tok.de.gz", 800), "--target",
            Slice(folder, $"{Multi30k}/train.lc.norm.tok.en.gz", 800), "--valid-source",
            Slice(folder, $"{Multi30k}/val.lc.norm.tok.de.gz", 60), "--valid-target",
            Slice(folder, $"{Multi30k}/val.lc.norm.tok.en.gz", 60),
            "--out", folder.Model, "--bpe", "500", "--hidden", "64", "--embedding", "48", "--epochs", "3", "--batch", "8",
            "--lr", "0.005", "--init", "0.2", "--rate", "0.1", "--json");
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        double[] perplexities = [.. trained.Json.GetProperty("epochs").EnumerateArray()
            .Select(epoch => epoch.GetProperty("validPerplexity").GetDouble())];
        await Assert.That(perplexities.SequenceEqual(perplexities.OrderDescending())).IsTrue();
        await Assert.That(perplexities[^1]).IsLessThan(110);
        LoadedTranslator loaded = TranslatorFile.Load(folder.Model);
        await Assert.That(loaded.Description.Units.Source.Codes!.Merges.Length).IsEqualTo(500);
        CliResult translated = Tinysd.RunOn(
            await File.ReadAllTextAsync(folder["val.lc.norm.tok.de.gz"]), "translate", folder.Model, "--beam", "2");
        await Assert.That(translated.Code).IsEqualTo(0).Because(translated.Error);
        string[] lines = translated.Out.Split('\n')[..^1];
        await Assert.That(lines.Length).IsEqualTo(60);
        await Assert.That(translated.Out).DoesNotContain("@@");

        // A photograph shows somebody, mostly.
        await Assert.That(lines.Count(line => line.StartsWith("a ", StringComparison.Ordinal))).IsGreaterThan(30);
    }

    [Test]
    public async Task The_german_and_english_of_iwslt_go_through_all_of_it()
    {
        using var folder = new TestFolder();
        CliResult trained = Tinysd.Run(
            "train", "translator", "--source", RealData.Find("iwslt14_deen/valid.de.gz"), "--target",
            RealData.Find("iwslt14_deen/valid.en.gz"), "--valid-fraction", "0.01", "--out", folder.Model, "--bpe", "1000",
            "--share-vocabulary",
            "--share-embedding", "--hidden", "16", "--embedding", "16", "--max-steps", "3");
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        await Assert.That(trained.Error).Contains("73 pairs to validate on");
        await Measure(folder, "iwslt14_deen/test.de.gz", "iwslt14_deen/test.en.gz", 6750);
    }

    [Test]
    public async Task The_english_and_vietnamese_of_iwslt_go_through_with_their_vocabularies()
    {
        using var folder = new TestFolder();
        CliResult trained = Tinysd.Run(
            "train", "translator", "--source", RealData.Find("iwslt15_envi/tst2012.en.gz"), "--target",
            RealData.Find("iwslt15_envi/tst2012.vi.gz"), "--valid-fraction", "0.02", "--out", folder.Model, "--source-vocabulary",
            RealData.Find("iwslt15_envi/vocab.en.gz"), "--target-vocabulary", RealData.Find("iwslt15_envi/vocab.vi.gz"), "--bpe", "0",
            "--hidden", "8", "--embedding", "8", "--max-steps", "3");
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        await Assert.That(trained.Error).Contains("vocabularies of 17,191 and 7,709 units");
        await Measure(folder, "iwslt15_envi/tst2013.en.gz", "iwslt15_envi/tst2013.vi.gz", 1268);
    }

    private static async Task Measure(TestFolder folder, string source, string reference, int sentences)
    {
        CliResult measured = Tinysd.Run(
            "eval", folder.Model, "--data", RealData.Find(source), "--reference", RealData.Find(reference), "--max-length", "4", "--json");
        await Assert.That(measured.Code).IsEqualTo(0).Because(measured.Error);
        JsonElement json = measured.Json;
        await Assert.That(json.GetProperty("sentences").GetInt32()).IsEqualTo(sentences);
        await Assert.That(json.GetProperty("perplexity").GetDouble()).IsGreaterThan(100);
        await Assert.That(json.GetProperty("brevityPenalty").GetDouble()).IsLessThan(0.1);
    }

    private static string Slice(TestFolder folder, string name, int count)
    {
        using var packed = new GZipStream(File.OpenRead(RealData.Find(name)), CompressionMode.Decompress);
        using var reader = new StreamReader(packed);
        var lines = new List<string>();
        while (lines.Count < count && reader.ReadLine() is { } line) lines.Add(line + "\n");
        return folder.PutText(Path.GetFileName(name), string.Concat(lines));
    }
}
