using TinySD.Formats.Container;
using TinySD.Formats.Fields;

namespace TinySD.Formats.Models;

/// <summary>How one task's <see cref="TrainingRecord{TRecipe, TData}"/> is written and read: the section <c>training</c> of its model
/// files.</summary>
/// <typeparam name="TRecipe">The task's recipe.</typeparam>
/// <typeparam name="TData">What only the task has.</typeparam>
/// <param name="metric">What the task is measured by.</param>
/// <param name="recipe">How its recipe is spelled.</param>
/// <param name="data">How what only it has is spelled; its members must not be those that all tasks have.</param>
/// <param name="findFault">What is impossible in that, or null.</param>
internal sealed class TrainingFormat<TRecipe, TData>(
    Metric metric, FieldTable<TRecipe> recipe, FieldTable<TData> data, Func<TData, string?>? findFault = null)
    where TRecipe : TrainingRecipe
    where TData : class
{
    private readonly FieldTable<Section> _table = new("a training record", new("", null, null!, data.Blank, ResultsSection.Table.Blank),
    [
        new Field<Section, string>("writtenBy", Spelling.Text, s => s.WrittenBy, (s, v) => s with { WrittenBy = v }),
        new Field<Section, string?>("importedFrom", Spelling.Text!, s => s.Source, (s, v) => s with { Source = v }) { Usual = null },
        new Field<Section, TRecipe>("recipe", new Recorded<TRecipe>(recipe), s => s.Recipe, (s, v) => s with { Recipe = v }),
        .. data.JoinedTo<Section>(s => s.Data, (s, v) => s with { Data = v }),
        .. ResultsSection.Table.JoinedTo<Section>(s => s.Results, (s, v) => s with { Results = v }),
    ]);

    /// <summary>The most JSON values of it: those of an epoch with its braces, and beside the epochs many more than there are.</summary>
    public long MostValues { get; } = ((metric.IsPerplexity ? 5 : 7) * LanguageModelFile.MaxEpochs) + 256;

    /// <summary>Writes a record.</summary>
    /// <exception cref="FileProblemException">A number in it is not finite.</exception>
    /// <exception cref="ArgumentException">It is impossible.</exception>
    public void Write(Utf8JsonWriter json, TrainingRecord<TRecipe, TData> record, string path)
    {
        json.WritePropertyName(TrainingRecord.Section);
        WriteObject(json, record, path);
    }

    /// <summary>Writes a record where an object may stand.</summary>
    /// <inheritdoc cref="Write"/>
    public void WriteObject(Utf8JsonWriter json, TrainingRecord<TRecipe, TData> record, string path)
    {
        if (FindNotFinite(record) is { } number)
        {
            string message = $"{path} was not written: {number}. Train again with a lower learning rate.";
            Throw.Problem(new(FileProblemKind.NotFinite, path, message) { Part = TrainingRecord.Section });
        }

        if (FindWrong(record) is { } wrong) Throw.Argument(wrong);
        record.Recipe.Validate();
        _table.Write(json, new(record.WrittenBy, record.ImportedFrom, record.Recipe, record.Data, ResultsSection.From(record, metric)));
    }

    /// <summary>Reads the section of a file, whose tensors hold as many numbers as it says.</summary>
    /// <exception cref="FileProblemException">It is missing, or not as it should be.</exception>
    /// <exception cref="ArgumentException">It is impossible.</exception>
    public TrainingRecord<TRecipe, TData> Read(SectionReader reader)
    {
        TrainingRecord<TRecipe, TData> record = reader.Read(TrainingRecord.Section, MostValues, Read);
        long count = reader.File.NumberCount;
        if (record.Parameters != count)
            Throw.Argument($"it says {Words.Counted(record.Parameters, "parameter")}, the tensors hold {count}");
        return record;
    }

    /// <summary>Reads a record.</summary>
    /// <exception cref="JsonException">It is not as it should be.</exception>
    /// <exception cref="ArgumentException">It is impossible.</exception>
    public TrainingRecord<TRecipe, TData> Read(ReadOnlyMemory<byte> json)
    {
        (string writtenBy, string? source, TRecipe found, TData own, ResultsSection results) = _table.Read(json);
        if (results.Epochs.Contains(null)) Throw.Argument("an epoch is null");
        var record = new TrainingRecord<TRecipe, TData>
        {
            WrittenBy = writtenBy,
            ImportedFrom = source,
            Recipe = found,
            Data = own,
            Parameters = results.Parameters,
            Epochs = Array.ConvertAll(results.Epochs, epoch => epoch!.ToOutcome(metric)),
            Test = results.TestOf(metric),
        };
        found.Validate();
        if ((FindWrong(record) ?? FindNotFinite(record)) is { } wrong) Throw.Argument(wrong);
        return record;
    }

    // JSON has no infinity. A perplexity may be infinite where its loss is not.
    private string? FindNotFinite(TrainingRecord<TRecipe, TData> record)
    {
        foreach (EpochOutcome epoch in record.Epochs)
        {
            if (ResultEntry.FindFault(epoch, metric) is { } fault) return fault;
            if (!float.IsFinite(epoch.LearningRate)) return $"a result of epoch {epoch.Epoch} is not finite";
        }

        return record.Test is { } test && !double.IsFinite(test.Loss) ? $"the test {metric.Name} is not finite" : null;
    }

    private string? FindWrong(TrainingRecord<TRecipe, TData> record)
    {
        if (record.Epochs.Count > LanguageModelFile.MaxEpochs)
            return $"{record.Epochs.Count} epochs are more than {LanguageModelFile.MaxEpochs}";
        int last = -1;
        foreach (EpochOutcome epoch in record.Epochs)
        {
            if (epoch.Epoch <= last) return $"epoch {epoch.Epoch} is out of order";
            last = epoch.Epoch;
        }

        return findFault?.Invoke(record.Data);
    }

    // All that stands in one object.
    private sealed record Section(string WrittenBy, string? Source, TRecipe Recipe, TData Data, ResultsSection Results);
}

/// <summary>What its training brought.</summary>
/// <remarks>Test loss and metric stand in place of a perplexity that is infinite, and of tasks that are not measured by it.</remarks>
internal sealed record ResultsSection(
    long Parameters, EpochEntry?[] Epochs, double? TestPerplexity = null, double? TestLoss = null, double? TestMetric = null)
{
    /// <summary>Its members.</summary>
    public static FieldTable<ResultsSection> Table { get; } = new("results", new(0, []),
    [
        new Field<ResultsSection, long>("parameters", Spelling.Whole<long>(), s => s.Parameters, (s, v) => s with { Parameters = v }),
        new Field<ResultsSection, EpochEntry?[]>(
            "epochs", new Items<EpochEntry?>(new Nested<EpochEntry>(EpochEntry.Table)), s => s.Epochs, (s, v) => s with { Epochs = v }),
        new Field<ResultsSection, double?>(
            "testPerplexity", Optional.Double, s => s.TestPerplexity, (s, v) => s with { TestPerplexity = v }) { Usual = null },
        new Field<ResultsSection, double?>("testLoss", Optional.Double, s => s.TestLoss, (s, v) => s with { TestLoss = v })
        { Usual = null },
        new Field<ResultsSection, double?>("testMetric", Optional.Double, s => s.TestMetric, (s, v) => s with { TestMetric = v })
        { Usual = null },
    ]);

    public static ResultsSection From<TRecipe, TData>(TrainingRecord<TRecipe, TData> record, Metric metric)
        where TRecipe : TrainingRecipe
        where TData : class
    {
        ResultEntry? test = record.Test is { } measured ? new ResultEntry(measured, metric) : null;
        return new(
            record.Parameters, [.. record.Epochs.Select(epoch => EpochEntry.From(epoch, metric))], test?.Perplexity,
            test?.Perplexity is null ? test?.Loss : null, test?.Metric);
    }

    /// <summary>What the test brought, if there was one.</summary>
    /// <exception cref="ArgumentException">It is another task's.</exception>
    public Measurement? TestOf(Metric metric) => (TestPerplexity ?? TestLoss ?? TestMetric) is null
        ? null : new ResultEntry(TestPerplexity, TestLoss, TestMetric).ToMeasurement(metric);
}
