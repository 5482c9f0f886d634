using TinySD.Tools.Json;

namespace TinySD.Tools.Training;

/// <summary>The memory that training takes, as <c>--plan</c> tells it.</summary>
/// <param name="Need">The memory.</param>
/// <param name="Batch">Sequences of a batch.</param>
/// <param name="Steps">The most time steps of one.</param>
/// <param name="Optimizer">The update rule.</param>
/// <param name="Threads">Threads, each of which has scratch of its own.</param>
internal sealed record PlanReport(MemoryNeed Need, int Batch, int Steps, OptimizerKind Optimizer, int Threads)
{
    /// <summary>What checkpoints take on top, from the first epoch that is measured on: its parameters, as the best so far.</summary>
    public long BestBytes { get; init; }

    /// <summary>Prints it as text, or as one JSON object.</summary>
    public void Write(CliContext context)
    {
        (string Part, string Key, long Bytes)[] parts =
        [
            ("parameters", "parametersBytes", Need.ParametersBytes), ("gradients", "gradientsBytes", Need.GradientsBytes),
            ("optimizer", "optimizerBytes", Need.OptimizerBytes), ("workspace", "workspaceBytes", Need.WorkspaceBytes),
            ("total", "totalBytes", Need.TotalBytes),
        ];
        string optimizer = ModelSpelling.Optimizers.NameOf(Optimizer);
        if (!context.Json)
        {
            context.Console.Prose.WriteLine(
                $"training in batches of {Figures.Count(Batch, "sequence")} of {Figures.Count(Steps, "step")}, optimizer {optimizer}, " +
                $"{Figures.Count(Threads, "thread")}, takes");
            context.Console.Write(parts.Select(part => (string[])[part.Part, Figures.Count(part.Bytes)]), "", ">bytes");
            if (BestBytes > 0)
                context.Console.Prose.WriteLine($"and checkpoints keep the best epoch's parameters: {Figures.Count(BestBytes)} bytes");
            return;
        }

        CliJson.Write(context.Console.Out, json =>
        {
            json.WriteStartObject();
            foreach ((_, string key, long bytes) in parts) json.WriteNumber(key, bytes);
            if (BestBytes > 0) json.WriteNumber("bestBytes", BestBytes);
            json.WriteNumber("batch", Batch);
            json.WriteNumber("steps", Steps);
            json.WriteString("optimizer", optimizer);
            json.WriteNumber("threads", Threads);
            json.WriteEndObject();
        });
    }
}

/// <summary>What the memory of training is planned with.</summary>
/// <param name="Runner">Threads.</param>
/// <param name="Hardware">The machine.</param>
/// <param name="Progress">Shown how far the data are read, where there are any.</param>
/// <param name="Stop">Ends it.</param>
internal sealed record PlanSetup(IParallelRunner Runner, HardwareProfile? Hardware, IProgressDisplay Progress, CancellationToken Stop);
