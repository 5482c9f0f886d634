using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd train</c>: the parent of one verb for each kind of model.</summary>
internal static class TrainCommand
{
    public static Command Create(CommonOptions common) => new("train", "Train a model.") { TrainLmCommand.Create(common) };
}
