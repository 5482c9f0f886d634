using TinySD.Formats.Models;
using TinySD.Formats.Text;

namespace TinySD.Formats.Checkpoints;

/// <summary>Checkpoints of taggers in training. Their <see cref="RunSequences"/> have the words as vocabulary and the tags as labels, and
/// their sequences are sentences; characters come from the training file as the words do.</summary>
public static class TaggerCheckpoint
{
    /// <summary>How they are written and read.</summary>
    public static CheckpointFormat<TaggerRecipe, RunSequences> Format { get; } = new(
        TaggerFile.Kind, TaggerFile.Metric, TaggerFields.Table, RunSequencesFields.Table,
        data => data.Level == TextLevel.Word ? data.FindFault() : "a tagger's run is of words");
}
