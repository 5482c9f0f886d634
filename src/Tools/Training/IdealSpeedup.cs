namespace TinySD.Tools.Training;

/// <summary>The most that skipping dropped units can gain: the ratio of multiply-adds, everything else taken as free.</summary>
internal static class IdealSpeedup
{
    /// <summary>
    /// Over all products of a network. Forward, backward and weight gradient each shrink alike, so one of them stands for the step.
    /// </summary>
    public static double Of(NetworkPlan plan, DropoutSpec dropout)
    {
        double dense = 0, kept = 0;
        foreach (PlannedProduct product in plan.PlannedProducts)
        {
            dense += (double)product.Inputs * product.Outputs;
            kept += (double)(product.Place is { } place ? dropout.KeepCount(place) : product.Inputs) * product.Outputs;
        }

        return dense / kept;
    }
}
