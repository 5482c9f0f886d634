using System.Security.Cryptography;
using System.Text;
using TinySD.Formats.Text;

namespace TinySD.Formats.Tests;

/// <summary>Byte-pair codes as subword-nmt learns, writes and applies them.</summary>
public sealed class BytePairCodesTests
{
    // Those of subword-nmt's own tests' merges that the words below can meet, in their order.
    private static readonly BytePairCodes s_codes = Codes(
        "i n|e r|r e|o r|t i|e n|o n|o n</w>|e r</w>|r o|i c|o m|e n</w>|e c|r i|en t</w>|c e</w>|e m|c on|n e|i r|" +
        "m e</w>|m ent</w>|c re|em ent</w>");

    // Learnt by a restatement of subword-nmt's algorithm in Python.
    [Test]
    [Arguments("low 5|lower 2|newest 6|widest 3", 20, 2,
        "s t</w>|e st</w>|l o|w est</w>|n e|ne west</w>|lo w</w>|w i|wi d|wid est</w>|w e|we r</w>|lo wer</w>")]
    [Arguments("low 5|lower 2|newest 6|widest 3", 3, 2, "s t</w>|e st</w>|l o")]
    [Arguments("low 5|lower 2|newest 6|widest 3", 20, 6, "s t</w>|e st</w>|l o|w est</w>|n e|ne west</w>")]
    [Arguments("aaaa 3|aaaaa 2|aaa 1", 10, 2, "a a|aa a</w>|aa a|aaa a</w>|aa aaa</w>")]
    [Arguments("ab 1|cd 1", 5, 2, "")]
    [Arguments("ab 1|cd 1", 5, 1, "c d</w>|a b</w>")]
    [Arguments("a 7|b 9", 5, 1, "")]
    [Arguments("a\uFFFD 4|a\U0001F600 4|a\uD7FF 4", 3, 1, "a \U0001F600</w>|a \uFFFD</w>|a \uD7FF</w>")]
    [Arguments("", 5, 1, "")]
    public async Task Merges_are_those_of_subword_nmt(string words, int merges, int minimumCount, string expected)
    {
        Dictionary<string, long> counts = words.Split('|', StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(own => own.Split(' ')[0], own => long.Parse(own.Split(' ')[1]));
        await Assert.That(Shown(BytePairCodes.Learn(counts, merges, minimumCount))).IsEqualTo(expected);
    }

    [Test]
    [Arguments("iron", "ir@@ on")]
    [Arguments("cement", "c@@ ement")]
    [Arguments("iron\u00A0cement", "ir@@ on@@ \u00A0@@ c@@ ement")]
    [Arguments("", "")]
    [Arguments("e", "e")]
    [Arguments("\U0001F600", "\U0001F600")]
    [Arguments("x\U0001F600y", "x@@ \U0001F600@@ y")]
    [Arguments("ironon", "ir@@ on@@ on")]
    public async Task Words_are_cut_as_by_subword_nmt(string word, string expected)
    {
        await Assert.That(string.Join(' ', s_codes.Apply(word))).IsEqualTo(expected);
        await Assert.That(string.Concat(BytePairCodes.Join(s_codes.Apply(word)))).IsEqualTo(word);
    }

    // A merge goes before neighbours that only it has made, even if theirs is earlier; of three the first two are merged.
    [Test]
    [Arguments("ab a|a b", "ababx", "ab@@ ab@@ x")]
    [Arguments("a a", "aaax", "aa@@ a@@ x")]
    [Arguments("a a|aa a|a aa", "aaaaax", "aa@@ aaa@@ x")]
    [Arguments("a b|c d|b c", "abcdx", "ab@@ cd@@ x")]
    [Arguments("a b</w>", "abab", "a@@ b@@ ab")]
    public async Task The_earliest_merge_is_done_everywhere_before_the_next(string merges, string word, string expected) =>
        await Assert.That(string.Join(' ', Codes(merges).Apply(word))).IsEqualTo(expected);

    // In version 0.1 a word's end is a symbol of its own.
    [Test]
    [Arguments("o n|on </w>|i r", "iron", "ir@@ on")]
    [Arguments("n </w>|o n|i r", "iron", "ir@@ o@@ n")]
    [Arguments("o n</w>|i r", "iron", "ir@@ o@@ n")]
    public async Task Ends_may_be_symbols_of_their_own(string merges, string word, string expected)
    {
        using var folder = new TestFolder();
        string path = folder.Put("codes", Encoding.UTF8.GetBytes(merges.Replace('|', '\n') + "\n"));
        var codes = BytePairCodes.Read(path);
        await Assert.That(codes.MarksEndApart).IsTrue();
        await Assert.That(string.Join(' ', codes.Apply(word))).IsEqualTo(expected);
        codes.Write(folder["again"]);
        await Assert.That(File.ReadAllText(folder["again"])).IsEqualTo(merges.Replace('|', '\n') + "\n");
    }

    [Test]
    [Arguments("ir@@ on", "iron", "ir@@ on")]
    [Arguments("i@@ r@@ on", "iron", "i@@ r@@ on")]
    [Arguments("", "iron", "i@@ r@@ o@@ n")]
    [Arguments("c@@ em@@ ent", "cement", "c@@ em@@ ent")]
    [Arguments("c@@ e@@ m@@ en@@ t", "cement", "c@@ e@@ m@@ en@@ t")]
    [Arguments("en", "cement", "c@@ e@@ m@@ e@@ n@@ t")]
    public async Task Pieces_that_are_not_wanted_are_cut_again(string wanted, string word, string expected)
    {
        HashSet<string> pieces = [.. wanted.Split(' ')];
        await Assert.That(string.Join(' ', s_codes.Apply(word, pieces.Contains))).IsEqualTo(expected);
    }

    [Test]
    public async Task Pieces_are_cut_again_where_ends_are_symbols_too()
    {
        BytePairCodes codes = new(Pairs("o n|on </w>|i r|ir on</w>"), marksEndApart: true);
        await Assert.That(string.Join(' ', codes.Apply("iron"))).IsEqualTo("iron");
        await Assert.That(string.Join(' ', codes.Apply("iron", piece => piece is "ir@@" or "on"))).IsEqualTo("ir@@ on");
        await Assert.That(string.Join(' ', codes.Apply("iron", _ => false))).IsEqualTo("i@@ r@@ o@@ n");
        await Assert.That(string.Join(' ', codes.Apply("xon", _ => false))).IsEqualTo("x@@ o@@ n");
    }

    [Test]
    [Arguments("foo@@ bar tot@@", "foobar|tot")]
    [Arguments("foo@@ bar", "foobar")]
    [Arguments("@@ x", "x")]
    [Arguments("@@", "")]
    [Arguments("a@@ @@ b c", "ab|c")]
    [Arguments("@@@ b", "@b")]
    [Arguments("", "")]
    public async Task Pieces_are_joined(string pieces, string expected)
    {
        string[] words = BytePairCodes.Join(pieces.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        await Assert.That(string.Join('|', words)).IsEqualTo(expected);
    }

    [Test]
    [Arguments("#version: 0.2\nt h\nth e</w>\n", "t h|th e</w>")]
    [Arguments("#version: 0.2.0\nt h\n", "t h")]
    [Arguments("\uFEFF#version: 0.2\r\nt h\r\nth e</w>\r\n\r\n", "t h|th e</w>")]
    [Arguments("#version: 0.2\n t h \n\u00A0 e", "t h|\u00A0 e")]
    [Arguments("#version: 0.2\n", "")]
    public async Task Files_are_read(string text, string expected)
    {
        using var folder = new TestFolder();
        var codes = BytePairCodes.Read(folder.Put("codes", Encoding.UTF8.GetBytes(text)));
        await Assert.That(codes.MarksEndApart).IsFalse();
        await Assert.That(Shown(codes)).IsEqualTo(expected);
        codes.Write(folder["again"]);
        string written = string.Concat(codes.Merges.Select(pair => $"{pair.First} {pair.Second}\n"));
        await Assert.That(File.ReadAllText(folder["again"])).IsEqualTo($"#version: 0.2\n{written}");
        await Assert.That(codes.FindDifference(BytePairCodes.Read(folder["again"]))).IsNull();
    }

    [Test]
    [Arguments("#version: 0.2\nt h\nthe\n", FileProblemKind.LineInvalid, "line 3: two symbols with one blank between them were expected")]
    [Arguments("#version: 0.2\nt h\n\no n\n", FileProblemKind.LineInvalid, "line 3")]
    [Arguments("#version: 0.2\na b c\n", FileProblemKind.LineInvalid, "line 2")]
    [Arguments("#version: 0.2\na  b\n", FileProblemKind.LineInvalid, "found was 'a  b'")]
    [Arguments("#version: 0.2\na\tb\n", FileProblemKind.LineInvalid, "line 2")]
    [Arguments("two dogs run\n", FileProblemKind.LineInvalid, "line 1")]
    [Arguments("#version: 0.3\nt h\n", FileProblemKind.Unsupported, "line 1: byte-pair codes of version '0.3'; 0.1 and 0.2")]
    [Arguments("#version: 0.2 byte\nt h\n", FileProblemKind.Unsupported, "without --byte")]
    [Arguments("#version:\nt h\n", FileProblemKind.Unsupported, "version ''")]
    [Arguments("", FileProblemKind.Empty, "is empty")]
    public async Task What_are_no_codes_is_refused(string text, FileProblemKind kind, string says)
    {
        using var folder = new TestFolder();
        string path = folder.Put("codes", Encoding.UTF8.GetBytes(text));
        FileProblem problem = Refused.By(() => BytePairCodes.Read(path));
        await Assert.That(problem.Kind).IsEqualTo(kind);
        await Assert.That(problem.Message).Contains(says).And.Contains(path);
    }

    [Test]
    public async Task Bytes_that_are_no_text_are_refused_with_their_line()
    {
        using var folder = new TestFolder();
        string path = folder.Put("codes", [.. "#version: 0.2\na b\n"u8, 0xFF, .. " c\n"u8]);
        FileProblem problem = Refused.By(() => BytePairCodes.Read(path));
        await Assert.That((problem.Kind, problem.Line)).IsEqualTo((FileProblemKind.NotUtf8, 3L));
    }

    [Test]
    public async Task Other_codes_are_told_apart()
    {
        BytePairCodes codes = Codes("a b|c d");
        await Assert.That(codes.FindDifference(Codes("a b|c d"))).IsNull();
        await Assert.That(codes.FindDifference(Codes("a b|c e"))).IsEqualTo("merge 2 is 'c d' and 'c e'");
        await Assert.That(codes.FindDifference(Codes("a b"))).IsEqualTo("there are 2 merges and 1");
        await Assert.That(codes.FindDifference(new(codes.Merges, marksEndApart: true))).Contains("version");
    }

    [Test]
    public async Task A_long_text_without_blanks_is_cut_in_time()
    {
        // Of the last four one is the word's end, which no merge knows.
        string text = new('n', 1_000_000);
        await Assert.That(Codes("n n|nn nn|o n").Apply(text).Length).IsEqualTo(250_002);
    }

    [Test]
    public async Task Wrong_calls_are_told()
    {
        await Assert.That(() => Codes("a b").Apply(null!)).Throws<ArgumentNullException>();
        await Assert.That(() => new BytePairCodes([new("a b", "c")])).Throws<ArgumentException>().WithMessageContaining("merge 0");
        await Assert.That(() => new BytePairCodes([new("a", "")])).Throws<ArgumentException>();
        await Assert.That(() => BytePairCodes.Learn(new Dictionary<string, long> { ["a b"] = 1 }, 5)).Throws<ArgumentException>();
        await Assert.That(() => BytePairCodes.Learn(new Dictionary<string, long> { ["ab"] = 0 }, 5)).Throws<ArgumentException>();
        await Assert.That(() => BytePairCodes.Learn(new Dictionary<string, long>(), -1)).Throws<ArgumentException>();
        await Assert.That(() => BytePairCodes.Learn(new Dictionary<string, long>(), 1, 0)).Throws<ArgumentException>();
    }

    // Sums of what a restatement of subword-nmt in Python gives for both sides of Multi30k together.
    [Test]
    public async Task Multi30k_gets_the_merges_and_pieces_of_subword_nmt()
    {
        string[] train = [RealData.Find(Multi30k("train", "de")), RealData.Find(Multi30k("train", "en"))];
        string[] test = [RealData.Find(Multi30k("test_2016_flickr", "de")), RealData.Find(Multi30k("test_2016_flickr", "en"))];
        var counts = new Dictionary<string, long>();
        foreach (string line in train.SelectMany(Lines))
        {
            foreach (string word in line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                counts[word] = counts.GetValueOrDefault(word) + 1;
        }

        var codes = BytePairCodes.Learn(counts, 10_000);
        using var folder = new TestFolder();
        codes.Write(folder["codes"]);
        await Assert.That(SumOf(File.ReadAllText(folder["codes"])))
            .IsEqualTo("5b545f318e49f24367c7399019c9aeb5e3720b6379a08f887c2792af71c37f2a");
        await Assert.That(SumOf(Segmented(codes, test[0]))).IsEqualTo("375c20d50f4c486149a78dfcfb161a430a04ddabe2b7d150f0c7811dc455ac60");
        await Assert.That(SumOf(Segmented(codes, test[1]))).IsEqualTo("13b5fe3f92f78c54446d66afcaaa0a00a33ab653a8411f16812c9c5ca3795d6d");
    }

    private static string Multi30k(string set, string language) => $"multi30k_deen/tok/{set}.lc.norm.tok.{language}.gz";

    private static string Segmented(BytePairCodes codes, string path)
    {
        var text = new StringBuilder();
        foreach (string line in Lines(path))
        {
            IEnumerable<string> words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            text.AppendJoin(' ', words.SelectMany(word => codes.Apply(word))).Append('\n');
        }

        return text.ToString();
    }

    private static IEnumerable<string> Lines(string path)
    {
        using var reader = new LineReader(path, File.OpenRead(path));
        while (reader.TryRead(out string? line)) yield return line;
    }

    private static string SumOf(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text))).ToLowerInvariant();

    private static BytePairCodes Codes(string merges) => new(Pairs(merges));

    private static IEnumerable<BytePair> Pairs(string merges) =>
        merges.Split('|').Select(pair => new BytePair(pair.Split(' ')[0], pair.Split(' ')[1]));

    private static string Shown(BytePairCodes codes) => string.Join('|', codes.Merges.Select(pair => $"{pair.First} {pair.Second}"));
}
