using System.IO.Compression;
using System.Text;
using TinySD.Formats.Text;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Models;

namespace TinySD.Formats.Tests;

public sealed class ConllFileTests
{
    private const string Usual = "EU NNP I-ORG\nrejects VBZ O\n\nPeter NNP I-PER\nBlackburn NNP I-PER\n\n";

    [Test]
    [Arguments(Usual)]
    [Arguments("EU NNP I-ORG\nrejects VBZ O\n\nPeter NNP I-PER\nBlackburn NNP I-PER")]
    [Arguments("\n\nEU NNP I-ORG\nrejects VBZ O\n\n\n  \t \nPeter NNP I-PER\nBlackburn NNP I-PER\n\n\n")]
    [Arguments("EU NNP I-ORG\r\nrejects VBZ O\r\n\r\nPeter NNP I-PER\r\nBlackburn NNP I-PER\r\n\r\n")]
    [Arguments("EU NNP I-ORG\rrejects VBZ O\r\rPeter NNP I-PER\rBlackburn NNP I-PER\r")]
    [Arguments("EU\tNNP\tI-ORG\nrejects\tVBZ\tO\n\nPeter\tNNP\tI-PER\nBlackburn\tNNP\tI-PER\n")]
    [Arguments("  EU   NNP \t I-ORG  \nrejects\tVBZ O\t\n \nPeter NNP  I-PER\r\nBlackburn NNP I-PER \n")]
    [Arguments("\uFEFFEU NNP I-ORG\nrejects VBZ O\n\nPeter NNP I-PER\nBlackburn NNP I-PER\n")]
    public async Task Lines_are_words_however_they_end_and_are_cut(string content)
    {
        ConllFile read = Read(content);
        await Assert.That(Shown(read)).IsEqualTo("EU/I-ORG rejects/O | Peter/I-PER Blackburn/I-PER");
        await Assert.That((read.ColumnCount, read.TokenCount, read.Remarks.Count)).IsEqualTo((3, 4L, 0));
    }

    [Test]
    [Arguments(2, 3, "NNP/I-ORG VBZ/O | NNP/I-PER NNP/I-PER")]
    [Arguments(1, 2, "EU/NNP rejects/VBZ | Peter/NNP Blackburn/NNP")]
    [Arguments(-3, -2, "EU/NNP rejects/VBZ | Peter/NNP Blackburn/NNP")]
    [Arguments(-1, 1, "I-ORG/EU O/rejects | I-PER/Peter I-PER/Blackburn")]
    [Arguments(1, null, "EU rejects | Peter Blackburn")]
    public async Task Columns_are_chosen_from_either_end(int word, int? tag, string expected) =>
        await Assert.That(Shown(Read(Usual, new() { WordColumn = word, TagColumn = tag }))).IsEqualTo(expected);

    [Test]
    public async Task One_column_is_enough_for_words_without_tags() =>
        await Assert.That(Shown(Read("EU\nrejects\n\nPeter", new() { TagColumn = null }))).IsEqualTo("EU rejects | Peter");

    [Test]
    public async Task Sentences_know_their_lines()
    {
        ConllFile read = Read("-DOCSTART- -X- O\n\nEU NNP I-ORG\r\nrejects VBZ O\n\n\nPeter NNP I-PER");
        await Assert.That(string.Join(' ', read.WithDocumentMarks.Select(sentence => sentence.Line))).IsEqualTo("1 3 7");
        await Assert.That(string.Join(' ', read.Sentences.Select(sentence => sentence.Line))).IsEqualTo("3 7");
    }

    [Test]
    [Arguments("-DOCSTART- -X- O\n\nEU NNP I-ORG\n\n-DOCSTART- -X- O\n\nPeter NNP I-PER\n")]
    [Arguments("-DOCSTART- -X- O\nEU NNP I-ORG\n-DOCSTART- -X- O\nPeter NNP I-PER\n")]
    [Arguments("-DOCSTART-\n\nEU NNP I-ORG\n\n-DOCSTART- (2 Peter) and more\nPeter NNP I-PER\n")]
    public async Task A_document_mark_is_a_sentence_of_its_own(string content)
    {
        ConllFile read = Read(content);
        await Assert.That(Shown(read)).IsEqualTo("EU/I-ORG | Peter/I-PER");
        await Assert.That(string.Join(" | ", read.WithDocumentMarks.Select(Shown)))
            .IsEqualTo("-DOCSTART-/O | EU/I-ORG | -DOCSTART-/O | Peter/I-PER");
        await Assert.That(read.WithDocumentMarks.Count(sentence => sentence.IsDocumentMark)).IsEqualTo(2);
        await Assert.That(read.TokenCount).IsEqualTo(2);
    }

    [Test]
    [Arguments("# id = 1\n# text = EU rejects it .\nEU\tNNP\tI-ORG\n\n# a\nPeter\tNNP\tI-PER\n")]
    [Arguments("# a b\nEU\tNNP\tI-ORG\n\n#\n#a b\nPeter\tNNP\tI-PER\n")]
    [Arguments("# a b\tc\nEU NNP I-ORG\n\n# x\n# y\tz u\nPeter NNP I-PER\n")]
    public async Task Comments_before_a_sentence_are_passed_over_and_told(string content)
    {
        ConllFile read = Read(content);
        await Assert.That(Shown(read)).IsEqualTo("EU/I-ORG | Peter/I-PER");
        await Assert.That(read.Remarks.Single()).EndsWith(": 3 lines that begin with # passed over as comments.");
    }

    [Test]
    public async Task A_number_sign_is_a_word_where_it_has_the_columns_of_one() =>
        await Assert.That(Shown(Read("# O\n1 O\n\n1 O\n# O\n"))).IsEqualTo("#/O 1/O | 1/O #/O");

    [Test]
    [Arguments("EU NNP I-ORG\nrejects VBZ\n", 2, "line 2: 2 columns; 3 were expected, as in line 1, and found was 'rejects VBZ'.")]
    [Arguments("\r\nEU NNP I-ORG\r\n\r\nrejects a b c\r\n", 4, "line 4: 4 columns; 3 were expected, as in line 2, and found")]
    [Arguments("EU\tI-ORG\n\tO\n", 2, "line 2: 1 column; 2 were expected")]
    [Arguments("EU I-ORG\n# a b\n", 2, "line 2: 3 columns; 2 were expected")]
    [Arguments("-DOCSTART- -X- O O\n\nEU NNP I-ORG\n\nPeter NNP O I-PER\n", 5, "line 5: 4 columns; 3 were expected, as in line 3")]
    [Arguments("EU rejects\n\nx\n", 3, "line 3: 1 column")]
    [Arguments("\nEU\nrejects\n", 2, "line 2: one column; a word and its tag, with a blank or tab between them, were expected")]
    [Arguments("\n \t\n\r\n", null, "blank lines only; lines with a word and its tag were expected")]
    [Arguments("", null, "is empty; a text was expected")]
    [Arguments("PK\u0003\u0004abc O\n", null, "is not text")]
    public async Task A_wrong_line_is_reported_with_its_number(string content, int? line, string message)
    {
        FileProblem problem = Refused.By(() => Read(content));
        await Assert.That(problem.Message).Contains(message);
        await Assert.That(problem.Line).IsEqualTo(line);
        await Assert.That(problem.Fault).IsEqualTo(Fault.File);
    }

    [Test]
    public async Task A_word_that_no_vocabulary_holds_is_reported_with_its_line()
    {
        FileProblem problem = Refused.By(() => Read($"a O\n{new string('x', 4097)} O\n"));
        await Assert.That((problem.Line, problem.Kind)).IsEqualTo((2L, FileProblemKind.WordTooLong));
        await Assert.That(Read($"a O\n{new string('x', 4096)} O\n").TokenCount).IsEqualTo(2);
    }

    [Test]
    [Arguments(1, 4, "has 3 columns, and tags were asked for in column 4")]
    [Arguments(-4, 3, "has 3 columns, and words were asked for in column -4")]
    [Arguments(3, -1, "words and tags were both asked for in column 3 of 3")]
    public async Task Columns_that_are_not_there_are_the_callers_fault(int word, int tag, string message)
    {
        FileProblem problem = Refused.By(() => Read(Usual, new() { WordColumn = word, TagColumn = tag }));
        await Assert.That(problem.Message).Contains(message);
        await Assert.That(problem.Fault).IsEqualTo(Fault.Caller);
        await Assert.That(() => Read(Usual, new() { WordColumn = 0 })).Throws<ArgumentOutOfRangeException>();
        await Assert.That(() => Read(Usual, new() { TagColumn = 0 })).Throws<ArgumentOutOfRangeException>();
    }

    [Test]
    public async Task Packed_files_and_those_of_other_encodings_are_read()
    {
        using var folder = new TestFolder();
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Compress)) gzip.Write(Encoding.UTF8.GetBytes(Usual));
        await Assert.That(Shown(ConllFile.Read(folder.Put("a", packed.ToArray())))).IsEqualTo(Shown(Read(Usual)));
        FileProblem problem = Refused.By(() => ConllFile.Read(folder.Put("b", packed.ToArray().AsSpan()[..^9])));
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.GzipDamaged);
        ConllFile latin = ConllFile.Read(folder.Put("c", Encoding.Latin1.GetBytes("Málaga I-LOC\n")));
        await Assert.That(Shown(latin)).IsEqualTo("Málaga/I-LOC");
        await Assert.That(latin.Remarks.Single()).Contains("is not UTF-8 (line 1 has the byte E1); it is read as Latin-1.");
    }

    [Test]
    [Arguments("A I-PER\n\nB I-PER\nC B-PER\n", TagScheme.Iob1)]
    [Arguments("A B-PER\nB I-PER\n", TagScheme.Iob2)]
    [Arguments("A S-PER\n", TagScheme.Bioes)]
    [Arguments("A NN\n-DOCSTART- I-PER\nB O\n", TagScheme.None)]
    [Arguments("A O\n", null)]
    public async Task The_scheme_of_tags_is_found(string content, TagScheme? scheme)
    {
        await Assert.That(Read(content).FindScheme(out string? remark)).IsEqualTo(scheme);
        await Assert.That(remark).IsNull();
    }

    [Test]
    public async Task Mixed_schemes_are_told_by_the_line_that_contradicts()
    {
        await Assert.That(Read("A B-PER\nB I-PER\n\n\nC B-LOC\nD O\nE I-LOC\n\nF I-LOC\n").FindScheme(out string? remark))
            .IsEqualTo(TagScheme.Iob2);
        await Assert.That(remark).EndsWith(
            "text, line 7: 'I-LOC' cannot follow 'O' in IOB2, the scheme of most of its tags; 2 such tags are read by conlleval's rules.");
    }

    [Test]
    public async Task Whatever_is_written_is_read_back_and_whatever_else_is_refused_in_words()
    {
        var random = new Random(3);
        string[] blanks = [" ", "\t", "  ", " \t"], ends = ["\n", "\r\n", "\r"];
        string[] characters = ["a", "É", "#", "-", " ", "\t", "\n", "\r", "O", "😀"];
        for (int round = 0; round < 200; round++)
        {
            string end = Pick(ends);
            var content = new StringBuilder();
            var expected = new List<string>();
            int width = random.Next(2, 5);
            for (int sentence = 0; sentence < 4; sentence++)
            {
                var words = new List<string>();
                for (int word = random.Next(1, 5); word > 0; word--)
                {
                    string[] columns = [.. Enumerable.Range(0, width).Select(_ => $"x{random.Next(99)}")];
                    words.Add($"{columns[0]}/{columns[^1]}");
                    content.Append(string.Concat(columns.Select(column => column + Pick(blanks)))).Append(end);
                }

                expected.Add(string.Join(' ', words));
                for (int blank = random.Next(1, 3); blank > 0; blank--) content.Append(end);
            }

            await Assert.That(Shown(Read(content.ToString()))).IsEqualTo(string.Join(" | ", expected));
            string strange = string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => Pick(characters)));
            try
            {
                long tokens = Read(strange).TokenCount;
                await Assert.That(tokens).IsLessThanOrEqualTo(strange.Split('\n', '\r').Count(line => line.Trim().Length > 0));
            }
            catch (FileProblemException exception)
            {
                await Assert.That(exception.Kind is FileProblemKind.LineInvalid or FileProblemKind.Empty).IsTrue();
            }
        }

        string Pick(string[] list) => list[random.Next(list.Length)];
    }

    // Published with the shared task: sentences with the marks of documents, words without them.
    [Test]
    [Arguments("eng.train", 14_987, 203_621, 23_499)]
    [Arguments("eng.testa", 3_466, 51_362, 5_942)]
    [Arguments("eng.testb", 3_684, 46_435, 5_648)]
    public async Task Conll_2003_has_its_published_counts(string name, int sentences, int tokens, int entities)
    {
        var file = ConllFile.Read(RealData.Find($"conll2003/{name}.gz"));
        await Assert.That((file.ColumnCount, file.WithDocumentMarks.Count, file.TokenCount)).IsEqualTo((4, sentences, (long)tokens));
        await Assert.That(file.FindScheme(out string? remark)).IsEqualTo(TagScheme.Iob1);

        // Two entities of the training text begin with B- and have none before them.
        await Assert.That(remark?[remark.IndexOf("line", StringComparison.Ordinal)..]).IsEqualTo(name != "eng.train" ? null :
            "line 152428: 'B-MISC' cannot follow 'O' in IOB1, the scheme of most of its tags; 2 such tags are read by conlleval's rules.");
        foreach (EntityRule rule in new[] { EntityRule.Conlleval, EntityRule.Strict })
        {
            foreach (TagScheme scheme in new[] { TagScheme.Iob1, TagScheme.Iob2, TagScheme.Bioes })
            {
                var scorer = new EntityScorer(scheme, rule);
                foreach (ConllSentence sentence in file.WithDocumentMarks)
                {
                    string[] tags = TagSchemes.Convert(sentence.Tags.AsSpan(), scheme);
                    scorer.Add(tags, tags);
                }

                await Assert.That(scorer.ToResult().Entities).IsEqualTo(new LabelFigures(entities, entities, entities));
            }
        }
    }

    private static ConllFile Read(string content, ConllOptions? options = null)
    {
        using var folder = new TestFolder();
        return ConllFile.Read(folder.Put("text", Encoding.UTF8.GetBytes(content)), options);
    }

    private static string Shown(ConllFile file) => string.Join(" | ", file.Sentences.Select(Shown));

    private static string Shown(ConllSentence sentence) => string.Join(
        ' ', sentence.Words.Select((word, i) => sentence.Tags.Length == 0 ? word : $"{word}/{sentence.Tags[i]}"));
}
