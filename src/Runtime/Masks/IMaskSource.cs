namespace TinySD.Runtime.Masks;

/// <summary>Structured masks that were drawn beforehand, for example on another machine. A trainer that is given one asks it instead of
/// drawing; results are the same bits if the masks are.</summary>
/// <remarks>Called on the trainer's thread only. Should not allocate.</remarks>
public interface IMaskSource
{
    /// <summary>Refuses a place whose masks it does not have. A network asks once for each of its places, when it is made, so that no run
    /// has to stop in the middle; a source that takes all places need not do anything.</summary>
    /// <param name="place">The place, with the rate that its scale is computed from.</param>
    /// <param name="dropout">Case, draw, multiple and groups; the rate is the place's.</param>
    /// <param name="timeSteps">The most time steps of a window.</param>
    void Check(MaskPlace place, DropoutSpec dropout, int timeSteps)
    {
    }

    /// <summary>Makes the masks of an update ready.</summary>
    /// <param name="update">The run's updates before it.</param>
    void Begin(int update);

    /// <summary>Gives the kept units of a mask of that update.</summary>
    /// <param name="place">The place.</param>
    /// <param name="t">Time step within the window, from 0; always 0 where masks are locked.</param>
    /// <param name="keep">Receives kept indices in increasing order; as long as the place has units.</param>
    /// <returns>How many are kept, at most all.</returns>
    int Keep(MaskPlace place, int t, Span<int> keep);
}
