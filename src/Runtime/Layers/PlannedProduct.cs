using TinySD.Runtime.Masks;

namespace TinySD.Runtime.Layers;

/// <summary>A matrix product that a network makes in every step, x [T B, K] times W [K, N], with its two gradients.</summary>
/// <param name="Name">The weights, for example <c>lstm.0.recurrent</c>.</param>
/// <param name="Inputs">Units in, K.</param>
/// <param name="Outputs">Columns out, N.</param>
/// <param name="TimeSteps">The most time steps T.</param>
/// <param name="Batch">Sequences B.</param>
/// <param name="Place">Where units of K are dropped; null where none ever are.</param>
/// <param name="IsStepped">Whether a time step waits for the one before it, so that forward and backward go step by step.</param>
/// <param name="HasBackward">Whether gradients follow in training: that of x, except of the state that a window begins
/// with, and that of W.</param>
public sealed record PlannedProduct(
    string Name, int Inputs, int Outputs, int TimeSteps, int Batch, MaskPlace? Place, bool IsStepped, bool HasBackward);
