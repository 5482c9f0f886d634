namespace TinySD.Tools.Training;

/// <summary>What a command line says about checkpoints.</summary>
/// <param name="Folder">Where they go; null for a folder beside the model, which is removed once the run has come to its end.</param>
/// <param name="From">The folder of those to go on from, or null for a run from the start.</param>
/// <param name="Every">Updates from one to the next, or null.</param>
/// <param name="Keep">How many to keep, or null.</param>
internal sealed record CheckpointRequest(string? Folder, string? From, int? Every, int? Keep)
{
    /// <summary>Whether the checkpoints go on in the folder that the run is taken up from.</summary>
    public bool IsSameFolder { get; } = From is not null && Folder is not null && FileIdentity.Of(From).Equals(FileIdentity.Of(Folder));
}
