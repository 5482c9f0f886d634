using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>Runs a language model one token at a time; the state survives from call to call.</summary>
/// <remarks>Allocates in the constructor only. Not thread-safe; any number of sessions may share a model. A token cannot spoil the state,
/// but weights that are not finite can: then it, and all logits, are not finite until <see cref="Reset"/>.</remarks>
public sealed class LanguageModelSession
{
    private readonly LanguageModel _model;
    private readonly LanguageModelNetwork _network;

    /// <summary>Prepares the model's weights for single steps.</summary>
    /// <param name="model">The model; make a new session when its parameters have changed.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone, which is best for small models.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="memory">Gives the host's memory for the session's floats and is asked once, here, for how many; <see langword="null"/>
    /// to allocate. What it gives must outlive the session and be nobody else's; it may hold anything and start anywhere, best on a
    /// multiple of <see cref="AlignedBuffer.AlignmentBytes"/>.</param>
    /// <exception cref="ArgumentException">The profile does not run here, or the host gives too little memory.</exception>
    public LanguageModelSession(
        LanguageModel model, IParallelRunner? runner = null, HardwareProfile? hardware = null, Func<int, Memory<float>>? memory = null)
    {
        _model = model;
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware));
        _network = LanguageModelNetwork.OnItsOwn(model, new(1, 1, Training: false), plan, memory: memory);
        _network.Begin(default);
    }

    /// <summary>Forgets everything fed so far.</summary>
    public void Reset() => _network.ResetState();

    /// <summary>Feeds one token.</summary>
    /// <returns>The logits [V] of the next token, valid until the next call.</returns>
    /// <exception cref="ArgumentException">The token is not in the vocabulary.</exception>
    public ReadOnlySpan<float> Step(int token)
    {
        if ((uint)token >= (uint)_model.Config.VocabularySize)
            Throw.OutOfRange(nameof(token), token, $"0 to {_model.Config.VocabularySize - 1}");
        _network.Forward([token]);
        _network.Carry();
        return _network.Logits(0);
    }
}
