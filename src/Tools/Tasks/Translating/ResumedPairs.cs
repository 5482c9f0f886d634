using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Translating;

/// <summary>A run on pairs of sentences that <c>--resume</c> goes on with: what of its data may not be otherwise than it was.</summary>
/// <param name="run">The run.</param>
internal sealed class ResumedPairs(ResumedRun<TranslatorRecipe, RunPairs> run)
{
    private const string Both = "the files";

    /// <summary>The options about data that the run was begun with.</summary>
    public IReadOnlyDictionary<string, string> Known { get; } = run.Data.Reading ?? new Dictionary<string, string>();

    public PairFiles Train => Of(run.Data.Train);

    public PairFiles Valid => Of(run.Data.Valid);

    public PairFiles? Test => run.Data.Test is { } test ? Of(test) : null;

    /// <summary>Refuses options about data that say other than the run.</summary>
    /// <exception cref="UsageException">One does.</exception>
    public void CheckOptions(IReadOnlyDictionary<string, string> given)
    {
        run.SameOptions(TranslatorDataOptions.WithoutFiles(given), Known, TranslatorDataOptions.ValueOf);

        // A file may lie in another place, but there must have been one.
        foreach ((string option, string path) in given)
        {
            if (!Known.ContainsKey(option)) run.Same(option, path, null);
        }
    }

    /// <summary>Refuses other data than the run's.</summary>
    /// <exception cref="FailureException">They are others.</exception>
    public void Check(RunPairs found)
    {
        RunPairs was = run.Data;
        if (found.Codes != was.Codes)
            throw run.Other(TranslatorDataOptions.CodesName, $"or {TrainNames}", "those", "the byte-pair codes are others");
        if (found.SourceVocabulary != was.SourceVocabulary || found.TargetVocabulary != was.TargetVocabulary)
            throw run.Other(TrainNames, $"{found.Train.Source}, {found.Train.Target}", Both, "their words are others");
        Check("", found.Train, was.Train);
        Check("valid-", found.Valid, was.Valid);

        // Test files change nothing in the run, so they may be added.
        if (found.Test is { } tests && was.Test is { } tested) Check("test-", tests, tested);
    }

    private static string TrainNames => NamesOf("");

    private static string NamesOf(string use) => $"--{use}source and --{use}target";

    private static PairFiles Of(PairsFingerprint set) => new(set.Source, set.Target);

    private void Check(string use, PairsFingerprint found, PairsFingerprint known)
    {
        string? why = found.Pairs != known.Pairs
            ? $"{Figures.Count(known.Pairs, "pair")} expected, {Figures.Count(found.Pairs)} found"
            : found.Checksum != known.Checksum ? "they have as many pairs, but not the same ones" : null;
        if (why is not null) throw run.Other(NamesOf(use), $"{found.Source}, {found.Target}", Both, why);
        run.CheckName($"--{use}source", found.Source, known.Source, "the file");
        run.CheckName($"--{use}target", found.Target, known.Target, "the file");
    }
}
