using TinySD.Tools.Json;
using TinySD.Tools.Options;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd generate</c>: samples text from a language model.</summary>
internal sealed class GenerateCommand : CliCommand
{
    private const int DefaultWords = 100, DefaultCharacters = 500, ShownUnknown = 5;

    private readonly FileArgument _model = new("MODEL", "A language model (.tsd).");
    private readonly Option<string?> _prompt = new("--prompt")
    {
        HelpName = "TEXT",
        Description = "Text to go on from; at byte level its UTF-8 form. [default: the start of a line]",
    };

    private readonly Option<int?> _length = Ranged.Whole("--length", 1, int.MaxValue,
        $"Tokens to generate. [default: {DefaultWords} words or {DefaultCharacters} characters or bytes]");

    private readonly Option<float?> _temperature = Ranged.Number("--temperature", v => v >= 0, "a number of at least 0",
        "0 always takes the likeliest token, 1 samples as the model says, more is wilder. [default: 1]");

    private readonly Option<int?> _topK = Ranged.Whole("--top-k", 0, int.MaxValue,
        "Sample among the N likeliest tokens only; 0 for all. [default: 0]");

    private readonly Option<ulong?> _seed = Ranged.Seed("Another seed samples another text. [default: 1]");

    private readonly ShareOption _share = new();

    private readonly Option<DeltaThresholds?> _delta = DeltaOption.New(
        "Leave out inputs and hidden units that have changed by no more than this since they were last taken: less work, and another " +
        "text.");

    private readonly FileOption _profile = Profiles.Option();

    public GenerateCommand(CommonOptions common)
        : base("generate", "Sample text from a language model; at byte level the bytes as they are.", common) =>
        AddAll(_model, _prompt, _length, _temperature, _topK, _seed, _share.Option, _delta, _profile);

    protected override int Run(ParseResult parsed, CliContext context)
    {
        HardwareProfile? hardware = Profiles.Read(parsed, _profile);
        string model = parsed.GetRequiredValue(_model);
        LoadedLanguageModel loaded = LanguageModelFile.Load(model);
        (float share, int multiple) = _share.Read(parsed, loaded.Training.Recipe, model, context.Warnings);
        DeltaThresholds delta = DeltaOption.Of(parsed, _delta);
        DeltaOption.Check(delta, model, loaded.Model.Layout.Weights, without: null);
        string prompt = parsed.GetValue(_prompt) ?? "";
        int length = parsed.GetValue(_length) ?? (loaded.Vocabulary.Level == TextLevel.Word ? DefaultWords : DefaultCharacters);
        var generator = new TextGenerator(
            loaded.Model.AtShare(share, multiple), loaded.Vocabulary, parsed.GetValue(_temperature) ?? 1f, parsed.GetValue(_topK) ?? 0,
            parsed.GetValue(_seed) ?? 1, hardware, delta);
        if (generator.UnknownIn(prompt) is { Length: > 0 } unknown)
        {
            IEnumerable<string> first = unknown.Take(ShownUnknown).Select(token => $"'{JsonEncodedText.Encode(token, CliJson.Encoder)}'");
            string others = unknown.Length > ShownUnknown ? " and others" : "";
            context.Warnings.Note(
                $"the vocabulary lacks {string.Join(", ", first)}{others} of {_prompt.Name}; " +
                $"the model reads {Vocabulary.Unknown} instead.");
        }

        bool isOfBytes = loaded.Vocabulary.Level == TextLevel.Byte;
        CancellationToken stop = context.Stop.Watch();
        if (context.Json)
        {
            GenerateResult result = isOfBytes
                ? Bytes(generator, loaded.Vocabulary, prompt, length, stop)
                : Text(generator, prompt, length, stop);
            CliJson.Write(context.Console.Out, result);
            return ExitCode.Done;
        }

        // Exactly the prompt and so many bytes, nothing added: they may be a picture.
        if (isOfBytes) generator.Run(prompt, length, token => context.Console.WriteBytes([(byte)token]), stop);
        else generator.Write(prompt, length, context.Console.Generated, stop);
        return ExitCode.Done;
    }

    private static GenerateResult Text(TextGenerator generator, string prompt, int length, CancellationToken stop)
    {
        using var text = new StringWriter();
        generator.Write(prompt, length, text, stop);
        return new GenerateResult(prompt, text.ToString(), length);
    }

    private static GenerateResult Bytes(
        TextGenerator generator, Vocabulary vocabulary, string prompt, int length, CancellationToken stop)
    {
        var tokens = new List<int>();
        generator.Run(prompt, length, tokens.Add, stop);
        return new GenerateResult(prompt, vocabulary.Decode([.. tokens]), length, vocabulary.DecodeBytes([.. tokens]));
    }
}
