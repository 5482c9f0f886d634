namespace TinySD.Formats.Fields;

/// <summary>What stands in files alone: no word on a command line says it.</summary>
/// <typeparam name="T">What it is.</typeparam>
/// <param name="form">What stands for it in a help text.</param>
/// <param name="expected">What it may be, for messages.</param>
internal abstract class Compound<T>(string form, string expected) : Spelling<T>(form, expected)
{
    public override bool TryParse(string word, out T value)
    {
        value = default!;
        return false;
    }

    public override string NameOf(T value) => $"{value}";
}

/// <summary>A record inside another, whose members are named by the way to them.</summary>
internal sealed class Nested<T>(FieldTable<T> table) : Compound<T?>("OBJECT", "an object")
    where T : class
{
    internal override void Write(Utf8JsonWriter json, T? value) => table.Write(json, value!);

    internal override bool TryRead(ref Utf8JsonReader json, string key, FieldReading reading, out T? value)
    {
        bool isObject = json.TokenType == JsonTokenType.StartObject;
        value = isObject ? table.Read(ref json, key + ".", reading) : null;
        return isObject;
    }
}

/// <summary>A record that has names of its own for its members.</summary>
internal sealed class Recorded<T>(FieldTable<T> table) : Compound<T>("OBJECT", "an object")
{
    internal override void Write(Utf8JsonWriter json, T value) => table.Write(json, value);

    internal override bool TryRead(ref Utf8JsonReader json, string key, FieldReading reading, out T value)
    {
        value = table.Read(ref json, reading.PathOf(key), out string? fault);
        if (fault is not null) Throw.Argument(fault);
        return true;
    }
}

/// <summary>Values that may be missing.</summary>
internal static class Optional
{
    public static Spelling<bool?> Switch { get; } = new Optional<bool>(Spelling.Switch);

    public static Spelling<int?> Int { get; } = new Optional<int>(Spelling.Whole<int>());

    public static Spelling<float?> Single { get; } = new Optional<float>(Spelling.Single);

    public static Spelling<double?> Double { get; } = new Optional<double>(Spelling.Double);
}

/// <summary>A value that may be missing.</summary>
internal sealed class Optional<T>(Spelling<T> spelling) : Compound<T?>(spelling.Form, spelling.Expected)
    where T : struct
{
    internal override void Write(Utf8JsonWriter json, T? value) => spelling.Write(json, value!.Value);

    internal override bool TryRead(ref Utf8JsonReader json, string key, FieldReading reading, out T? value)
    {
        bool isOfType = spelling.TryRead(ref json, key, reading, out T found);
        value = found;
        return isOfType;
    }
}

/// <summary>A list. Whoever uses it refuses an entry that is null, where those are no numbers.</summary>
internal sealed class Items<T>(Spelling<T> spelling) : Compound<T[]>("LIST", "a list")
{
    internal override void Write(Utf8JsonWriter json, T[] value)
    {
        json.WriteStartArray();
        foreach (T item in value) spelling.Write(json, item);
        json.WriteEndArray();
    }

    internal override bool TryRead(ref Utf8JsonReader json, string key, FieldReading reading, out T[] value)
    {
        value = [];
        if (json.TokenType != JsonTokenType.StartArray) return false;
        var items = new List<T>();
        bool hasMembers = spelling is Compound<T>;
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            long start = json.TokenStartIndex;
            T item = default!;
            if (json.TokenType != JsonTokenType.Null || default(T) is not null)
            {
                // A name of its own only where one is shown: a vocabulary is long.
                string own = hasMembers ? Named() : key;
                if (!spelling.TryRead(ref json, own, reading, out item))
                    throw reading.OfAnotherType(Named(), json, spelling.Expected, start);
            }

            items.Add(item);
        }

        value = [.. items];
        return true;

        string Named() => string.Create(CultureInfo.InvariantCulture, $"{key}[{items.Count}]");
    }
}

/// <summary>Texts by names that no format knows.</summary>
internal sealed class TextMap() : Compound<IReadOnlyDictionary<string, string>?>("OBJECT", "an object of strings")
{
    internal override void Write(Utf8JsonWriter json, IReadOnlyDictionary<string, string>? value)
    {
        json.WriteStartObject();
        foreach ((string name, string text) in value!) json.WriteString(name, text);
        json.WriteEndObject();
    }

    internal override bool TryRead(
        ref Utf8JsonReader json, string key, FieldReading reading, out IReadOnlyDictionary<string, string>? value)
    {
        value = null;
        if (json.TokenType != JsonTokenType.StartObject) return false;
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            long start = json.TokenStartIndex;
            string name = json.GetString()!, own = $"{key}.{Words.Shown(name)}";
            json.Read();
            if (json.TokenType is not (JsonTokenType.String or JsonTokenType.Null))
                throw reading.OfAnotherType(own, json, Spelling.Text.Expected, start);
            if (!texts.TryAdd(name, json.GetString()!)) throw reading.Refused(own, $"{own} stands twice", start);
        }

        value = texts;
        return true;
    }
}

/// <summary>A figure of a record that lies in another one, and whose members stand among the other's.</summary>
/// <typeparam name="T">The other.</typeparam>
/// <typeparam name="TInner">The record.</typeparam>
internal sealed class Joined<T, TInner>(Field<TInner> inner, Func<T, TInner> get, Func<T, TInner, T> with)
    : Field<T>(inner.Json, inner.Option, inner.Help, inner.Spelling)
{
    public override bool IsRequired => inner.IsRequired;

    public override string? UsualText => inner.UsualText;

    public override string TextOf(T record) => inner.TextOf(get(record));

    public override string? Current(string word) => inner.Current(word);

    public override Func<T, T>? Parse(string word) =>
        inner.Parse(word) is { } change ? record => with(record, change(get(record))) : null;

    public override T WithUsual(T record) => with(record, inner.WithUsual(get(record)));

    internal override void Write(Utf8JsonWriter json, string name, T record) => inner.Write(json, name, get(record));

    internal override void WriteResult(Utf8JsonWriter json, T record) => inner.WriteResult(json, get(record));

    internal override bool TryRead(ref Utf8JsonReader json, string key, FieldReading reading, ref T record)
    {
        TInner found = get(record);
        if (!inner.TryRead(ref json, key, reading, ref found)) return false;
        record = with(record, found);
        return true;
    }
}
