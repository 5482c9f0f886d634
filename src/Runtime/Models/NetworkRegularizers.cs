namespace TinySD.Runtime.Models;

/// <summary>What regularises a network in training beside dropout on its units; 0 is none.</summary>
/// <param name="WeightDrop">DropConnect's drop rate on the recurrent weights.</param>
/// <param name="WordDrop">Drop rate of whole words of the embedding.</param>
/// <param name="Activation">AR's alpha.</param>
/// <param name="TemporalActivation">TAR's beta.</param>
/// <param name="WordDropBySequence">Whether each sequence drops words of its own.</param>
internal readonly record struct NetworkRegularizers(
    float WeightDrop, float WordDrop, float Activation, float TemporalActivation, bool WordDropBySequence = false);
