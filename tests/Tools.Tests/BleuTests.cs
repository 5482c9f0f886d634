using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace TinySD.Tools.Tests;

/// <summary><c>bleu</c>: translations against references.</summary>
public sealed class BleuTests
{
    [Test]
    [Arguments("Hello, world! It is a nice day.", "Hello , world ! It is a nice day .", "",
        "BLEU = 26.78, 57.1/50.0/40.0/25.0 (BP=0.651, ratio=0.700, hyp_len=7, ref_len=10)")]
    [Arguments("a b c d e f", "a b c d e f", "", "BLEU = 100.00, 100.0/100.0/100.0/100.0 (BP=1.000, ratio=1.000, hyp_len=6, ref_len=6)")]
    [Arguments("a b x d e f", "a b c d e f", "", "BLEU = 0.00, 83.3/60.0/25.0/0.0 (BP=1.000, ratio=1.000, hyp_len=6, ref_len=6)")]
    [Arguments("the cat", "the cat", "", "BLEU = 0.00, 100.0/100.0/0.0/0.0 (BP=1.000, ratio=1.000, hyp_len=2, ref_len=2)")]
    [Arguments("", "word", "", "BLEU = 0.00, 0.0/0.0/0.0/0.0 (BP=0.000, ratio=0.000, hyp_len=0, ref_len=1)")]
    public async Task The_line_is_that_of_multi_bleu(string own, string reference, string options, string line)
    {
        using var folder = new TestFolder();
        CliResult result = Score(folder, own, reference, options);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Out).IsEqualTo(line + "\n");
        await Assert.That(result.Error).IsEqualTo("");
    }

    [Test]
    [Arguments("Hello, world! It is a nice day.", "Hello , world ! It is a nice day .", "--tokenize 13a", 100.0)]
    [Arguments("Hello, world! It is a nice day.", "Hello , world ! It is a nice day .", "--tokenize none", 26.78)]
    [Arguments("a b x d e f", "a b c d e f", "--smooth exp", 37.99)]
    [Arguments("a b x d e f", "a b c d e f", "--smooth none", 0.0)]
    [Arguments("the cat", "the cat", "", 0.0)]
    [Arguments("the cat", "the cat", "--effective-order", 100.0)]
    [Arguments("The Cat sat here", "the cat sat here", "--ignore-case", 100.0)]
    public async Task Other_ways_to_count_are_asked_for_and_signed(string own, string reference, string options, double bleu)
    {
        using var folder = new TestFolder();
        CliResult result = Score(folder, own, reference, $"{options} --json");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Json.GetProperty("bleu").GetDouble()).IsEqualTo(bleu).Within(0.005);
        string told = Score(folder, own, reference, options).Out;
        await Assert.That(told.StartsWith("BLEU|nrefs:1|case:", StringComparison.Ordinal)).IsEqualTo(options.Length > 0);
        if (options.Length > 0) await Assert.That(told).Contains($"BLEU|{result.Json.GetProperty("signature").GetString()} = ");
        if (options.Contains("13a", StringComparison.Ordinal)) await Assert.That(told).Contains("|tok:13a|smooth:none|version:");
    }

    [Test]
    public async Task Json_has_all_of_it_and_chrf_where_it_is_asked_for()
    {
        using var folder = new TestFolder();
        JsonElement json = Score(folder, "a b x d e f\nx", "a b c d e f\ny", "--json --chrf").Json;
        string[] keys = ["bleu", "brevityPenalty", "precisions", "hypothesisLength", "referenceLength", "signature", "chrf"];
        foreach (string key in keys)
            await Assert.That(json.TryGetProperty(key, out _)).IsTrue().Because(key);
        await Assert.That(json.GetProperty("precisions").GetArrayLength()).IsEqualTo(4);
        await Assert.That(json.GetProperty("sentences").GetInt32()).IsEqualTo(2);
        await Assert.That(json.GetProperty("chrfSignature").GetString()).Contains("|nc:6|nw:0|space:no|");
        string told = Score(folder, "the cat", "the cat", "--chrf --chrf-word-order 2").Out;
        await Assert.That(told).Contains("chrF2++|nrefs:1|").And.EndsWith(" = 100.00\n");
        await Assert.That(Score(folder, "a", "a", "--chrf-word-order 2").Error).Contains("--chrf-word-order has no effect without --chrf");
        await Assert.That(Score(folder, "a", "a", "--smooth-value 2").Error)
            .Contains("--smooth-value has no effect without --smooth floor or add-k");
    }

    [Test]
    public async Task Of_several_references_each_word_may_be_in_any()
    {
        // Papineni et al. 2002, example 1: candidate 1, of whose 18 words 17 are in a reference.
        using var folder = new TestFolder();
        const string own = "It is a guide to action which ensures that the military always obeys the commands of the party";
        string[] references =
        [
            folder.PutText("1", "It is a guide to action that ensures that the military will forever heed Party commands\n"),
            folder.PutText(
                "2", "It is the guiding principle which guarantees the military forces always being under the command of the Party\n"),
            folder.PutText("3", "It is the practical guide for the army always to heed the directions of the party\n"),
        ];
        CliResult result = Tinysd.Run(["bleu", folder.PutText("own", own), .. references, "--json"]);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        double[] precisions = [.. result.Json.GetProperty("precisions").EnumerateArray().Select(entry => entry.GetDouble())];
        await Assert.That(precisions[0]).IsEqualTo(1700.0 / 18).Within(1e-9);
        await Assert.That(result.Json.GetProperty("signature").GetString()).StartsWith("nrefs:3|");
    }

    [Test]
    public async Task Files_of_other_lengths_are_refused_with_both_counts()
    {
        using var folder = new TestFolder();
        CliResult result = Score(folder, "a\nb\nc", "a\nb", "");
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Error).Contains("own has 3 lines and").And.Contains("reference 2;");
        CliResult empty = Score(folder, "", "", "", end: "");
        await Assert.That(empty.Code).IsEqualTo(1);
        await Assert.That(empty.Error).Contains("own is empty");
        CliResult none = Tinysd.Run("bleu", folder["own"]);
        await Assert.That(none.Code).IsEqualTo(2);
        CliResult gone = Tinysd.Run("bleu", folder["own"], folder["nowhere"]);
        await Assert.That(gone.Code).IsEqualTo(1);
        await Assert.That(gone.Error).Contains("nowhere").And.DoesNotContain("   at ");
    }

    [Test]
    public async Task Translations_come_from_a_pipe_and_references_packed()
    {
        using var folder = new TestFolder();
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Compress, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes("a b c d\r\ne\r\n"));
        string reference = folder.Put("reference.gz", packed.ToArray());
        CliResult result = Tinysd.RunOn("a b c d\ne\n", "bleu", "-", reference);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Out).StartsWith("BLEU = 100.00, ");
        CliResult fewer = Tinysd.RunOn("a b c d\n", "bleu", "-", reference);
        await Assert.That(fewer.Error).Contains("- has 1 line and ");
    }

    private static CliResult Score(TestFolder folder, string own, string reference, string options, string end = "\n") => Tinysd.Run(
    [
        "bleu", folder.PutText("own", own + end), folder.PutText("reference", reference + end),
        .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries),
    ]);
}
