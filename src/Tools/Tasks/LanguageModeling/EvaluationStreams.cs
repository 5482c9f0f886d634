namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>
/// How many streams the texts that a run predicts are cut into. It is one number for validation and test, and the model's record has it for
/// <c>eval</c>: an undertrained model's state drifts with the length of a stream, and its perplexity with it.
/// </summary>
internal readonly record struct EvaluationStreams(int Valid, int Test)
{
    /// <summary>Those of a run; one that was begun before they were recorded goes on with what it had.</summary>
    public static EvaluationStreams Of(int? recorded, LanguageModelRecipe recipe) => new(recorded ?? recipe.BatchSize, recorded ?? 1);

    /// <summary>How many a finished model is measured in by default.</summary>
    public static int DefaultOf(TextsRecord texts) => texts.Streams ?? 1;

    /// <summary>A number of streams in words.</summary>
    public static string Count(int streams) => streams == 1 ? "one stream" : $"{Figures.Count(streams, "stream")} side by side";

    /// <summary>Both in a line.</summary>
    /// <param name="hasTest">Whether there is a test text.</param>
    public string Told(bool hasTest) =>
        !hasTest ? $"validation runs in {Count(Valid)}"
        : Valid == Test ? $"validation and test run in {Count(Valid)}"
        : $"validation runs in {Count(Valid)}, the test in {Count(Test)}, as when the run was begun";
}
