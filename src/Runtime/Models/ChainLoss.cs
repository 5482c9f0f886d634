using System.Runtime.InteropServices;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Models;

/// <summary>The loss of a batch of sentences by a <see cref="LinearChainCrf"/>, a sentence a thread.</summary>
/// <remarks>The gradient of what all sentences share is kept for each and added up in their order, so that it does not depend on
/// threads.</remarks>
internal sealed class ChainLoss
{
    private readonly TaggerModel _model;
    private readonly LinearChainCrf[] _chains;
    private readonly VectorOps _ops;
    private readonly int _tags, _stride, _scores;
    private readonly Workspace.Slice _emissions, _shared, _losses, _sequences;
    private readonly int _sentenceFloats, _sentenceTokens;
    private readonly int _batch;

    public ChainLoss(TaggerModel model, WindowShape shape, NetworkPlan plan)
    {
        _model = model;
        _ops = plan.Vectors;
        _tags = model.Config.TagCount;
        _stride = Products.RowStride(_tags);
        _scores = checked((int)LinearChainCrf.ScoresOf(_tags));
        _batch = shape.Batch;
        _chains = new LinearChainCrf[_ops.ThreadCount];
        for (int i = 0; i < _chains.Length; i++) _chains[i] = new LinearChainCrf(_tags, shape.TimeSteps, plan.Scratch);

        // A thread's sentence, one step after another.
        (_sentenceFloats, _sentenceTokens) = (checked(shape.TimeSteps * _tags), shape.TimeSteps);
        _emissions = plan.Scratch.Reserve((long)_sentenceFloats * _chains.Length);
        _sequences = plan.Scratch.Reserve((long)_sentenceTokens * _chains.Length);
        _losses = plan.Scratch.Reserve(2L * shape.Batch);
        _shared = plan.Scratch.Reserve(2L * _scores * shape.Batch);
    }

    /// <summary>Takes notice of new parameters.</summary>
    public void Update(ParameterBlock parameters)
    {
        foreach (LinearChainCrf chain in _chains)
            chain.SetScores(parameters[_model.Transitions!], parameters[_model.First!], parameters[_model.Last!]);
    }

    /// <summary>The summed loss of all sentences; their emissions become the gradient times a scale.</summary>
    /// <param name="batch">The batch; all its tokens have tags.</param>
    /// <param name="emissions">[rows][stride of K].</param>
    /// <param name="gradientScale">The scale.</param>
    public double Run(TaggerBatch batch, Workspace.Slice emissions, float gradientScale)
    {
        var body = new Body(this, batch, emissions, gradientScale);
        _ops.For(_batch, 1, ref body);
        double sum = 0;
        foreach (double loss in Of(_losses)[.._batch]) sum += loss;
        return sum;
    }

    /// <summary>Adds to the gradients of transitions, first and last tags.</summary>
    public void AddGradients(GradientBlock gradients)
    {
        Span<double> all = Of(_shared)[.._scores];
        for (int sentence = 1; sentence < _batch; sentence++)
        {
            ReadOnlySpan<double> own = Of(_shared).Slice(sentence * _scores, _scores);
            for (int i = 0; i < all.Length; i++) all[i] += own[i];
        }

        int pairs = _tags * _tags;
        Add(all[..pairs], gradients[_model.Transitions!].Cleared());
        Add(all.Slice(pairs, _tags), gradients[_model.First!].Cleared());
        Add(all.Slice(pairs + _tags, _tags), gradients[_model.Last!].Cleared());
    }

    private void RunSentence(TaggerBatch batch, int place, int part, Workspace.Slice outputs, float gradientScale)
    {
        int length = batch.LengthAt(place);
        Of(_losses)[place] = 0;
        Span<double> shared = Of(_shared).Slice(place * _scores, _scores);
        shared.Clear();
        if (length == 0) return;
        Span<float> emissions = _emissions.Part(part, _sentenceFloats)[..(length * _tags)];
        Span<int> tags = MemoryMarshal.Cast<float, int>(_sequences.Part(part, _sentenceTokens))[..length];
        Span<float> all = outputs.Span;
        StepRows rows = batch.Rows;
        for (int t = 0; t < length; t++)
        {
            int row = rows.Before(t) + place;
            all.Slice(row * _stride, _tags).CopyTo(emissions[(t * _tags)..]);
            tags[t] = batch.Tags[row];
        }

        Of(_losses)[place] = _chains[part].Gradient(emissions, tags, gradientScale, emissions, shared);
        for (int t = 0; t < length; t++)
            emissions.Slice(t * _tags, _tags).CopyTo(all.Slice((rows.Before(t) + place) * _stride, _tags));
    }

    private static void Add(ReadOnlySpan<double> from, Span<float> to)
    {
        for (int i = 0; i < from.Length; i++) to[i] += (float)from[i];
    }

    private readonly struct Body(ChainLoss owner, TaggerBatch batch, Workspace.Slice outputs, float gradientScale) : IRangeBody
    {
        public void Run(int part, int start, int end)
        {
            for (int place = start; place < end; place++) owner.RunSentence(batch, place, part, outputs, gradientScale);
        }
    }

    private static Span<double> Of(Workspace.Slice slice) => MemoryMarshal.Cast<float, double>(slice.Span);
}
