using System.Text;
using TinySD.Formats.Text;

namespace TinySD.Formats.Tests;

public sealed class ClassNamesTests
{
    [Test]
    [Arguments("pos neg", "neg pos")]
    [Arguments("10 9 1 2", "1 2 9 10")]
    [Arguments("1.5 -2 1e1", "-2 1.5 1e1")]
    [Arguments("10 9 x", "10 9 x")]
    [Arguments("1.0 1 0", "0 1 1.0")]
    [Arguments("b B a", "B a b")]
    [Arguments("NaN 2 10", "10 2 NaN")]
    public async Task Classes_have_the_order_of_their_numbers_or_else_of_their_letters(string names, string ordered) =>
        await Assert.That(string.Join(' ', ClassNames.Ordered(names.Split(' ')))).IsEqualTo(ordered);

    [Test]
    public async Task One_class_is_refused_by_its_name()
    {
        FileProblem problem = Refused.By(() => Of(Read("pos\tgood film\npos\tnice one\n")));
        await Assert.That((problem.Kind, problem.Fault)).IsEqualTo((FileProblemKind.OneClass, Fault.File));
        await Assert.That(problem.Message).Contains("the label is 'pos' everywhere; a classifier needs at least two classes.");
        problem = Refused.By(() => Of(Read("a,b\tx y\nb,a\tz z\n", isMultiLabel: true)));
        await Assert.That(problem.Message).Contains("the label is 'a,b' everywhere");
        problem = Refused.By(() => Of(Read("\tx y\n\tz z\n", isMultiLabel: true)));
        await Assert.That(problem.Message).Contains("the label is none everywhere;");
        await Assert.That(Of(Read("a\tx y\n\tz z\n", isMultiLabel: true)).Count).IsEqualTo(1);
    }

    [Test]
    public async Task A_label_that_training_never_saw_is_named_with_its_line()
    {
        ClassNames classes = new(["1", "2", "3"]);
        FileProblem problem = Refused.By(() => IdsOf(classes, Read("1\tx y\n\n4\tz z\n1\tz\n")));
        await Assert.That((problem.Kind, problem.Line, problem.Part)).IsEqualTo((FileProblemKind.DoesNotFit, 3L, "4"));
        await Assert.That(problem.Message).Contains("line 3: the label '4' is none of those that were trained: 1, 2, 3.");
        ClassNames many = new([.. Enumerable.Range(0, 20).Select(i => $"c{i}")]);
        await Assert.That(Refused.By(() => IdsOf(many, Read("1\tx y\n2\tz z\n"))).Message)
            .Contains("c0, c1, c2, c3, c4, c5, c6, c7 and 12 more.");
    }

    [Test]
    public async Task Names_of_a_model_must_be_there_and_differ()
    {
        await Assert.That(() => new ClassNames([])).Throws<ArgumentException>();
        await Assert.That(() => new ClassNames(["a", ""])).Throws<ArgumentException>();
        await Assert.That(() => new ClassNames(["a", "a"])).Throws<ArgumentException>();
        await Assert.That(new ClassNames(["z", "a"]).TryGetId("a", out int id) ? id : -1).IsEqualTo(1);
    }

    // The counts of the data's own description, and Kim's: "Convolutional neural networks for sentence classification" (2014), table 1.
    [Test]
    [Arguments("sentconv/TREC.train.all.gz", 5452, "0=1162 1=1250 2=86 3=1223 4=835 5=896")]
    [Arguments("sentconv/TREC.test.all.gz", 500, "0=138 1=94 2=9 3=65 4=81 5=113")]
    [Arguments("sentconv/stsa.binary.train.gz", 6920, "0=3310 1=3610")]
    [Arguments("sentconv/stsa.binary.dev.gz", 872, "0=428 1=444")]
    [Arguments("sentconv/stsa.binary.test.gz", 1821, "0=912 1=909")]
    [Arguments("sst2/train.tsv.gz", 6920, "0=3310 1=3610")]
    [Arguments("sst2/dev.tsv.gz", 872, "0=428 1=444")]
    [Arguments("sst2/test.tsv.gz", 1821, "0=912 1=909")]
    [Arguments("sentconv/stsa.fine.train.gz", 8544, "0=1092 1=2218 2=1624 3=2322 4=1288")]
    [Arguments("sentconv/stsa.fine.dev.gz", 1101, "0=139 1=289 2=229 3=279 4=165")]
    [Arguments("sentconv/stsa.fine.test.gz", 2210, "0=279 1=633 2=389 3=510 4=399")]
    [Arguments("sentconv/rt-polarity.all.gz", 10_662, "0=5331 1=5331")]
    [Arguments("sentconv/subj.all.gz", 10_000, "0=5000 1=5000")]
    [Arguments("sentconv/custrev.all.gz", 3775, "0=1368 1=2407")]
    [Arguments("sentconv/mpqa.all.gz", 10_606, "0=7294 1=3312")]
    public async Task Public_data_has_its_published_counts(string file, int count, string counts)
    {
        var read = LabelledTexts.Read(RealData.Find(file));
        ClassNames classes = Of(read);
        long[] found = classes.Counts(IdsOf(classes, read));
        await Assert.That(read.Rows.Count).IsEqualTo(count);
        await Assert.That(string.Join(' ', classes.Names.Zip(found, (name, rows) => $"{name}={rows}"))).IsEqualTo(counts);
        bool isLatin1 = file.Contains("TREC.train") || file.Contains("rt-polarity") || file.Contains("subj");
        await Assert.That(read.Remarks.Count > 0).IsEqualTo(isLatin1);
    }

    private static ClassNames Of(LabelledTexts read) => ClassNames.Of(read.Path, read.Rows);

    private static int[][] IdsOf(ClassNames classes, LabelledTexts read) => classes.IdsOf(read.Path, read.Rows);

    private static LabelledTexts Read(string content, bool isMultiLabel = false)
    {
        using var folder = new TestFolder();
        return LabelledTexts.Read(
            folder.Put("a.txt", Encoding.UTF8.GetBytes(content)), new() { IsMultiLabel = isMultiLabel, Place = LabelPlace.First });
    }
}
