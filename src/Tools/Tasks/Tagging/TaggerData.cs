using TinySD.Tools.Options;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Tagging;

/// <summary>The data of a tagger's run.</summary>
internal sealed record TaggerData
{
    /// <summary>The recipe with what only the data tell: the scheme of tags that make no entities, the width of vectors.</summary>
    public required TaggerRecipe Recipe { get; init; }

    public required TaggerForm Form { get; init; }

    /// <summary>Where words and tags stand in the files.</summary>
    public required ConllOptions Columns { get; init; }

    /// <summary>Words and characters.</summary>
    public required WordForms Words { get; init; }

    /// <summary>Vectors that words begin with, or null.</summary>
    public VectorStart? Vectors { get; init; }

    public required TaggerPart Train { get; init; }

    public required TaggerPart Valid { get; init; }

    public TaggerPart? Test { get; init; }

    /// <summary>What somebody who brings data of their own should know of them, each in a line.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    public IEnumerable<TaggerPart> Parts => new[] { Train, Valid, Test }.OfType<TaggerPart>();

    /// <summary>Reads files of CoNLL columns, and divides them as the options say.</summary>
    /// <param name="train">The training file.</param>
    /// <param name="valid">The validation file, or null where a part of the training file is it.</param>
    /// <param name="test">The test file, or null.</param>
    /// <param name="reading">How they are read.</param>
    /// <param name="recipe">The run's.</param>
    /// <param name="embedding">The width of word embeddings that is asked for; null for that of vectors, or the recipe's.</param>
    /// <param name="progress">Shown how far a file of vectors is read.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="FileProblemException">A file cannot be read, or is not fit.</exception>
    /// <exception cref="FailureException">The training file has no sentence, or too few.</exception>
    public static TaggerData Read(
        string train, string? valid, string? test, TaggerReading reading, TaggerRecipe recipe, int? embedding, IProgressDisplay progress,
        CancellationToken stop)
    {
        var own = TaggerSource.Read(train, reading);
        if (own.File.Sentences.Count == 0)
        {
            throw new FailureException(
                $"{train} has no sentence, only lines that begin with {ConllFile.DocumentMark}; there is nothing to train on.");
        }

        TaggerSource validOwn = valid is null ? own : TaggerSource.Read(valid, reading);
        TaggerSource? testOwn = test is null ? null : TaggerSource.Read(test, reading);
        (IReadOnlyList<ConllSentence> trained, IReadOnlyList<ConllSentence> validated) =
            reading.ValidFraction is { } share ? Divide(own.File, share, reading.SplitSeed) : (own.File.Sentences, validOwn.File.Sentences);
        if (validated.Count == 0) throw new FailureException($"{valid} has no sentence; there is nothing to validate on.");
        TaggerForm form = reading.Start?.Tagger.Form ?? own.LearnTags(recipe.Scheme);
        if (reading.Marks == DocumentMarks.Keep) trained = WithMarks(own.File, trained, form);
        var remarks = new List<string>();
        WordForms words = reading.Start?.Description.Words ?? WordForms.Build(
            trained, reading.Words, reading.Limits.MinimumCount, reading.Limits.MaximumSize ?? Vocabulary.MaxCount);
        HashSet<string> further = reading.VectorWords == VectorWords.All ? WordsOf(reading.Words, own, validOwn, testOwn) : [];
        VectorStart? vectors =
            reading.Vectors is { } file ? VectorStart.Read(file, ref words, further, embedding, progress, stop) : null;
        VocabularyLimitOptions.RequireRoom(
            train, recipe.Epochs, VocabularyLimitOptions.MaximumSizeName, words.Words, words.Characters);
        recipe = recipe with { Scheme = form.Scheme, EmbeddingSize = vectors?.Vectors.Dimension ?? recipe.EmbeddingSize };
        TaggerPart[] parts =
        [
            own.Encode(words, form, trained),
            validOwn.Encode(words, form, validated),
            .. testOwn is null ? (TaggerPart[])[] : [testOwn.Encode(words, form)],
        ];
        if (parts[0].Missed is { } unknown)
            throw new FailureException($"{unknown.Where} is none of those of the model that training begins with ({StartOption.Name}).");
        foreach (TaggerPart part in parts) remarks.AddRange(part.Remarks);
        remarks.AddRange(vectors?.Remarks ?? []);
        remarks.AddRange(SchemesOf(own, form, validOwn, testOwn));
        remarks.AddRange(RemarksOf(parts[0], form, recipe));
        return new TaggerData
        {
            Recipe = recipe,
            Form = form,
            Columns = reading.Columns,
            Words = words,
            Vectors = vectors,
            Train = parts[0],
            Valid = parts[1],
            Test = parts.Length > 2 ? parts[2] : null,
            Warnings = [.. remarks.Distinct()],
        };
    }

    /// <summary>A file as a training record names it.</summary>
    public static SequenceSetRecord RecordOf(TaggerPart part) => new(part.Path, part.Sentences.Count);

    /// <summary>What the model's file says of this data; nothing of a test that is still to be made.</summary>
    public SentencesRecord ToRecord() =>
        new() { Sets = new() { Train = RecordOf(Train), Valid = RecordOf(Valid) }, Vectors = Vectors?.Said };

    /// <summary>What every checkpoint of a run says of this data.</summary>
    /// <param name="options">The options that say how they are read.</param>
    /// <param name="reading">The same with what is usual.</param>
    public RunSequences ToRunSequences(IReadOnlyDictionary<string, string> options, TaggerReading reading) => new()
    {
        Level = TextLevel.Word,
        LowerCase = Words.Reading.IsLowerCase ? true : null,
        MinimumCount = reading.Limits.MinimumCount,
        MaximumVocabulary = reading.Limits.MaximumSize,
        Vocabulary = new(Words.Words.Count, Fingerprint.Of(Words.Words)),
        Reading = options,
        Labels = [.. Form.Tags],
        Train = PrintOf(Train),
        Valid = PrintOf(Valid),
        Test = Test is null ? null : PrintOf(Test),
    };

    private static SequencesFingerprint PrintOf(TaggerPart part) =>
        new(part.Path, part.Sentences.Count, Fingerprint.Of(part.Sentences));

    private static HashSet<string> WordsOf(WordReading reading, params IEnumerable<TaggerSource?> sources)
    {
        var words = new HashSet<string>(StringComparer.Ordinal);
        foreach (TaggerSource? source in sources)
        {
            foreach (ConllSentence sentence in source?.File.Sentences ?? [])
            {
                foreach (string word in sentence.Words) words.Add(reading.WordOf(word));
            }
        }

        return words;
    }

    private static (IReadOnlyList<ConllSentence> Train, IReadOnlyList<ConllSentence> Valid) Divide(ConllFile file, double share, ulong seed)
    {
        RowSplit split = HeldOutShare.Divide(file.Path, file.Sentences.Count, "sentence", share, seed);
        return (Rows(split.Training), Rows(split.HeldOut));

        ConllSentence[] Rows(int[] rows) => Array.ConvertAll(rows, row => file.Sentences[row]);
    }

    // Whatever a mark's line has for a tag, it is in no entity.
    private static List<ConllSentence> WithMarks(ConllFile file, IReadOnlyList<ConllSentence> trained, TaggerForm form)
    {
        var all = new List<ConllSentence>(trained);
        foreach (ConllSentence sentence in file.WithDocumentMarks)
        {
            if (!sentence.IsDocumentMark) continue;
            string tag = form.Scheme == TagScheme.None ? sentence.Tags[0] : "O";
            if (form.Tags.Contains(tag)) all.Add(new(sentence.Words, [tag]));
        }

        return all;
    }

    private static IEnumerable<string> SchemesOf(TaggerSource own, TaggerForm form, params IEnumerable<TaggerSource?> others)
    {
        foreach (TaggerSource? other in others)
        {
            if (form.Scheme == TagScheme.None || other?.Scheme is not { } scheme || scheme == TagScheme.None) continue;
            if (own.Scheme is { } first && first != scheme && first != TagScheme.None)
            {
                yield return $"{other.File.Path}: its tags are {TaggingSpelling.NameOf(scheme)}, those of {own.File.Path} " +
                    $"{TaggingSpelling.NameOf(first)}; each is read as what it is.";
            }
        }
    }

    private static IEnumerable<string> RemarksOf(TaggerPart train, TaggerForm form, TaggerRecipe recipe)
    {
        if (form.Scheme != TagScheme.None && train.Entities == 0)
            yield return $"{train.Path}: no word is in an entity; there is nothing to learn but to say so of every word.";
        int longer = 0;
        for (int i = 0; i < train.Sentences.Count; i++) longer += train.Sentences.LengthOf(i) > recipe.MaxLength ? 1 : 0;
        if (longer == 0) yield break;
        yield return $"{train.Path}: {Figures.Count(longer)} of {Figures.Count(train.Sentences.Count, "sentence")} longer than " +
            $"{Figures.Count(recipe.MaxLength, "word")} cut into parts there in training; the longest has " +
            $"{Figures.Count(train.Sentences.Longest)} (--max-length).";
    }
}
