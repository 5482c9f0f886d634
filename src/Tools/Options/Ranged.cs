namespace TinySD.Tools.Options;

/// <summary>Makes options whose values are checked as they are read: number formats, ranges and their messages.</summary>
internal static class Ranged
{
    /// <summary>A value that is read from one word, or null for a word that it may not be; the message says then what was expected, and
    /// which of the words there are was likely meant. The form stands for the value in the help.</summary>
    public static Option<T?> Value<T>(
        string name, string form, string help, string expected, Func<string, T?> read, IReadOnlyList<string>? words = null)
        where T : struct
    {
        var option = new Option<T?>(name)
        {
            HelpName = form,
            Description = help,
            CustomParser = result => read(Word(result)) ?? Refuse<T?>(result, name, expected, words),
        };
        Complete(option, words ?? []);
        return option;
    }

    // By these words alone: what the parser would add are names in the code.
    private static void Complete(Option option, IReadOnlyList<string> words)
    {
        option.CompletionSources.Clear();
        if (words.Count > 0) option.CompletionSources.Add([.. words]);
    }

    /// <summary>A value, spelled as files and results spell it.</summary>
    public static Option<T?> Value<T>(string name, Spelling<T> spelling, string help)
        where T : struct =>
        Value<T>(name, spelling.Form, help, spelling.Expected, word => spelling.TryParse(word, out T value) ? value : null, spelling.Names);

    /// <summary>A figure, for a command that asks for its value.</summary>
    public static Option<V?> Value<T, V>(Field<T, V> field)
        where V : struct => Grouped(field, Value(field.Option, field.Spelling, field.Help));

    /// <summary>A figure, for a command that asks for what the option makes of a record: see <see cref="ChangeOf"/>.</summary>
    public static Option Change<T>(Field<T> field) => Grouped(field, ChangeAlone(field));

    private static Option ChangeAlone<T>(Field<T> field)
    {
        // A switch may stand alone, and only what the parser knows as one leaves the word behind it to others.
        if (ReferenceEquals(field.Spelling, Spelling.Switch))
        {
            var isOn = new Option<bool?>(field.Option)
            {
                Arity = ArgumentArity.ZeroOrOne, HelpName = field.Spelling.Form, Description = field.Help,
            };
            Complete(isOn, ["true", "false"]);
            return isOn;
        }

        var option = new Option<Func<T, T>?>(field.Option)
        {
            HelpName = field.Spelling.Form,
            Description = field.Help,
            CustomParser = result => field.Parse(Word(result))
                ?? Refuse<Func<T, T>?>(result, field.Option, field.Spelling.Expected, field.Spelling.Names),
        };
        Complete(option, field.Spelling.Names);
        return option;
    }

    private static TOption Grouped<T, TOption>(Field<T> field, TOption option)
        where TOption : Option
    {
        HelpGroup.Of(field.Group).Of(option);
        if (field.IsMain) HelpGroup.AsMain(option);
        return option;
    }

    /// <summary>What such an option makes of a record; null where it is not given.</summary>
    public static Func<T, T>? ChangeOf<T>(ParseResult parsed, Field<T> field, Option option) => option switch
    {
        Option<Func<T, T>?> change => parsed.GetValue(change),
        _ when parsed.GetResult(option) is { Tokens.Count: 0, Implicit: false } => field.Parse(IsNo(parsed, option) ? "false" : "true"),
        _ => parsed.GetValue((Option<bool?>)option) is { } isOn ? field.Parse(isOn != IsNo(parsed, option) ? "true" : "false") : null,
    };

    // Whether a switch is given by a name of it that says the contrary.
    private static bool IsNo(ParseResult parsed, Option option) =>
        parsed.GetResult(option)?.IdentifierToken?.Value.StartsWith("--no-", StringComparison.Ordinal) == true;

    public static Option<int?> Whole(string name, int min, int max, string help) => Value(name, Spelling.Whole(min, max), help);

    public static Option<ulong?> Seed(string help) => Value("--seed", Spelling.Seed, help);

    /// <summary>A number of a range, which is asked of finite ones only; one too small for single precision is refused, too.</summary>
    public static Option<float?> Number(string name, Func<float, bool> isValid, string expected, string help) =>
        Value(name, Spelling.Number(isValid, expected), help);

    public static Option<float?> Rate(string name, string help) => Value(name, Spelling.Rate, help);

    public static Option<TensorStorage?> Dtype() => Value("--dtype", StorageSpelling.Roundings,
        "Number format of the weights in the model file. f16 and bf16 take half the room and round each weight; " +
        "computing is in f32 all the same. [default: f32]");

    /// <summary>The names of those options that a command line gives.</summary>
    public static IReadOnlyList<string> Given(ParseResult parsed, params IEnumerable<Option> options) =>
        [.. options.Where(option => parsed.GetResult(option) is { Implicit: false }).Select(option => option.Name)];

    public static Option<int?> Threads() => HelpGroup.Machine.Of(
        Whole("--threads", 1, 1024, "Threads to compute with. The result is the same for any number. [default: all cores]"))[0];

    public static int ThreadsOf(ParseResult parsed, Option<int?> threads) => parsed.GetValue(threads) ?? Environment.ProcessorCount;

    private static string Word(ArgumentResult result) => result.Tokens.Count == 1 ? result.Tokens[0].Value : "";

    /// <summary>Says what a word may be that is something else; and of all words that it may be, which was likely meant.</summary>
    public static T? Refuse<T>(ArgumentResult result, string name, string expected, IReadOnlyList<string>? words = null)
    {
        result.AddError($"{name} is '{Word(result)}'; expected {expected}{Suggestion.End(Word(result), words ?? [])}");
        return default;
    }
}
