namespace TinySD.Runtime.Inference;

/// <summary>What a bare recurrent stack is fed with.</summary>
/// <param name="TimeSteps">T.</param>
/// <param name="Batch">B.</param>
/// <param name="Input">[T, B, I].</param>
/// <param name="Hidden">h0 [L D, B, H], or null for zeros.</param>
/// <param name="Cell">c0 [L D, B, H], or null for zeros.</param>
/// <param name="Lengths">Steps of each sequence, or null where all have T.</param>
public sealed record RecurrentInputs(int TimeSteps, int Batch, float[] Input, float[]? Hidden, float[]? Cell, int[]? Lengths);

/// <summary>What it gives.</summary>
/// <param name="Output">[T, B, D H].</param>
/// <param name="Hidden">hn [L D, B, H].</param>
/// <param name="Cell">cn [L D, B, H] of an LSTM, else null.</param>
public sealed record RecurrentOutputs(float[] Output, float[] Hidden, float[]? Cell);
