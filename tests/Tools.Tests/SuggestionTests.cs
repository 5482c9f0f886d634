using TinySD.Tools.Errors;

namespace TinySD.Tools.Tests;

/// <summary>Which word was meant.</summary>
public sealed class SuggestionTests
{
    // By hand: letters added, left out, changed, and neighbours swapped.
    [Test]
    [Arguments("", "", 0)]
    [Arguments("train", "train", 0)]
    [Arguments("", "abc", 3)]
    [Arguments("tarin", "train", 1)]
    [Arguments("ca", "abc", 3)]
    [Arguments("kitten", "sitting", 3)]
    [Arguments("strucutred", "structured", 1)]
    [Arguments("zarembasmall", "zaremba-small", 1)]
    public async Task Edits_are_counted(string one, string other, int edits)
    {
        await Assert.That(Suggestion.Edits(one, other)).IsEqualTo(edits);
        await Assert.That(Suggestion.Edits(other, one)).IsEqualTo(edits);
    }

    [Test]
    [Arguments("gur", "gru lstm", "gru")]
    [Arguments("LSTM", "gru lstm", "lstm")]
    [Arguments("rs", "os ws is", null)]
    [Arguments("xy", "lm hw", null)]
    [Arguments("", "a b", null)]
    [Arguments("structure", "structured structured-locked", "structured")]
    [Arguments("anything", "", null)]
    public async Task One_word_is_meant_or_none(string word, string known, string? meant) =>
        await Assert.That(Suggestion.For(word, known.Split(' '))).IsEqualTo(meant);
}
