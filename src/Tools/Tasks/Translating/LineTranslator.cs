namespace TinySD.Tools.Tasks.Translating;

/// <summary>A line to be translated.</summary>
/// <param name="Text">As it came.</param>
/// <param name="Number">Counted from 1.</param>
/// <param name="Source">As the translator reads it.</param>
internal sealed record SourceLine(string Text, long Number, EncodedSentence Source);

/// <summary>A translation of a line.</summary>
/// <param name="Text">Its words.</param>
/// <param name="Score">What translations are ordered by.</param>
/// <param name="LogProbability">The logarithm of its probability.</param>
/// <param name="Parts">The translations that it is put together of: one, unless the line was too long; none of an empty line.</param>
internal sealed record TranslatedText(string Text, double Score, double LogProbability, IReadOnlyList<TranslatedPart> Parts);

/// <summary>A translation as the model gave it, and what it is of.</summary>
internal sealed record TranslatedPart(EncodedSentence Source, Translation Translation);

/// <summary>A line and its translations, the best first.</summary>
internal sealed record TranslatedLine(SourceLine Line, IReadOnlyList<TranslatedText> Texts);

/// <summary>Translates lines, as many at once as are there.</summary>
/// <param name="loaded">The translator.</param>
/// <param name="decoding">How translations are looked for.</param>
/// <param name="replacesUnknown">Whether unknown words become those of the line that they come from.</param>
/// <param name="withAttention">Whether attention is told.</param>
/// <param name="batch">Sentences side by side.</param>
/// <param name="runner">Threads.</param>
/// <param name="hardware">The machine.</param>
internal sealed class LineTranslator(
    LoadedTranslator loaded, DecodingOptions decoding, bool replacesUnknown, bool withAttention, int batch, IParallelRunner runner,
    HardwareProfile? hardware)
{
    /// <summary>Units of a line that are translated at once; what is longer is translated in parts.</summary>
    public const int MostUnits = 1 << 14;

    // Different pieces may join to the same words, so that all that are followed are asked for where several are wanted.
    private readonly TranslatorSession _session = new(
        loaded.Translator, decoding with { NBest = decoding.NBest == 1 ? 1 : decoding.Beam }, batch, runner: runner, hardware: hardware);

    /// <summary>The units of both sides.</summary>
    public TranslationUnits Units => loaded.Description.Units;

    /// <summary>A line as the translator reads it.</summary>
    public SourceLine Read(string line, long number) => new(line, number, Units.Source.EncodeWords(ParallelTexts.WordsOf(line)));

    /// <summary>Translates lines.</summary>
    /// <param name="lines">The lines; one may be empty.</param>
    /// <param name="stop">Looked at now and then.</param>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <returns>The translations in the same order; that of a line without a word is empty.</returns>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    public List<TranslatedLine> Translate(IReadOnlyList<SourceLine> lines, CancellationToken stop, Action<double>? progress = null)
    {
        // Parts of a line follow each other.
        var parts = new List<EncodedSentence>();
        foreach (SourceLine line in lines)
        {
            (int[] units, string[] words) = line.Source;
            for (int start = 0; start < units.Length; start += MostUnits)
            {
                int end = Math.Min(start + MostUnits, units.Length);
                parts.Add(new(units[start..end], words[start..end]));
            }
        }

        var found = new IReadOnlyList<Translation>[parts.Count];
        _session.Translate(
            new SentencePairs([.. parts.Select(part => part.Units)]), (part, translations) => found[part] = translations,
            withAttention || replacesUnknown, progress, stop);
        var translated = new List<TranslatedLine>();
        int next = 0;
        foreach (SourceLine line in lines)
        {
            int count = (line.Source.Units.Length + MostUnits - 1) / MostUnits;
            var own = new TranslatedPart[count][];
            for (int i = 0; i < count; i++) own[i] = PartsOf(parts[next + i], found[next + i]);
            next += count;
            translated.Add(new(line, count == 0 ? [new("", 0, 0, [])] : Join(own)));
        }

        return translated;
    }

    private static TranslatedPart[] PartsOf(EncodedSentence source, IReadOnlyList<Translation> translations) =>
        [.. translations.Select(translation => new TranslatedPart(source, translation))];

    // The best of all parts, the second best and so on, as many different ones as are asked for; where one part has fewer, its last goes
    // on.
    private List<TranslatedText> Join(TranslatedPart[][] parts)
    {
        int most = 0;
        foreach (TranslatedPart[] own in parts) most = Math.Max(most, own.Length);
        var texts = new List<TranslatedText>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        for (int rank = 0; rank < most && texts.Count < decoding.NBest; rank++)
        {
            TranslatedPart[] chosen = Array.ConvertAll(parts, own => own[Math.Min(rank, own.Length - 1)]);
            var words = new List<string>();
            double score = 0, logProbability = 0;
            foreach (TranslatedPart part in chosen)
            {
                words.AddRange(WordsOf(part));
                score += part.Translation.Score;
                logProbability += part.Translation.LogProbability;
            }

            string text = string.Join(' ', words);
            if (known.Add(text)) texts.Add(new(text, score, logProbability, chosen));
        }

        return texts;
    }

    private string[] WordsOf(TranslatedPart part) => loaded.Translator.Form.ToWords(
        part.Translation.Units, replacesUnknown ? unit => MostSeen(part, unit) : null);

    // The word that was most looked at, of those that say more than that they are unknown; nothing where there is none.
    private static string MostSeen(TranslatedPart part, int unit)
    {
        float[] weights = part.Translation.Attention[unit];
        string best = "";
        float most = -1;
        for (int i = 0; i < part.Source.Words.Length; i++)
        {
            string word = part.Source.Words[i];
            if (weights[i] > most && !SentenceUnits.Marks.Contains(word)) (best, most) = (word, weights[i]);
        }

        return best;
    }
}
