namespace TinySD.Tools.Tests;

/// <summary>Small sentences with their translations, and command lines that learn them in a moment.</summary>
internal static class TranslatorFiles
{
    private static readonly (string Source, string Target)[] s_articles = [("der", "the"), ("ein", "a")],
        s_adjectives = [("rote", "red"), ("alte", "old"), ("kleine", "small")],
        s_nouns = [("hund", "dog"), ("mann", "man"), ("vogel", "bird"), ("baum", "tree")],
        s_verbs = [("sieht", "sees"), ("mag", "likes"), ("findet", "finds")];

    /// <summary>Sentences word by word; the verb of the source stands last, and that of the target second.</summary>
    public static (string Source, string Target)[] Pairs(int count, int seed)
    {
        var random = new Random(seed);
        var pairs = new (string, string)[count];
        for (int i = 0; i < count; i++)
        {
            (string source, string target) = Phrase();
            (string other, string otherTarget) = Phrase();
            (string verb, string verbTarget) = Any(s_verbs);
            pairs[i] = ($"{source} {other} {verb} .", $"{target} {verbTarget} {otherTarget} .");
        }

        return pairs;

        (string, string) Phrase()
        {
            (string article, string articleTarget) = Any(s_articles);
            (string noun, string nounTarget) = Any(s_nouns);
            if (random.Next(2) == 0) return ($"{article} {noun}", $"{articleTarget} {nounTarget}");
            (string adjective, string adjectiveTarget) = Any(s_adjectives);
            return ($"{article} {adjective} {noun}", $"{articleTarget} {adjectiveTarget} {nounTarget}");
        }

        (string, string) Any((string, string)[] all) => all[random.Next(all.Length)];
    }

    extension(TestFolder folder)
    {
        /// <summary>Two files of such sentences, NAME.de and NAME.en.</summary>
        public (string Source, string Target) PutPairs(string name, int count, int seed) => folder.PutPairs(name, Pairs(count, seed));

        /// <summary>Two files of sentences, NAME.de and NAME.en.</summary>
        public (string Source, string Target) PutPairs(string name, IReadOnlyList<(string Source, string Target)> pairs) => (
            folder.PutText($"{name}.de", string.Concat(pairs.Select(pair => pair.Source + "\n"))),
            folder.PutText($"{name}.en", string.Concat(pairs.Select(pair => pair.Target + "\n"))));

        /// <summary>A command line that trains on files of such sentences.</summary>
        public string[] TranslatorArgs(params string[] more)
        {
            var words = new List<string> { "train", "translator" };
            Put("--source", "--target", "t", 300, 1);
            if (!more.Contains("--valid-fraction")) Put("--valid-source", "--valid-target", "v", 40, 2);
            if (!more.Contains("--out")) words.AddRange(["--out", folder.Model]);
            return [.. words, .. Small(more), .. more];

            void Put(string source, string target, string name, int count, int seed)
            {
                if (more.Contains(source)) return;
                (string Source, string Target) files = folder.PutPairs(name, count, seed);
                words.AddRange([source, files.Source, target, files.Target]);
            }
        }

        /// <summary>Trains on files of such sentences.</summary>
        public CliResult TrainTranslator(params string[] more) => Tinysd.Run(folder.TranslatorArgs(more));
    }

    /// <summary>Figures of a recipe that learns them in a moment, but for those that are given.</summary>
    public static string[] Small(params string[] given)
    {
        (string Option, string Value)[] all =
        [
            ("--embedding", "16"), ("--hidden", "32"), ("--batch", "4"), ("--epochs", "6"), ("--lr", "0.01"), ("--bpe", "0"),
            ("--label-smoothing", "0"), ("--init", "0.5"), ("--threads", "2"),
        ];
        string[] shape = ["--embedding", "--hidden", "--bpe"];
        bool hasStart = given.Contains("--init-from");
        bool hasUnits = given.Any(word => word is "--bpe-codes" or "--source-vocabulary" or "--target-vocabulary");
        return
        [
            .. all.Where(pair => !given.Contains(pair.Option) && !(hasStart && shape.Contains(pair.Option))
                    && !(hasUnits && pair.Option == "--bpe"))
                .SelectMany(pair => (string[])[pair.Option, pair.Value]),
            .. given.Any(word => word.StartsWith("--rate", StringComparison.Ordinal) || word == "--dropout")
                ? (string[])[] : ["--rate", "0", "--rate-context", "0"],
        ];
    }
}
