using TinySD.Tools.Json;
using TinySD.Tools.Options;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd generate</c>: samples text from a language model.</summary>
internal sealed class GenerateCommand : CliCommand
{
    private const int DefaultWords = 100, DefaultCharacters = 500, DefaultShown = 10;

    private static readonly Spelling<int> s_shown = Spelling.Whole(1);

    private readonly FileArgument _model = new("MODEL", "A language model (.tsd).");
    private readonly Option<string?> _prompt = new("--prompt")
    {
        HelpName = "TEXT",
        Description = "Text to go on from; at byte level its UTF-8 form. [default: the start of a line]",
    };

    private readonly FileOption _promptFile = FileOption.Input("--prompt-file",
        "A text to go on from where it ends, read as texts are; at byte level its bytes as they are.");

    private readonly Option<int?> _length = Ranged.Whole("--length", 1, int.MaxValue,
        $"Tokens to generate. [default: {DefaultWords} words or {DefaultCharacters} characters or bytes]");

    private readonly Option<float?> _temperature = Ranged.Number("--temperature", v => v >= 0, "a number of at least 0",
        "0 always takes the likeliest token, 1 samples as the model says, more is wilder. [default: 1]");

    private readonly Option<int?> _topK = Ranged.Whole("--top-k", 0, int.MaxValue,
        "Sample among the N likeliest tokens only; 0 for all. [default: 0]");

    private readonly Option<ulong?> _seed = Ranged.Seed("Another seed samples another text. [default: 1]");

    private readonly ForbidOption _forbid = new();

    private readonly Option<int?> _probabilities = new("--probabilities")
    {
        Arity = ArgumentArity.ZeroOrOne,
        HelpName = "N",
        Description = "Generate nothing: tell the N likeliest next tokens after the prompt and how likely they are, as they would be " +
            $"sampled. [default: {DefaultShown}]",
        CustomParser = result => result.Tokens is not [{ Value: var word }] ? DefaultShown
            : s_shown.TryParse(word, out int count) ? count
            : Ranged.Refuse<int?>(result, "--probabilities", s_shown.Expected),
    };

    private readonly ShareOption _share = new();

    private readonly Option<DeltaThresholds?> _delta = DeltaOption.New(
        "Leave out inputs and hidden units that have changed by no more than this since they were last taken: less work, and another " +
        "text.");

    private readonly FileOption _profile = Profiles.Option();

    public GenerateCommand(CommonOptions common)
        : base("generate", "Sample text from a language model. At byte level the bytes as they are.", common) =>
        AddAll(
            _model, _prompt, _promptFile, _length, _temperature, _topK, _forbid.Option, _seed, _probabilities, _share.Option, _delta,
            _profile);

    protected override int Run(ParseResult parsed, CliContext context)
    {
        bool isTold = Ranged.Given(parsed, _probabilities).Count > 0;
        if (isTold) context.Warnings.NoEffect(Ranged.Given(parsed, _length, _seed), $" with {_probabilities.Name}: nothing is sampled");
        if (Ranged.Given(parsed, _prompt).Count > 0 && Ranged.Given(parsed, _promptFile).Count > 0)
            throw new UsageException($"{_prompt.Name} and {_promptFile.Name} contradict each other; leave one of them out.");
        HardwareProfile? hardware = Profiles.Read(parsed, _profile);
        string model = parsed.GetRequiredValue(_model);
        LoadedLanguageModel loaded = LanguageModelFile.Load(model);
        Vocabulary vocabulary = loaded.Vocabulary;
        (float share, int multiple) = _share.Read(parsed, loaded.Training.Recipe, model, context.Warnings);
        DeltaThresholds delta = DeltaOption.Of(parsed, _delta);
        DeltaOption.Check(delta, model, loaded.Model.Layout.Weights, without: null);
        var sampler = new TokenSampler(
            vocabulary.Count, parsed.GetValue(_temperature) ?? 1f, parsed.GetValue(_topK) ?? 0, parsed.GetValue(_seed) ?? 1,
            _forbid.Read(parsed, vocabulary));
        var generator = new TextGenerator(loaded.Model.AtShare(share, multiple), vocabulary, sampler, hardware, delta);
        CancellationToken stop = context.Stop.Watch();
        Prompt prompt = PromptOf(parsed, vocabulary);
        prompt.TellUnknown(context.Warnings);
        if (isTold)
        {
            int shown = parsed.GetValue(_probabilities) ?? DefaultShown;
            NextTokens.Write(context, prompt, vocabulary, generator.Probabilities(prompt.Tokens, stop), shown);
            return ExitCode.Done;
        }

        int length = parsed.GetValue(_length) ?? (vocabulary.Level == TextLevel.Word ? DefaultWords : DefaultCharacters);
        bool isOfBytes = vocabulary.Level == TextLevel.Byte;
        if (context.Json)
        {
            GenerateResult result = isOfBytes
                ? Bytes(generator, vocabulary, prompt, length, stop)
                : Text(generator, prompt, length, stop);
            CliJson.Write(context.Console.Out, result);
            return ExitCode.Done;
        }

        // Exactly the prompt and so many bytes, nothing added: they may be a picture.
        if (isOfBytes) generator.Run(prompt.Tokens, length, token => context.Console.WriteBytes([(byte)token]), stop);
        else generator.Write(prompt.Tokens, length, context.Console.Generated, stop);
        return ExitCode.Done;
    }

    private Prompt PromptOf(ParseResult parsed, Vocabulary vocabulary) => parsed.GetValue(_promptFile) is { } file
        ? Prompt.Read(file, vocabulary)
        : Prompt.Of(_prompt.Name, parsed.GetValue(_prompt) ?? "", vocabulary);

    private static GenerateResult Text(TextGenerator generator, Prompt prompt, int length, CancellationToken stop)
    {
        using var text = new StringWriter();
        generator.Write(prompt.Tokens, length, text, stop);
        return new GenerateResult(prompt.Text, text.ToString(), length);
    }

    private static GenerateResult Bytes(
        TextGenerator generator, Vocabulary vocabulary, Prompt prompt, int length, CancellationToken stop)
    {
        var tokens = new List<int>();
        generator.Run(prompt.Tokens, length, tokens.Add, stop);
        return new GenerateResult(prompt.Text, vocabulary.Decode([.. tokens]), length, vocabulary.DecodeBytes([.. tokens]));
    }
}
