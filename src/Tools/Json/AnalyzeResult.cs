namespace TinySD.Tools.Json;

/// <summary>The result of <c>analyze</c>. Components are those of the top layer's h, which the head sees; angles are in degrees, of the
/// pairs (0,1), (0,2), …, (1,2), …; null stands for a number that is infinite.</summary>
internal sealed record AnalyzeResult(
    string Model, string Kind, string Cell, int Layers, int Hidden, string Direction, IReadOnlyList<string> Outputs, int Sequences,
    int SequencesInData, long States, long StatesInData, int Components90, int Components95, int Components99,
    double ParticipationRatio, IReadOnlyList<double> VarianceShares, IReadOnlyList<PartResult> Parts,
    IReadOnlyList<double> ReadoutAngles, IReadOnlyList<double> CentredReadoutAngles, double? SimplexAngle, double? Accuracy,
    IReadOnlyList<SearchResult> SlowPointSearches, IReadOnlyList<SlowPointResult> SlowPoints, WordCountsResult? WordCounts,
    int? WordsInData, IReadOnlyList<WordResult>? Words) : IJsonObject
{
    public void Write(JsonMembers json) => json
        .Add(Model).Add(Kind).Add(Cell).Add(Layers).Add(Hidden).Add(Direction).Add(Outputs).Add(Sequences).Add(SequencesInData)
        .Add(States).Add(StatesInData).Add(Components90).Add(Components95).Add(Components99).Add(ParticipationRatio).Add(VarianceShares)
        .Add(Parts).Add(ReadoutAngles).Add(CentredReadoutAngles).Add(SimplexAngle).Add(Accuracy).Add(SlowPointSearches).Add(SlowPoints)
        .Add(WordCounts).Add(WordsInData).Add(Words).Add(LinearRows).Add(TimeColumn).Add(Report);

    /// <summary>The last rows that a linear map beside the state sees, which is no part of what is analysed; null without one.</summary>
    public int? LinearRows { get; init; }

    /// <summary>What is irregular in the times of a table; null where there are none.</summary>
    public TimesResult? TimeColumn { get; init; }

    /// <summary>The page that was written, if any.</summary>
    public string? Report { get; init; }
}

/// <summary>How regular a time column is; the usual step is in seconds.</summary>
internal sealed record TimesResult(
    string Column, double UsualStepSeconds, bool IsRegular, long RowsMissing, IReadOnlyList<TimesFinding> Findings) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Column).Add(UsualStepSeconds).Add(IsRegular).Add(RowsMissing).Add(Findings);
}

/// <summary>Something irregular, how often it is found, and the first few lines.</summary>
internal sealed record TimesFinding(string What, long Count, IReadOnlyList<long> Lines) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(What).Add(Count).Add(Lines);
}

/// <summary>Components of h or c of one layer.</summary>
internal sealed record PartResult(
    string State, int Layer, int Components90, int Components95, int Components99, double ParticipationRatio,
    IReadOnlyList<double> VarianceShares) : IJsonObject
{
    public void Write(JsonMembers json) => json
        .Add(State).Add(Layer).Add(Components90).Add(Components95).Add(Components99).Add(ParticipationRatio).Add(VarianceShares);
}

/// <summary>How searches for slow points ended under an input, <c>zero</c> or <c>mean</c>: the spread of q, and how many are left when
/// those within a distance are one.</summary>
internal sealed record SearchResult(
    string Input, int Searches, int Updates, double LeastQ, double QuartileQ, double MedianQ, double UpperQuartileQ, double MostQ,
    double Distance, int Distinct) : IJsonObject
{
    public void Write(JsonMembers json) => json
        .Add(Input).Add(Searches).Add(Updates).Add(LeastQ).Add(QuartileQ).Add(MedianQ).Add(UpperQuartileQ).Add(MostQ).Add(Distance)
        .Add(Distinct);
}

/// <summary>A slow point: its distance is that to the nearest state that a search began with, in units of the states' spread; its time
/// constants, in steps, are those of all eigenvalues of the Jacobian, the largest |λ| first.</summary>
internal sealed record SlowPointResult(
    string Input, double Q, int Searches, double Distance, IReadOnlyList<double> Along, IReadOnlyList<double> Outputs,
    IReadOnlyList<double>? TimeConstants, IReadOnlyList<ModeResult>? Modes) : IJsonObject
{
    public void Write(JsonMembers json) => json
        .Add(Input).Add(Q).Add(Searches).Add(Distance).Add(Along).Add(Outputs).Add(TimeConstants).Add(Modes);
}

/// <summary>An eigenvalue, and which share of its vectors lies within the read-out vectors' span.</summary>
internal sealed record ModeResult(
    double Real, double Imaginary, double Size, double TimeConstant, double LeftOverlap, double RightOverlap) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Real).Add(Imaginary).Add(Size).Add(TimeConstant).Add(LeftOverlap).Add(RightOverlap);
}

/// <summary>What the counts of words alone predict.</summary>
internal sealed record WordCountsResult(
    double ParticipationRatio, int Components95, double ClassMeansParticipationRatio, double Accuracy) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(ParticipationRatio).Add(Components95).Add(ClassMeansParticipationRatio).Add(Accuracy);
}

/// <summary>What a word does at the slow points without input: how far the state moves, along which components, and how the outputs
/// change.</summary>
internal sealed record WordResult(
    string Word, long Count, double Deflection, IReadOnlyList<double> Along, IReadOnlyList<double> Outputs) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Word).Add(Count).Add(Deflection).Add(Along).Add(Outputs);
}
