using TinySD.Tools.Options;

namespace TinySD.Tools.Training;

/// <summary>A run on labelled sequences that <c>--resume</c> goes on with: what of its data may not be otherwise than it was.</summary>
/// <param name="run">The run.</param>
/// <param name="valueOf">What the word of an option means; of one that is not given, what is usual.</param>
/// <param name="term">What a sequence is called.</param>
internal sealed class ResumedSequences<TRecipe>(
    ResumedRun<TRecipe, RunSequences> run, Func<string, string?, string?> valueOf, string term = "sequence")
    where TRecipe : TrainingRecipe
{
    private const string File = "the file";

    /// <summary>The options about data that the run was begun with.</summary>
    public IReadOnlyDictionary<string, string> Known { get; } = run.Data.Reading ?? new Dictionary<string, string>();

    /// <inheritdoc cref="ResumedRun{TRecipe, TData}.SameOptions"/>
    public void CheckOptions(IReadOnlyDictionary<string, string> given, IReadOnlyDictionary<string, string> was) =>
        run.SameOptions(given, was, valueOf);

    /// <summary>Refuses other data than the run's.</summary>
    /// <param name="found">What was read.</param>
    /// <param name="train">The option that names the training file.</param>
    /// <param name="valid">The option that names the validation file.</param>
    /// <param name="test">The option that names the test file.</param>
    /// <exception cref="FailureException">One is another.</exception>
    public void Check(RunSequences found, FileOption train, FileOption valid, FileOption test)
    {
        if (!found.Labels.SequenceEqual(run.Data.Labels))
            throw run.Other(train.Name, found.Train.Path, File, "its labels are others");
        if (found.Vocabulary is { } own && run.Data.Vocabulary is { } known && own != known)
            throw run.Other(train.Name, found.Train.Path, File, "its words or characters are others");

        Check(train.Name, found.Train, run.Data.Train);
        Check(valid.Name, found.Valid, run.Data.Valid);

        // A test file changes nothing in the run, so one may be added.
        if (found.Test is { } tests && run.Data.Test is { } tested) Check(test.Name, tests, tested);
    }

    private void Check(string option, SequencesFingerprint found, SequencesFingerprint known)
    {
        if (found.Sequences != known.Sequences)
        {
            throw run.Other(
                option, found.Path, File,
                $"{Figures.Count(known.Sequences, term)} expected, {Figures.Count(found.Sequences)} found");
        }

        if (found.Checksum != known.Checksum)
            throw run.Other(option, found.Path, File, $"it has as many {term}s, but not the same ones");
        run.CheckName(option, found.Path, known.Path, File);
    }
}
