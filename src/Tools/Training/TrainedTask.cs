namespace TinySD.Tools.Training;

/// <summary>A task as the command line trains it: what only the task has to say, and its model file. All else is <see cref="TrainingDriver{TBatch}"/>.</summary>
/// <typeparam name="TBatch">What its network is fed.</typeparam>
internal abstract class TrainedTask<TBatch>
    where TBatch : class
{
    /// <summary>What is trained.</summary>
    public abstract TrainingTask<TBatch> Task { get; }

    /// <summary>The model file.</summary>
    public abstract string Output { get; }

    /// <summary>What terms of a loss are, for example <c>tokens</c>.</summary>
    public abstract string Terms { get; }

    /// <summary>What there is to say before the first step.</summary>
    /// <param name="run">The run, at its start.</param>
    /// <param name="threads">Its threads.</param>
    public abstract IEnumerable<string> Notes(TrainingRun<TBatch> run, int threads);

    /// <summary>Refuses a run of so many updates, if something of it does not last so long.</summary>
    /// <exception cref="Errors.UsageException">It does not.</exception>
    public virtual void CheckLength(long updates)
    {
    }

    /// <summary>How the epoch stands after some of its steps, for the line of progress.</summary>
    public abstract string Detail(double meanLoss);

    /// <summary>What an epoch brought, beside its time and rate.</summary>
    public abstract string Describe(EpochOutcome epoch);

    /// <summary>What the best model reached on the validation data, as the end of a sentence.</summary>
    public abstract string DescribeBest(EpochOutcome best);

    /// <summary>Writes the model file.</summary>
    /// <param name="parameters">The best so far.</param>
    /// <param name="epochs">The finished epochs up to the best one.</param>
    public abstract void Save(ParameterBlock parameters, IReadOnlyList<EpochOutcome> epochs);

    /// <summary>Measures the model in the file on test data and writes the result into it; null where there are none.</summary>
    public abstract Measurement? Test(IProgressDisplay progress, CancellationToken stop);
}
