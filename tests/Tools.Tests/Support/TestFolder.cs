using System.Globalization;
using System.Text;

namespace TinySD.Tools.Tests;

/// <summary>A folder of a test's own with small texts in it, removed with all it holds.</summary>
internal sealed class TestFolder : IDisposable
{
    private static readonly string[] s_words =
        ["the", "a", "cat", "dog", "bird", "sees", "hears", "likes", "big", "small", "red", "house", "tree"];

    public TestFolder()
    {
        Train = PutText("train.txt", Sentences(1, 300));
        Valid = PutText("valid.txt", Sentences(2, 60));
        Test = PutText("test.txt", Sentences(3, 60));
        Model = this["model.tsd"];
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("tinysd-tools-").FullName;

    public string Train { get; }

    public string Valid { get; }

    public string Test { get; }

    /// <summary>Where <see cref="TrainModel"/> writes.</summary>
    public string Model { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string PutText(string name, string text) => Put(name, Encoding.UTF8.GetBytes(text));

    public string Put(string name, ReadOnlySpan<byte> bytes)
    {
        File.WriteAllBytes(this[name], bytes);
        return this[name];
    }

    /// <summary>A command line that trains a model in a moment, and what a test adds to it.</summary>
    public string[] TrainArgs(string output, int threads, params string[] more) =>
    [
        "train", "lm", "--train", Train, "--valid", Valid, "--out", output, "--hidden", "12", "--batch", "5", "--bptt", "6",
        "--epochs", "3", "--threads", threads.ToString(CultureInfo.InvariantCulture), .. more,
    ];

    public CliResult TrainModel(params string[] more) => TrainModelTo(Model, 1, more);

    public CliResult TrainModelTo(string output, int threads, params string[] more) => Tinysd.Run(TrainArgs(output, threads, more));

    /// <summary>Files in the folder whose names begin as the model's: the model, and any temporary file that was left.</summary>
    public string[] ModelFiles() => Directory.GetFiles(Path, "model*");

    /// <summary>Whether two files hold the same bytes.</summary>
    public bool AreEqual(string name, string other) => File.ReadAllBytes(this[name]).AsSpan().SequenceEqual(File.ReadAllBytes(this[other]));

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static string Sentences(int seed, int count)
    {
        var random = new Random(seed);
        var text = new StringBuilder();
        for (int i = 0; i < count; i++)
        {
            // Order that can be learned: article, noun, verb, article, adjective, noun.
            string[] sentence =
            [
                s_words[random.Next(2)], s_words[2 + random.Next(3)], s_words[5 + random.Next(3)], s_words[random.Next(2)],
                s_words[8 + random.Next(3)], s_words[11 + random.Next(2)],
            ];
            text.AppendJoin(' ', sentence).Append('\n');
        }

        return text.ToString();
    }
}
