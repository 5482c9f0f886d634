namespace TinySD.Tools.Tasks.Tagging;

/// <summary>Sentences as a network is fed them.</summary>
/// <param name="Path">Their file as the user named it.</param>
/// <param name="Sentences">The sentences.</param>
/// <param name="Unknown">Words of them that have no place in the vocabulary.</param>
/// <param name="Entities">Their entities.</param>
/// <param name="Marks">Lines of the file that begin a document.</param>
/// <param name="Missed">Words whose tags the tagger does not have; null for none.</param>
internal sealed record TaggerPart(
    string Path, TaggedSentences Sentences, long Unknown, long Entities, int Marks, MissedTags? Missed)
{
    /// <summary>What there is to say of them, a line each.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];
}

/// <summary>Words whose tags a tagger does not have.</summary>
/// <param name="Where">The first, as <c>test.txt, line 12: the tag 'B-LOC'</c>.</param>
/// <param name="Count">How many.</param>
internal sealed record MissedTags(string Where, long Count)
{
    public override string ToString() =>
        $"{Where} is none of those that training had; {Figures.Count(Count, "such word")} {(Count == 1 ? "counts" : "count")} as missed.";
}

/// <summary>A file of CoNLL columns, read, and the scheme of its tags.</summary>
internal sealed class TaggerSource
{
    private readonly TaggerReading _reading;

    private TaggerSource(ConllFile file, TaggerReading reading)
    {
        (File, _reading) = (file, reading);
        string? remark = null;
        Scheme = reading.DataScheme ?? file.FindScheme(out remark);
        Remarks = remark is null ? file.Remarks : [.. file.Remarks, remark];
    }

    public ConllFile File { get; }

    /// <summary>The scheme of its tags; null where no word is in an entity.</summary>
    public TagScheme? Scheme { get; }

    /// <summary>What there is to say of how it was read, a line each.</summary>
    public IReadOnlyList<string> Remarks { get; }

    /// <summary>Lines that begin a document.</summary>
    public int Marks => File.WithDocumentMarks.Count - File.Sentences.Count;

    /// <summary>Reads it.</summary>
    /// <exception cref="FileProblemException">It cannot be read, or is not fit.</exception>
    public static TaggerSource Read(string path, TaggerReading reading) => new(ConllFile.Read(path, reading.Columns), reading);

    /// <summary>What a tagger that is trained on it must know of its tags.</summary>
    /// <param name="scheme">The scheme for the model.</param>
    /// <exception cref="FailureException">There are too many tags.</exception>
    /// <exception cref="FileProblemException">There is none.</exception>
    public TaggerForm LearnTags(TagScheme scheme)
    {
        const int most = 4096;
        TaggerForm form = File.LearnTags(_reading.DataScheme == TagScheme.None ? TagScheme.None : scheme);
        if (form.Tags.Length > most)
        {
            throw new FailureException(
                $"{File.Path} has {Figures.Count(form.Tags.Length)} different tags, and at most {Figures.Count(most)} are possible; is " +
                $"{ColumnOptions.TagName} the column of tags?");
        }

        // So that constraints always leave a way.
        const string outside = "O";
        if (form.Scheme != TagScheme.None && !form.Tags.Contains(outside)) form = form with { Tags = [outside, .. form.Tags] };
        return _reading.DataScheme is { } own ? form with { DataScheme = own } : form;
    }

    /// <summary>All sentences, as a tagger is measured by them.</summary>
    public TaggerPart Encode(WordForms forms, TaggerForm form) => Encode(forms, form, File.Sentences);

    /// <summary>Some of them.</summary>
    public TaggerPart Encode(WordForms forms, TaggerForm form, IReadOnlyList<ConllSentence> sentences)
    {
        bool isPlain = form.Scheme == TagScheme.None;
        TagScheme own = isPlain ? TagScheme.None : Scheme is { } found and not TagScheme.None ? found : form.DataScheme;
        TaggedSentences encoded = forms.Encode(sentences, form, own);
        long unknown = 0, entities = 0;
        for (int i = 0; i < encoded.Count; i++)
        {
            unknown += encoded.WordsOf(i).Count(0);
            if (!isPlain) entities += TagSchemes.FindEntities(encoded.GoldOf(i)).Count;
        }

        var remarks = new List<string>(Remarks);
        if (!isPlain && Scheme == TagScheme.None)
        {
            remarks.Add(
                $"{File.Path}: its tags make no entities, and those of the model do; is {ColumnOptions.TagName} the column of tags?");
        }

        MissedTags? missed = FindMissed(sentences, encoded, form);
        if (missed is not null) remarks.Add(missed.ToString());
        return new(File.Path, encoded, unknown, entities, Marks, missed) { Remarks = remarks };
    }

    private MissedTags? FindMissed(IReadOnlyList<ConllSentence> sentences, TaggedSentences encoded, TaggerForm form)
    {
        (string? first, long count) = (null, 0);
        for (int i = 0; i < encoded.Count; i++)
        {
            for (int t = 0; t < encoded.LengthOf(i); t++)
            {
                if (encoded.TagsOf(i)[t] >= 0) continue;
                count++;
                if (first is not null) continue;
                string tag = sentences[i].Tags[t], turned = TagSchemes.Convert(encoded.GoldOf(i), form.Scheme)[t];
                string shown = turned == tag ? $"'{tag}'" : $"'{tag}' ({turned} in {TaggingSpelling.NameOf(form.Scheme)})";
                first = $"{File.Path}, line {sentences[i].Line + t}: the tag {shown}";
            }
        }

        return first is null ? null : new(first, count);
    }
}
