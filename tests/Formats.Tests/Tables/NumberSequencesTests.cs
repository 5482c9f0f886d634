using System.Globalization;
using TinySD.Formats.Tables;

namespace TinySD.Formats.Tests;

/// <summary>Sequences of numbers, with labels, in one table.</summary>
public sealed class NumberSequencesTests
{
    private static readonly TableOptions s_options = new() { Texts = ["id", "label"] };

    [Test]
    [Arguments("id,label,x,y\n1,walk,1,2\n1,walk,3,4\n2,run,5,6\n", "1 walk 2: 1,2,3,4 | 2 run 4: 5,6", 0)]
    [Arguments("y,label,id,x\n2,0,s,1\n6,1,t,5\n4,0,s,3\n", "s 0 2: 2,1,4,3 | t 1 3: 6,5", 4)]
    [Arguments("id,label,x\na,NA,\na,NA,2\n", "a NA 2: NaN,2", 0)]
    public async Task Rows_of_one_identifier_are_a_sequence(string text, string expected, int interleaved)
    {
        NumberSequences found = NumberSequences.Of(TableFiles.Read(text, s_options), "id", "label");
        await Assert.That(string.Join(" | ", found.Sequences.Select(sequence => $"{sequence.Id} {sequence.Label} {sequence.Line}: " +
            string.Join(',', sequence.Values.Select(value => value.ToString(CultureInfo.InvariantCulture)))))).IsEqualTo(expected);
        await Assert.That(found.InterleavedLine).IsEqualTo(interleaved);
    }

    [Test]
    public async Task Sequences_need_no_labels_and_take_the_columns_they_are_told()
    {
        NumberSequences found = NumberSequences.Of(
            TableFiles.Read("id,x,y,z\n7,1,2,3\n7,4,5,6\n", new() { Texts = ["id"] }), "id", null, ["z", "x"]);
        await Assert.That(found.Sequences[0].Values).IsEquivalentTo([3.0, 1, 6, 4], CollectionOrdering.Matching);
        await Assert.That(found.Sequences[0].Label).IsEqualTo("");
    }

    [Test]
    [Arguments("id,label,x\n1,a,1\n1,b,2\n", "t.csv, line 3: the sequence '1' has the label 'b' here, and 'a' on line 2. A sequence has " +
        "one label.")]
    [Arguments("id,label,x\n1,a,1\n,a,2\n", "t.csv, line 3, column 'id': the cell is missing; every row needs one")]
    [Arguments("id,label,x\n1,,1\n", "t.csv, line 2, column 'label': the cell is missing; every row needs one")]
    [Arguments("id,label,x\n1,a,b\n", "t.csv has no column of numbers beside 'id' and 'label'")]
    [Arguments("id,labels,x\n1,a,2\n", "t.csv has no column 'label'; it has id, labels, x. Did you mean 'labels'?")]
    public async Task What_is_wrong_is_said_with_its_place(string text, string message) =>
        await Assert.That(Refused.By(() => NumberSequences.Of(TableFiles.Read(text, s_options), "id", "label")).Message)
            .IsEqualTo(message);
}
