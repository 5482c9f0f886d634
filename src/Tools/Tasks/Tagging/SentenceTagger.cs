namespace TinySD.Tools.Tasks.Tagging;

/// <summary>Tags sentences, as many at once as are there.</summary>
/// <param name="loaded">The tagger.</param>
/// <param name="scheme">The scheme that tags are said in.</param>
/// <param name="isConstrained">Whether tags that the scheme of training forbids after one another are never given.</param>
/// <param name="withProbabilities">Whether each tag's probability is told.</param>
/// <param name="runner">Threads.</param>
/// <param name="hardware">The machine.</param>
internal sealed class SentenceTagger(
    LoadedTagger loaded, TagScheme scheme, bool isConstrained, bool withProbabilities, IParallelRunner runner, HardwareProfile? hardware)
{
    /// <summary>Words of a sentence that are tagged at once; what is longer is tagged in parts.</summary>
    public const int MostWords = 1 << 14;

    private readonly TaggerEvaluator _evaluator =
        new(loaded.Tagger, isConstrained: isConstrained, runner: runner, hardware: hardware);

    /// <summary>Tags sentences.</summary>
    /// <param name="sentences">The sentences; one may be empty.</param>
    /// <param name="stop">Looked at now and then.</param>
    /// <returns>The same, in the same order.</returns>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    public List<TaggedWords> Tag(List<TagSentence> sentences, CancellationToken stop)
    {
        ImmutableArray<string> tags = loaded.Tagger.Form.Tags;

        // Parts of a sentence follow each other.
        var parts = new List<ConllSentence>();
        var owners = new List<int>();
        var starts = new List<int>();
        var tagged = new List<TaggedWords>();
        foreach (TagSentence sentence in sentences)
        {
            int count = sentence.Words.Count;
            for (int start = 0; start < count; start += MostWords)
            {
                owners.Add(tagged.Count);
                starts.Add(start);
                parts.Add(new([.. sentence.Words.Skip(start).Take(MostWords)]));
            }

            double[]? probabilities = withProbabilities ? new double[checked(count * tags.Length)] : null;
            tagged.Add(new(sentence, new string[count], new int[count], probabilities));
        }

        _evaluator.Predict(loaded.Encode(parts), Told, withProbabilities, cancellation: stop);
        if (scheme == loaded.Tagger.Form.Scheme) return tagged;
        for (int i = 0; i < tagged.Count; i++) tagged[i] = tagged[i] with { Tags = TagSchemes.Convert(tagged[i].Tags, scheme) };
        return tagged;

        void Told(int part, ReadOnlySpan<int> ids, ReadOnlySpan<double> probabilities)
        {
            int start = starts[part];
            TaggedWords into = tagged[owners[part]];
            ids.CopyTo(into.Ids.AsSpan(start));
            if (into.Probabilities is { } own) probabilities.CopyTo(own.AsSpan(start * tags.Length));
            for (int t = 0; t < ids.Length; t++) into.Tags[start + t] = tags[ids[t]];
        }
    }
}
