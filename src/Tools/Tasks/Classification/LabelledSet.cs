namespace TinySD.Tools.Tasks.Classification;

/// <summary>Labelled sequences of one file, or some of them.</summary>
/// <param name="Path">The file as the user named it.</param>
/// <param name="Items">The sequences.</param>
/// <param name="Labels">Ids of each one's labels.</param>
internal sealed record LabelledSet<T>(string Path, IReadOnlyList<T> Items, int[][] Labels)
{
    public LabelledSet<T> Take(IReadOnlyCollection<int> rows) =>
        new(Path, [.. rows.Select(row => Items[row])], [.. rows.Select(row => Labels[row])]);
}

/// <summary>Sequences to train, validate and test on.</summary>
internal sealed record LabelledSets<T>(LabelledSet<T> Train, LabelledSet<T> Valid, LabelledSet<T>? Test)
{
    /// <summary>Divides them as the options say.</summary>
    /// <param name="train">All of the training file.</param>
    /// <param name="valid">The validation file, or null.</param>
    /// <param name="test">The test file, or null.</param>
    /// <param name="reading">What is held out of the training file.</param>
    /// <param name="isMultiLabel">Whether classes are no classes of rows, so that rows are divided without a look at them.</param>
    /// <exception cref="FailureException">There are too few sequences.</exception>
    public static LabelledSets<T> Divide(
        LabelledSet<T> train, LabelledSet<T>? valid, LabelledSet<T>? test, ClassifierReading reading, bool isMultiLabel)
    {
        LabelledSet<T> rest = train;
        try
        {
            if (reading.Folds is var (count, fold))
            {
                var split = RowSplit.Fold(Classes(), count, fold - 1, reading.SplitSeed);
                test = train.Take(split.HeldOut);
                rest = train.Take(split.Training);
            }

            if (reading.ValidFraction is { } share)
            {
                var split = RowSplit.Share(Classes(), share, reading.SplitSeed);
                (rest, valid) = (rest.Take(split.Training), rest.Take(split.HeldOut));
            }
        }
        catch (ArgumentException exception)
        {
            throw new FailureException(
                $"{train.Path} has {Figures.Count(train.Items.Count, "sequence")}, too few to hold some out: " +
                $"{Failures.OneLine(exception)}.");
        }

        return new(rest, valid!, test);

        int[] Classes() => Array.ConvertAll(rest.Labels, labels => isMultiLabel ? 0 : labels[0]);
    }
}
