namespace TinySD.Formats.Text;

/// <summary>Turns sentences into numbers. Every written word is looked up once.</summary>
/// <param name="forms">Words and characters.</param>
internal sealed class SentenceEncoder(WordForms forms)
{
    private readonly Dictionary<string, Entry> _words = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _spellings = new(StringComparer.Ordinal);
    private readonly List<int[]> _characters = [];

    /// <summary>Sentences without tags, or with those that they have.</summary>
    public TaggedSentences Encode(IReadOnlyList<ConllSentence> sentences, TaggerForm? form = null, TagScheme scheme = TagScheme.None)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        int[][] words = new int[sentences.Count][], spellings = new int[sentences.Count][];
        for (int i = 0; i < words.Length; i++)
        {
            ImmutableArray<string> written = sentences[i].Words;
            (words[i], spellings[i]) = (new int[written.Length], new int[written.Length]);
            for (int t = 0; t < written.Length; t++)
            {
                Entry entry = Look(written[t]);
                (words[i][t], spellings[i][t]) = (entry.Word, entry.Spelling);
            }
        }

        if (form is null) return new TaggedSentences(words, spellings, _characters);
        return new TaggedSentences(words, spellings, _characters, TagsOf(sentences, form), GoldOf(sentences), scheme);
    }

    private static int[][] TagsOf(IReadOnlyList<ConllSentence> sentences, TaggerForm form)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int id = 0; id < form.Tags.Length; id++) ids[form.Tags[id]] = id;
        int[][] tags = new int[sentences.Count][];
        for (int i = 0; i < tags.Length; i++)
        {
            ConllSentence sentence = sentences[i];
            if (sentence.Tags.Length != sentence.Words.Length)
                Throw.Argument($"sentence {i} has no tags; a tagger learns from, and is measured by, sentences that have them");
            string[] own = TagSchemes.Convert(sentence.Tags.AsSpan(), form.Scheme);
            tags[i] = new int[own.Length];
            for (int t = 0; t < own.Length; t++) tags[i][t] = ids.TryGetValue(own[t], out int id) ? id : -1;
        }

        return tags;
    }

    private static string[][] GoldOf(IReadOnlyList<ConllSentence> sentences)
    {
        string[][] gold = new string[sentences.Count][];
        for (int i = 0; i < gold.Length; i++) gold[i] = [.. sentences[i].Tags];
        return gold;
    }

    private Entry Look(string written)
    {
        if (_words.TryGetValue(written, out Entry? known)) return known;
        string spelling = forms.Reading.SpellingOf(written);
        if (!_spellings.TryGetValue(spelling, out int number))
        {
            _spellings.Add(spelling, number = _characters.Count);
            _characters.Add(forms.CharactersOf(written));
        }

        var entry = new Entry(forms.IdOf(written), number);
        _words.Add(written, entry);
        return entry;
    }

    private sealed class Entry(int word, int spelling)
    {
        public int Word => word;

        public int Spelling => spelling;
    }
}
