namespace TinySD.Tools.Training;

/// <summary>Any task in training to see how fast; its epochs' batches come again and again.</summary>
internal sealed class TimedRun<TBatch>(TrainingTask<TBatch> task) : ITimedRun
    where TBatch : class
{
    private readonly TrainingRun<TBatch> _run = Sizes.Checked(() => new TrainingRun<TBatch>(task));

    public double LastStepMilliseconds => _run.LastStep.TotalMilliseconds;

    public PassTimes Times => _run.Trainer.Times;

    public void BeginRound(int epoch) => _run.GoTo(epoch);

    /// <remarks>Whoever drives it asks for one batch after the other, so the index says nothing new.</remarks>
    public double Step(int index)
    {
        if (_run.TryStep(out StepResult result)) return result.Loss;
        _run.GoTo(_run.Epoch);
        _run.TryStep(out result);
        return result.Loss;
    }
}
