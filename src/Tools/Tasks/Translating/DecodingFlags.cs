using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.Translating;

/// <summary>The options that say how translations are looked for.</summary>
/// <param name="of">What the help begins with, where they are not for everything that the command takes.</param>
internal sealed class DecodingFlags(string of = "")
{
    private readonly Option<int?> _beam = Ranged.Whole("--beam", 1, DecodingOptions.MostBeams,
        $"{of}Translations that are followed side by side; 1 takes the likeliest unit at every step. [default: 1]");

    private readonly Option<float?> _length = Ranged.Number("--length-penalty", alpha => alpha is >= 0 and <= 10, "a number of 0 to 10",
        $"{of}How much longer translations are favoured: their log-probability is divided by ((5 + length) / 6) to this power. " +
        "[default: 0]");

    private readonly Option<float?> _coverage = Ranged.Number("--coverage-penalty", beta => beta is >= 0 and <= 100, "a number of 0 to 100",
        $"{of}How much translations are favoured that look at all of the sentence. [default: 0]");

    private readonly Option<int?> _most = Ranged.Whole("--max-length", 1, 65536,
        $"{of}The most units of a translation, words or pieces of them. [default: twice those of the sentence, and ten]");

    private readonly Option<bool> _replace = new("--replace-unknown")
    {
        Description = $"{of}Write the word of the sentence that was most looked at in place of {Vocabulary.Unknown}.",
    };

    private readonly Option<int?> _batch = Ranged.Whole("--batch", 1, 4096,
        $"{of}Sentences that are translated side by side. The result is the same for any number. [default: 32]");

    public IEnumerable<Option> All => [_beam, _length, _coverage, _most, _replace, _batch];

    /// <summary>Sentences side by side.</summary>
    public int BatchOf(ParseResult parsed) => parsed.GetValue(_batch) ?? 32;

    /// <summary>Whether unknown words are replaced.</summary>
    public bool ReplacesUnknown(ParseResult parsed) => parsed.GetValue(_replace);

    /// <summary>How translations are looked for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="best">Translations of each sentence that are given.</param>
    /// <param name="bestOption">The option that asks for them.</param>
    /// <param name="warnings">Told of options that have no effect.</param>
    /// <exception cref="UsageException">There are to be more translations than are followed.</exception>
    public DecodingOptions Read(ParseResult parsed, int best, string bestOption, Warnings warnings)
    {
        int beam = parsed.GetValue(_beam) ?? Math.Min(best, DecodingOptions.MostBeams);
        if (best > beam)
        {
            throw new UsageException(
                $"{bestOption} is {best} and --beam {beam}; there are no more translations than are followed side by side.");
        }

        if (beam == 1) warnings.NoEffect(Ranged.Given(parsed, _length, _coverage), " with a --beam of 1: there is nothing to choose from");
        return new()
        {
            Beam = beam,
            NBest = best,
            LengthPenalty = Exact(parsed.GetValue(_length)),
            CoveragePenalty = Exact(parsed.GetValue(_coverage)),
            MaxLength = parsed.GetValue(_most) ?? 0,
        };

        // As it was written.
        static double Exact(float? value) => (double)(decimal)(value ?? 0);
    }
}
