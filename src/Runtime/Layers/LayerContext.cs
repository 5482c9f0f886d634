using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>What every layer of a network shares.</summary>
/// <param name="Products">The matrix products.</param>
/// <param name="Vectors">Everything else.</param>
/// <param name="Workspace">Where scratch is reserved.</param>
/// <param name="Times">Told at the end of every pass.</param>
internal sealed record LayerContext(Products Products, VectorOps Vectors, Workspace Workspace, PassTimes Times);

/// <summary>The window a network is built for.</summary>
/// <param name="Batch">Sequences B.</param>
/// <param name="TimeSteps">Steps T.</param>
/// <param name="Training">Whether a backward pass follows.</param>
/// <param name="Samples">Whether things are dropped though no backward pass follows, as in a Monte Carlo evaluation.</param>
internal readonly record struct WindowShape(int Batch, int TimeSteps, bool Training, bool Samples = false)
{
    /// <summary>Whether units, words and weights are dropped; they always are in training.</summary>
    public bool Drops => Training || Samples;
}
