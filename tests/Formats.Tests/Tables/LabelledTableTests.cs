using System.Text;
using TinySD.Formats.Tables;
using TinySD.Formats.Text;

namespace TinySD.Formats.Tests;

public sealed class LabelledTableTests
{
    [Test]
    [Arguments("label,text\npos,\"good, really\"\nneg,\"bad\r\n\"\"film\"\"\"\n", null, null)]
    [Arguments("\uFEFFid;Sentence;Label\r\n1;good, really;pos\r\n2;\"bad\r\n\"\"film\"\"\";neg\r\n", null, null)]
    [Arguments("a,b,c\nx,pos,\"good, really\"\ny,neg,\"bad\r\n\"\"film\"\"\"\n", "b", "c")]
    [Arguments("review,stars\n\"good, really\",pos\n\"bad\r\n\"\"film\"\"\",neg\n", null, null)]
    public async Task Columns_are_found_by_their_names_or_named(string content, string? label, string? text)
    {
        LabelledTexts read = Read(content, label, text);
        await Assert.That(string.Join('|', read.Rows.Select(row => $"{row.Labels.Single()}={row.Text}")))
            .IsEqualTo("pos=good, really|neg=bad\r\n\"film\"");
        await Assert.That(read.HasHeader).IsTrue();
    }

    [Test]
    public async Task Of_two_columns_without_names_the_side_of_few_values_has_the_labels()
    {
        LabelledTexts read = Read("a good film,1\na bad one,0\nanother good one,1\nso so,0\n", null, null);
        await Assert.That(string.Join(' ', read.Rows.Select(row => row.Labels.Single()))).IsEqualTo("1 0 1 0");
        await Assert.That((read.Place, read.HasHeader)).IsEqualTo((LabelPlace.Last, false));
        read = Read("x,a\ny,b\n", null, null, new() { Place = LabelPlace.First });
        await Assert.That(read.Rows[0].Text).IsEqualTo("a");
    }

    [Test]
    [Arguments("id,sentence,score\n1,good film,x\n2,bad film,y\n", null, "name the column of labels (--label); it has id, sentence, score")]
    [Arguments("label,text\npos,good\n,bad\n", null, "line 3, column 'label': the cell has no label")]
    [Arguments("label,text\npos,good\nneg,bad\n", "klass", "has no column 'klass'; it has label, text")]
    [Arguments("good film,pos,x\nbad,neg,y\n", null, "it has column1, column2, column3")]
    public async Task What_cannot_be_told_is_refused(string content, string? label, string message) =>
        await Assert.That(Refused.By(() => Read(content, label, null)).Message).Contains(message);

    [Test]
    public async Task Several_labels_stand_in_one_cell()
    {
        LabelledTexts read = Read("label,text\n\"a, b\",good\n,bad\n", null, null, new() { IsMultiLabel = true });
        await Assert.That(string.Join('|', read.Rows.Select(row => string.Join('+', row.Labels)))).IsEqualTo("a+b|");
    }

    [Test]
    public async Task A_table_is_known_by_the_name_of_its_file() => await Assert.That(
        string.Join(' ', new[] { "a.csv", "A.CSV.gz", "a.tsv", "csv" }.Select(LabelledTable.IsTable))).IsEqualTo("True True False False");

    private static LabelledTexts Read(string content, string? label, string? text, LabelledTextOptions? options = null)
    {
        using var folder = new TestFolder();
        return LabelledTable.Read(folder.Put("a.csv", Encoding.UTF8.GetBytes(content)), new(), options ?? new(), label, text);
    }
}
