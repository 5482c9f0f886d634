namespace TinySD.Tools.Tests;

/// <summary>Small texts with labels, and command lines that learn them in a moment.</summary>
internal static class ClassifierFiles
{
    private static readonly string[] s_good = ["good", "fine", "great"], s_bad = ["bad", "poor", "awful"];
    private static readonly string[] s_others = ["the", "film", "plot", "was", "is", "very"];

    /// <summary>Texts with one telling word each, a line each, label and tab before them.</summary>
    public static string[] Lines(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            bool isGood = random.Next(3) > 0;
            string[] words = [.. Enumerable.Range(0, 2 + random.Next(5)).Select(_ => s_others[random.Next(s_others.Length)])];
            words[random.Next(words.Length)] = (isGood ? s_good : s_bad)[random.Next(3)];
            return $"{(isGood ? "pos" : "neg")}\t{string.Join(' ', words)}";
        })];
    }

    /// <summary>The label behind the text.</summary>
    public static string Turned(string line) => string.Join('\t', line.Split('\t').Reverse());

    extension(TestFolder folder)
    {
        /// <summary>A file of such texts.</summary>
        public string PutTexts(string name, int count, int seed, Func<string, string>? change = null) =>
            folder.PutText(name, string.Concat(Lines(count, seed).Select(line => (change?.Invoke(line) ?? line) + "\n")));

        /// <summary>Trains on two files of such texts.</summary>
        public CliResult TrainClassifier(params string[] more)
        {
            string[] valid = more.Any(word => word is "--valid" or "--valid-fraction") ? [] : ["--valid", folder.PutTexts("v.txt", 60, 2)];
            string[] train = more.Contains("--train") ? [] : ["--train", folder.PutTexts("t.txt", 200, 1)];
            string[] epochs = more.Contains("--epochs") ? [] : ["--epochs", "4"];
            return Tinysd.Run(
                [
                    "train", "classifier", .. train, .. valid, "--out", folder.Model, "--hidden", "8", "--embedding", "6", "--batch", "10",
                    .. epochs, "--lr", "0.02", "--threads", "2", .. more,
                ]);
        }
    }
}
