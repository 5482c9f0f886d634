namespace TinySD.Runtime.Training;

/// <summary>Where a training run stands, all but its blocks of numbers; with those it goes on to the same bits.</summary>
public sealed record RunState
{
    /// <summary>Updates made in all. The next one's masks have this number.</summary>
    public required long Updates { get; init; }

    /// <summary>The epoch that is trained, counted from 0; as many as there are when the run is at its end.</summary>
    public required int Epoch { get; init; }

    /// <summary>Updates made in that epoch: the position in the data.</summary>
    public required int Step { get; init; }

    /// <summary>The sum of that epoch's losses over all terms, to the last bit.</summary>
    public required double LossSum { get; init; }

    /// <summary>The sum of what the network counts of the task's metric in that epoch, over all terms; null where it does not.</summary>
    public double? ScoreSum { get; init; }

    /// <summary>Time spent in that epoch's updates.</summary>
    public required double Seconds { get; init; }

    /// <summary>Time spent on the run.</summary>
    public required double TotalSeconds { get; init; }

    /// <summary>The learning rate of the epoch's updates; 0 where one that falls with every epoch has become too small for its
    /// number format.</summary>
    public required float LearningRate { get; init; }

    /// <summary>What the trainer counts.</summary>
    public required TrainerCounts Counts { get; init; }

    /// <summary>The finished epochs, in order.</summary>
    public IReadOnlyList<EpochOutcome> Epochs { get; init; } = [];

    /// <summary>Which of them was the best, counted from 1; null before the first is finished.</summary>
    public int? BestEpoch { get; init; }

    /// <summary>Mean losses in the course of the run; null where they were not kept.</summary>
    public LossCurveState? Curve { get; init; }
}
