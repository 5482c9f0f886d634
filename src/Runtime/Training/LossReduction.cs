namespace TinySD.Runtime.Training;

/// <summary>What the loss of a batch is, whose gradient is clipped and descended. What is reported is the same.</summary>
public enum LossReduction
{
    /// <summary>The sum over the T steps of the mean over the batch, as Zaremba et al. 2014.</summary>
    SumOverTime,

    /// <summary>The mean over steps and batch, as Merity et al. 2017 and most others.</summary>
    Mean,
}
