using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Models;

/// <summary>Up to B sequences of at most T steps, of unequal length, and what is to be made of them. Filling it again allocates
/// nothing.</summary>
/// <remarks>Call <see cref="Begin"/> with the lengths, then set each sequence's steps, then its label or its targets. Inside, sequences
/// stand in order of decreasing length and no step is padding.</remarks>
public sealed class SequenceBatch
{
    private readonly SequencePacking _packing;
    private readonly int[] _labels, _places;
    private readonly float[] _weights;
    private readonly Workspace.Slice _tokens, _inputs, _linear, _targets;
    private readonly int _width, _linearWidth, _outputs;
    private readonly bool _everyStep;

    /// <summary>Room for a batch.</summary>
    /// <param name="config">The model that it is for.</param>
    /// <param name="batchSize">The most sequences B.</param>
    /// <param name="longest">The most steps T.</param>
    /// <exception cref="ArgumentException">A size is below 1, or the numbers would pass 2^31.</exception>
    public SequenceBatch(SequenceModelConfig config, int batchSize, int longest)
        : this(config, batchSize, longest, new Workspace(), isAlone: true)
    {
    }

    /// <summary>Reserves room for a batch in memory that is taken later, but for what is one number a sequence or a step.</summary>
    internal SequenceBatch(SequenceModelConfig config, int batchSize, int longest, Workspace workspace)
        : this(config, batchSize, longest, workspace, isAlone: false)
    {
    }

    private SequenceBatch(SequenceModelConfig config, int batchSize, int longest, Workspace workspace, bool isAlone)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (batchSize < 1) Throw.OutOfRange(nameof(batchSize), batchSize, "at least 1");
        if (longest < 1) Throw.OutOfRange(nameof(longest), longest, "at least 1");
        BatchSize = batchSize;
        Longest = longest;
        _width = config.HasTokens ? 0 : config.Body.InputSize;
        _linearWidth = config.LinearInputs;
        _outputs = config.OutputSize;
        _everyStep = config.ReadOut == ReadOut.EveryStep;
        long rows = (long)batchSize * longest, outputRows = _everyStep ? rows : batchSize;
        _packing = new SequencePacking(batchSize, longest);
        _places = new int[batchSize];
        _labels = new int[batchSize];
        _weights = new float[batchSize];
        _tokens = workspace.Reserve(config.HasTokens ? rows : 0);
        _inputs = workspace.Reserve(rows * _width);
        _targets = workspace.Reserve(outputRows * _outputs);
        _linear = workspace.Reserve(outputRows * _linearWidth);
        if (isAlone) workspace.Allocate();
    }

    /// <summary>The most sequences B.</summary>
    public int BatchSize { get; }

    /// <summary>The most steps T.</summary>
    public int Longest { get; }

    /// <summary>Sequences in it.</summary>
    public int Count { get; private set; }

    internal StepRows Rows { get; private set; }

    /// <summary>Tokens of all steps, packed.</summary>
    internal ReadOnlySpan<int> Tokens => _tokens.Integers[..(_width > 0 ? 0 : Rows.Total)];

    /// <summary>Numbers of all steps, [T][I][B], packed.</summary>
    internal ReadOnlySpan<float> Inputs => _inputs.Span[..(Rows.Total * _width)];

    /// <summary>What the linear map sees of all rows of outputs, [T][rows I][B], or [rows I][B].</summary>
    internal ReadOnlySpan<float> Linear => _linear.Span[..(OutputRows * _linearWidth)];

    /// <summary>The label at each place, -1 for none, [B].</summary>
    internal ReadOnlySpan<int> Labels => _labels;

    /// <summary>What the sequence at each place counts, [B].</summary>
    internal ReadOnlySpan<float> Weights => _weights;

    /// <summary>The targets of all rows of outputs, [rows][O]; not a number where there is none.</summary>
    internal ReadOnlySpan<float> Targets => _targets.Span[..(OutputRows * _outputs)];

    /// <summary>Rows of outputs.</summary>
    internal int OutputRows => _everyStep ? Rows.Total : BatchSize;

    /// <summary>Begins a batch that has no labels and no targets yet.</summary>
    /// <param name="lengths">Steps of each sequence, 0 to T; at most B of them.</param>
    /// <exception cref="ArgumentException">A length is out of range, or there are too many.</exception>
    public void Begin(ReadOnlySpan<int> lengths)
    {
        if (lengths.Length > BatchSize)
            Throw.Argument($"there are {Throw.Counted(lengths.Length, "sequence")} for a batch of at most {BatchSize}");
        Count = lengths.Length;
        Span<int> all = _labels;
        all.Clear();
        lengths.CopyTo(all);
        Rows = _packing.Pack(all, Longest);
        for (int place = 0; place < BatchSize; place++) _places[_packing.Order[place]] = place;
        Array.Fill(_labels, -1);
        Array.Fill(_weights, 1f);
        _targets.Span[..(OutputRows * _outputs)].Fill(float.NaN);
    }

    /// <summary>Sets a sequence's tokens.</summary>
    /// <exception cref="ArgumentException">There are more than its steps.</exception>
    public void SetTokens(int sequence, ReadOnlySpan<int> tokens)
    {
        int place = PlaceOf(sequence);
        Span<int> all = _tokens.Integers;
        for (int t = 0; t < tokens.Length; t++) all[RowOf(place, t)] = tokens[t];
    }

    /// <summary>Sets a step of a sequence of tokens.</summary>
    internal void SetToken(int sequence, int t, int token) => _tokens.Integers[RowOf(PlaceOf(sequence), t)] = token;

    /// <summary>Sets a step of a sequence of numbers.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="t">The step.</param>
    /// <param name="row">[I].</param>
    /// <exception cref="ArgumentException">The sequence has no such step, or the row is of another width.</exception>
    public void SetStep(int sequence, int t, ReadOnlySpan<float> row)
    {
        if (row.Length != _width) Throw.Argument($"the row holds {Throw.Counted(row.Length, "number")}; {_width} were expected");
        int place = PlaceOf(sequence), at = RowOf(place, t) - Rows.Before(t), count = Rows.At(t);
        Span<float> step = _inputs.Span.Slice(Rows.Before(t) * _width, count * _width);
        for (int i = 0; i < row.Length; i++) step[(i * count) + at] = row[i];
    }

    /// <summary>Sets what the linear map of the last rows sees at a sequence's step.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="t">The step; not used where outputs are of whole sequences.</param>
    /// <param name="rows">[rows I], the newest row first.</param>
    internal void SetLinear(int sequence, int t, ReadOnlySpan<float> rows)
    {
        int place = PlaceOf(sequence), before = _everyStep ? Rows.Before(t) : 0, count = _everyStep ? Rows.At(t) : BatchSize;
        Span<float> step = _linear.Span.Slice(before * _linearWidth, count * _linearWidth);
        for (int i = 0; i < rows.Length; i++) step[(i * count) + place] = rows[i];
    }

    /// <summary>Sets a sequence's label.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="label">0 to O - 1.</param>
    /// <param name="weight">What its loss is multiplied by.</param>
    public void SetLabel(int sequence, int label, float weight = 1f)
    {
        if ((uint)label >= (uint)_outputs) Throw.OutOfRange(nameof(label), label, $"0 to {_outputs - 1}");
        int place = PlaceOf(sequence);
        (_labels[place], _weights[place]) = (label, weight);
    }

    /// <summary>The targets of a sequence, [O], to be written: not a number where there is none.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="t">The step whose outputs they are for; not used where outputs are of whole sequences.</param>
    public Span<float> TargetsOf(int sequence, int t = 0) => _targets.Span.Slice(OutputRowOf(sequence, t) * _outputs, _outputs);

    /// <summary>The row of outputs of a sequence, and of its step where every step has one.</summary>
    internal int OutputRowOf(int sequence, int t = 0) => _everyStep ? RowOf(PlaceOf(sequence), t) : PlaceOf(sequence);

    private int PlaceOf(int sequence)
    {
        if ((uint)sequence >= (uint)Count) Throw.OutOfRange(nameof(sequence), sequence, $"0 to {Count - 1}");
        return _places[sequence];
    }

    private int RowOf(int place, int t)
    {
        if ((uint)t >= (uint)Rows.Steps || place >= Rows.At(t)) Throw.Argument($"the sequence has no step {t}");
        return Rows.Before(t) + place;
    }
}
