namespace TinySD.Runtime.Inference;

/// <summary>How well a label was told.</summary>
/// <param name="Count">Sequences that have it.</param>
/// <param name="Predicted">Sequences that were said to have it.</param>
/// <param name="Right">Those that do.</param>
public readonly record struct LabelFigures(long Count, long Predicted, long Right)
{
    /// <summary>The share of predictions that are right; 0 where there is none.</summary>
    public double Precision => Predicted == 0 ? 0 : (double)Right / Predicted;

    /// <summary>The share of those that have it that were found; 0 where there is none.</summary>
    public double Recall => Count == 0 ? 0 : (double)Right / Count;

    /// <summary>F1, the harmonic mean of the two: 2 TP / (2 TP + FP + FN); 0 where there is nothing.</summary>
    public double F1 => Count + Predicted == 0 ? 0 : 2.0 * Right / (Count + Predicted);
}

/// <summary>What an evaluation of a classifier measured.</summary>
/// <param name="Count">Sequences.</param>
/// <param name="Loss">Mean cross-entropy, in nats: per sequence, or with several labels at once per label.</param>
/// <param name="Accuracy">The share of sequences whose label is right; with several at once, all of whose labels are.</param>
/// <param name="PerLabel">For each label.</param>
/// <param name="Confusion">Sequences by their own label (row) and the one predicted (column), [labels][labels]; empty with several labels
/// at once.</param>
public sealed record ClassificationResult(
    long Count, double Loss, double Accuracy, IReadOnlyList<LabelFigures> PerLabel, IReadOnlyList<long> Confusion)
{
    /// <summary>The mean F1 over the labels that some sequence has or is said to have.</summary>
    public double MacroF1
    {
        get
        {
            double sum = 0;
            int known = 0;
            foreach (LabelFigures label in PerLabel)
            {
                if (label.Count + label.Predicted == 0) continue;
                sum += label.F1;
                known++;
            }

            return known == 0 ? 0 : sum / known;
        }
    }

    /// <summary>The accuracy of always saying the label that is most frequent here.</summary>
    public double MajorityAccuracy
    {
        get
        {
            long most = 0;
            foreach (LabelFigures label in PerLabel) most = Math.Max(most, label.Count);
            return Count == 0 ? 0 : (double)most / Count;
        }
    }
}
