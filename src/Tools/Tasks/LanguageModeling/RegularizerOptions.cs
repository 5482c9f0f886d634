using System.CommandLine;
using TinySD.Runtime.Training;
using TinySD.Tools.Display;
using TinySD.Tools.Errors;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>The options of what regularises a model beside dropout on its units.</summary>
internal sealed class RegularizerOptions
{
    private readonly WordAndWeightOptions _drops = new();
    private readonly Option<float?> _activation = Penalty("--ar", "Activation regularisation: times the mean square of the last layer's dropped output.");
    private readonly Option<float?> _temporal = Penalty("--tar", "Temporal activation regularisation: times the mean square of its change from step to step.");
    private readonly Option<float?> _weightDecay = Ranged.Number("--weight-decay", v => v is >= 0 and < 1, "a number of at least 0 and below 1",
        "Weight decay (L2) on all parameters, after clipping.");

    private readonly Option<bool?> _decoupled = Ranged.Switch("--decoupled-decay", "Take that share off at every update, whatever the learning rate.");

    /// <summary>All of them.</summary>
    public IEnumerable<Option> All => [.. _drops.All, _activation, _temporal, _weightDecay, _decoupled];

    /// <summary>Whether a command line gives DropConnect's rate itself.</summary>
    public bool GivesWeightDrop(ParseResult parsed) => _drops.GivesWeights(parsed);

    /// <summary>A recipe, its optimizer chosen, with what a command line asks for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="recipe">The recipe.</param>
    /// <param name="warnings">Told of options that have no effect.</param>
    /// <exception cref="UsageException">An option contradicts the optimizer.</exception>
    public LanguageModelRecipe Apply(ParseResult parsed, LanguageModelRecipe recipe, Warnings warnings)
    {
        bool isAdam = recipe.Optimizer == OptimizerKind.Adam;
        if (isAdam && parsed.GetValue(_weightDecay) > 0f)
            throw new UsageException($"{_weightDecay.Name} needs --optimizer sgd or nt-asgd; it is {Names.Optimizers.Of(recipe.Optimizer)}.");
        float decay = parsed.GetValue(_weightDecay) ?? (isAdam ? 0f : recipe.WeightDecay);
        bool? decoupled = Ranged.IsOn(parsed, _decoupled);
        warnings.NoEffect(decoupled == true && decay == 0f, _decoupled.Name, $" without {_weightDecay.Name}");
        return _drops.Apply(parsed, recipe, warnings) with
        {
            ActivationPenalty = parsed.GetValue(_activation) ?? recipe.ActivationPenalty,
            TemporalPenalty = parsed.GetValue(_temporal) ?? recipe.TemporalPenalty,
            WeightDecay = decay,
            DecoupledDecay = decay > 0f && (decoupled ?? recipe.DecoupledDecay),
        };
    }

    private static Option<float?> Penalty(string name, string help) => Ranged.Number(name, v => v >= 0, "a number of at least 0", help);
}
