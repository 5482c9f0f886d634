namespace TinySD.Tools.Tests;

/// <summary>Small sentences with entities, and command lines that learn them in a moment.</summary>
internal static class TaggerFiles
{
    private static readonly string[] s_first = ["Anna", "Peter", "Maria"], s_last = ["Berg", "Stone"], s_places = ["Oslo", "Rome", "Bonn"];
    private static readonly string[] s_others = ["saw", "met", "left", "the", "old", "house", "1987", "."];

    /// <summary>Sentences of words with their tags in IOB2: people of one word or two, and places.</summary>
    public static (string Word, string Tag)[][] Sentences(int count, int seed)
    {
        var random = new Random(seed);
        var sentences = new (string, string)[count][];
        for (int i = 0; i < count; i++)
        {
            var words = new List<(string, string)>();
            int length = 2 + random.Next(6);
            while (words.Count < length)
            {
                int kind = random.Next(5);
                if (kind == 0) words.Add((Any(s_places), "B-LOC"));
                else if (kind == 1)
                {
                    words.Add((Any(s_first), "B-PER"));
                    if (random.Next(2) == 0) words.Add((Any(s_last), "I-PER"));
                }
                else words.Add((Any(s_others), "O"));
            }

            sentences[i] = [.. words];
        }

        return sentences;

        string Any(string[] all) => all[random.Next(all.Length)];
    }

    /// <summary>A word and its tag a line.</summary>
    public static string Columns((string Word, string Tag)[][] sentences) =>
        string.Concat(sentences.Select(sentence => string.Concat(sentence.Select(word => $"{word.Word} {word.Tag}\n")) + "\n"));

    /// <summary>The words alone, a sentence a line.</summary>
    public static string Lines((string Word, string Tag)[][] sentences) =>
        string.Concat(sentences.Select(sentence => string.Join(' ', sentence.Select(word => word.Word)) + "\n"));

    /// <summary>Entities of tags in IOB2 that keep it, as first word, last word and type.</summary>
    public static HashSet<(int Sentence, int First, int Last, string Type)> Entities(IReadOnlyList<string[]> sentences)
    {
        var found = new HashSet<(int, int, int, string)>();
        for (int i = 0; i < sentences.Count; i++)
        {
            string[] tags = sentences[i];
            for (int t = 0; t < tags.Length; t++)
            {
                if (!tags[t].StartsWith("B-", StringComparison.Ordinal)) continue;
                int last = t;
                while (last + 1 < tags.Length && tags[last + 1] == "I" + tags[t][1..]) last++;
                found.Add((i, t, last, tags[t][2..]));
            }
        }

        return found;
    }

    extension(TestFolder folder)
    {
        /// <summary>A file of such sentences.</summary>
        public string PutSentences(string name, int count, int seed, Func<string, string>? change = null)
        {
            string columns = Columns(Sentences(count, seed));
            return folder.PutText(name, change?.Invoke(columns) ?? columns);
        }

        /// <summary>A command line that trains on two files of such sentences.</summary>
        public string[] TaggerArgs(params string[] more)
        {
            string[] valid = more.Any(word => word is "--valid" or "--valid-fraction") ? []
                : ["--valid", folder.PutSentences("v.conll", 60, 2)];
            string[] train = more.Contains("--train") ? [] : ["--train", folder.PutSentences("t.conll", 150, 1)];
            string[] output = more.Contains("--out") ? [] : ["--out", folder.Model];
            string[] embedding = more.Contains("--vectors") || more.Contains("--init-from") ? [] : ["--embedding", "8"];
            return ["train", "tagger", .. train, .. valid, .. output, .. embedding, .. Small(more), .. more];
        }

        /// <summary>Trains on two files of such sentences.</summary>
        public CliResult TrainTagger(params string[] more) => Tinysd.Run(folder.TaggerArgs(more));
    }

    /// <summary>Figures of a recipe that learns them in a moment, but for those that are given.</summary>
    public static string[] Small(params string[] given)
    {
        (string Option, string Value)[] all =
        [
            ("--hidden", "8"), ("--character-embedding", "4"), ("--character-units", "4"), ("--batch", "8"), ("--epochs", "4"),
            ("--optimizer", "adam"), ("--lr", "0.03"), ("--threads", "2"),
        ];
        string[] shape = ["--hidden", "--character-embedding", "--character-units"];
        return
        [
            .. all.Where(pair => !given.Contains(pair.Option) && !(given.Contains("--init-from") && shape.Contains(pair.Option)))
                .SelectMany(pair => (string[])[pair.Option, pair.Value]),
            .. given.Any(word => word.StartsWith("--rate", StringComparison.Ordinal) || word == "--dropout")
                ? (string[])[] : ["--rate", "0.1"],
        ];
    }
}
