using TinySD.Formats.Fields;

namespace TinySD.Formats.Models;

/// <summary>How a model of any task came to be; kept in its file. Holds no time of day, so equal runs write equal files.</summary>
/// <typeparam name="TRecipe">The task's recipe.</typeparam>
/// <typeparam name="TData">What only the task has: mostly, what it was trained on.</typeparam>
public sealed record TrainingRecord<TRecipe, TData>
    where TRecipe : TrainingRecipe
    where TData : class
{
    /// <summary>The program that trained it, for example <c>TinySD 0.1.0</c>.</summary>
    public string WrittenBy { get; init; } = TrainingRecord.ThisBuild;

    /// <summary>The file of another format that the model was imported from, without its folders; null for one that was trained
    /// here.</summary>
    public string? ImportedFrom { get; init; }

    /// <summary>What decided the run, apart from the data.</summary>
    public required TRecipe Recipe { get; init; }

    /// <summary>What only the task has.</summary>
    public required TData Data { get; init; }

    /// <summary>Trainable numbers. Set when a model is saved, so there is no need to give it.</summary>
    public long Parameters { get; init; }

    /// <summary>The finished epochs, in order. Their steps and times are not kept, and are 0 when they were read.</summary>
    public IReadOnlyList<EpochOutcome> Epochs { get; init; } = [];

    /// <summary>On the test data, if there were any.</summary>
    public Measurement? Test { get; init; }

    /// <summary>Whether the run is known. The record of an import whose file told nothing of it has the model's shape, and else what goes
    /// without saying.</summary>
    public bool IsRunKnown => ImportedFrom is null || Recipe.Name != TrainingRecord.UnknownRun;
}

/// <summary>What only the task has in its records and checkpoints, where that is nothing.</summary>
public sealed record NoData
{
    /// <summary>How it is spelled.</summary>
    public static FieldTable<NoData> Json { get; } = new("a record", new(), []);
}

/// <summary>What a language model was trained, validated and tested on. Names of members here are the file's.</summary>
public sealed record TextsRecord
{
    /// <summary>The text it was trained on.</summary>
    public required TextRecord Train { get; init; }

    /// <summary>The text it was validated on.</summary>
    public required TextRecord Valid { get; init; }

    /// <summary>The share at the end of the training file that was not trained on, but validated; null where that was a file of its
    /// own.</summary>
    public float? ValidFraction { get; init; }

    /// <summary>The text it was tested on, if it was.</summary>
    public TextRecord? Test { get; init; }

    /// <summary>Streams that its validation and test texts were cut into, and by default any other text that it is measured on; null where
    /// it was not recorded. Models of <c>train lm</c> from before it was were validated in as many streams as the batch has, and tested in
    /// one.</summary>
    public int? Streams { get; init; }

    internal string? FindFault() =>
        Array.Exists(new[] { Train, Valid, Test }, text => text?.Tokens < 0) ? "a text has fewer than 0 tokens"
        : ValidFraction is not (null or (> 0 and < 1)) ? "the share that was validated is not above 0 and below 1"
        : Streams is < 1 or > LanguageModelFile.MaxStreams ? $"{Streams} streams are not 1 to {LanguageModelFile.MaxStreams}"
        : null;
}

/// <summary>A text as a training record names it.</summary>
/// <param name="Name">The file's name. Folders are left out, since a model should not tell whose machine it was trained on.</param>
/// <param name="Tokens">Tokens in it, line ends included at word level.</param>
public sealed record TextRecord(string Name, long Tokens)
{
    /// <summary>The file's name without its folders.</summary>
    public string Name { get; init; } = Path.GetFileName(Name);
}

/// <summary>The members of a <see cref="TextsRecord"/>.</summary>
internal static class TextsFields
{
    private static readonly Spelling<TextRecord?> s_text = new Nested<TextRecord>(new("a text", new("", 0),
    [
        new Field<TextRecord, string>("name", Spelling.Text, t => t.Name, (t, v) => new(v, t.Tokens)),
        new Field<TextRecord, long>("tokens", Spelling.Whole<long>(), t => t.Tokens, (t, v) => t with { Tokens = v }),
    ]));

    public static FieldTable<TextsRecord> Table { get; } = new("a training record", new() { Train = null!, Valid = null! },
    [
        new Field<TextsRecord, TextRecord?>("train", s_text, r => r.Train, (r, v) => r with { Train = v! }),
        new Field<TextsRecord, TextRecord?>("valid", s_text, r => r.Valid, (r, v) => r with { Valid = v! }),
        new Field<TextsRecord, float?>("validFraction", Optional.Single, r => r.ValidFraction, (r, v) => r with { ValidFraction = v })
        { Usual = null },
        new Field<TextsRecord, TextRecord?>("test", s_text, r => r.Test, (r, v) => r with { Test = v }) { Usual = null },
        new Field<TextsRecord, int?>("streams", Optional.Int, r => r.Streams, (r, v) => r with { Streams = v })
        { Usual = null },
    ]);
}

/// <summary>What goes into training records.</summary>
public static class TrainingRecord
{
    // The section of a model file, and the name of a recipe that nobody knows.
    internal const string Section = "training", UnknownRun = "imported";

    /// <summary>This build's name and version.</summary>
    public static string ThisBuild { get; } = $"TinySD {typeof(TrainingRecord).Assembly.GetName().Version?.ToString(3) ?? "0.0.0"}";

    /// <summary>The record of a language model from elsewhere of whose training nothing is known: its shape, no dropout, no
    /// texts.</summary>
    internal static TrainingRecord<LanguageModelRecipe, TextsRecord> OfImport(string source, LanguageModelConfig config) => new()
    {
        ImportedFrom = Path.GetFileName(source),
        Recipe = new LanguageModelRecipe { Name = UnknownRun }.WithShapeOf(config),
        Data = new TextsRecord { Train = new TextRecord("", 0), Valid = new TextRecord("", 0) },
    };
}
