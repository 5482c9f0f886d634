using System.Diagnostics;
using TinySD.Formats.Text;

namespace TinySD.Formats.Tests;

/// <summary>Published counts of public texts.</summary>
public sealed class RealTextTests
{
    [Test]
    public async Task Penn_treebank_has_its_published_counts()
    {
        string train = RealData.Find("ptb/ptb.train.txt.gz");
        string valid = RealData.Find("ptb/ptb.valid.txt.gz"), test = RealData.Find("ptb/ptb.test.txt.gz");
        long start = Stopwatch.GetTimestamp();
        TokenCounts counts = Corpus.Count(train, TextLevel.Word);
        Vocabulary vocabulary = Vocabulary.Build(counts);
        int[] tokens = Corpus.Encode(train, vocabulary);
        Console.WriteLine(
            $"Penn Treebank's training text counted and encoded in {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms");
        await Assert.That(counts.Total).IsEqualTo(929_589);
        await Assert.That(tokens.Length).IsEqualTo(929_589);
        await Assert.That(vocabulary.Count).IsEqualTo(10_000);
        await Assert.That(vocabulary.Tokens.Take(3))
            .IsEquivalentTo(["the", "<unk>", "<eos>"], TUnit.Assertions.Enums.CollectionOrdering.Matching);
        await Assert.That(counts.Counts["<eos>"]).IsEqualTo(42_068);
        await Assert.That(Corpus.Encode(valid, vocabulary).Length).IsEqualTo(73_760);
        await Assert.That(Corpus.Encode(test, vocabulary).Length).IsEqualTo(82_430);

        // What the split promises: nothing in the other texts is outside the vocabulary, so none is turned into the unknown word.
        foreach (string other in (string[])[valid, test])
            await Assert.That(Corpus.Count(other, TextLevel.Word).Counts.Keys.All(word => vocabulary.TryGetId(word, out _))).IsTrue();
    }

    [Test]
    public async Task Tiny_shakespeare_has_its_published_counts()
    {
        TokenCounts counts = Corpus.Count(RealData.Find("tinyshakespeare/input.txt.gz"), TextLevel.Character);
        await Assert.That((counts.Total, counts.Distinct)).IsEqualTo((1_115_394L, 65));
    }

    // Multi30k's training text: 29,000 lines, German and English.
    [Test]
    [Arguments("multi30k_deen/tok/train.lc.norm.tok.de.gz")]
    [Arguments("multi30k_deen/tok/train.lc.norm.tok.en.gz")]
    public async Task Multi30k_has_its_published_lines(string file) =>
        await Assert.That(Corpus.Count(RealData.Find(file), TextLevel.Word).Counts["<eos>"]).IsEqualTo(29_000);
}
