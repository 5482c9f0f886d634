using TinySD.Tools.Options;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>A run that <c>train lm --resume</c> goes on with: what of its texts may not be otherwise than it was.</summary>
internal sealed class ResumedTexts(ResumedRun<LanguageModelRecipe, RunTexts> run)
{
    private const string Text = "the text";

    private RunTexts Texts => run.Data;

    /// <summary>What limits the run's vocabulary.</summary>
    /// <exception cref="UsageException">The command line says other than the run.</exception>
    public VocabularyLimits Limits(ParseResult parsed, VocabularyOptions options, Warnings warnings)
    {
        if (Texts.Level == TextLevel.Byte) return options.Read(parsed, Texts.Level, warnings);
        Check(options.MinimumCount, Texts.MinimumCount);
        Check(options.MaximumSize, Texts.MaximumVocabulary);
        return new VocabularyLimits(Texts.MinimumCount, Texts.MaximumVocabulary);

        void Check(Option<int?> option, int? was) => run.Same(option.Name, Count(parsed.GetValue(option)), Count(was));

        static string? Count(int? count) => count is { } known ? Figures.Count(known) : null;
    }

    /// <summary>How the run's texts become tokens.</summary>
    /// <exception cref="UsageException">The command line says other than the run.</exception>
    public TokenRules Rules(AskedRules asked) => new(
        Texts.Level, run.Same(VocabularyOptions.LineMarksName, asked.LineMarks, Texts.LineMarks, TextSpelling.LineMarks))
    {
        IsLowerCase = run.Same(VocabularyOptions.LowerName, asked.IsLowerCase, Texts.LowerCase, Spelling.Switch),
        Split = run.Same(VocabularyOptions.SplitName, asked.Split, Texts.Tokenize, TextSpelling.WordSplits),
    };

    /// <summary>Streams of the run's validation and test; null as in its checkpoint.</summary>
    /// <exception cref="UsageException">The command line says other than the run.</exception>
    public int? Streams(ParseResult parsed, Option<int?> option)
    {
        if (parsed.GetValue(option) is not { } asked || asked == Texts.Streams) return Texts.Streams;
        string was = Texts.Streams is { } known ? Figures.Count(known) : EvaluationStreams.Of(null, run.Recipe).Told(hasTest: true);
        throw run.Contradiction(option.Name, Figures.Count(asked), was);
    }

    /// <summary>Refuses other masks than the run's.</summary>
    /// <exception cref="UsageException">The run draws its masks.</exception>
    /// <exception cref="FailureException">They are others.</exception>
    public void Check(MaskScheduleFile? schedule, string option)
    {
        if (schedule is null) return;
        if (run.Settings.Schedule is not { } known) throw run.Contradiction(option, schedule.Path, "no schedule");
        if (schedule.Info.Updates < known.Updates || schedule.FingerprintOf(known.Updates) != known.Checksum)
        {
            throw new FailureException(
                $"{schedule.Path} has other masks than those of the run in {run.Folder}, or fewer than its " +
                $"{Figures.Count(known.Updates, "update")}; give {option} with the run's own.");
        }
    }

    /// <summary>Refuses other texts than the run's.</summary>
    /// <exception cref="FailureException">One is another.</exception>
    public void Check(LanguageModelData data, (string Train, string Valid, string Test) options)
    {
        Check(options.Train, data.Train, Texts.Train);
        if (data.Vocabulary.Count != Texts.Vocabulary.Count || Fingerprint.Of(data.Vocabulary) != Texts.Vocabulary.Checksum)
            throw run.Other(options.Train, data.Train.Name, Text, "its words or characters are others");
        Check(options.Valid, data.Valid, Texts.Valid);

        // A test text changes nothing in the run, so one may be added.
        if (data.Test is { } test && Texts.Test is { } tested) Check(options.Test, test, tested);
    }

    private void Check(string option, EncodedText text, TextFingerprint known)
    {
        TextFingerprint found = text.ToFingerprint();
        if (found.DifferenceFrom(known) is { } why) throw run.Other(option, found.Path, Text, why);
        run.CheckName(option, found.Path, known.Path, Text);
    }
}
