namespace TinySD.Tools.Files;

/// <summary>What <c>eval</c> is asked for, whatever the model.</summary>
/// <param name="Model">The model's file.</param>
/// <param name="Data">The file to measure it on.</param>
/// <param name="Threads">Threads to compute with.</param>
/// <param name="Hardware">The machine.</param>
internal sealed record EvalRequest(string Model, string Data, int Threads, HardwareProfile? Hardware);
