using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Classification;

/// <summary>A run that <c>train classifier --resume</c> goes on with: what of its data may not be otherwise than it was.</summary>
internal sealed class ResumedSequences(ResumedRun<ClassifierRecipe, RunSequences> run)
{
    private const string File = "the file";

    /// <summary>The options about data that the run was begun with.</summary>
    /// <param name="given">Those that the command line gives.</param>
    /// <exception cref="UsageException">It says other than the run.</exception>
    public IReadOnlyDictionary<string, string> Reading(IReadOnlyDictionary<string, string> given)
    {
        IReadOnlyDictionary<string, string> known = run.Data.Reading ?? new Dictionary<string, string>();
        IReadOnlyDictionary<string, string> was =
            ClassifierDataOptions.NamesNoFold(known) ? ClassifierDataOptions.WithFold(known, 1) : known;
        foreach ((string option, string asked) in given)
            run.Same(option, Value(option, asked), Value(option, was.GetValueOrDefault(option)));
        return known;

        static string? Value(string option, string? word) => ClassifierDataOptions.ValueOf(option, word);
    }

    /// <summary>Refuses other data than the run's.</summary>
    /// <param name="data">What was read.</param>
    /// <param name="options">Names of the options that name the files.</param>
    /// <exception cref="FailureException">One is another.</exception>
    public void Check(ClassifierData data, (string Train, string Valid, string Test) options)
    {
        if (!data.Form.Labels.SequenceEqual(run.Data.Labels))
            throw run.Other(options.Train, data.Train.Path, File, "its labels are others");
        if (data.Vocabulary is { } own && run.Data.Vocabulary is { } known
            && (own.Count != known.Count || Fingerprint.Of(own) != known.Checksum))
        {
            throw run.Other(options.Train, data.Train.Path, File, "its words or characters are others");
        }

        Check(options.Train, data.Train, run.Data.Train);
        Check(options.Valid, data.Valid, run.Data.Valid);

        // A test file changes nothing in the run, so one may be added.
        if (data.Test is { } test && run.Data.Test is { } tested) Check(options.Test, test, tested);
    }

    private void Check(string option, ClassifierPart part, SequencesFingerprint known)
    {
        SequencesFingerprint found = part.ToFingerprint();
        if (found.Sequences != known.Sequences)
        {
            throw run.Other(
                option, part.Path, File,
                $"{Figures.Count(known.Sequences, "sequence")} expected, {Figures.Count(found.Sequences)} found");
        }

        if (found.Checksum != known.Checksum) throw run.Other(option, part.Path, File, "it has as many sequences, but not the same ones");
        run.CheckName(option, part.Path, known.Path, File);
    }
}
