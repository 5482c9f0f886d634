using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>Runs a language model on a batch of sequences, one token of each at a time or many; the state survives from call to
/// call.</summary>
/// <remarks>Allocates in the constructor only. A run has the bits of its steps one by one, and a sequence of a batch those that it has
/// alone, for every number of threads and every register width. Not thread-safe; any number of sessions may share a model. A token cannot
/// spoil the state, but weights that are not finite can: then it, and all logits, are not finite until it is reset or set.</remarks>
public sealed class LanguageModelSession : StreamingSession
{
    private readonly LanguageModelNetwork _network;
    private readonly Workspace.Slice _answers;
    private readonly int _vocabulary, _together;

    /// <summary>Prepares the model's weights.</summary>
    /// <param name="model">The model; make a new session when its parameters have changed.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone, which is best for small models.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="memory">Gives the host's memory for the session's floats and is asked once, here, for how many; <see langword="null"/>
    /// to allocate. What it gives must outlive the session and be nobody else's; it may hold anything and start anywhere, best on a
    /// multiple of <see cref="AlignedBuffer.AlignmentBytes"/>.</param>
    /// <param name="batch">Sequences B, at least 1.</param>
    /// <param name="maxTimeSteps">Steps that are computed together, 1 to 65536: longer runs are cut into pieces of so many. More are faster
    /// and take more memory.</param>
    /// <param name="delta">How much a number must have changed to be taken again; by default everything is taken at every step. With
    /// thresholds a run is computed step by step, whatever <paramref name="maxTimeSteps"/>, and the sequences of a batch one after
    /// another.</param>
    /// <exception cref="ArgumentException">A size or a threshold is out of range, all together pass 2^31 floats, the profile does not run
    /// here, or the host gives too little memory.</exception>
    public LanguageModelSession(
        LanguageModel model, IParallelRunner? runner = null, HardwareProfile? hardware = null, Func<int, Memory<float>>? memory = null,
        int batch = 1, int maxTimeSteps = 1, DeltaThresholds delta = default)
        : base(Throw.IfNull(model).Parameters, batch)
    {
        if (maxTimeSteps is < 1 or > 65536) Throw.OutOfRange(nameof(maxTimeSteps), maxTimeSteps, "1 to 65536");
        _vocabulary = model.Config.VocabularySize;
        delta.Check();
        _together = delta.IsOff ? maxTimeSteps : 1;
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware)) { SharesCopies = true, Delta = delta };
        _network = new LanguageModelNetwork(model, new(batch, _together, Training: false), MaskOrigin.None, plan);

        // The network's own rows are padded.
        _answers = plan.Scratch.Reserve(batch == 1 ? 0 : (long)batch * _vocabulary);
        plan.Take(memory);
        _network.Begin(default);
        Carry(StateKind.LanguageModel, _network.Layers, 0, [(int)model.Config.Cell, model.Config.EmbeddingSize], plan);
    }

    /// <summary>Feeds one token, in a session of one sequence.</summary>
    /// <returns>The logits [V] of the next token, valid until the next call.</returns>
    /// <exception cref="ArgumentException">The token is not in the vocabulary, or the session is of more sequences.</exception>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    public ReadOnlySpan<float> Step(int token)
    {
        if ((uint)token >= (uint)_vocabulary) Throw.OutOfRange(nameof(token), token, $"0 to {_vocabulary - 1}");
        return Step([token]);
    }

    /// <summary>Feeds one token of every sequence.</summary>
    /// <param name="tokens">[B].</param>
    /// <returns>The logits [B][V] of the next tokens, valid until the next call.</returns>
    /// <exception cref="ArgumentException">There are more or fewer tokens, or one is not in the vocabulary; the state is as it
    /// was.</exception>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    public ReadOnlySpan<float> Step(scoped ReadOnlySpan<int> tokens)
    {
        StepsOf(("the step", "token"), tokens.Length, 1, least: 1, most: 1);
        return Run(tokens);
    }

    /// <inheritdoc cref="Step(ReadOnlySpan{int})"/>
    /// <param name="tokens">[B].</param>
    /// <param name="logits">Receives the logits [B][V] of the next tokens.</param>
    public void Step(ReadOnlySpan<int> tokens, Span<float> logits)
    {
        StepsOf(("the step", "token"), tokens.Length, 1, least: 1, most: 1);
        Run(tokens, logits);
    }

    /// <summary>Feeds T tokens of every sequence, and answers after the last.</summary>
    /// <param name="tokens">[T][B]; its length gives T, at least 1, and there is no limit to it.</param>
    /// <returns>The logits [B][V] of the next tokens, valid until the next call.</returns>
    /// <exception cref="ArgumentException">There is no whole number of steps or none, or a token is not in the vocabulary; the state is as
    /// it was.</exception>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    public ReadOnlySpan<float> Run(scoped ReadOnlySpan<int> tokens)
    {
        StepsOf(("the run", "token"), tokens.Length, 1, least: 1);
        TokenChecks.All(tokens, _vocabulary, nameof(tokens));
        using OneThread.Use use = Enter();
        for (int first = 0, most = _together * Batch; first < tokens.Length; first += most)
        {
            bool isLast = tokens.Length - first <= most;

            // A read-out that carries its sums sees every step.
            _network.Forward(isLast ? tokens[first..] : tokens.Slice(first, most), isLast || !Delta.IsOff ? 1 : 0);
            _network.Carry();
        }

        if (Batch == 1) return _network.Logits(0);
        CopyLogits(_answers.Span);
        return _answers.Span;
    }

    /// <summary>Feeds T tokens of every sequence, and answers after each.</summary>
    /// <param name="tokens">[T][B]; its length gives T, and there is no limit to it.</param>
    /// <param name="logits">Receives the logits [T][B][V], after each token those of the next.</param>
    /// <exception cref="ArgumentException">There is no whole number of steps, a token is not in the vocabulary, or there is room for more
    /// or fewer logits; the state is as it was.</exception>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    public void Run(ReadOnlySpan<int> tokens, Span<float> logits)
    {
        StepsOf(("the run", "token"), tokens.Length, 1, least: 0);
        CheckRoom("the place for logits", "float", logits.Length, (long)tokens.Length * _vocabulary);
        TokenChecks.All(tokens, _vocabulary, nameof(tokens));
        using OneThread.Use use = Enter();
        while (!tokens.IsEmpty)
        {
            int count = Math.Min(_together * Batch, tokens.Length);
            _network.Forward(tokens[..count]);
            _network.Carry();
            CopyLogits(logits[..(count * _vocabulary)]);
            tokens = tokens[count..];
            logits = logits[(count * _vocabulary)..];
        }
    }

    private void CopyLogits(Span<float> logits)
    {
        for (int row = 0; row * _vocabulary < logits.Length; row++)
            _network.Logits(row).CopyTo(logits.Slice(row * _vocabulary, _vocabulary));
    }
}
