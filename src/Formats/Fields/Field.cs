namespace TinySD.Formats.Fields;

/// <summary>What a figure of a recipe is about.</summary>
public enum FieldGroup
{
    /// <summary>The model and its shape.</summary>
    Model,

    /// <summary>How units are dropped.</summary>
    Dropout,

    /// <summary>What else keeps a model from learning its data by heart.</summary>
    Regularisation,

    /// <summary>How it is trained.</summary>
    Training,
}

/// <summary>One figure of a record: its names in files, in results and on the command line, and all that is done with it.</summary>
/// <typeparam name="T">The record.</typeparam>
/// <param name="json">See <see cref="Json"/>.</param>
/// <param name="option">See <see cref="Option"/>.</param>
/// <param name="help">See <see cref="Help"/>.</param>
/// <param name="spelling">See <see cref="Spelling"/>.</param>
public abstract class Field<T>(string json, string option, string help, Spelling spelling)
{
    /// <summary>The member's name in a file; <c>a.b</c> is member b of the object a.</summary>
    public string Json => json;

    /// <summary>The option that sets it.</summary>
    public string Option => option;

    /// <summary>What it is, for the help.</summary>
    public string Help => help;

    /// <summary>How values are spelled.</summary>
    public Spelling Spelling => spelling;

    /// <summary>The member's name in what <c>--json</c> prints: the option's, in camel case, unless it says another.</summary>
    public string Result
    {
        get => field ??= string.Concat(
            option.TrimStart('-').Split('-').Select((word, i) => i == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..]));
        init;
    }

    /// <summary>What it is about, as help texts group options.</summary>
    public FieldGroup Group { get; internal set; }

    /// <summary>Whether it is among the few that a short help text explains.</summary>
    public bool IsMain { get; init; }

    /// <summary>Why it says nothing in a record, as what goes on after <c>has no effect</c>; null where it says something. Without this it
    /// always does.</summary>
    public Func<T, string?>? Idle { get; init; }

    /// <summary>Whether a record's value goes without saying, so that it has no row in reports; null where none does.</summary>
    public Func<T, bool>? GoesWithoutSaying { get; init; }

    /// <summary>Whether it stays as it is where it says nothing, instead of becoming the usual one.</summary>
    public bool StaysIdle { get; init; }

    /// <summary>Whether it counts epochs or updates, and so goes down with a schedule that is made shorter.</summary>
    public bool ScalesWithEpochs { get; init; }

    /// <summary>Whether a file has it even where it is as usual.</summary>
    public bool IsAlwaysWritten { get; init; }

    /// <summary>Whether a file has it always, and is not to be read without it.</summary>
    public abstract bool IsRequired { get; }

    /// <summary>The usual value as it is shown; null where it is required.</summary>
    public abstract string? UsualText { get; }

    /// <summary>A record's value as it is shown.</summary>
    public abstract string TextOf(T record);

    /// <summary>The word that is written today for one that was written once; null for one that never was.</summary>
    public abstract string? Current(string word);

    /// <summary>What a word makes of a record; null for a word that is no value.</summary>
    public abstract Func<T, T>? Parse(string word);

    /// <summary>A record with the usual value; where it is required, with its type's default.</summary>
    public abstract T WithUsual(T record);

    // The same figures, which are all about this.
    internal static Field<T>[] In(FieldGroup group, params Field<T>[] fields)
    {
        foreach (Field<T> field in fields) field.Group = group;
        return fields;
    }

    // As it is shown, or null where it is not.
    internal string? SaidOf(T record) => Idle?.Invoke(record) is null && GoesWithoutSaying?.Invoke(record) != true ? TextOf(record) : null;

    // Name is the member's within its object.
    internal abstract void Write(Utf8JsonWriter json, string name, T record);

    internal abstract void WriteResult(Utf8JsonWriter json, T record);

    // False for JSON of another type.
    internal abstract bool TryRead(ref Utf8JsonReader json, string key, FieldReading reading, ref T record);
}

/// <summary>A figure of a type.</summary>
/// <typeparam name="T">The record.</typeparam>
/// <typeparam name="TValue">The figure's type.</typeparam>
/// <param name="json">The member's name in a file.</param>
/// <param name="option">The option that sets it.</param>
/// <param name="help">What it is, for the help.</param>
/// <param name="spelling">How values are spelled.</param>
/// <param name="get">A record's value.</param>
/// <param name="with">A record with another value.</param>
public sealed class Field<T, TValue>(
    string json, string option, string help, Spelling<TValue> spelling, Func<T, TValue> get, Func<T, TValue, T> with)
    : Field<T>(json, option, help, spelling)
{
    private readonly TValue _usual = default!;
    private readonly bool _hasUsual;

    /// <summary>A member of a file that is no figure of a command line.</summary>
    internal Field(string json, Spelling<TValue> spelling, Func<T, TValue> get, Func<T, TValue, T> with)
        : this(json, "", "", spelling, get, with)
    {
    }

    /// <summary>The value where a file does not have it; a file need not have it then, and is written without it. Without this it is
    /// required. It is of the format: a file without the member means this, whatever a new record begins with.</summary>
    public TValue Usual
    {
        get => _usual;
        init => (_usual, _hasUsual) = (value, true);
    }

    /// <summary>A record's value as results and reports show it, where that is not the value itself.</summary>
    public Func<T, TValue>? Shown { get; init; }

    /// <summary>How values are spelled.</summary>
    public new Spelling<TValue> Spelling => spelling;

    /// <inheritdoc/>
    public override bool IsRequired => !_hasUsual;

    /// <inheritdoc/>
    public override string? UsualText => _hasUsual ? spelling.NameOf(_usual) : null;

    /// <summary>A record's value.</summary>
    public TValue Get(T record) => get(record);

    /// <summary>A record with another value.</summary>
    public T With(T record, TValue value) => with(record, value);

    /// <inheritdoc/>
    public override string TextOf(T record) => spelling.NameOf((Shown ?? get)(record));

    /// <inheritdoc/>
    public override string? Current(string word) => spelling.Current(word);

    /// <inheritdoc/>
    public override Func<T, T>? Parse(string word) => spelling.TryParse(word, out TValue value) ? record => with(record, value) : null;

    /// <inheritdoc/>
    public override T WithUsual(T record) => with(record, _usual);

    internal override void Write(Utf8JsonWriter json, string name, T record)
    {
        TValue value = get(record);
        if (!IsRequired && !IsAlwaysWritten && EqualityComparer<TValue>.Default.Equals(value, _usual)) return;
        json.WritePropertyName(name);
        spelling.Write(json, value);
    }

    internal override void WriteResult(Utf8JsonWriter json, T record)
    {
        json.WritePropertyName(Result);
        spelling.Write(json, (Shown ?? get)(record));
    }

    internal override bool TryRead(ref Utf8JsonReader json, string key, FieldReading reading, ref T record)
    {
        if (!spelling.TryRead(ref json, key, reading, out TValue value)) return false;
        record = with(record, value);
        return true;
    }
}
