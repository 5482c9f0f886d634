using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;

namespace TinySD.Benchmarks.Steps;

/// <summary>What every contestant of a race of translators does: OpenNMT's recurrent encoder-decoder with general attention and input
/// feeding, as the preset <c>opennmt-500</c> has it; plain descent, clipped.</summary>
/// <param name="Hidden">Units H of every layer, and width of the embeddings.</param>
/// <param name="Rate">Drop rate at every site that drops.</param>
/// <param name="Threads">Threads, the same for all.</param>
/// <param name="Course">Sizes and rounds; T counts the mark at a sentence's end.</param>
internal sealed record TranslatorPlan(int Hidden, float Rate, int Threads, Course Course)
{
    public TranslatorRecipe Recipe(DropoutSpec dropout) => TranslatorRecipe.FindPreset("opennmt-500")! with
    {
        HiddenSize = Hidden,
        EmbeddingSize = Hidden,
        BatchSize = Course.Batch,
        MaxLength = Course.TimeSteps,
        Dropout = dropout,
    };

    /// <summary>Names for the target's units.</summary>
    public TranslatorForm Form => new() { TargetUnits = [.. Enumerable.Range(0, Course.Vocabulary).Select(unit => $"unit{unit}")] };

    /// <summary>The sentences of a step out of numbers [T][B]: those of the last T are left out, for the marks.</summary>
    public SentencePairs Pairs(int[] inputs, int[] targets)
    {
        return new SentencePairs(Sentences(inputs), Sentences(targets));

        int[][] Sentences(int[] tokens) =>
            [.. Enumerable.Range(0, Course.Batch).Select(b => Enumerable.Range(0, Course.TimeSteps - 1).Select(
                t => UnitOf(tokens[(t * Course.Batch) + b])).ToArray())];
    }

    /// <summary>A unit that is no mark.</summary>
    private int UnitOf(int token) => TranslatorConfig.MarkCount + (token % (Course.Vocabulary - TranslatorConfig.MarkCount));
}
