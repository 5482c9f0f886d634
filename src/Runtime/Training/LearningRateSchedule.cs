namespace TinySD.Runtime.Training;

/// <summary>How the learning rate goes from epoch to epoch.</summary>
public enum LearningRateSchedule
{
    /// <summary>Full for some epochs, then divided once an epoch, as Zaremba et al. 2014.</summary>
    Zaremba,

    /// <summary>The same in all epochs.</summary>
    Constant,

    /// <summary>Half a cosine, from the full rate in the first epoch towards 0 after the last (Loshchilov and Hutter 2017,
    /// without restarts).</summary>
    Cosine,

    /// <summary>A straight line, from the full rate in the first epoch towards 0 after the last.</summary>
    Linear,

    /// <summary>Divided after every epoch whose validation is no better than the best before it.</summary>
    Plateau,

    /// <summary>Divided by 1 + (decay - 1) times the number of epochs that are done, as Ma and Hovy 2016.</summary>
    InverseTime,
}
