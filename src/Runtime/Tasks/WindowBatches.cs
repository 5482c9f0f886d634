using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tasks;

/// <summary>The batches of a text: its windows, in order.</summary>
internal sealed class WindowBatches(TokenWindows windows, LanguageModelRecipe recipe) : IBatches<TokenWindow>
{
    private IReadOnlyList<long> _starts = [0];

    public int? CountOfEach => recipe.VariableBptt ? null : windows.Count;

    public int Begin(int epoch, long firstUpdate)
    {
        _starts = windows.StartsOf(recipe, firstUpdate);
        return _starts.Count - 1;
    }

    public void Fill(int index, TokenWindow into)
    {
        into.TimeSteps = Length(index);
        windows.Fill(_starts[index], into.TimeSteps, into.Inputs, into.Targets);
    }

    public bool Continues(int index) => index > 0;

    public float RateFactor(int index) => recipe.VariableBptt ? (float)((double)Length(index) / recipe.Bptt) : 1f;

    public long TermsBefore(int index) => recipe.BatchSize * _starts[index];

    private int Length(int index) => (int)(_starts[index + 1] - _starts[index]);
}
