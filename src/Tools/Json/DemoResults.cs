namespace TinySD.Tools.Json;

/// <summary>The result of <c>demo</c>; speed-ups are ratios of median step times, and of multiply-adds for the ideal one.</summary>
internal sealed record DemoResult(
    int Steps, int TrainTokens, int Vocabulary, int Streams, long Parameters, int Threads, DemoSide Dense, DemoSide Structured,
    double Speedup, double IdealSpeedup, string Sample, string Model, RecipeResult Recipe,
    DemoSeries Series) : IJsonObject
{
    public void Write(JsonMembers json) => json
        .Add(Steps).Add(TrainTokens).Add(Vocabulary).Add(Streams).Add(Parameters).Add(Threads).Add(Dense).Add(Structured).Add(Speedup)
        .Add(IdealSpeedup).Add(Sample).Add(Model).Add(Recipe).Add(Series);
}

internal sealed record DemoSide(double ValidPerplexity, double MedianStepMs, IReadOnlyList<DemoRound> Curve) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(ValidPerplexity).Add(MedianStepMs).Add(Curve);
}

/// <summary>A point of a learning curve, after so many steps.</summary>
internal sealed record DemoRound(int Step, double TrainPerplexity, float LearningRate) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Step).Add(TrainPerplexity).Add(LearningRate);
}

/// <summary>What a regressor made of a sensor's series; <c>model</c> is there where it was written to a file. Rows are counted from 0 in
/// the test part, and one of <c>values</c>, <c>predicted</c> and <c>z</c> is there for each.</summary>
internal sealed record DemoSeries(
    int TrainRows, int ValidRows, int TestRows, long Parameters, int Epochs, double Seconds, double ValidMse, double PersistenceMse,
    double Threshold, IReadOnlyList<DemoFault> Faults, IReadOnlyList<int> FalseAlarms, IReadOnlyList<double> Values,
    IReadOnlyList<double> Predicted, IReadOnlyList<double> Z, string? Model) : IJsonObject
{
    public void Write(JsonMembers json) => json
        .Add(TrainRows).Add(ValidRows).Add(TestRows).Add(Parameters).Add(Epochs).Add(Seconds).Add(ValidMse).Add(PersistenceMse)
        .Add(Threshold).Add(Faults).Add(FalseAlarms).Add(Values).Add(Predicted).Add(Z).Add(Model);
}

/// <summary>A fault that was planted, and the rows of the alarms for it.</summary>
internal sealed record DemoFault(string Fault, int FirstRow, int Rows, bool Found, IReadOnlyList<int> Alarms) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Fault).Add(FirstRow).Add(Rows).Add(Found).Add(Alarms);
}
