using System.Diagnostics;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Training;

/// <summary>A task's run, step by step and epoch by epoch: its learning rates, masks, averaging and patience as the recipe says, and all
/// that it takes to go on elsewhere. Whoever drives it decides when to measure, to save and to stop.</summary>
/// <typeparam name="TBatch">What the task's network is fed.</typeparam>
/// <remarks>A step allocates nothing. Not thread-safe.</remarks>
public sealed partial class TrainingRun<TBatch>
    where TBatch : class
{
    private readonly TBatch _batch;
    private readonly Func<int, Memory<float>>? _memory;
    private readonly EpochAverage? _average;
    private readonly List<EpochOutcome> _epochs = [];
    private double _lossSum, _scoreSum;
    private long _ticks;

    /// <summary>Takes memory for training, writes the first parameters, and begins the first epoch.</summary>
    /// <param name="task">What to train.</param>
    /// <param name="reducer">Adds the gradients of other machines; <see langword="null"/> where there is one.</param>
    /// <param name="memory">Gives the host's memory, as for <see cref="Trainer{TBatch}"/>, where the task has not taken the run's part
    /// already.</param>
    /// <exception cref="ArgumentException">The recipe is out of range, or the host gives too little memory.</exception>
    public TrainingRun(TrainingTask<TBatch> task, IGradientReducer? reducer = null, Func<int, Memory<float>>? memory = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        Task = task;
        _memory = task.Rest ?? memory;
        Trainer = new Trainer<TBatch>(task.Network, task.Recipe, reducer, _memory);
        if (task.Recipe.AverageLast > 1)
            _average = new EpochAverage(task.Recipe.AverageLast, task.Network.Parameters.Layout, _memory);
        _batch = task.NewBatch();
        task.Initialize();
        BeginEpoch(0);
    }

    /// <summary>What is trained.</summary>
    public TrainingTask<TBatch> Task { get; }

    /// <summary>Makes its steps.</summary>
    public Trainer<TBatch> Trainer { get; }

    /// <summary>The epoch that is trained, counted from 0.</summary>
    public int Epoch { get; private set; }

    /// <summary>Batches of that epoch.</summary>
    public int BatchCount { get; private set; }

    /// <summary>Steps made in that epoch.</summary>
    public int Steps { get; private set; }

    /// <summary>Steps made in all.</summary>
    public long Updates { get; private set; }

    /// <summary>Terms of the losses of this epoch so far.</summary>
    public long Terms { get; private set; }

    /// <summary>Mean loss of this epoch so far.</summary>
    public double MeanLoss => _lossSum / Terms;

    /// <summary>Mean losses in the course of the whole run.</summary>
    public LossCurve Curve { get; } = new();

    /// <summary>The metric of this epoch's training data so far; not a number where the task does not tell it.</summary>
    public double TrainMetric => Task.MetricOf(MeanLoss, _scoreSum / Terms);

    /// <summary>Time spent in this epoch's steps, batches included.</summary>
    public double Seconds => (double)_ticks / Stopwatch.Frequency;

    /// <summary>Training speed in this epoch.</summary>
    public double TermsPerSecond => Terms / Math.Max(Seconds, 1e-9);

    /// <summary>The last step's time.</summary>
    public TimeSpan LastStep { get; private set; }

    /// <summary>The learning rate of this epoch.</summary>
    public float LearningRate { get; private set; }

    /// <summary>The finished epochs, in order.</summary>
    public IReadOnlyList<EpochOutcome> Epochs => _epochs;

    /// <summary>The best of them, the first of equals.</summary>
    public EpochOutcome? Best { get; private set; }

    /// <summary>Whether it keeps a copy of the best epoch's parameters, for which memory is asked once more, when there is one.</summary>
    public bool KeepsBest { get; init; }

    /// <summary>That copy; null before there is one.</summary>
    public ParameterBlock? BestParameters { get; private set; }

    /// <summary>The parameters to measure and to save: their average where there is one. What it gives is good until the next
    /// step.</summary>
    public ParameterBlock ParametersToKeep =>
        _average is null ? Trainer.ParametersToKeep : _average.MeanOf(Task.Network.Parameters, IsBetweenEpochs ? Kept : _epochs.Count);

    /// <summary>Whether the recipe's epochs are all made.</summary>
    public bool IsAtEnd => Epoch >= Task.Recipe.Epochs;

    /// <summary>Whether it has had its patience: so many epochs, and none of the last was better.</summary>
    public bool IsOutOfPatience => Task.Recipe.IsOutOfPatience(Figures());

    /// <summary>Makes one update with the epoch's next batch.</summary>
    /// <param name="result">What it measured.</param>
    /// <returns>False, and nothing done, where the epoch has no more.</returns>
    /// <exception cref="NotFiniteException">Loss or gradient is infinite or not a number; the parameters are as they were.</exception>
    /// <exception cref="InvalidOperationException">The run has made 2^31 - 1 updates, and no more can be counted; or it is making a step or
    /// being measured.</exception>
    public bool TryStep(out StepResult result)
    {
        using OneThread.Use use = Task.Enter();
        result = default;
        if (Steps == BatchCount) return false;
        if (Updates == int.MaxValue) Throw.Invalid($"the run has made {Updates} updates, and no more can be counted");
        long start = Stopwatch.GetTimestamp();
        if (IsBetweenEpochs) _average?.Keep(Task.Network.Parameters, Kept);
        if (!Task.Batches.Continues(Steps)) Task.Network.ResetState();
        Task.Batches.Fill(Steps, _batch);

        // Masks are numbered by the run's updates, so that a schedule of them need not know how many make an epoch.
        result = Trainer.Step(_batch, new((int)Updates), LearningRate * Task.Batches.RateFactor(Steps));
        long ticks = Stopwatch.GetTimestamp() - start;
        LastStep = Stopwatch.GetElapsedTime(0, ticks);
        _ticks += ticks;
        _lossSum += result.Loss * result.Terms;
        _scoreSum += Task.Network.Score;
        Terms += result.Terms;
        Curve.Add(result);
        Steps++;
        Updates++;
        return true;
    }

    /// <summary>Measures the epoch as it stands, which may be before its end. Nothing is changed.</summary>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at now and then.</param>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    /// <exception cref="InvalidOperationException">The run is making a step or being measured, as it is while
    /// <paramref name="progress"/> is called.</exception>
    public EpochOutcome Measure(Action<double>? progress = null, CancellationToken cancellation = default)
    {
        var train = new Measurement(MeanLoss, TrainMetric);
        Measurement valid = Task.Measure(ParametersToKeep, progress, cancellation);
        return new EpochOutcome(Epoch + 1, Steps, train, valid, LearningRate, Seconds, TermsPerSecond, Steps == BatchCount);
    }

    /// <summary>Whether an epoch is better than all before it.</summary>
    public bool IsBest(EpochOutcome epoch) => Best is null || Figure(epoch) < Figure(Best);

    /// <summary>Takes a measured epoch for the run's: keeps its parameters if it is the best, begins to average if the recipe
    /// says that it is time, and begins the next epoch. One that was cut short is taken for the best if it is, and the run stays
    /// where it stands.</summary>
    /// <param name="epoch">What <see cref="Measure"/> returned.</param>
    /// <returns>Whether averaging began.</returns>
    public bool Accept(EpochOutcome epoch)
    {
        if (IsBest(epoch)) Best = epoch;
        if (!epoch.IsWhole) return false;
        if (Best == epoch && KeepsBest)
        {
            BestParameters ??= NewBlock();
            ParametersToKeep.Values.CopyTo(BestParameters.Values);
        }

        _epochs.Add(epoch);
        double[] figures = Figures();
        bool begins = Task.Recipe.Optimizer == OptimizerKind.NtAsgd && !Trainer.IsAveraging
            && ValidationHistory.IsNonMonotonic(figures, Task.Recipe.NonMonotone);
        if (begins) Trainer.BeginAveraging();
        BeginEpoch(Epoch + 1);
        return begins;
    }

    /// <summary>Trains the epoch to its end, measures it and takes it for the run's.</summary>
    /// <inheritdoc cref="Measure"/>
    /// <exception cref="NotFiniteException">A loss is infinite or not a number.</exception>
    public EpochOutcome TrainEpoch(Action<double>? progress = null, CancellationToken cancellation = default)
    {
        while (TryStep(out _)) cancellation.ThrowIfCancellationRequested();
        EpochOutcome epoch = Measure(progress, cancellation);
        bool isFinite = double.IsFinite(epoch.Train.Loss) && double.IsFinite(epoch.Valid.Loss);
        if (!isFinite) Throw.NotFinite((int)Updates, epoch.Valid.Loss, double.NaN);
        Accept(epoch);
        return epoch;
    }

    /// <summary>Begins an epoch of the recipe with its first batch, at its learning rate. What was learnt and the count of updates stay,
    /// and no epoch is taken for finished: to look at steps, such as how long they take, and not for a run that is kept.</summary>
    /// <param name="epoch">Counted from 0.</param>
    public void GoTo(int epoch) => BeginEpoch(epoch);

    /// <summary>Updates that all epochs of the recipe make, or the first of them; where epochs differ, batches are laid out for
    /// it.</summary>
    /// <param name="most">Where to stop counting.</param>
    public long CountUpdates(long most = long.MaxValue)
    {
        long updates = 0;
        for (int epoch = 0; epoch < Task.Recipe.Epochs && updates < most; epoch++) updates += CountOf(epoch, updates);
        Task.Batches.Begin(Epoch, Updates - Steps);
        return Math.Min(updates, most);
    }

    // Whether the parameters are still those after the last finished epoch, which are kept for the average when they change.
    private bool IsBetweenEpochs => Steps == 0 && _epochs.Count > 0;

    private int Kept => _epochs.Count - 1;

    // The batches of an epoch that is not to be trained now.
    private int CountOf(int epoch, long firstUpdate) => Task.Batches.CountOfEach ?? Task.Batches.Begin(epoch, firstUpdate);

    private void BeginEpoch(int epoch)
    {
        if (epoch < Task.Recipe.Epochs) LearningRate = Task.Recipe.LearningRateAt(epoch, Figures());
        BatchCount = Task.Batches.Begin(epoch, Updates);
        Epoch = epoch;
        Steps = 0;
        Terms = 0;
        _lossSum = 0;
        _scoreSum = 0;
        _ticks = 0;
    }

    private ParameterBlock NewBlock()
    {
        ParameterLayout layout = Task.Network.Parameters.Layout;
        return new ParameterBlock(layout, _memory.Take(layout.LengthFloats));
    }

    private double Figure(EpochOutcome epoch) => Task.Metric.Figure(epoch.Valid.Loss, epoch.Valid.Metric);

    private double[] Figures() => [.. _epochs.ConvertAll(Figure)];
}
