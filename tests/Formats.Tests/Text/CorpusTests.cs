using System.IO.Compression;
using System.Text;
using TinySD.Formats.Text;

namespace TinySD.Formats.Tests;

public sealed class CorpusTests
{
    private const string Sample = "the cat\n\nsat on the mat";

    private const string Latin1 = "Convert the file, for example with iconv -f latin1 -t utf-8.",
        Windows1252 = "Convert the file, for example with iconv -f windows-1252 -t utf-8.",
        Untold = "Convert the file from its encoding, which cannot be told from here; from GB18030, for example, with iconv -f gb18030 " +
            "-t utf-8.",
        Damaged = "The text before it is UTF-8, so the file is damaged, or put together from texts of two encodings. Copy it again, or " +
            "mend that line.",
        CutShort = "The text before it is UTF-8, so it is cut short within a character; copy it again.";

    [Test]
    public async Task A_file_is_counted_and_encoded()
    {
        using var folder = new TestFolder();
        string path = folder.Put("a.txt", Encoding.UTF8.GetBytes(Sample));
        TokenCounts counts = Corpus.Count(path, TextLevel.Word);
        await Assert.That((counts.Total, counts.Distinct, counts.Level)).IsEqualTo((9L, 6, TextLevel.Word));
        await Assert.That(counts.Counts["<eos>"]).IsEqualTo(3);
        await Assert.That(counts.Counts["the"]).IsEqualTo(2);
        Vocabulary vocabulary = Vocabulary.Build(counts);
        await Assert.That(vocabulary.Decode(Corpus.Encode(path, vocabulary))).IsEqualTo(Sample + "\n");
        await Assert.That(Corpus.Count(path, TextLevel.Character).Total).IsEqualTo(Sample.Length);
    }

    [Test]
    public async Task Line_ends_are_counted_however_the_text_is_cut_into_blocks()
    {
        using var folder = new TestFolder();

        // A pair on either side of each end of a block of 64 KiB, and across it.
        foreach (int before in new[] { 65_533, 65_534, 65_535, 65_536 })
        {
            string text = string.Concat(Enumerable.Repeat("aaaaaaaaa ", 6000)).PadRight(before) + "\r\nb <eos>\rc <eos>\n\r";
            string path = folder.Put("a.txt", Encoding.UTF8.GetBytes(text));
            Vocabulary vocabulary = Vocabulary.Build(Corpus.Count(path, TextLevel.Word, LineMarks.WhereMissing), addUnknown: true);
            using TokenStore store = Corpus.Store(path, vocabulary);
            await Assert.That(store.LineEnds).IsEqualTo(new LineEnds(LineFeeds: 2, CarriageReturns: 3, Pairs: 1, Lines: 3, Marked: 1));
            await Assert.That(store.LineEnds.LoneReturns).IsEqualTo(2);
        }

        using TokenStore bytes = Corpus.Store(folder.Put("b.txt", "a\r\nb\r"u8), Vocabulary.Bytes);
        await Assert.That(bytes.LineEnds).IsEqualTo(default(LineEnds));
    }

    [Test]
    public async Task Gzip_is_told_by_content_and_may_have_several_members()
    {
        using var folder = new TestFolder();
        byte[] text = Encoding.UTF8.GetBytes(Sample);
        byte[][] ways = [Gzip(text), [.. Gzip(text[..5]), .. Gzip(text[5..])], [.. Gzip([]), .. Gzip(text)], [.. Gzip(text), .. Gzip([])]];
        foreach (byte[] packed in ways)
        {
            string path = folder.Put("a.txt", packed);
            await Assert.That(Corpus.Count(path, TextLevel.Word).Total).IsEqualTo(9);
        }

        await Assert.That(Corpus.Count(folder.Put("not-packed.gz", text), TextLevel.Word).Total).IsEqualTo(9);
    }

    [Test]
    public async Task Text_longer_than_any_buffer_is_read_as_it_is()
    {
        using var folder = new TestFolder();
        string text = LongText(300_000);
        byte[] plain = Encoding.UTF8.GetBytes(text);
        foreach (string path in (string[])[folder.Put("plain", plain), folder.Put("packed", Gzip(plain))])
        {
            Vocabulary characters = Vocabulary.Build(Corpus.Count(path, TextLevel.Character));
            await Assert.That(characters.Decode(Corpus.Encode(path, characters)) == text).IsTrue();
            Vocabulary words = Vocabulary.Build(Corpus.Count(path, TextLevel.Word));
            IEnumerable<string> lines = text.Split('\n')
                .Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
            string expected = string.Join('\n', lines) + "\n";
            await Assert.That(words.Decode(Corpus.Encode(path, words)) == expected).IsTrue();
        }
    }

    [Test]
    [NotInParallel]
    public async Task Reading_a_second_file_takes_the_buffers_of_the_first()
    {
        using var folder = new TestFolder();
        string path = folder.Put("a.txt", "the\ncat\nsat\n"u8.ToArray());
        var vocabulary = Vocabulary.Build(Corpus.Count(path, TextLevel.Word));
        foreach (Action read in new Action[]
        {
            () => Corpus.Count(path, TextLevel.Word), () => Corpus.Count(path, TextLevel.Byte), () => Corpus.Encode(path, vocabulary),
            () => VocabularyFile.Read(path, TextLevel.Word),
        })
        {
            read();
            long before = GC.GetAllocatedBytesForCurrentThread();
            read();
            await Assert.That(GC.GetAllocatedBytesForCurrentThread() - before).IsLessThan(TextFile.BlockLength);
        }
    }

    [Test]
    [Arguments(false, WordSplit.None)]
    [Arguments(true, WordSplit.Simple)]
    public async Task Reading_does_not_allocate_for_each_token(bool lower, WordSplit split)
    {
        var rules = new TokenRules(TextLevel.Word) { IsLowerCase = lower, Split = split };
        using var folder = new TestFolder();
        string path = folder.Put("a.txt", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Sample + "\n", 50_000))));
        Vocabulary vocabulary = Vocabulary.Build(Corpus.Count(path, rules));
        Corpus.Encode(path, vocabulary);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Corpus.Count(path, rules);
        long counting = GC.GetAllocatedBytesForCurrentThread() - before;
        before = GC.GetAllocatedBytesForCurrentThread();
        int[] ids = Corpus.Encode(path, vocabulary);
        long encoding = GC.GetAllocatedBytesForCurrentThread() - before;
        await Assert.That(ids.Length).IsEqualTo(450_000);
        await Assert.That(counting).IsLessThan(500_000);

        // The array, and the arrays half and a quarter and so on of its length that it grew from.
        await Assert.That(encoding).IsLessThan((4L * 450_000 * 5) + 500_000);
    }

    [Test]
    public async Task A_byte_order_mark_is_no_part_of_the_text()
    {
        using var folder = new TestFolder();
        string path = folder.Put("a.txt", [0xEF, 0xBB, 0xBF, .. "ab"u8]);
        await Assert.That(Corpus.Count(path, TextLevel.Character).Counts.Keys).IsEquivalentTo(["a", "b"]);
        path = folder.Put("b.txt", [0xEF, 0xBB, 0xBF, .. "a\nb"u8, 0xE9]);
        await Assert.That(Refused.By(() => Corpus.Count(path, TextLevel.Character)).Offset).IsEqualTo(6);
        path = folder.Put("c.txt", [0xEF, 0xBB, 0xBF, .. "a\nb"u8, 0]);
        await Assert.That(Refused.By(() => Corpus.Count(path, TextLevel.Character)).Offset).IsEqualTo(6);
        path = folder.Put("d.txt", [0xEF, 0xBB, 0xBF]);
        await Assert.That(Refused.By(() => Corpus.Count(path, TextLevel.Character)).Message)
            .IsEqualTo($"{path} is empty but for a byte-order mark; a text was expected");
    }

    // A surrogate pair is one character, a combining mark another, and line ends and marks within a text are what they are.
    [Test]
    [Arguments("\U0001D11E\U0001F600", "\U0001D11E|\U0001F600")]
    [Arguments("e\u0301\U0001F1E9\U0001F1EA", "e|\u0301|\U0001F1E9|\U0001F1EA")]
    [Arguments("a\r\nb\r", "a|\r|\n|b|\r")]
    [Arguments("\uFEFF\uFEFFa\uFEFF", "\uFEFF|a|\uFEFF")]
    [Arguments("\uFFFD\uFFFF\u200D\u2028", "\uFFFD|\uFFFF|\u200D|\u2028")]
    public async Task Characters_of_a_file_are_its_scalar_values(string text, string expected)
    {
        using var folder = new TestFolder();
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        foreach (string path in (string[])[folder.Put("a.txt", bytes), folder.Put("a.gz", Gzip(bytes))])
        {
            Vocabulary vocabulary = Vocabulary.Build(Corpus.Count(path, TextLevel.Character));
            string[] found = [.. Corpus.Encode(path, vocabulary).Select(id => vocabulary[id])];
            await Assert.That(found).IsEquivalentTo(expected.Split('|'), CollectionOrdering.Matching);
        }
    }

    [Test]
    public async Task Any_bytes_come_back_as_they_were()
    {
        using var folder = new TestFolder();
        byte[] noise = new byte[1_000_003];
        new Random(8).NextBytes(noise);
        foreach (byte[] bytes in (byte[][])[noise, [0], [0xEF, 0xBB, 0xBF], [0xFF, 0xFE, 0, 0], [0xC0, 0xAF, 0x80], TsdBytes.Example(),
            [0x1F]])
        {
            foreach (string path in (string[])[folder.Put("a", bytes), folder.Put("b", Gzip(bytes))])
            {
                int[] ids = Corpus.Encode(path, Vocabulary.Bytes);
                await Assert.That(Vocabulary.Bytes.DecodeBytes(ids).AsSpan().SequenceEqual(bytes)).IsTrue();
                TokenCounts counts = Corpus.Count(path, TextLevel.Byte);
                await Assert.That(counts.Total).IsEqualTo(bytes.Length);
                await Assert.That(counts.Counts.All(pair => bytes.Count(b => b == Convert.ToByte(pair.Key, 16)) == pair.Value)).IsTrue();
            }
        }

        string empty = folder.Put("c", []);
        await Assert.That(Refused.By(() => Corpus.Encode(empty, Vocabulary.Bytes)).Kind).IsEqualTo(FileProblemKind.Empty);
        string cut = folder.Put("d", Gzip(noise).AsSpan(0, 1000));
        await Assert.That(Refused.By(() => Corpus.Encode(cut, Vocabulary.Bytes)).Kind).IsEqualTo(FileProblemKind.GzipDamaged);
    }

    // Text of several scripts in every encoding that a program of another system may have written it in; the library is the oracle.
    [Test]
    [MatrixDataSource]
    public async Task Wide_encodings_without_a_mark_are_named(
        [Matrix("utf-16le", "utf-16be", "utf-32le", "utf-32be")] string name,
        [Matrix("plain words\n", "Größe, ça va?\r\n", "Привет мир\n", "世界 你好\n", "😀 a\n")] string line, [Matrix(1, 20_000)] int lines)
    {
        using var folder = new TestFolder();
        Encoding encoding = name switch
        {
            "utf-16le" => new UnicodeEncoding(bigEndian: false, byteOrderMark: false),
            "utf-16be" => new UnicodeEncoding(bigEndian: true, byteOrderMark: false),
            "utf-32le" => new UTF32Encoding(bigEndian: false, byteOrderMark: false),
            _ => new UTF32Encoding(bigEndian: true, byteOrderMark: false),
        };
        byte[] bytes = encoding.GetBytes(string.Concat(Enumerable.Repeat(line, lines)));
        string path = folder.Put("a", bytes);
        FileProblem problem = Refused.By(() => Corpus.Count(path, TextLevel.Character));
        int zero = bytes.AsSpan().IndexOf((byte)0), atLine = bytes.AsSpan(0, zero).Count((byte)'\n') + 1;
        await Assert.That((problem.Kind, problem.Offset, problem.Line)).IsEqualTo((FileProblemKind.NotUtf8, zero, atLine));
        string shown = $"{name[..6].ToUpperInvariant()} ({(name.EndsWith("le", StringComparison.Ordinal) ? "little" : "big")}-endian)";
        await Assert.That(problem.Message).IsEqualTo(
            $"{path}, line {atLine}: not UTF-8 text, with 00 at byte {zero}; it looks like {shown} without a byte-order mark. Convert " +
            $"the file, for example with iconv -f {name} -t utf-8.");
    }

    [Test]
    public async Task Wide_encodings_with_a_mark_are_named()
    {
        using var folder = new TestFolder();
        foreach ((Encoding encoding, string name) in new (Encoding, string)[]
        {
            (new UnicodeEncoding(false, true), "utf-16"), (new UnicodeEncoding(true, true), "utf-16"),
            (new UTF32Encoding(false, true), "utf-32"), (new UTF32Encoding(true, true), "utf-32"),
        })
        {
            string path = folder.Put("a", [.. encoding.GetPreamble(), .. encoding.GetBytes("the cat")]);
            FileProblem problem = Refused.By(() => Corpus.Count(path, TextLevel.Word));
            await Assert.That(problem.Message).IsEqualTo(
                $"{path} is not text: it begins like {name.ToUpperInvariant()} text; convert it to UTF-8, for example with iconv -f " +
                $"{name} -t utf-8");
            await Assert.That(problem.Offset).IsEqualTo(0);
        }
    }

    [Test]
    public async Task Numbers_are_no_wide_text()
    {
        using var folder = new TestFolder();
        byte[] small = new byte[4000], floats = new byte[4000];
        for (int i = 0; i < 1000; i++)
        {
            BitConverter.TryWriteBytes(small.AsSpan(4 * i), i);
            BitConverter.TryWriteBytes(floats.AsSpan(4 * i), i / 7f);
        }

        foreach (byte[] bytes in (byte[][])[new byte[64], small, floats])
        {
            string path = folder.Put("a", bytes);
            await Assert.That(Refused.By(() => Corpus.Count(path, TextLevel.Word)).Kind).IsEqualTo(FileProblemKind.Binary);
        }
    }

    [Test]
    public async Task An_empty_file_is_refused_packed_or_not()
    {
        using var folder = new TestFolder();
        foreach (string path in (string[])[folder.Put("a", []), folder.Put("b", Gzip([]))])
        {
            FileProblem problem = Refused.By(() => Corpus.Count(path, TextLevel.Word));
            await Assert.That(problem.Message).IsEqualTo($"{path} is empty; a text was expected");
            await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.Empty);
        }
    }

    [Test]
    public async Task A_zero_byte_anywhere_means_binary()
    {
        using var folder = new TestFolder();
        foreach (int at in (int[])[0, 1, 65_535, 65_536, 200_000])
        {
            byte[] bytes = Encoding.UTF8.GetBytes(new string('a', 200_001));
            bytes[at] = 0;
            string path = folder.Put("a", bytes);
            FileProblem problem = Refused.By(() => Corpus.Count(path, TextLevel.Character));
            await Assert.That(problem.Message).IsEqualTo($"{path} looks like binary, not text: there is a zero byte at byte {at}");
            await Assert.That((problem.Kind, problem.Offset)).IsEqualTo((FileProblemKind.Binary, (long?)at));
        }
    }

    [Test]
    public async Task A_file_of_another_format_is_named()
    {
        using var folder = new TestFolder();
        foreach ((byte[] bytes, string format) in new (byte[], string)[]
        {
            (TsdBytes.Example(), "a TinySD model"),
            ([0xFF, 0xFE, (byte)'a', 0], "UTF-16 text; convert it to UTF-8, for example with iconv -f utf-16 -t utf-8"),
            ([.. "PK"u8, 3, 4, 20, 0], "a zip archive, perhaps a PyTorch checkpoint; unpack it, or if it is one, " +
                "save its weights from PyTorch with safetensors.torch.save_file(model.state_dict(), \"model.safetensors\") and give that " +
                "file"),
            (Gzip(Gzip("text"u8.ToArray())), "a gzip file; unpack it first"),
        })
        {
            string path = folder.Put("a", bytes);
            FileProblem problem = Refused.By(() => Corpus.Count(path, TextLevel.Word));
            await Assert.That(problem.Message).IsEqualTo($"{path} is not text: it begins like {format}");
            await Assert.That((problem.Kind, problem.Offset)).IsEqualTo((FileProblemKind.Binary, (long?)0));
        }
    }

    // What a compressed file begins with after its name, size and block mark is no text.
    [Test]
    [Arguments("BZh", 1)]
    [Arguments("BZhang and 9 others\n", 1)]
    [Arguments("BZh91AY\n", 1)]
    [Arguments("BZh91AY&SX", 1)]
    [Arguments("BZh01AY&SY", 1)]
    [Arguments("BZh91AY&SY", 0)]
    [Arguments("BZh11AY&SY and so on", 0)]
    public async Task A_text_that_begins_as_bzip2_does_is_a_text(string text, int lines)
    {
        using var folder = new TestFolder();
        string path = folder.Put("a", Encoding.ASCII.GetBytes(text));
        if (lines > 0)
            await Assert.That(Corpus.Count(path, TextLevel.Word).Counts["<eos>"]).IsEqualTo(lines);
        else
            await Assert.That(Refused.By(() => Corpus.Count(path, TextLevel.Word)).Message)
                .IsEqualTo($"{path} is not text: it begins like a bzip2 file; unpack it first");
    }

    [Test]
    [Arguments(0)]
    [Arguments(65_533)]
    [Arguments(65_535)]
    [Arguments(65_536)]
    [Arguments(150_000)]
    public async Task Bytes_that_are_not_utf8_are_refused_with_line_and_offset(int at)
    {
        using var folder = new TestFolder();
        byte[] bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("abcdefghi\n", 20_000)));
        bytes[at] = 0xE9;
        string path = folder.Put("a", bytes);
        FileProblem problem = Refused.By(() => Corpus.Count(path, TextLevel.Character));
        await Assert.That(problem.Message).IsEqualTo(
            $"{path}, line {(at / 10) + 1}: not UTF-8 text, with E9 at byte {at}. Convert the file, for example with iconv -f latin1 -t " +
            "utf-8.");
        await Assert.That((problem.Kind, problem.Offset, problem.Line))
            .IsEqualTo((FileProblemKind.NotUtf8, (long?)at, (long?)(at / 10) + 1));
    }

    // Overlong, surrogate, beyond U+10FFFF, a lone continuation, and a character cut off by the file's end.
    [Test]
    [Arguments("C0AF")]
    [Arguments("EDA080")]
    [Arguments("F4908080")]
    [Arguments("80")]
    [Arguments("E282")]
    [Arguments("F09F98")]
    public async Task Forms_that_only_look_like_utf8_are_refused(string hex)
    {
        using var folder = new TestFolder();
        string path = folder.Put("a", [.. "ab"u8, .. Convert.FromHexString(hex)]);
        FileProblem problem = Refused.By(() => Corpus.Count(path, TextLevel.Character));
        await Assert.That((problem.Kind, problem.Offset)).IsEqualTo((FileProblemKind.NotUtf8, (long?)2));
    }

    [Test]
    public async Task What_follows_in_later_blocks_tells_the_encoding_too()
    {
        using var folder = new TestFolder();
        byte[] bytes = Encoding.Latin1.GetBytes("caf\u00E9 " + string.Concat(Enumerable.Repeat("abcdefghi\n",
            20_000)) + "\u0093quoted\u0094");
        await Assert.That(Refused.By(() => Corpus.Count(folder.Put("a", bytes), TextLevel.Character)).Message).EndsWith(Windows1252);
    }

    // Latin-1 would ruin a text that is UTF-8 but for one place, so it is named only where nothing says that the text is UTF-8.
    [Test]
    [Arguments("", "caf", "E9", " au lait", Latin1)]
    [Arguments("", "caf", "E9", "",
        "If it is cut short within a character, copy it again; otherwise convert it, for example with iconv -f latin1 -t utf-8.")]
    [Arguments("", "größe, caf", "E9", " au lait", Damaged)]
    [Arguments("EFBBBF", "caf", "E9", " au lait", Damaged)]
    [Arguments("", "größe, caf", "C3", "", CutShort)]
    [Arguments("EFBBBF", "caf", "C3", "", CutShort)]
    [Arguments("", "世界", "F09F98", "", CutShort)]
    [Arguments("", "世界", "E4B8", "\n", Damaged)]
    [Arguments("", "世界", "80", "", Damaged)]
    [Arguments("", "abc ", "80", "", Windows1252)]
    [Arguments("", "say ", "93", "hello\x94", Windows1252)]
    [Arguments("", "it", "92", "s", Windows1252)]
    [Arguments("", "caf", "E9", " \x97 c\x9Cur", Windows1252)]
    [Arguments("", "na", "EF", "ve \xABtr\xE8s\xBB 20\xB0 \xA9", Latin1)]
    [Arguments("", "", "96", "\x96\x96\x96\x96", Windows1252)]
    [Arguments("", "in GB18030: ", "C4", "\xE3\xBA\xC3\xCA\xC0\xBD\xE7", Untold)]
    [Arguments("", "in Shift-JIS: ", "82", "\xB1\x82\xF1\x82\xC9\x82\xBF\x82\xCD", Untold)]
    [Arguments("", "in windows-1251: ", "CF", "\xF0\xE8\xE2\xE5\xF2", Untold)]
    [Arguments("", "in CP850: K", "94", "ln, caf\x82", Untold)]
    [Arguments("", "in ISO-8859-2: b", "B3", "oto", Untold)]
    [Arguments("", "no character ", "81", "", Untold)]
    public async Task Advice_about_bytes_that_are_not_utf8_fits_the_text(
        string mark, string before, string wrong, string after, string advice)
    {
        using var folder = new TestFolder();
        foreach (int lines in (int[])[0, 30_000])
        {
            byte[] start = [.. Convert.FromHexString(mark),
                .. Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("line\n", lines)) + before)];
            byte[] bytes = [.. start, .. Convert.FromHexString(wrong), .. Encoding.Latin1.GetBytes(after)];
            foreach ((string path, string place) in new[] { (folder.Put("a", bytes), ""), (folder.Put("b", Gzip(bytes)),
                " of the unpacked text") })
            {
                FileProblem problem = Refused.By(() => Corpus.Count(path, TextLevel.Character));
                await Assert.That(problem.Message)
                    .IsEqualTo($"{path}, line {lines + 1}: not UTF-8 text, with {wrong[..2]} at byte {start.Length}{place}. {advice}");
                await Assert.That((problem.Kind, problem.Offset, problem.Line))
                    .IsEqualTo((FileProblemKind.NotUtf8, start.Length, lines + 1));
            }
        }
    }

    [Test]
    public async Task The_place_of_a_zero_byte_in_packed_text_is_one_of_the_unpacked_text()
    {
        using var folder = new TestFolder();
        string path = folder.Put("a.gz", Gzip([.. "a\u0001bc"u8, 0]));
        await Assert.That(Refused.By(() => Corpus.Count(path, TextLevel.Word)).Message)
            .IsEqualTo($"{path} looks like binary, not text: there is a zero byte at byte 4 of the unpacked text");
        path = folder.Put("b.gz", Gzip(Encoding.Unicode.GetBytes("ab\n")));
        await Assert.That(Refused.By(() => Corpus.Count(path, TextLevel.Word)).Message)
            .StartsWith($"{path}, line 1: not UTF-8 text, with 00 at byte 1 of the unpacked text; it looks like UTF-16 (little-endian) " +
                "without a byte-order mark.");
    }

    [Test]
    public async Task A_gzip_file_cut_at_any_length_is_refused()
    {
        using var folder = new TestFolder();
        byte[] two = [.. Gzip("the cat sat "u8.ToArray()), .. Gzip("on the mat, the mat\n"u8.ToArray())];
        int first = Gzip("the cat sat "u8.ToArray()).Length;
        for (int length = 2; length < two.Length; length++)
        {
            string path = folder.Put("a.gz", two.AsSpan(0, length));
            if (length == first)
            {
                // A file of the first member alone is whole, as far as anybody can tell.
                await Assert.That(Corpus.Count(path, TextLevel.Word).Total).IsEqualTo(4);
                continue;
            }

            FileProblem problem = Refused.By(() => Corpus.Count(path, TextLevel.Word));
            await Assert.That(problem.Message).IsEqualTo($"{path} is a damaged or cut-short gzip file; copy or download it again");
            await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.GzipDamaged);
        }
    }

    [Test]
    public async Task A_large_gzip_file_cut_near_its_end_is_refused()
    {
        using var folder = new TestFolder();
        byte[] packed = Gzip(Encoding.UTF8.GetBytes(LongText(400_000)));
        foreach (int missing in (int[])[1, 4, 8, 9, 100, 70_000])
        {
            string path = folder.Put("a.gz", packed.AsSpan(0, packed.Length - missing));
            await Assert.That(Refused.By(() => Corpus.Count(path, TextLevel.Character)).Kind).IsEqualTo(FileProblemKind.GzipDamaged);
        }
    }

    [Test]
    public async Task A_gzip_file_with_a_wrong_checksum_or_something_behind_its_end_is_refused()
    {
        using var folder = new TestFolder();
        byte[] packed = Gzip("the cat sat on the mat\n"u8.ToArray());
        byte[] wrongSum = [.. packed], wrongLength = [.. packed];
        wrongSum[^8] ^= 1;
        wrongLength[^1] ^= 1;
        foreach (byte[] bytes in (byte[][])[wrongSum, wrongLength, [.. packed, 1, 2, 3]])
        {
            string path = folder.Put("a.gz", bytes);
            await Assert.That(Refused.By(() => Corpus.Count(path, TextLevel.Word)).Kind).IsEqualTo(FileProblemKind.GzipDamaged);
        }
    }

    [Test]
    [Arguments(4097, 10)]
    [Arguments(100_000, 10)]
    [Arguments(100_000, 0)]
    public async Task A_word_longer_than_any_is_refused_with_its_line(int length, int after)
    {
        using var folder = new TestFolder();
        string path = folder.Put("a", Encoding.UTF8.GetBytes("a\nb " + new string('x', length) + new string(' ', after)));
        FileProblem problem = Refused.By(() => Corpus.Count(path, TextLevel.Word));
        await Assert.That(problem.Message).IsEqualTo(
            $"{path}, line 2: a word of more than 4096 characters. " +
            "Is this text with blanks between words? Character level takes any text.");
        await Assert.That((problem.Kind, problem.Line)).IsEqualTo((FileProblemKind.WordTooLong, (long?)2));
        await Assert.That(Corpus.Count(path, TextLevel.Character).Total).IsEqualTo(4 + length + after);
        await Assert.That(Corpus.Count(folder.Put("b", Encoding.UTF8.GetBytes(new string('x', 4096))), TextLevel.Word).Distinct)
            .IsEqualTo(2);
    }

    [Test]
    public async Task An_unknown_word_in_a_file_is_refused_with_file_line_and_word()
    {
        using var folder = new TestFolder();
        Vocabulary vocabulary = Vocabulary.Build(Corpus.CountText("the cat\n", TextLevel.Word));
        string path = folder.Put("a", "the cat\nthe dog\n"u8);
        FileProblem problem = Refused.By(() => Corpus.Encode(path, vocabulary));
        await Assert.That(problem.Message).IsEqualTo(
            $"{path}, line 2: the word 'dog' is not in the model's vocabulary, and that has no <unk>. " +
            "A vocabulary that is built with a minimum count of 2 has it.");
        await Assert.That((problem.Kind, problem.File, problem.Line, problem.Part))
            .IsEqualTo((FileProblemKind.UnknownToken, path, 2L, "dog"));
    }

    [Test]
    public async Task A_text_in_memory_ends_lines_at_line_feeds_only()
    {
        var vocabulary = new Vocabulary(TextLevel.Word, ["<eos>", "a", "b"]);
        await Assert.That(Corpus.EncodeText("a b\na", vocabulary)).IsEquivalentTo([1, 2, 0, 1], CollectionOrdering.Matching);
        await Assert.That(Corpus.EncodeText("", vocabulary)).IsEmpty();
        await Assert.That(Corpus.CountText("a b\na", TextLevel.Word).Total).IsEqualTo(4);
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(bytes);
        return packed.ToArray();
    }

    // Characters of one to four bytes in no rhythm, so that every kind is cut by some buffer's end.
    private static string LongText(int length)
    {
        var random = new Random(5);
        string[] pieces = ["a", "b", "é", "ß", "世", "😀", "𝄞", " ", " ", "\n"];
        return string.Concat(Enumerable.Range(0, length).Select(_ => pieces[random.Next(pieces.Length)]));
    }
}
