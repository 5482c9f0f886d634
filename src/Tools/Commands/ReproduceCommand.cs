using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd reproduce</c>: the parent of one verb for each of the method's tasks, and of what explains their results.</summary>
internal static class ReproduceCommand
{
    public static Command Create(CommonOptions common) =>
        new("reproduce", "Train a grid of dropout cases and seeds, report what structured dropout costs and gains, and look for reasons.")
        {
            new ReproduceLmCommand(common),
            ReproduceNoiseCommand.Create(common),
        };
}
