using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;

namespace TinySD.Runtime.Tests;

/// <summary>A window's masks written out: for every site and time step a factor for each unit and sequence, [H, B].</summary>
internal sealed record ReferenceMasks(double[][][,] Input, double[][][,] Recurrent, double[][,] Output)
{
    /// <summary>The masks that the public schedule gives for one window; 1 everywhere at a site that drops nothing.</summary>
    public static ReferenceMasks From(
        DropoutSpec spec, ulong seed, LanguageModelConfig config, int timeSteps, int batch, int epoch, int step)
    {
        var schedule = new MaskSchedule(seed, spec);
        var input = new double[config.LayerCount][][,];
        var recurrent = new double[config.LayerCount][][,];
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            input[layer] = Site(layer == 0 ? DropoutSite.Embedding : DropoutSite.Layer, layer, config.InputSizeOf(layer));
            recurrent[layer] = Site(DropoutSite.Recurrent, layer, config.HiddenSizeOf(layer));
        }

        return new ReferenceMasks(input, recurrent, Site(DropoutSite.Output, config.LayerCount, config.InputSizeOf(config.LayerCount)));

        double[][,] Site(DropoutSite site, int layer, int units) =>
            [.. Enumerable.Range(0, timeSteps).Select(t => Factors(schedule, spec, site, layer, epoch, step, t, units, batch))];
    }

    private static double[,] Factors(
        MaskSchedule schedule, DropoutSpec spec, DropoutSite site, int layer, int epoch, int step, int t, int units, int batch)
    {
        var factors = new double[units, batch];
        if (spec.RateOf(site) == 0f)
        {
            foreach (ref double factor in factors.AsFlat()) factor = 1;
        }
        else if (spec.IsStructured)
        {
            int[] keep = new int[units];
            int count = schedule.Keep(site, layer, epoch, step, t, units, keep);
            foreach (int unit in keep[..count])
            {
                for (int b = 0; b < batch; b++) factors[unit, b] = schedule.Scale(site, units);
            }
        }
        else
        {
            float[] mask = new float[units * batch];
            schedule.Fill(site, layer, epoch, step, t, mask);
            mask.ToDoubles().CopyTo(factors.AsFlat());
        }

        return factors;
    }
}
