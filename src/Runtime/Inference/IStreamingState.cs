using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Inference;

/// <summary>What goes on from call to call where it was, and whose whole state is a run of bytes: every session, a sampler, a watch over
/// errors.</summary>
/// <remarks>The bytes are little-endian, so they are the same on every machine, and are a plain copy: nothing is allocated. They fit
/// whatever was made of a model of the same shape. They say of what kind and shape they are, but not of which model:
/// <c>SessionStateFile</c> of TinySD.Formats does, with a checksum.</remarks>
public interface IStreamingState
{
    /// <summary>What it runs, as files name it: <c>recurrent-stack</c>, <c>language-model</c>, <c>regressor</c> or <c>classifier</c>;
    /// <c>sampler</c> or <c>error-watch</c>; or what it trains, with <c>-personalizer</c> behind.</summary>
    string Kind { get; }

    /// <summary>Sequences of the state.</summary>
    int Batch { get; }

    /// <summary>The numbers of the model that it runs; <see langword="null"/> where it runs none, or they are part of the state.</summary>
    ParameterBlock? Parameters { get; }

    /// <summary>Bytes of the state, a multiple of 4.</summary>
    int StateBytes { get; }

    /// <summary>Copies the state out.</summary>
    /// <param name="state">Receives it: exactly <see cref="StateBytes"/>.</param>
    /// <exception cref="ArgumentException">The length is wrong.</exception>
    void CopyState(Span<byte> state);

    /// <summary>Goes on from a state that was copied out.</summary>
    /// <param name="state">Exactly <see cref="StateBytes"/>.</param>
    /// <exception cref="ArgumentException">The length is wrong, or these are no state of this kind and shape. What was there
    /// stays.</exception>
    void SetState(ReadOnlySpan<byte> state);

    /// <summary>Goes back to the beginning.</summary>
    void Reset();
}
