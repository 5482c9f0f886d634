using System.Globalization;
using System.Text.Json;

namespace TinySD.Formats;

/// <summary>How values of some type are spelled, the same in files, in results and on a command line.</summary>
public abstract class Spelling
{
    private protected Spelling(string form, string expected) => (Form, Expected) = (form, expected);

    private delegate bool Parser<T>(string word, out T value);

    private delegate bool Reader<T>(ref Utf8JsonReader json, out T value);

    /// <summary>What stands for a value in a help text, as <c>N</c>, <c>X</c> or <c>word|char|byte</c>.</summary>
    public string Form { get; }

    /// <summary>What a word may be, as what goes on after <c>expected</c> in a message.</summary>
    public string Expected { get; }

    /// <summary>All words there are; none where they are numbers.</summary>
    public virtual IReadOnlyList<string> Names => [];

    /// <summary>On or off.</summary>
    public static Spelling<bool> Switch { get; } = new Scalar<bool>(
        "true|false", "true or false", bool.TryParse, isOn => isOn ? "true" : "false", (json, name, isOn) => json.WriteBoolean(name, isOn),
        (ref json, out isOn) => (isOn = json.TokenType == JsonTokenType.True) || json.TokenType == JsonTokenType.False);

    /// <summary>A name, of any characters.</summary>
    public static Spelling<string> Text { get; } = new Scalar<string>(
        "NAME", "a name", (word, out text) => (text = word).Length > 0, text => text, (json, name, text) => json.WriteString(name, text),
        (ref json, out text) => (text = json.TokenType == JsonTokenType.String ? json.GetString()! : null!) is not null);

    /// <summary>A whole number of 64 bits, as seeds are.</summary>
    public static Spelling<ulong> Seed { get; } = new Scalar<ulong>(
        "N", "a whole number from 0 to 2^64 - 1",
        (word, out value) => ulong.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out value),
        value => value.ToString(CultureInfo.InvariantCulture), (json, name, value) => json.WriteNumber(name, value),
        (ref json, out value) => IsNumber(json, out value) && json.TryGetUInt64(out value));

    /// <summary>A drop rate.</summary>
    public static Spelling<float> Rate { get; } = Number(rate => rate is >= 0f and < 1f, "a drop rate of at least 0 and below 1");

    /// <summary>A number of at least 0.</summary>
    public static Spelling<float> NotNegative { get; } = Number(value => value >= 0f, "a number of at least 0");

    /// <summary>A number above 0.</summary>
    public static Spelling<float> Positive { get; } = Number(value => value > 0f, "a number above 0");

    /// <summary>A whole number.</summary>
    /// <param name="min">The smallest.</param>
    /// <param name="max">The largest; the largest of all for no limit.</param>
    public static Spelling<int> Whole(int min, int max = int.MaxValue) => new Scalar<int>(
        "N", max == int.MaxValue ? $"a whole number of at least {min}" : $"a whole number from {min} to {max}",
        (word, out value) =>
            int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= min && value <= max,
        value => value.ToString(CultureInfo.InvariantCulture), (json, name, value) => json.WriteNumber(name, value),
        (ref json, out value) => IsNumber(json, out value) && json.TryGetInt32(out value));

    /// <summary>A number.</summary>
    /// <param name="isValid">The range; only finite numbers are asked. One too small for single precision is refused, too.</param>
    /// <param name="expected">The range in words.</param>
    public static Spelling<float> Number(Func<float, bool> isValid, string expected) => new Scalar<float>(
        "X", expected,
        (word, out value) => float.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out value)
            && float.IsFinite(value) && isValid(value) && !IsLost(value, word),
        value => value.ToString(CultureInfo.InvariantCulture), (json, name, value) => json.WriteNumber(name, value),
        (ref json, out value) => IsNumber(json, out value) && json.TryGetSingle(out value));

    private static bool IsNumber<T>(in Utf8JsonReader json, out T? value)
    {
        value = default;
        return json.TokenType == JsonTokenType.Number;
    }

    // 1e-300 is no 0, which often means something else: no clipping, for one.
    private static bool IsLost(float value, string word) =>
        value == 0f && word.TakeWhile(c => c is not ('e' or 'E')).Any(c => c is >= '1' and <= '9');

    private sealed class Scalar<T>(
        string form, string expected, Parser<T> parse, Func<T, string> spell, Action<Utf8JsonWriter, string, T> write, Reader<T> read)
        : Spelling<T>(form, expected)
    {
        public override bool TryParse(string word, out T value) => parse(word, out value);

        public override string NameOf(T value) => spell(value);

        internal override void Write(Utf8JsonWriter json, string name, T value) => write(json, name, value);

        internal override bool TryRead(ref Utf8JsonReader json, out T value, out string? fault)
        {
            fault = null;
            return read(ref json, out value);
        }
    }
}

/// <summary>How values of a type are spelled.</summary>
/// <typeparam name="T">The type.</typeparam>
public abstract class Spelling<T> : Spelling
{
    private protected Spelling(string form, string expected)
        : base(form, expected)
    {
    }

    /// <summary>The value of a word that somebody typed; false where it has none.</summary>
    public abstract bool TryParse(string word, out T value);

    /// <summary>The word of a value, as short as it can be without loss.</summary>
    public abstract string NameOf(T value);

    /// <summary>The word that is written today for one that was written once; null for one that never was.</summary>
    public string? Current(string word) => TryParse(word, out T value) ? NameOf(value) : null;

    internal abstract void Write(Utf8JsonWriter json, string name, T value);

    // False for JSON of another type. A fault is a word that has the type and is none of those there are.
    internal abstract bool TryRead(ref Utf8JsonReader json, out T value, out string? fault);
}

/// <summary>How the values of an enumeration are spelled: words of the format, which do not change when a name in the code does.</summary>
/// <typeparam name="T">The enumeration.</typeparam>
/// <param name="what">What the values are of, for messages.</param>
/// <param name="names">Values and words; of two words for one value the first is written, and both are read.</param>
public sealed class Choice<T>(string what, params (T Value, string Name)[] names)
    : Spelling<T>(string.Join('|', Current(names)), $"one of {string.Join(", ", Current(names))}")
    where T : struct, Enum
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Names { get; } = Current(names);

    // Words that are understood where somebody types them, and stand in no file.
    internal (T Value, string Name)[] Typed { get; init; } = [];

    /// <inheritdoc/>
    public override bool TryParse(string word, out T value) => Find([.. names, .. Typed], word, out value);

    /// <inheritdoc/>
    public override string NameOf(T value)
    {
        int index = Array.FindIndex(names, entry => EqualityComparer<T>.Default.Equals(entry.Value, value));
        if (index < 0) Throw.Argument($"{what} '{value}' has no word");
        return names[index].Name;
    }

    internal override void Write(Utf8JsonWriter json, string name, T value) => json.WriteString(name, NameOf(value));

    internal override bool TryRead(ref Utf8JsonReader json, out T value, out string? fault)
    {
        (value, fault) = (default, null);
        if (json.TokenType != JsonTokenType.String) return false;
        string word = json.GetString()!;
        if (!Find(names, word, out value)) fault = Unknown(word);
        return true;
    }

    /// <summary>What goes on after a key whose word is none of these: <c>is 'x'; expected a, b or c</c>; null for one of them.</summary>
    internal string? FindFault(string name) => Find(names, name, out _)
        ? null
        : $"is '{Words.Shown(name)}'; expected {string.Join(", ", Names.SkipLast(1))} or {Names[^1]}";

    /// <summary>The value of that name in a file, exactly as spelled.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    internal T ValueOf(string name)
    {
        if (!Find(names, name, out T value)) Throw.Argument(Unknown(name));
        return value;
    }

    private string Unknown(string name) => $"{what} is '{Words.Shown(name)}'; {string.Join(", ", Names)} are known";

    private static string[] Current((T Value, string Name)[] names) => [.. names.DistinctBy(entry => entry.Value).Select(entry => entry.Name)];

    private static bool Find((T Value, string Name)[] names, string word, out T value)
    {
        int index = Array.FindIndex(names, entry => entry.Name == word);
        value = index < 0 ? default : names[index].Value;
        return index >= 0;
    }
}
