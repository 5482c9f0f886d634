namespace TinySD.Tools.Tests;

/// <summary>Words that a model file has no room for are told of before the first step, and not when the first epoch is saved.</summary>
public sealed class VocabularyRoomTests
{
    private const int Lines = 15_000;

    // The header has 64 MiB, of which the record of so many epochs takes a quarter: 54 million characters of words are too many.
    [Test]
    [Arguments("classifier", "--max-vocabulary or --min-count")]
    [Arguments("tagger", "--max-vocabulary or --min-count")]
    [Arguments("translator", "--source-vocabulary-size, --target-vocabulary-size, --bpe or --min-count")]
    public async Task Long_vocabularies_are_refused_before_they_are_trained(string task, string remedy)
    {
        using var folder = new TestFolder();
        string[] data = task switch
        {
            "classifier" => ["--train", Put("texts.txt", line => $"{"ab"[line % 2]}\t{Word(line, 4000)}\n")],
            "tagger" => ["--train", Put("words.conll", line => $"{Word(line, 4000)} {(line % 2 == 0 ? "O" : "B-X")}\n\n")],
            _ =>
            [
                "--source", Put("source.txt", line => $"{Word(line, 2000)}\n"),
                "--target", Put("target.txt", line => $"y{Word(line, 2000)}\n"), "--bpe", "0",
            ],
        };
        string model = folder["model.tsd"];
        CliResult result = Tinysd.Run(
            ["train", task, .. data, "--out", model, "--hidden", "1", "--embedding", "1", "--epochs", "65536", "--max-steps", "1"]);
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Error).Contains(" distinct tokens, longer in all than a model file has room for. Give ")
            .And.Contains($" {remedy}.\n");
        await Assert.That(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(model)!).Count(entry => entry.Contains("model.tsd")))
            .IsEqualTo(0);

        string Put(string name, Func<int, string> line) => folder.PutText(name, string.Concat(Enumerable.Range(0, Lines).Select(line)));

        // Of letters: a tagger takes all digits for one.
        static string Word(int line, int length) =>
            string.Concat($"{line}".Select(digit => (char)('a' + digit - '0'))).PadRight(length, 'x');
    }
}
