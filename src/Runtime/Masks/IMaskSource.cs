namespace TinySD.Runtime.Masks;

/// <summary>A place in a model where units can be dropped.</summary>
/// <param name="Site">The site.</param>
/// <param name="Layer">The layer whose input it is; the layer count for <see cref="DropoutSite.Output"/>.</param>
/// <param name="Units">Units there.</param>
public readonly record struct MaskSite(DropoutSite Site, int Layer, int Units);

/// <summary>
/// Structured masks that were drawn beforehand, for example on another machine. A trainer that is given one asks it instead of drawing; results are the same
/// bits if the masks are.
/// </summary>
/// <remarks>Called on the trainer's thread only. Should not allocate.</remarks>
public interface IMaskSource
{
    /// <summary>Makes the masks of an update ready.</summary>
    /// <param name="update">The run's updates before it: the step that the trainer is given, which is counted through all epochs then.</param>
    void Begin(int update);

    /// <summary>Gives the kept units of a mask of that update.</summary>
    /// <param name="site">The site.</param>
    /// <param name="layer">As for <see cref="MaskSite"/>.</param>
    /// <param name="t">Time step within the window, from 0; always 0 where masks are locked.</param>
    /// <param name="keep">Receives kept indices in increasing order; as long as the site has units.</param>
    /// <returns>How many are kept, at most all.</returns>
    int Keep(DropoutSite site, int layer, int t, Span<int> keep);
}
