using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;

namespace TinySD.Runtime.Tests;

/// <summary>A window's masks written out: for every site and time step a factor for each unit and sequence, [H, B].</summary>
internal sealed record ReferenceMasks(double[][][,] Input, double[][][,] Recurrent, double[][,] Output)
{
    /// <summary>The masks that the public sampler gives for one window; 1 everywhere at a site that drops nothing.</summary>
    public static ReferenceMasks From(
        DropoutSpec spec, ulong seed, LanguageModelConfig config, int timeSteps, int batch, Draw draw)
    {
        var sampler = new MaskSampler(seed, spec);
        var input = new double[config.LayerCount][][,];
        var recurrent = new double[config.LayerCount][][,];
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            input[layer] = Site(layer == 0 ? DropoutSite.Embedding : DropoutSite.Layer, layer, config.InputSizeOf(layer));
            recurrent[layer] = Site(DropoutSite.Recurrent, layer, config.HiddenSizeOf(layer));
        }

        return new ReferenceMasks(input, recurrent, Site(DropoutSite.Output, config.LayerCount, config.InputSizeOf(config.LayerCount)));

        double[][,] Site(DropoutSite site, int layer, int units)
        {
            MaskPlace place = MaskPlace.OfStack(site, layer, units, spec.RateOf(site));
            return [.. Enumerable.Range(0, timeSteps).Select(t => Factors(sampler, spec, place, draw, t, batch))];
        }
    }

    /// <summary>A place's factors at one time step, [H, B].</summary>
    public static double[,] Factors(
        MaskSampler sampler, DropoutSpec spec, MaskPlace place, Draw draw, int t, int batch)
    {
        int units = place.Units;
        var factors = new double[units, batch];
        if (place.Rate == 0f)
        {
            foreach (ref double factor in factors.AsFlat()) factor = 1;
        }
        else if (spec.IsStructured)
        {
            int[] keep = new int[units];
            int count = sampler.Keep(place, draw, t, keep);
            foreach (int unit in keep[..count])
            {
                for (int b = 0; b < batch; b++) factors[unit, b] = sampler.Scale(place);
            }
        }
        else
        {
            float[] mask = new float[units * batch];
            sampler.Fill(place, draw, t, mask);
            mask.ToDoubles().CopyTo(factors.AsFlat());
        }

        return factors;
    }
}
