using TinySD.Tools.Json;
using TinySD.Tools.Options;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd generate</c>: samples text from a language model.</summary>
internal sealed class GenerateCommand
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

    private readonly FileOption _profile = Profiles.Option();

    private GenerateCommand()
    {
    }

    public static Command Create(CommonOptions common)
    {
        var self = new GenerateCommand();
        var command = new Command("generate", "Sample text from a language model; at byte level the bytes as they are.")
        {
            self._model, self._prompt, self._length, self._temperature, self._topK, self._seed, self._profile,
        };
        command.SetAction(parsed => self.Run(parsed, common.Read(parsed)));
        return command;
    }

    private int Run(ParseResult parsed, CliContext context)
    {
        HardwareProfile? hardware = Profiles.Read(parsed, _profile);
        LoadedLanguageModel loaded = LanguageModelFile.Load(parsed.GetRequiredValue(_model));
        string prompt = parsed.GetValue(_prompt) ?? "";
        int length = parsed.GetValue(_length) ?? (loaded.Vocabulary.Level == TextLevel.Word ? DefaultWords : DefaultCharacters);
        float temperature = parsed.GetValue(_temperature) ?? 1f;
        var generator = new TextGenerator(
            loaded.Model, loaded.Vocabulary, temperature, parsed.GetValue(_topK) ?? 0, parsed.GetValue(_seed) ?? 1, hardware);
        if (generator.UnknownIn(prompt) is { Length: > 0 } unknown)
        {
            IEnumerable<string> first = unknown.Take(ShownUnknown).Select(token => $"'{JsonEncodedText.Encode(token, CliJson.Encoder)}'");
            string others = unknown.Length > ShownUnknown ? " and others" : "";
            context.Console.Error.WriteLine(
                $"tinysd generate: the vocabulary lacks {string.Join(", ", first)}{others} of {_prompt.Name}; the model reads {Vocabulary.Unknown} instead.");
        }

        if (loaded.Vocabulary.Level == TextLevel.Byte)
        {
            WriteBytes(context, generator, loaded.Vocabulary, prompt, length);
            return ExitCode.Done;
        }

        if (!context.Json)
        {
            generator.Write(prompt, length, context.Console.Generated, context.Stop.Watch());
            return ExitCode.Done;
        }

        using var text = new StringWriter();
        generator.Write(prompt, length, text, context.Stop.Watch());
        CliJson.Write(context.Console.Out, new GenerateResult(prompt, text.ToString(), length), CliJson.Default.GenerateResult);
        return ExitCode.Done;
    }

    // Exactly the prompt and so many bytes, nothing added: they may be a picture.
    private static void WriteBytes(CliContext context, TextGenerator generator, Vocabulary vocabulary, string prompt, int length)
    {
        if (!context.Json)
        {
            generator.Run(prompt, length, token => context.Console.WriteBytes([(byte)token]), context.Stop.Watch());
            return;
        }

        var tokens = new List<int>();
        generator.Run(prompt, length, tokens.Add, context.Stop.Watch());
        byte[] bytes = vocabulary.DecodeBytes([.. tokens]);
        CliJson.Write(
            context.Console.Out, new GenerateResult(prompt, vocabulary.Decode([.. tokens]), length, bytes), CliJson.Default.GenerateResult);
    }
}
