namespace TinySD.Tools.Analysis;

/// <summary>What the command line asks <c>analyze</c> for, whatever kind of model it is.</summary>
/// <param name="Model">The model's file.</param>
/// <param name="Data">The file that it is to read.</param>
/// <param name="Report">Where a page is to be written, or null.</param>
/// <param name="Settings">How much is looked at.</param>
/// <param name="Threads">Threads to compute with.</param>
/// <param name="Hardware">The machine; null for the widest registers there are.</param>
internal sealed record AnalyzeRequest(
    string Model, string Data, string? Report, AnalysisSettings Settings, int Threads, HardwareProfile? Hardware);
