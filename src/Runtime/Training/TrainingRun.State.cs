using System.Diagnostics;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Training;

// Where a run stands, given out and taken in.
public sealed partial class TrainingRun<TBatch>
    where TBatch : class
{
    /// <summary>Where the run stands.</summary>
    /// <param name="totalSeconds">Time spent on it.</param>
    public RunState ToState(double totalSeconds) => new()
    {
        Updates = Updates,
        Epoch = Epoch,
        Step = Steps,
        LossSum = _lossSum,
        ScoreSum = double.IsNaN(_scoreSum) ? null : _scoreSum,
        Seconds = Seconds,
        TotalSeconds = totalSeconds,
        LearningRate = LearningRate,
        Counts = Trainer.Counts,
        Epochs = [.. _epochs],
        BestEpoch = Best?.Epoch,
        Curve = Curve.ToState(),
    };

    /// <summary>All numbers that the run depends on, and the best parameters: those in training, without a name; what the optimizer keeps;
    /// where epochs are averaged <c>epoch.0</c>, <c>epoch.1</c> and so on, those after the last ones; a copy of the carried state, without
    /// a name; and <c>best</c>.</summary>
    /// <exception cref="InvalidOperationException">The run is making a step or being measured: the carried state is not in its
    /// place.</exception>
    public IReadOnlyList<NamedBlock> ToBlocks()
    {
        using OneThread.Use use = Task.Enter();
        NamedBlock[] blocks = Blocks();
        Task.Network.SaveCarried(Carried(blocks).Block);
        return blocks;
    }

    /// <summary>Goes on where another run was.</summary>
    /// <param name="state">Where it stood.</param>
    /// <param name="load">Fills the blocks that <see cref="ToBlocks"/> gave there.</param>
    /// <exception cref="ArgumentException">The state is none of a run over these batches.</exception>
    /// <exception cref="InvalidOperationException">The run is making a step or being measured.</exception>
    public void Restore(RunState state, Action<IReadOnlyList<NamedBlock>> load)
    {
        using OneThread.Use use = Task.Enter();
        long before = 0;
        for (int epoch = 0; epoch < state.Epochs.Count; epoch++)
        {
            int steps = CountOf(epoch, before);
            if (state.Epochs[epoch].Steps != steps)
            {
                string made = Throw.Counted(steps, "step");
                Throw.Argument($"it says other than {made} of epoch {epoch + 1}, which its own data and recipe make");
            }

            before += steps;
        }

        Curve.Restore(state.Curve, state.Updates);
        Trainer.Counts = state.Counts;
        _epochs.Clear();
        _epochs.AddRange(state.Epochs);
        Best = state.BestEpoch is { } best ? _epochs[best - 1] : null;
        if (Best is not null && KeepsBest) BestParameters ??= NewBlock();
        NamedBlock[] blocks = Blocks();
        load(blocks);
        Task.Network.LoadCarried(Carried(blocks).Block);

        // An epoch's batches may depend on the number of its first update. A run that was at its end and gets more epochs needs the rate
        // of the next.
        Updates = state.Updates - state.Step;
        BeginEpoch(state.Epoch);
        if (state.Step == 0) return;
        if (state.Step > BatchCount)
            Throw.Argument($"it is {Throw.Counted(state.Step, "step")} into an epoch of {BatchCount}, as its own data and recipe make it");
        LearningRate = state.LearningRate;
        Steps = state.Step;
        Updates = state.Updates;
        Terms = Task.Batches.TermsBefore(Steps);
        _lossSum = state.LossSum;
        _scoreSum = state.ScoreSum ?? double.NaN;
        _ticks = (long)(state.Seconds * Stopwatch.Frequency);
    }

    private NamedBlock[] Blocks() =>
    [
        new("", Task.Network.Parameters, AreWeights: true),
        .. Trainer.State,
        .. _average is null ? [] : _average.BlocksAfter(_epochs.Count),
        new("", new ParameterBlock(Task.Network.Carried)),
        .. BestParameters is { } best ? (NamedBlock[])[new("best", best, AreWeights: true)] : [],
    ];

    private NamedBlock Carried(NamedBlock[] blocks) => blocks[^(BestParameters is null ? 1 : 2)];
}
