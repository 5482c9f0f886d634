using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using TinySD.Formats.Container;
using TinySD.Tools.Display;

namespace TinySD.Tools.Options;

/// <summary>Makes options whose values are checked as they are read: number formats, ranges and their messages.</summary>
internal static class Ranged
{
    /// <summary>A value that is read from one word.</summary>
    /// <param name="name">The option.</param>
    /// <param name="form">What stands for the value in the help.</param>
    /// <param name="help">The help text.</param>
    /// <param name="expected">What the word may be, for the message where it is something else.</param>
    /// <param name="read">Reads the word; null for one that it may not be.</param>
    public static Option<T?> Value<T>(string name, string form, string help, string expected, Func<string, T?> read)
        where T : struct => new(name)
        {
            HelpName = form,
            Description = help,
            CustomParser = result => read(Word(result)) ?? Refuse<T>(result, name, expected),
        };

    /// <summary>A whole number.</summary>
    public static Option<int?> Whole(string name, int min, int max, string help) => Value<int>(
        name, "N", help, max == int.MaxValue ? $"a whole number of at least {min}" : $"a whole number from {min} to {max}",
        word => int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= min && value <= max ? value : null);

    /// <summary>A seed.</summary>
    public static Option<ulong?> Seed(string help) => Value<ulong>(
        "--seed", "N", help, "a whole number from 0 to 2^64 - 1",
        word => ulong.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) ? value : null);

    /// <summary>A number.</summary>
    /// <param name="name">The option.</param>
    /// <param name="isValid">The range; only finite numbers are asked. One too small for single precision is refused, too.</param>
    /// <param name="expected">The range in words.</param>
    /// <param name="help">The help text.</param>
    public static Option<float?> Number(string name, Func<float, bool> isValid, string expected, string help) => Value<float>(
        name, "X", help, expected, word => float.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out float value)
            && float.IsFinite(value) && isValid(value) && !IsLost(value, word) ? value : null);

    /// <summary>A drop rate.</summary>
    public static Option<float?> Rate(string name, string help) =>
        Number(name, rate => rate is >= 0f and < 1f, "a drop rate of at least 0 and below 1", help);

    /// <summary>Number format of the weights in a model file.</summary>
    public static Option<TensorStorage?> Dtype() => Choice("--dtype", Names.Storages,
        "Number format of the weights in the model file. f16 and bf16 take half the room and round each weight; computing is in f32 all the same. [default: f32]");

    /// <summary>What exact counts of kept units are rounded to.</summary>
    public static Option<int?> KeepMultiple(string whose = "the preset's") => Whole("--keep-multiple", 1, 65536,
        $"Round exact counts of kept units to a multiple of this, for a machine whose tiles it fills. [default: {whose}]");

    /// <summary>Units that go together.</summary>
    public static Option<int?> GroupSize(string whose = "the preset's") => Whole("--group-size", 1, 65536,
        $"Units side by side that structured masks keep or drop together. [default: {whose}]");

    /// <summary>A switch that a preset may have set, so it can be given a value; given alone it means true.</summary>
    public static Option<bool?> Switch(string name, string help) => new(name)
    {
        Arity = ArgumentArity.ZeroOrOne,
        HelpName = "true|false",
        Description = help,
    };

    /// <summary>What a switch says, or null where it is not given.</summary>
    public static bool? IsOn(ParseResult parsed, Option<bool?> option) =>
        parsed.GetResult(option) is { Tokens.Count: 0, Implicit: false } ? true : parsed.GetValue(option);

    /// <summary>The names of those options that a command line gives.</summary>
    public static IReadOnlyList<string> Given(ParseResult parsed, params ReadOnlySpan<Option> options)
    {
        var names = new List<string>();
        foreach (Option option in options)
        {
            if (parsed.GetResult(option) is { Implicit: false }) names.Add(option.Name);
        }

        return names;
    }

    /// <summary>One of a set.</summary>
    public static Option<T?> Choice<T>(string name, Names<T> names, string help)
        where T : struct, Enum
    {
        Option<T?> option = Value<T>(name, names.List, help, $"one of {string.Join(", ", names.All)}", names.Find);
        option.CompletionSources.Add([.. names.All]);
        return option;
    }

    /// <summary>Threads to compute with.</summary>
    public static Option<int?> Threads() =>
        Whole("--threads", 1, 1024, "Threads to compute with. The result is the same for any number. [default: all cores]");

    /// <summary>What that option says.</summary>
    public static int ThreadsOf(ParseResult parsed, Option<int?> threads) => parsed.GetValue(threads) ?? Environment.ProcessorCount;

    // 1e-300 is no 0, which often means something else: no clipping, for one.
    private static bool IsLost(float value, string word) =>
        value == 0f && word.TakeWhile(c => c is not ('e' or 'E')).Any(c => c is >= '1' and <= '9');

    private static string Word(ArgumentResult result) => result.Tokens.Count == 1 ? result.Tokens[0].Value : "";

    private static T? Refuse<T>(ArgumentResult result, string name, string expected)
        where T : struct
    {
        result.AddError($"{name} is '{Word(result)}'; expected {expected}.");
        return null;
    }
}
