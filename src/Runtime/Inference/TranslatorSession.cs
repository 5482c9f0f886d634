using TinySD.Runtime.Hardware;
using TinySD.Runtime.Models;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>Translates sentences, one or many at a time.</summary>
/// <remarks>The same bits for every number of threads, every register width and every number of sentences at once. Memory for sentences of
/// usual length is taken in the constructor; results are new objects. Not thread-safe; any number of sessions may share a
/// translator.</remarks>
public sealed class TranslatorSession
{
    private readonly Translator _translator;
    private readonly SentenceDecoders _decoders;
    private OneThread _thread;

    /// <summary>Prepares the model's weights.</summary>
    /// <param name="translator">The translator; make a new session when its parameters have changed.</param>
    /// <param name="options">How translations are looked for; <see langword="null"/> for the likeliest unit at every step.</param>
    /// <param name="batchSize">Sentences at once; no effect on the result.</param>
    /// <param name="longest">Units of sources that are done in batches. Longer ones are done too, one at a time.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone, which is best for small models.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="memory">Gives the host's memory for the network's floats and is asked once, here, for how many;
    /// <see langword="null"/> to allocate.</param>
    /// <exception cref="ArgumentException">A value is out of range, the profile does not run here, or the host gives too little
    /// memory.</exception>
    public TranslatorSession(
        Translator translator, DecodingOptions? options = null, int batchSize = 1, int longest = 128, IParallelRunner? runner = null,
        HardwareProfile? hardware = null, Func<int, Memory<float>>? memory = null)
    {
        ArgumentNullException.ThrowIfNull(translator);
        Options = options ?? new DecodingOptions();
        Options.Validate();
        _translator = translator;
        _decoders = new SentenceDecoders(
            translator.Model, Options.Beam, batchSize, longest, runner, hardware, sharesCopies: true, memory: memory);
        _decoders.Update();
    }

    /// <summary>How translations are looked for.</summary>
    public DecodingOptions Options { get; }

    /// <summary>Translates a sentence.</summary>
    /// <param name="source">Ids of its units, without marks, <see cref="TranslatorConfig.Unknown"/> for one that is not known.</param>
    /// <param name="withAttention">Whether translations have the attention's weights.</param>
    /// <returns>The best translations, as many as the options ask for, if there are as many; of an empty sentence the empty one.</returns>
    /// <exception cref="ArgumentException">An id is out of range, or there are more than 65535.</exception>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    public IReadOnlyList<Translation> Translate(ReadOnlySpan<int> source, bool withAttention = false)
    {
        IReadOnlyList<Translation>? found = null;
        Translate(new SentencePairs([source.ToArray()]), (_, translations) => found = translations, withAttention);
        return found!;
    }

    /// <summary>Translates sentences.</summary>
    /// <param name="sentences">Their sources; translations that they have are not looked at.</param>
    /// <param name="told">Told the translations of each, by its number, in an order of its own.</param>
    /// <param name="withAttention">Whether translations have the attention's weights.</param>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at now and then.</param>
    /// <exception cref="ArgumentException">An id is out of range, or a sentence has more than 65535.</exception>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Translate(
        SentencePairs sentences, Action<int, IReadOnlyList<Translation>> told, bool withAttention = false,
        Action<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        ArgumentNullException.ThrowIfNull(told);
        using OneThread.Use use = _thread.Enter();
        _decoders.Decode(sentences, Options, withAttention, told, progress, cancellation);
    }

    /// <summary>The words of a translation.</summary>
    /// <param name="translation">What <see cref="Translate(ReadOnlySpan{int}, bool)"/> returned.</param>
    public string[] WordsOf(Translation translation)
    {
        ArgumentNullException.ThrowIfNull(translation);
        return _translator.Form.ToWords(translation.Units);
    }
}
