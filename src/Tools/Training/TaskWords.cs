namespace TinySD.Tools.Training;

/// <summary>What messages and reports call a task and its metric, and how they show its figures.</summary>
/// <param name="Noun">What is trained, for example <c>language model</c>.</param>
/// <param name="Subject">What it is trained for, for example <c>language modelling</c>.</param>
/// <param name="Data">What it is trained on, for example <c>text</c>.</param>
/// <param name="Terms">What the terms of a loss are, for example <c>tokens</c>.</param>
/// <param name="Metric">What it is measured by.</param>
/// <param name="Plural">Several of the metric, for example <c>Perplexities</c>, as a sentence begins.</param>
/// <param name="Format">A value of the metric as people read it.</param>
internal sealed record TaskWords(
    string Noun, string Subject, string Data, string Terms, Metric Metric, string Plural, Func<double, string> Format)
{
    /// <summary>What its parts of the data are for, in their order, as reports name their files.</summary>
    public static IReadOnlyList<string> Roles { get; } = ["trained on", "validated on", "tested on"];

    /// <summary>Decimals of a difference between two values of the metric, in <see cref="Unit"/>.</summary>
    public int Decimals { get; init; } = 2;

    /// <summary>What differences are shown in, for example <c>points</c>; empty for the metric itself.</summary>
    public string Unit { get; init; } = "";

    /// <summary>How many of that a difference of 1 is.</summary>
    public double UnitsInOne { get; init; } = 1;

    /// <summary>Whether a difference is a share of what is compared with: of a metric that may be of any size.</summary>
    public bool IsRelative { get; init; }

    /// <summary>What to put after a word for differences that stand without their unit; empty where there is none.</summary>
    public string InUnit => Unit.Length == 0 ? "" : $" (in {Unit})";

    /// <summary>Whether the metric is exp of the loss, which then stands for it in drawings, on a logarithmic scale.</summary>
    public bool IsExpOfLoss { get; init; }

    /// <summary>Whether the perplexity, exp of the loss, is told beside a metric that is not of the loss. Of training data, which such a
    /// metric is not measured on, it stands in its place.</summary>
    public bool TellsPerplexity { get; init; }

    /// <summary>What the loss is told of in bits too, beside the metric: <c>character</c>, say; null where it is not.</summary>
    public string? BitsOf { get; init; }

    /// <summary>What the metric's members in JSON end in, after <c>train</c>, <c>valid</c> or <c>test</c>.</summary>
    public string JsonEnd { get; init; } = "";

    public string Name => Metric.Name;

    /// <summary>A value, or nothing for one that was not measured.</summary>
    public string Text(double? value) => value is { } known ? Text(known) : "";

    /// <inheritdoc cref="Text(double?)"/>
    public string Text(double value) => double.IsNaN(value) ? "" : Format(value);

    /// <summary>A difference with its sign, without its unit.</summary>
    public string Signed(double difference) => $"{(difference > 0 ? "+" : "")}{Figures.Fixed(difference * UnitsInOne, Decimals)}";

    /// <summary>How large a difference is, with its unit.</summary>
    public string Size(double difference)
    {
        string amount = Figures.Fixed(Math.Abs(difference) * UnitsInOne, Decimals);
        return Unit.Length == 0 ? amount : $"{amount} {Unit}";
    }

    /// <summary>A limit of differences, as short as it can be written, with its unit and the metric's name.</summary>
    public string Limit(double difference)
    {
        string amount = (difference * UnitsInOne).ToString(CultureInfo.InvariantCulture);
        return Unit.Length == 0 ? $"{amount} {Name}" : IsRelative ? $"{amount} {Unit} more {Name}" : $"{amount} {Unit} of {Name}";
    }

    /// <summary>What an epoch measured, a column each: on training data, perplexity on validation data where it is told, the metric
    /// there, and its bits where they are told.</summary>
    public string[] Measured(EpochOutcome epoch) => TellsPerplexity
        ? [Perplexity(epoch.Train), Perplexity(epoch.Valid), Text(epoch.Valid.Metric)]
        : BitsOf is null ? [Text(epoch.Train.Metric), Text(epoch.Valid.Metric)]
        : [Text(epoch.Train.Metric), Text(epoch.Valid.Metric), Figures.Bits(epoch.Valid.Loss)];

    /// <summary>The perplexity or the bits as they go on behind a value of the metric; empty where they are not told.</summary>
    public string Beside(Measurement measured) =>
        (TellsPerplexity ? $", perplexity {Perplexity(measured)}" : "") + (BitsOf is null ? "" : $", {Bits(measured.Loss)}");

    /// <summary>A loss in bits, with what they are of.</summary>
    public string Bits(double loss) => $"{Figures.Bits(loss)} bits per {BitsOf}";

    /// <summary>exp of the loss.</summary>
    public static string Perplexity(Measurement measured) => Figures.Perplexity(Math.Exp(measured.Loss));

    /// <summary>Where a measurement stands in <see cref="Draw"/>. A loss that is no number is not known.</summary>
    public double HeightOf(Measurement measured) => !IsExpOfLoss ? measured.Metric
        : double.IsNaN(measured.Loss) ? EvaluationResult.LossOf(measured.Metric) : measured.Loss;

    /// <summary>What measurements are compared by, less being better.</summary>
    public double FigureOf(Measurement measured) =>
        IsExpOfLoss ? HeightOf(measured) : Metric.Figure(measured.Loss, measured.Metric);

    /// <summary>Draws curves of the metric into a page, their y as <see cref="HeightOf"/> has it.</summary>
    /// <inheritdoc cref="CurvePlot.Write"/>
    public void Draw(
        TextWriter output, string title, IReadOnlyList<PlotCurve> curves, string xTitle, string yTitle, bool isCounted) =>
        CurvePlot.Write(output, title, curves, xTitle, yTitle, isCounted, Format, IsExpOfLoss);
}
