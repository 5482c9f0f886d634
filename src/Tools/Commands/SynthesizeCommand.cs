using TinySD.Tools.Json;
using TinySD.Tools.Options;
using TinySD.Tools.Synthetic;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd synthesize unordered|ordered|multilabel</c>: texts with labels of a world whose rule is known.</summary>
internal sealed class SynthesizeCommand : CliCommand
{
    private const int MostWords = 100_000, DefaultCount = 10_000;
    private const float DefaultNeutral = 0.25f;

    private static readonly Lengths s_defaultLength = new(40, 40);

    private readonly Func<int, SyntheticWorld> _create;
    private readonly int _defaultClasses;
    private readonly Option<int?> _classes;
    private readonly Option<int?> _count = Ranged.Whole("--count", 1, 10_000_000, $"Texts. [default: {DefaultCount}]");
    private readonly Option<Lengths?> _length = Ranged.Value("--length", "L[-L2]",
        $"Words of each text, or the fewest and the most, each length equally often. [default: {s_defaultLength.Shortest}]",
        $"a whole number from 1 to {MostWords}, or two as 20-60", Lengths.Parse);

    private readonly Option<float?> _neutral = Ranged.Number("--neutral", share => share is >= 0f and <= 0.99f,
        "a share from 0 to 0.99", $"The share of words that add nothing. [default: {Figures.Setting(DefaultNeutral)}]");

    private readonly Option<ulong?> _seed = Ranged.Seed(
        "Another seed draws other texts of the same words: one for training, another for validation. [default: 1]");

    private readonly FileOption _out = FileOption.Output("--out", "The file to write: a line for each text, LABEL<TAB>TEXT.");

    private SynthesizeCommand(
        CommonOptions common, Func<int, SyntheticWorld> create, string what, int leastClasses, int defaultClasses, string description)
        : base(create(defaultClasses).Name, description, common)
    {
        _create = create;
        _defaultClasses = defaultClasses;
        _classes = Ranged.Whole("--classes", leastClasses, 1000, $"{what}. [default: {defaultClasses}]");
        AddAll(_classes, _count, _length, _neutral, _seed, _out);
    }

    /// <summary>The verb with its worlds.</summary>
    public static Command Create(CommonOptions common) => new(
        "synthesize",
        "Write texts of a world whose rule is known. To see what a network makes of them (Aitken et al., ICLR 2021).")
    {
        new SynthesizeCommand(common, classes => new UnorderedWorld(classes), "Classes", 2, 3,
            "Write texts whose classes have no order. Each word is worth 2, 1 or -1 to one class, or nothing; the label is the " +
            "class with the largest sum."),
        new SynthesizeCommand(common, classes => new OrderedWorld(classes), "Stars", 2, 5,
            "Write texts whose classes have an order, as stars. Words for good, for bad and for neither; the label is where " +
            "between them a text lies."),
        new SynthesizeCommand(common, classes => new MultiLabelWorld(classes), "Labels", 1, 3,
            "Write texts that have several labels at once, or none. Commas between labels; each word is worth 2, 1, -1 or -2 to one " +
            "label, or nothing; a text has those whose sum is above 0."),
    };

    /// <inheritdoc/>
    public override IEnumerable<WantedOption> Wanted => [new(_out)];

    protected override int Run(ParseResult parsed, CliContext context)
    {
        string output = parsed.GetValue(_out)
            ?? throw new UsageException("--out is missing; it names the file to write.") { LacksWords = true };
        SyntheticWorld world = _create(parsed.GetValue(_classes) ?? _defaultClasses);
        int count = parsed.GetValue(_count) ?? DefaultCount;
        Lengths length = parsed.GetValue(_length) ?? s_defaultLength;
        ulong seed = parsed.GetValue(_seed) ?? 1;
        double neutral = parsed.GetValue(_neutral) ?? DefaultNeutral;
        long[] counts = new long[world.Labels.Count];
        CancellationToken stop = context.Stop.Watch();
        AtomicFile.Write(output, stream =>
        {
            // A full disk has it written once more.
            Array.Clear(counts);
            using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
            for (int row = 0; row < count; row++)
            {
                if (stop.IsCancellationRequested) throw new StoppedException($"stopped; nothing was written to {output}.");
                SyntheticText text = world.Draw(seed, row, length.Shortest, length.Longest, neutral);
                foreach (int label in text.Labels) counts[label]++;
                writer.Write(string.Join(',', Array.ConvertAll(text.Labels, label => world.Labels[label])));
                writer.Write('\t');
                writer.WriteLine(string.Join(' ', Array.ConvertAll(text.Words, word => world.Words[word].Name)));
            }
        });

        if (context.Json)
        {
            var result = new SynthesizeResult(
                output, world.Name, world.Rule, count, seed, world.Sums,
                [.. world.Words.Select(word => new SyntheticWordResult(word.Name, word.Values))],
                [.. world.Labels.Zip(counts, (label, texts) => new SyntheticLabelResult(label, texts))]);
            CliJson.Write(context.Console.Out, result);
            return ExitCode.Done;
        }

        string labels = string.Join(", ", world.Labels.Zip(counts, (label, texts) => $"{label}: {Figures.Count(texts)}"));
        context.Console.Prose.WriteLine($"{output}: {Figures.Count(count, "text")}, seed {seed}; of label {labels}");
        context.Console.Prose.WriteLine($"{world.Rule}.");
        return ExitCode.Done;
    }

    /// <summary>Words of the shortest and of the longest text.</summary>
    private readonly record struct Lengths(int Shortest, int Longest)
    {
        public static Lengths? Parse(string word)
        {
            string[] parts = word.Split('-');
            if (parts.Length > 2) return null;
            if (!TryParse(parts[0], out int shortest) || !TryParse(parts[^1], out int longest)) return null;
            return shortest >= 1 && longest >= shortest && longest <= MostWords ? new(shortest, longest) : null;
        }

        private static bool TryParse(string digits, out int number) =>
            int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
