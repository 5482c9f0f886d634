using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>Tags one sentence at a time.</summary>
/// <remarks>Allocates in the constructor only. The same bits for every number of threads and every register width, and those that a
/// <see cref="TaggerEvaluator"/> gives a sentence among others. Not thread-safe; any number of sessions may share a tagger.</remarks>
public sealed class TaggerSession
{
    private readonly Tagger _tagger;
    private readonly TaggerNetwork _network;
    private readonly TaggerBatch _batch;
    private readonly TagDecoder _decoder;
    private readonly int[] _tags;
    private readonly double[] _probabilities;
    private OneThread _thread;
    private int _length;

    /// <summary>Prepares the model's weights.</summary>
    /// <param name="tagger">The tagger; make a new session when its parameters have changed.</param>
    /// <param name="longest">The most tokens of a sentence; memory grows with it.</param>
    /// <param name="isConstrained">Whether tags that the scheme forbids after one another are never given.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone, which is best for small models.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="memory">Gives the host's memory for the network's floats and is asked once, here, for how many;
    /// <see langword="null"/> to allocate.</param>
    /// <exception cref="ArgumentException">The length is out of range, the profile does not run here, or the host gives too little
    /// memory.</exception>
    public TaggerSession(
        Tagger tagger, int longest = 256, bool isConstrained = true, IParallelRunner? runner = null, HardwareProfile? hardware = null,
        Func<int, Memory<float>>? memory = null)
    {
        ArgumentNullException.ThrowIfNull(tagger);
        _tagger = tagger;
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware)) { SharesCopies = true };
        ((_network, _batch), _) = TaggerNetwork.Declare(tagger.Model, new(1, longest, Training: false), plan);
        plan.Take(memory);
        _network.Begin(default);
        _decoder = new TagDecoder(tagger, longest, isConstrained);
        _decoder.Update();
        _tags = new int[longest];
        _probabilities = new double[checked(longest * tagger.Form.Tags.Length)];
    }

    /// <summary>Tags a sentence.</summary>
    /// <param name="words">The words' ids, 0 for one that is not known.</param>
    /// <param name="characters">For each word its characters' ids, 0 for one that is not known; empty where the model reads no
    /// characters.</param>
    /// <returns>The number of each word's tag among the tagger's, valid until the next call.</returns>
    /// <exception cref="ArgumentException">There are more words than the session's longest sentence, the two are of other lengths, or an id
    /// is out of range.</exception>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    public ReadOnlySpan<int> Tag(scoped ReadOnlySpan<int> words, scoped ReadOnlySpan<int[]> characters)
    {
        bool reads = _tagger.Model.Config.Characters is not null;
        if (words.Length > _batch.Longest)
            Throw.Argument($"the sentence has {Throw.Counted(words.Length, "word")}; the session was made for at most {_batch.Longest}");
        if (reads && characters.Length != words.Length)
            Throw.Argument($"there are characters of {Throw.Counted(characters.Length, "word")}; expected {words.Length}");
        using OneThread.Use use = _thread.Enter();
        _length = 0;
        _batch.Begin([words.Length]);
        for (int t = 0; t < words.Length; t++) _batch.SetToken(0, t, words[t], reads ? _batch.AddForm(characters[t]) : 0);
        _network.SizeOf(_batch);
        _network.Run(_batch);
        _length = words.Length;
        _decoder.Read(_network, _batch, 0);
        Span<int> tags = _tags.AsSpan(0, _length);
        _decoder.Decode(tags);
        return tags;
    }

    /// <summary>The probability of every tag at each word of the sentence tagged last, over all sequences of tags.</summary>
    /// <returns>[T][K], valid until the next call.</returns>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    public ReadOnlySpan<double> Probabilities()
    {
        using OneThread.Use use = _thread.Enter();
        Span<double> probabilities = _probabilities.AsSpan(0, _length * _tagger.Form.Tags.Length);
        _decoder.Marginals(_length, probabilities);
        return probabilities;
    }
}
