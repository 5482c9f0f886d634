namespace TinySD.Formats;

/// <summary>How values of some type are spelled, the same in files, in results and on a command line.</summary>
public abstract class Spelling
{
    private protected Spelling(string form, string expected) => (Form, Expected) = (form, expected);

    /// <summary>What stands for a value in a help text, as <c>N</c>, <c>X</c> or <c>word|char|byte</c>.</summary>
    public string Form { get; }

    /// <summary>What a word may be, as what goes on after <c>expected</c> in a message.</summary>
    public string Expected { get; }

    /// <summary>All words there are; none where they are numbers.</summary>
    public virtual IReadOnlyList<string> Names => [];

    /// <summary>On or off.</summary>
    public static Spelling<bool> Switch { get; } = new OnOff();

    /// <summary>Text of any characters, a name for one.</summary>
    public static Spelling<string> Text { get; } = new Characters();

    /// <summary>A whole number of 64 bits, as seeds are.</summary>
    public static Spelling<ulong> Seed { get; } = new Digits<ulong>("N", "a whole number from 0 to 2^64 - 1", NumberStyles.None, _ => true);

    /// <summary>A drop rate.</summary>
    public static Spelling<float> Rate { get; } = Number(rate => rate is >= 0f and < 1f, "a drop rate of at least 0 and below 1");

    /// <summary>A number of at least 0.</summary>
    public static Spelling<float> NotNegative { get; } = Number(value => value >= 0f, "a number of at least 0");

    /// <summary>A number above 0.</summary>
    public static Spelling<float> Positive { get; } = Number(value => value > 0f, "a number above 0");

    // Whose range something else knows.
    internal static Spelling<double> Any { get; } = new Digits<double>("X", "a number", NumberStyles.Float, _ => true);

    // Whose range something else knows, and that it is finite: 1e999 is read, as infinity.
    internal static Spelling<double> Double { get; } =
        new Digits<double>("X", "a number", NumberStyles.Float, _ => true, takesInfinite: true);

    internal static Spelling<float> Single { get; } =
        new Digits<float>("X", "a number", NumberStyles.Float, _ => true, takesInfinite: true);

    /// <summary>A whole number.</summary>
    /// <param name="min">The smallest.</param>
    /// <param name="max">The largest; the largest of all for no limit.</param>
    public static Spelling<int> Whole(int min, int max = int.MaxValue) => new Digits<int>(
        "N", max == int.MaxValue ? $"a whole number of at least {min}" : $"a whole number from {min} to {max}",
        NumberStyles.AllowLeadingSign, value => value >= min && value <= max);

    /// <summary>A number.</summary>
    /// <param name="isValid">The range; only finite numbers are asked. One too small for single precision is refused, too.</param>
    /// <param name="expected">The range in words.</param>
    public static Spelling<float> Number(Func<float, bool> isValid, string expected) =>
        new Digits<float>("X", expected, NumberStyles.Float, isValid);

    internal static Spelling<T> Whole<T>()
        where T : struct, IBinaryInteger<T> => new Digits<T>("N", "a whole number", NumberStyles.AllowLeadingSign, _ => true);

    // What goes on after a key whose word is none of the names.
    private protected string FaultOf(string word)
    {
        string[] names = [.. Names];
        return $"is '{Words.Shown(word)}'; expected {string.Join(", ", names, 0, names.Length - 1)} or {names[^1]}";
    }

    private protected ArgumentException Unknown(string what, string word) =>
        new($"{what} is '{Words.Shown(word)}'; {string.Join(", ", Names)} are known");

    private protected static ArgumentException WithoutWord(string what, Enum value) => new($"{what} '{value}' has no word");

    private sealed class Digits<T>(string form, string expected, NumberStyles style, Func<T, bool> isValid, bool takesInfinite = false)
        : Spelling<T>(form, expected)
        where T : struct, INumber<T>
    {
        public override bool TryParse(string word, out T value) =>
            T.TryParse(word, style, CultureInfo.InvariantCulture, out value) && T.IsFinite(value) && isValid(value) && !IsLost(value, word);

        public override string NameOf(T value) => value.ToString(null, CultureInfo.InvariantCulture);

        internal override void Write(Utf8JsonWriter json, T value) => json.WriteRawValue(NameOf(value));

        // A number out of its range is for whoever uses the record to refuse.
        internal override bool TryRead(ref Utf8JsonReader json, string key, FieldReading reading, out T value)
        {
            value = default;
            return json.TokenType == JsonTokenType.Number
                && T.TryParse(json.ValueSpan, style, CultureInfo.InvariantCulture, out value) && (takesInfinite || T.IsFinite(value));
        }

        // 1e-300 is no 0, which often means something else: no clipping, for one.
        private static bool IsLost(T value, string word) =>
            T.IsZero(value) && word.AsSpan()[..EndOfDigits(word)].ContainsAnyInRange('1', '9');

        private static int EndOfDigits(string word) => word.IndexOfAny(['e', 'E']) is >= 0 and int end ? end : word.Length;
    }

    private sealed class OnOff() : Spelling<bool>("true|false", "true or false")
    {
        public override bool TryParse(string word, out bool value) => bool.TryParse(word, out value);

        public override string NameOf(bool value) => value ? "true" : "false";

        internal override void Write(Utf8JsonWriter json, bool value) => json.WriteBooleanValue(value);

        internal override bool TryRead(ref Utf8JsonReader json, string key, FieldReading reading, out bool value) =>
            (value = json.TokenType == JsonTokenType.True) || json.TokenType == JsonTokenType.False;
    }

    private sealed class Characters() : Spelling<string>("TEXT", "a string")
    {
        public override bool TryParse(string word, out string value) => (value = word).Length > 0;

        public override string NameOf(string value) => value;

        internal override void Write(Utf8JsonWriter json, string value) => json.WriteStringValue(value);

        internal override bool TryRead(ref Utf8JsonReader json, string key, FieldReading reading, out string value)
        {
            bool isText = json.TokenType == JsonTokenType.String;
            value = isText ? json.GetString()! : "";
            return isText;
        }
    }
}

/// <summary>What is found out while a record is read.</summary>
/// <param name="root">What stands before a member's name in its path, as the JSON library has it.</param>
/// <param name="seen">Told of every member, by its name and where that begins; or null.</param>
internal sealed class FieldReading(string root, Action<string, long>? seen = null)
{
    /// <summary>The first member whose word is none of the format's, and what goes on after its name in a message.</summary>
    public (string Key, string Message)? Fault { get; set; }

    public void See(string key, long offset) => seen?.Invoke(key, offset);

    /// <summary>A member's path, as the JSON library has it.</summary>
    public string PathOf(string key) => root + key;

    // With a path and a place of its own, or the JSON library would name the object that all of this is.
    public JsonException Refused(string key, string message, long offset) => new(message, PathOf(key), 0, offset);

    /// <summary>Of a value of another type than its member has.</summary>
    /// <param name="key">The member; nothing where the value is no object's.</param>
    /// <param name="json">At the value.</param>
    /// <param name="expected">What it may be.</param>
    /// <param name="offset">Where the member begins.</param>
    public JsonException OfAnotherType(string key, in Utf8JsonReader json, string expected, long offset)
    {
        string found = json.TokenType switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "a list",
            JsonTokenType.Null => "null",
            JsonTokenType.True => "true",
            JsonTokenType.False => "false",
            JsonTokenType.String => $"the string '{Words.Shown(json.GetString()!)}'",
            _ => Words.Shown(Encoding.UTF8.GetString(json.ValueSpan)),
        };
        return Refused(key, $"{(key.Length == 0 ? "it" : key)} is {found}; expected {expected}", offset);
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

    internal abstract void Write(Utf8JsonWriter json, T value);

    // False for JSON of another type; a word that is none of those there are is noted.
    internal abstract bool TryRead(ref Utf8JsonReader json, string key, FieldReading reading, out T value);

    /// <summary>Reads a value that is no object's member.</summary>
    /// <exception cref="JsonException">It is of another type.</exception>
    internal T Read(ReadOnlyMemory<byte> value)
    {
        var json = new Utf8JsonReader(value.Span);
        json.Read();
        var reading = new FieldReading("$");
        if (!TryRead(ref json, "", reading, out T found)) throw reading.OfAnotherType("", json, Expected, json.TokenStartIndex);
        if (reading.Fault is var (key, message)) Throw.Argument($"{key} {message}");
        return found;
    }
}

/// <summary>How the values of an enumeration are spelled: words of the format, which do not change when a name in the code does.</summary>
/// <remarks>In loops, and its messages elsewhere: what is generic here is compiled once for every enumeration.</remarks>
/// <typeparam name="T">The enumeration.</typeparam>
public sealed class Choice<T> : Spelling<T>
    where T : struct, Enum
{
    private readonly string _what;
    private readonly (T Value, string Name)[] _names;

    /// <summary>Takes all words there are.</summary>
    /// <param name="what">What the values are of, for messages.</param>
    /// <param name="names">Values and words; of two words for one value the first is written, and both are read.</param>
    public Choice(string what, params (T Value, string Name)[] names)
        : this(what, names, Current(names))
    {
    }

    private Choice(string what, (T Value, string Name)[] names, string[] current)
        : base(string.Join('|', current), $"one of {string.Join(", ", current)}") => (_what, _names, Names) = (what, names, current);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Names { get; }

    // Words that are understood where somebody types them, and stand in no file.
    internal (T Value, string Name)[] Typed { get; init; } = [];

    /// <inheritdoc/>
    public override bool TryParse(string word, out T value) => Find(_names, word, out value) || Find(Typed, word, out value);

    /// <inheritdoc/>
    public override string NameOf(T value)
    {
        foreach ((T known, string name) in _names)
        {
            if (EqualityComparer<T>.Default.Equals(known, value)) return name;
        }

        throw WithoutWord(_what, value);
    }

    internal override void Write(Utf8JsonWriter json, T value) => json.WriteStringValue(NameOf(value));

    internal override bool TryRead(ref Utf8JsonReader json, string key, FieldReading reading, out T value)
    {
        value = default;
        if (json.TokenType != JsonTokenType.String) return false;
        string word = json.GetString()!;
        if (!Find(_names, word, out value)) reading.Fault ??= (key, FaultOf(word));
        return true;
    }

    /// <summary>What goes on after a key whose word is none of these: <c>is 'x'; expected a, b or c</c>; null for one of them.</summary>
    internal string? FindFault(string name) => Find(_names, name, out _) ? null : FaultOf(name);

    /// <summary>The value of that name in a file, exactly as spelled.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    internal T ValueOf(string name) => Find(_names, name, out T value) ? value : throw Unknown(_what, name);

    private static string[] Current((T Value, string Name)[] names)
    {
        var current = new List<string>();
        for (int i = 0; i < names.Length; i++)
        {
            int first = 0;
            while (!EqualityComparer<T>.Default.Equals(names[first].Value, names[i].Value)) first++;
            if (first == i) current.Add(names[i].Name);
        }

        return [.. current];
    }

    private static bool Find((T Value, string Name)[] names, string word, out T value)
    {
        value = default;
        foreach ((T known, string name) in names)
        {
            if (name != word) continue;
            value = known;
            return true;
        }

        return false;
    }
}
