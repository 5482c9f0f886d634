namespace TinySD.Tools.Analysis;

/// <summary>What an analysis has found.</summary>
internal sealed record AnalysisFindings
{
    /// <summary>Sequences in the data, and those that were run.</summary>
    public required (int All, int Run) Sequences { get; init; }

    /// <summary>Steps of the data, and states that were looked at.</summary>
    public required (long All, long Run) States { get; init; }

    /// <summary>The components of the numbers that the head sees: h of the top layer.</summary>
    public required PrincipalComponents Components { get; init; }

    /// <summary>The same of every layer's h and c.</summary>
    public required IReadOnlyList<StatePart> Parts { get; init; }

    /// <summary>States that stand for all, along the first components.</summary>
    public required IReadOnlyList<DrawnState> Drawn { get; init; }

    /// <summary>Some sequences' states from their first to their last.</summary>
    public required IReadOnlyList<DrawnPath> Paths { get; init; }

    /// <summary>The angles between the read-out vectors of all pairs of outputs, degrees.</summary>
    public required double[] Angles { get; init; }

    /// <summary>The same of the vectors less their mean.</summary>
    public required double[] CentredAngles { get; init; }

    /// <summary>The read-out vectors along the first components, [O][].</summary>
    public required double[][] ReadOut { get; init; }

    /// <summary>Slow points under each of the inputs that were held.</summary>
    public required IReadOnlyList<SlowPointSet> SlowPoints { get; init; }

    /// <summary>What every word does; empty of a network of numbers.</summary>
    public required IReadOnlyList<WordDeflection> Words { get; init; }

    /// <summary>Words that the data has, those left out too.</summary>
    public required int WordsInData { get; init; }

    /// <summary>What words' counts alone say; null where there are no words or no classes.</summary>
    public required WordCounts? Counts { get; init; }

    /// <summary>Share of the sequences run whose class has the largest output; null where the head sees more than the state.</summary>
    public required double? Accuracy { get; init; }
}

/// <summary>Components of one part of the state: h or c of one layer.</summary>
internal sealed record StatePart(int Layer, bool IsCell, PrincipalComponents Components);

/// <summary>A state as a picture shows it.</summary>
/// <param name="Class">The class of its sequence, or -1.</param>
/// <param name="Share">How much of its sequence was read, above 0 to 1.</param>
/// <param name="Along">Along the first components.</param>
internal sealed record DrawnState(int Class, double Share, double[] Along);

/// <summary>A sequence's states, from the one it begins with.</summary>
internal sealed record DrawnPath(int Class, IReadOnlyList<double[]> Along);

/// <summary>Slow points under one input.</summary>
/// <param name="Input">What is held: <c>zero</c> or <c>mean</c>.</param>
/// <param name="Q">Where the searches ended, q from the least to the most; what never was finite is left out.</param>
/// <param name="Updates">The most updates that a search made.</param>
/// <param name="Distance">Points closer than this are one.</param>
/// <param name="Distinct">How many are left then.</param>
/// <param name="Points">Some of them, far from each other.</param>
internal sealed record SlowPointSet(
    string Input, double[] Q, int Updates, double Distance, int Distinct, IReadOnlyList<StudiedPoint> Points)
{
    /// <summary>The q below which a share of the searches ended; not a number where none did.</summary>
    public double Quantile(double share) => Q.Length == 0 ? double.NaN : Q[(int)Math.Round(share * (Q.Length - 1))];
}

/// <summary>A slow point and what is linear about it.</summary>
/// <param name="Point">The state, its q, the searches that ended there.</param>
/// <param name="Along">Along the first components.</param>
/// <param name="Outputs">What the head gives there.</param>
/// <param name="Distance">How far it is from the nearest state that a search began with, in units of the states' spread.</param>
/// <param name="Modes">The Jacobian's, |λ| falling; null where its eigenvalues did not converge.</param>
internal sealed record StudiedPoint(
    SlowPoint Point, double[] Along, double[] Outputs, double Distance, IReadOnlyList<PointMode>? Modes);

/// <summary>One eigenvalue of a Jacobian.</summary>
/// <param name="Eigenvalue">λ.</param>
/// <param name="TimeConstant">1 / |ln |λ||, steps.</param>
/// <param name="LeftOverlap">The share of the left eigenvector, which says what of an input the mode takes up, that lies in what the
/// read-out vectors span.</param>
/// <param name="RightOverlap">The same of the right one, along which the state then moves.</param>
internal sealed record PointMode(System.Numerics.Complex Eigenvalue, double TimeConstant, double LeftOverlap, double RightOverlap);
