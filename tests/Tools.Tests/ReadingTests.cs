using System.IO.Compression;
using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary>Texts take their time to be read: that is shown, and can be stopped.</summary>
public sealed class ReadingTests
{
    [Test]
    [Arguments(false)]
    [Arguments(true)]
    public async Task Reading_shows_how_far_it_is_in_the_file(bool isPacked)
    {
        using var folder = new TestFolder();
        var random = new Random(1);
        byte[] letters = new byte[500_000];
        for (int i = 0; i < letters.Length; i++) letters[i] = (byte)('a' + random.Next(26));
        string text = folder.Put("long.txt", isPacked ? Gzip(letters) : letters);
        List<(string Label, double Share)> shown = Shown(
            "train", "lm", "--level", "char", "--train", text, "--valid", folder.Valid, "--test", folder.Test, "--out", folder.Model,
            "--max-steps", "1",
            "--hidden", "4", "--min-count", "2");
        string[] expected =
            [$"counting the tokens of {text}", $"sorting the tokens of {text}", $"reading {text}", $"reading {folder.Valid}",
                $"reading {folder.Test}"];
        await Assert.That(shown.Select(s => s.Label).Distinct().Take(5)).IsEquivalentTo(expected, CollectionOrdering.Matching);
        foreach (string label in (string[])[$"counting the tokens of {text}", $"reading {text}"])
        {
            double[] shares = [.. shown.Where(s => s.Label == label).Select(s => s.Share)];
            await Assert.That(shares.Length).IsGreaterThan(4);
            await Assert.That(shares.Zip(shares.Skip(1)).All(pair => pair.First <= pair.Second)).IsTrue();
            await Assert.That(shares[shares.Length / 2]).IsBetween(0.4, 0.9);
            await Assert.That(shares[^1]).IsEqualTo(1);
        }

        List<(string Label, double Share)> bytes = Shown(
            "train", "lm", "--level", "byte", "--train", text, "--valid", folder.Valid, "--out", folder["bytes.tsd"], "--max-steps", "1",
            "--hidden", "4");
        await Assert.That(bytes[^1].Label).Contains("epoch");
        await Assert.That(bytes.Count(s => s.Label == $"reading {text}")).IsGreaterThan(4);
        List<(string Label, double Share)> evaluation =
            Shown("eval", folder.Model, "--data", folder.Test, "--cache", "9", "--cache-tune", folder.Valid);
        await Assert.That(evaluation.Select(s => s.Label).Distinct().Take(2))
            .IsEquivalentTo([$"reading {folder.Test}", $"reading {folder.Valid}"], CollectionOrdering.Matching);
    }

    [Test]
    [Arguments("counting the tokens of ", "train.txt")]
    [Arguments("reading ", "train.txt")]
    [Arguments("reading ", "valid.txt")]
    [Arguments("reading ", "test.txt")]
    public async Task A_stop_while_a_text_is_read_leaves_nothing_behind(string label, string name)
    {
        using var folder = new TestFolder();
        string[] before = Directory.GetFileSystemEntries(folder.Path);
        CliResult stopped = Tinysd.RunUntilShown(label + folder[name], 1, folder.TrainArgs(folder.Model, 1, "--test", folder.Test));
        await Assert.That((stopped.Code, stopped.Out, stopped.Error)).IsEqualTo((130, "", "tinysd train lm: stopped\n"));
        await Assert.That(Directory.GetFileSystemEntries(folder.Path)).IsEquivalentTo(before);
    }

    [Test]
    public async Task A_stop_while_eval_reads_its_text_ends_it()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        CliResult stopped = Tinysd.RunUntilShown($"reading {folder.Test}", 1, "eval", folder.Model, "--data", folder.Test);
        await Assert.That((stopped.Code, stopped.Out, stopped.Error)).IsEqualTo((130, "", "tinysd eval: stopped\n"));
    }

    [Test]
    public async Task A_stop_while_a_grid_reads_its_texts_begins_none()
    {
        using var folder = new TestFolder();
        folder.TrainModel("--dropout", "random", "--rate", "0.5");
        CliResult grid = Tinysd.RunUntilShown(
            $"reading {folder.Valid}", 1, "reproduce", "lm", "--preset", "zaremba-medium", "--hidden", "12", "--train", folder.Train,
            "--valid", folder.Valid, "--test", folder.Test,
            "--dir", folder["grid"]);
        await Assert.That((grid.Code, grid.Out, grid.Error)).IsEqualTo((130, "", "tinysd reproduce lm: stopped\n"));
        await Assert.That(Directory.Exists(folder["grid"])).IsFalse();
        CliResult noise = Tinysd.RunUntilShown($"reading {folder.Train}", 1, "reproduce", "noise", folder.Model, "--data", folder.Train);
        await Assert.That((noise.Code, noise.Out, noise.Error)).IsEqualTo((130, "", "tinysd reproduce noise: stopped\n"));
    }

    private static List<(string Label, double Share)> Shown(params string[] args)
    {
        using var stop = new StopRequest();
        using var output = new StringWriter();
        using var error = new StringWriter();
        var display = new Recording();
        int code = Cli.Run(args, new CliConsole(output, error) { Progress = display }, stop);
        return code == 0 ? display.Shown : throw new InvalidOperationException(error.ToString());
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(bytes);
        return packed.ToArray();
    }

    private sealed class Recording : IProgressDisplay
    {
        public List<(string Label, double Share)> Shown { get; } = [];

        public bool IsDue => true;

        public void Show(string label, double share, string detail) => Shown.Add((label, share));

        public void Note(string line)
        {
        }
    }
}
