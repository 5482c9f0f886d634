using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>The most that skipping dropped units can gain: the ratio of multiply-adds, everything else taken as free.</summary>
internal static class IdealSpeedup
{
    /// <summary>
    /// Over all products of a model. Forward, backward and weight gradient each shrink alike, so one of them stands for the step.
    /// </summary>
    public static double Of(LanguageModelConfig config, DropoutSpec dropout)
    {
        double dense = 0, kept = 0;
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            int hidden = config.HiddenSizeOf(layer);
            double gates = (double)config.Cell.GateCount() * hidden;
            Add(layer == 0 ? DropoutSite.Embedding : DropoutSite.Layer, config.InputSizeOf(layer), gates);
            Add(DropoutSite.Recurrent, hidden, gates);
        }

        Add(DropoutSite.Output, config.InputSizeOf(config.LayerCount), config.VocabularySize);
        return dense / kept;

        void Add(DropoutSite site, int units, double outputs)
        {
            dense += units * outputs;
            kept += dropout.KeepCount(site, units) * outputs;
        }
    }
}
