namespace TinySD.Tools.Tasks.Tagging;

/// <summary>Word vectors that a tagger's embedding begins with.</summary>
/// <param name="Vectors">The vectors.</param>
/// <param name="Said">What the model's file says of them.</param>
/// <param name="Remarks">What there is to say of them, a line each.</param>
internal sealed record VectorStart(WordVectors Vectors, VectorsRecord Said, IReadOnlyList<string> Remarks)
{
    /// <summary>Reads them.</summary>
    /// <param name="path">Their file.</param>
    /// <param name="words">The words of the model; those that get a place because they have a vector are added.</param>
    /// <param name="further">Words that do so, as they are looked up.</param>
    /// <param name="width">Numbers that a vector must have; null for any.</param>
    /// <param name="progress">Shown how far the file is read.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="FileProblemException">It cannot be read, or is not fit.</exception>
    public static VectorStart Read(
        string path, ref WordForms words, HashSet<string> further, int? width, IProgressDisplay progress, CancellationToken stop)
    {
        var vectors = WordVectors.Read(
            path, [.. words.Words.Tokens, .. further], width, ProgressDisplay.ShareOf(progress, "reading word vectors"), stop);
        further.RemoveWhere(word => !vectors.TryGet(word, out _));
        if (further.Count > 0) words = words.With(further);
        long found = 0;
        foreach (string word in words.Words.Tokens) found += vectors.TryGet(word, out _) ? 1 : 0;
        string[] remarks =
        [
            .. vectors.Remarks,
            $"{path}: {Figures.Count(vectors.Dimension, "number")} a word; {Figures.Count(found)} of " +
            $"{Figures.Count(words.Words.Count, "word")} have a vector there, the others begin at random.",
        ];
        return new(vectors, new(path, found), remarks);
    }

    /// <summary>A model that begins as at random, but for the words that have a vector.</summary>
    public TaggerModel ToModel(TaggerRecipe recipe, TaggerForm form, WordForms words)
    {
        var model = new TaggerModel(recipe.ToConfig(words.Words.Count, words.Characters.Count, form.Tags.Length));
        model.Initialize(recipe.Seed, recipe.InitRange, recipe.ForgetBias, recipe.InitScheme);
        Vectors.CopyTo(words.Words, model.Parameters[model.Embedding]);
        return model;
    }
}
