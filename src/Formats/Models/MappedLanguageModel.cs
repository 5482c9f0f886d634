namespace TinySD.Formats.Models;

/// <summary>A language model used where it lies in its file.</summary>
public sealed class MappedLanguageModel : MappedModel<LanguageModelDescription, LanguageModel>
{
    private MappedLanguageModel(NonFiniteWeights nonFinite, Opened opened)
        : base(LanguageModelFile.Format, nonFinite, opened)
    {
    }

    /// <summary>Opens a model.</summary>
    /// <param name="path">The file.</param>
    /// <param name="nonFinite">What to do with weights that are not finite.</param>
    /// <exception cref="FileProblemException">The file cannot be read, its header is damaged, or it holds something else.</exception>
    public static MappedLanguageModel Open(string path, NonFiniteWeights nonFinite = NonFiniteWeights.Refuse) =>
        TryOpen(path, out MappedLanguageModel? mapped, out FileProblem? problem, nonFinite) ? mapped
        : throw new FileProblemException(problem);

    /// <summary>As <see cref="Open"/>, without exceptions.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mapped">The open model, to be disposed.</param>
    /// <param name="problem">Why there is none.</param>
    /// <param name="nonFinite">What to do with weights that are not finite.</param>
    public static bool TryOpen(
        string path, [NotNullWhen(true)] out MappedLanguageModel? mapped, [NotNullWhen(false)] out FileProblem? problem,
        NonFiniteWeights nonFinite = NonFiniteWeights.Refuse)
    {
        bool isOpen = TryOpen(path, LanguageModelFile.Format, typeof(MappedLanguageModel), out Opened? opened, out problem);
        mapped = isOpen ? new MappedLanguageModel(nonFinite, opened!) : null;
        return mapped is not null && problem is null;
    }
}
