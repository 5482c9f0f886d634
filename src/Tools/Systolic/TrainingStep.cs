using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;
using TinySD.Tools.Display;

namespace TinySD.Tools.Systolic;

/// <summary>Every product of a language model's training step, with the units that the mask schedule keeps in its first step.</summary>
/// <remarks>
/// <para>
/// Weights [I, O] at B sequences and T time steps: FP is [B, I] x [I, O], and dropped units shorten its K = I. BP is [B, O] x [O, I], and they are columns
/// of its output, N = I. WG is [I, B] x [B, O], and they are rows of its output, M = I.
/// </para>
/// <para>
/// Where nothing waits for the step before, the dense pass takes all T steps at once, the fastest way there is: FP and BP with M = TB outside the recurrence,
/// WG with K = TB everywhere. The compacted pass can do so only with one mask for all steps; otherwise it makes a product for each.
/// </para>
/// </remarks>
internal sealed class TrainingStep
{
    private readonly LanguageModelRecipe _recipe;
    private readonly MaskSchedule _schedule;
    private readonly Func<int, int, int> _round;
    private readonly List<TrainingProduct> _products = [];
    private readonly List<SiteMasks> _sites = [];

    /// <param name="recipe">Shape, dropout and seed.</param>
    /// <param name="vocabulary">Tokens V.</param>
    /// <param name="round">Makes another kept count of a site's kept count and its units.</param>
    public TrainingStep(LanguageModelRecipe recipe, int vocabulary, Func<int, int, int> round)
    {
        _recipe = recipe;
        _round = round;
        _schedule = new MaskSchedule(recipe.Seed, recipe.Dropout);
        LanguageModelConfig config = recipe.ToConfig(vocabulary);
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            int hidden = config.HiddenSizeOf(layer), gates = config.Cell.GateCount() * hidden;
            string name = FormattableString.Invariant($"{config.Cell.TensorPrefix()}.{layer}");
            AddSite($"{name}.input", layer == 0 ? DropoutSite.Embedding : DropoutSite.Layer, layer, config.InputSizeOf(layer), gates);
            AddSite($"{name}.recurrent", DropoutSite.Recurrent, layer, hidden, gates);
        }

        AddSite("classifier", DropoutSite.Output, config.LayerCount, config.InputSizeOf(config.LayerCount), vocabulary);
    }

    /// <summary>The products.</summary>
    public IReadOnlyList<TrainingProduct> Products => _products;

    /// <summary>The masks as they were drawn, in the order of the products.</summary>
    public IReadOnlyList<SiteMasks> Sites => _sites;

    private void AddSite(string name, DropoutSite site, int layer, int units, int outputs)
    {
        int batch = _recipe.BatchSize, steps = _recipe.Bptt;
        bool isDropped = _recipe.Dropout.IsStructured && _recipe.Dropout.RateOf(site) > 0;
        int[][] masks = [.. Enumerable.Range(0, steps).Select(t => isDropped ? Draw(site, layer, t, units) : [.. Enumerable.Range(0, units)])];
        _sites.Add(new SiteMasks(name, units, masks));
        int[] kept = [.. masks.Select(mask => isDropped ? _round(mask.Length, units) : units)];

        // What a product over all steps at once keeps of the units, or nothing where it would have to keep others at each.
        int? atOnce = !isDropped ? units : _recipe.Dropout.IsLocked ? kept[0] : null;
        bool isRecurrent = site == DropoutSite.Recurrent;
        Add("FP", isRecurrent, 0, (rows, k) => new GemmShape(rows, outputs, k));

        // The state that the window began with needs no gradient.
        Add("BP", isRecurrent, isRecurrent ? 1 : 0, (rows, n) => new GemmShape(rows, n, outputs));
        Add("WG", false, 0, (rows, m) => new GemmShape(m, outputs, rows));

        void Add(string pass, bool isStepwise, int firstStep, Func<int, int, GemmShape> shape)
        {
            int[] used = kept[firstStep..];
            if (used.Length == 0) return;
            int rows = isStepwise ? batch : batch * steps;
            GemmShape dense = shape(rows, units);
            GemmShape[] stepwise = [.. used.Select(count => shape(batch, count))];
            _products.Add(new TrainingProduct(
                $"{name} {pass}", dense, shape(rows, (int)Math.Round(used.Average())),
                isStepwise ? [.. used.Select(_ => dense)] : [dense],
                isStepwise || atOnce is null ? stepwise : [shape(rows, atOnce.Value)]));
        }
    }

    private int[] Draw(DropoutSite site, int layer, int t, int units)
    {
        int[] keep = new int[units];
        return keep[.._schedule.Keep(site, layer, epoch: 0, step: 0, t, units, keep)];
    }
}
