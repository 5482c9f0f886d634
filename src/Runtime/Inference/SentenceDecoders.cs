using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>Decodes any number of sentences of any length: those of usual length in batches, the longest first; longer ones one at a time,
/// in memory of their own.</summary>
internal sealed class SentenceDecoders
{
    private readonly TranslatorModel _model;
    private readonly IParallelRunner _runner;
    private readonly HardwareProfile? _hardware;
    private readonly int _beams;
    private readonly bool _sharesCopies;
    private readonly BeamDecoder _usual;
    private BeamDecoder? _long;

    /// <param name="model">The model.</param>
    /// <param name="beams">The most translations of a sentence that are followed.</param>
    /// <param name="batchSize">Sentences at once.</param>
    /// <param name="longest">Units of those that are done in batches.</param>
    /// <param name="runner">Threads, or null.</param>
    /// <param name="hardware">The machine, or null.</param>
    /// <param name="sharesCopies">Whether parameters stay as they are.</param>
    /// <param name="room">Memory to work in, where that is enough for one sentence.</param>
    /// <param name="memory">Gives the host's memory, where there is no room.</param>
    public SentenceDecoders(
        TranslatorModel model, int beams, int batchSize, int longest, IParallelRunner? runner, HardwareProfile? hardware,
        bool sharesCopies, Memory<float> room = default, Func<int, Memory<float>>? memory = null)
    {
        if (beams is < 1 or > DecodingOptions.MostBeams) Throw.OutOfRange(nameof(beams), beams, $"1 to {DecodingOptions.MostBeams}");
        if (batchSize is < 1 or > 65536) Throw.OutOfRange(nameof(batchSize), batchSize, "1 to 65536");
        if (longest is < 1 or > 65535) Throw.OutOfRange(nameof(longest), longest, "1 to 65535");
        (_model, _runner, _hardware, _beams, _sharesCopies) = (model, runner ?? SingleThread.Instance, hardware, beams, sharesCopies);
        if (memory is null)
        {
            _usual = NetworkPlan.Within(room, batchSize, count => BeamDecoder.Declare(model, count, longest, beams, NewPlan()));
        }
        else
        {
            (_usual, NetworkPlan plan) = BeamDecoder.Declare(model, batchSize, longest, beams, NewPlan());
            plan.Take(memory);
        }
    }

    /// <summary>Takes notice of new parameters.</summary>
    public void Update()
    {
        _usual.Update();
        _long?.Update();
    }

    /// <summary>Translates sentences; an empty one has an empty translation.</summary>
    /// <inheritdoc cref="BeamDecoder.Decode"/>
    public void Decode(
        SentencePairs sources, DecodingOptions options, bool withAttention, Action<int, IReadOnlyList<Translation>> told,
        Action<double>? progress, CancellationToken cancellation)
    {
        options.Validate();
        if (options.Beam > _beams)
            Throw.Argument($"{options.Beam} beams are asked for; there is room for {_beams}");
        int[] order = LongestFirst.Order(sources.Count, source => sources.SourceOf(source).Length);
        if (sources.LongestSource > 65535)
            Throw.Argument($"a source has {sources.LongestSource} units; the most are 65535");
        if (sources.LongestSource > _usual.Longest && !(_long?.Longest >= sources.LongestSource))
        {
            (_long, NetworkPlan plan) = BeamDecoder.Declare(_model, 1, sources.LongestSource, _beams, NewPlan());
            plan.Take();
            _long.Update();
        }

        int done = 0;
        while (done < order.Length && sources.SourceOf(order[done]).Length > 0)
        {
            BeamDecoder decoder = sources.SourceOf(order[done]).Length > _usual.Longest ? _long! : _usual;
            int count = Math.Min(decoder.SentenceCount, order.Length - done);
            while (sources.SourceOf(order[done + count - 1]).Length == 0) count--;
            decoder.Decode(sources, order.AsSpan(done, count), options, withAttention, told, cancellation);
            done += count;
            progress?.Invoke((double)done / order.Length);
        }

        for (; done < order.Length; done++) told(order[done], [new Translation([], 0, 0, true, [])]);
        progress?.Invoke(1);
    }

    private NetworkPlan NewPlan() => new(_runner, KernelChoice.For(_hardware)) { SharesCopies = _sharesCopies };
}
