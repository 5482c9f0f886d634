using System.Text;
using TinySD.Formats.Text;

namespace TinySD.Formats.Tests;

/// <summary>Vocabularies that others wrote.</summary>
public sealed class VocabularyFileTests
{
    [Test]
    [Arguments("v.txt", "<eos>\nthe\na\n", "<eos>|the|a")]
    [Arguments("v.txt", "<eos>\nthe\na", "<eos>|the|a")]
    [Arguments("v.txt", "the\na\n</s>\n", "the|a|</s>")]
    [Arguments("v.txt", "\uFEFF<eos>\r\nthe\r\na\r\n", "<eos>|the|a")]
    [Arguments("v.json", "[\"<eos>\", \"the\", \"\\u00e4\"]", "<eos>|the|ä")]
    [Arguments("v.json", "{\"the\": 1, \"<eos>\": 0, \"a\": 2}", "<eos>|the|a")]
    public async Task Words_are_read(string name, string text, string expected)
    {
        using var folder = new TestFolder();
        Vocabulary read = VocabularyFile.Read(folder.Put(name, Encoding.UTF8.GetBytes(text)), TextLevel.Word);
        await Assert.That(string.Join('|', read.Tokens)).IsEqualTo(expected);
    }

    [Test]
    [Arguments("a\n\nb\n", "a|\n|b")]
    [Arguments("a\n\n\nb\n", "a|\n|b")]
    [Arguments("a\n\n\n", "a|\n")]
    [Arguments("\na\n \n\t\n", "\n|a| |\t")]
    [Arguments("a\n\r\nb\n", "a|\r|b")]
    [Arguments("a\r\n\r\nb\r\n", "a|\n|b")]
    public async Task A_line_feed_among_characters_is_an_empty_line(string text, string expected)
    {
        using var folder = new TestFolder();
        Vocabulary read = VocabularyFile.Read(folder.Put("v.txt", Encoding.UTF8.GetBytes(text)), TextLevel.Character);
        await Assert.That(string.Join('|', read.Tokens)).IsEqualTo(expected);
    }

    [Test]
    [Arguments("v.txt", "<eos>\nthe\nthe\n", "token 2, 'the', is there twice")]
    [Arguments("v.txt", "<eos>\n\nthe\n", "token 1 is empty")]
    [Arguments("v.txt", "<eos>\nthe 12\n", "white space")]
    [Arguments("v.json", "{\"the\": 1, \"<eos>\": 3}", "none has the number 0")]
    [Arguments("v.json", "{\"the\": 1, \"<eos>\": 1}", "same number, 1")]
    [Arguments("v.json", "[\"the\", 1]", "element 1")]
    [Arguments("v.json", "\"the\"", "array")]
    [Arguments("v.json", "[\"the\"", "JSON")]
    [Arguments("v.json", "[\"\\ud800\"]", "surrogate")]
    public async Task What_is_none_is_refused(string name, string text, string says)
    {
        using var folder = new TestFolder();
        string path = folder.Put(name, Encoding.UTF8.GetBytes(text));
        FileProblem problem = Refused.By(() => VocabularyFile.Read(path, TextLevel.Word));
        await Assert.That(problem.Message).Contains(says).And.Contains(path);
    }
}
