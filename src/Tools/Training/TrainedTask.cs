namespace TinySD.Tools.Training;

/// <summary>
/// A task as the command line trains it: what only the task has to say, and its model file. All else is <see
/// cref="TrainingDriver{TBatch}"/>,
/// <see cref="TrainingReport"/> and <see cref="TrainingPage"/>.
/// </summary>
/// <typeparam name="TBatch">What its network is fed.</typeparam>
internal abstract class TrainedTask<TBatch>
    where TBatch : class
{
    public abstract TrainingTask<TBatch> Task { get; }

    public abstract TaskWords Words { get; }

    public abstract string Output { get; }

    /// <summary>How validation and test are made, as a clause; empty where it goes without saying.</summary>
    public virtual string MeasuredHow => "";

    /// <summary>The data, for a report.</summary>
    public abstract IEnumerable<(string Name, string Value)> Facts { get; }

    /// <summary>What there is to say before the first step.</summary>
    /// <param name="run">The run, at its start.</param>
    /// <param name="threads">Its threads.</param>
    public abstract IEnumerable<string> Notes(TrainingRun<TBatch> run, int threads);

    /// <summary>Refuses a run of so many updates, if something of it does not last so long.</summary>
    /// <exception cref="Errors.UsageException">It does not.</exception>
    public virtual void CheckLength(long updates)
    {
    }

    /// <summary>Writes the model file.</summary>
    /// <param name="parameters">The best so far.</param>
    /// <param name="epochs">The finished epochs up to the best one.</param>
    public abstract void Save(ParameterBlock parameters, IReadOnlyList<EpochOutcome> epochs);

    /// <summary>Measures the model in the file on test data and writes the result into it; null where there are none.</summary>
    public abstract Measurement? Test(IProgressDisplay progress, CancellationToken stop);

    /// <summary>What there is to say of the model that is kept, beside its metric, a line each; after <see cref="Test"/>.</summary>
    public virtual IEnumerable<string> Findings => [];

    /// <summary>Adds what only the task has to the JSON of a run that came to its end.</summary>
    public virtual void WriteResult(Utf8JsonWriter json)
    {
    }

    /// <summary>Adds it to the text of such a run.</summary>
    public virtual void WriteText(CliConsole console)
    {
    }

    /// <summary>What the speed of training is called in JSON.</summary>
    public virtual string SpeedName => "termsPerSecond";

    /// <summary>Writes the members of what an epoch brought.</summary>
    public virtual void WriteEpoch(Utf8JsonWriter json, EpochOutcome epoch) => TrainingJson.WriteEpoch(json, epoch, Words);

    /// <summary>Writes the members of a measurement, whose names begin with what was measured: <c>valid</c> or <c>test</c>.</summary>
    public virtual void WriteMeasured(Utf8JsonWriter json, string what, Measurement measured) =>
        TrainingJson.WriteMeasured(json, what, measured, Words);

    /// <summary>Writes what a run brought, as one JSON object.</summary>
    /// <inheritdoc cref="TrainingJson.Write"/>
    public virtual void WriteJson(TextWriter output, TrainingOutcome outcome, int threads, Action<Utf8JsonWriter> writeRecipe) =>
        TrainingJson.Write(output, this, outcome, threads, writeRecipe);
}
