using TinySD.Tools.Json;

namespace TinySD.Tools.Training;

/// <summary>What a training run of any task brought, as one JSON object.</summary>
internal static class TrainingJson
{
    /// <summary>Writes it. A metric that was not measured is null.</summary>
    /// <param name="output">Standard output.</param>
    /// <param name="task">The task, which may have members of its own.</param>
    /// <param name="outcome">What the run brought.</param>
    /// <param name="threads">Its threads.</param>
    /// <param name="writeRecipe">Writes the members of the recipe.</param>
    public static void Write<TBatch>(
        TextWriter output, TrainedTask<TBatch> task, TrainingOutcome outcome, int threads, Action<Utf8JsonWriter> writeRecipe)
        where TBatch : class => CliJson.Write(output, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("epochs");
            foreach (EpochOutcome epoch in outcome.Epochs)
            {
                json.WriteStartObject();
                task.WriteEpoch(json, epoch);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("metric", task.Words.Name);
            json.WriteNumber("bestEpoch", outcome.Best.Epoch);
            task.WriteMeasured(json, "valid", outcome.Best.Valid);
            if (outcome.Test is { } test) task.WriteMeasured(json, "test", test);
            json.WriteNumber("parameters", outcome.Parameters);
            json.WriteString("model", task.Output);
            Number(json, "seconds", outcome.Seconds);
            json.WriteNumber("threads", threads);
            json.WriteStartObject("recipe");
            writeRecipe(json);
            json.WriteEndObject();
            task.WriteResult(json);
            json.WriteEndObject();
        });

    /// <summary>Writes the members of what an epoch brought.</summary>
    public static void WriteEpoch(Utf8JsonWriter json, EpochOutcome epoch, TaskWords words)
    {
        json.WriteNumber("epoch", epoch.Epoch);
        Number(json, "train", words.TellsPerplexity ? Math.Exp(epoch.Train.Loss) : epoch.Train.Metric);
        Number(json, "valid", epoch.Valid.Metric);
        Number(json, "trainLoss", epoch.Train.Loss);
        Losses(json, "valid", epoch.Valid, words);
        json.WriteNumber("learningRate", epoch.LearningRate);
        Number(json, "seconds", epoch.Seconds);
        Number(json, "termsPerSecond", epoch.TermsPerSecond);
        json.WriteNumber("steps", epoch.Steps);
    }

    /// <summary>Writes the members of what was measured.</summary>
    public static void WriteMeasured(Utf8JsonWriter json, string what, Measurement measured, TaskWords words)
    {
        Number(json, what, measured.Metric);
        Losses(json, what, measured, words);
    }

    private static void Losses(Utf8JsonWriter json, string what, Measurement measured, TaskWords words)
    {
        Number(json, $"{what}Loss", measured.Loss);
        if (words.TellsPerplexity) Number(json, $"{what}Perplexity", Math.Exp(measured.Loss));
    }

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        json.WritePropertyName(name);
        FiniteNumber.Write(json, value);
    }
}
