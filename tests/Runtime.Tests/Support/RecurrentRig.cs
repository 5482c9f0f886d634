using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>What a recurrent layer of one or two directions is run for.</summary>
public sealed record RecurrentCase(CellKind Kind, bool Peepholes, RecurrentDirection Direction, int[] Lengths)
{
    public int Inputs { get; init; } = 5;

    public int Hidden { get; init; } = 7;

    /// <summary>Rates of input and recurrent place.</summary>
    public DropoutSpec Dropout { get; init; } = DropoutSpec.None;

    public float WeightDrop { get; init; }

    public int Directions => Direction == RecurrentDirection.Bidirectional ? 2 : 1;

    public bool IsReverse(int direction) => direction == 1 || Direction == RecurrentDirection.Reverse;

    public override string ToString() =>
        $"{Kind}{(Peepholes ? " with peepholes" : "")} {Direction} [{string.Join(' ', Lengths)}] " +
        $"{Dropout.Kind} {Dropout.Draw}{(WeightDrop > 0 ? " DropConnect" : "")}";
}

/// <summary>Seeded numbers for a case, the fast path run on them, and the twin's loss of them. The loss is the sum of all outputs and last
/// states, each times a seeded number, so these are the gradients that come from above and from behind the window's end. Everything has a
/// name: tensors, "x b", "h0 d b" and "c0 d b" of direction d and sequence b, and results "h b", "last h d b", "last c d b".</summary>
internal sealed class RecurrentRig
{
    private const ulong Seed = 11;
    private static readonly Draw _draw = new(3, 1);

    private readonly RecurrentCase _case;
    private readonly RecurrentSlots[] _slots;

    public RecurrentRig(RecurrentCase @case)
    {
        _case = @case;
        (int inputs, int hidden, int directions) = (@case.Inputs, @case.Hidden, @case.Directions);
        _slots = [.. Enumerable.Range(0, directions)
            .Select(d => RecurrentSlots.Add(Layout, @case.Kind, @case.Peepholes, d, inputs, hidden))];

        // What max(a, 0) does not hold back grows from step to step where weights are large.
        float range = @case.Kind == CellKind.RnnRelu ? 0.2f : 0.5f;
        foreach (TensorSlot slot in Layout.Tensors) Leaves[slot.Name] = Arrays.Uniform(1 + slot.Index, slot.Length, range);
        for (int b = 0; b < @case.Lengths.Length; b++)
        {
            Leaves[$"x {b}"] = Arrays.Uniform(100 + b, @case.Lengths[b] * inputs);
            _weights[$"h {b}"] = Arrays.Uniform(200 + b, @case.Lengths[b] * directions * hidden);
            for (int d = 0; d < directions; d++)
            {
                int seed = 300 + (10 * b) + (4 * d);
                Leaves[$"h0 {d} {b}"] = Arrays.Uniform(seed, hidden);
                _weights[$"last h {d} {b}"] = Arrays.Uniform(seed + 1, hidden);
                if (@case.Kind != CellKind.Lstm) continue;
                Leaves[$"c0 {d} {b}"] = Arrays.Uniform(seed + 2, hidden);
                _weights[$"last c {d} {b}"] = Arrays.Uniform(seed + 3, hidden);
            }
        }
    }

    private readonly Dictionary<string, float[]> _weights = [];

    public ParameterLayout Layout { get; } = new();

    /// <summary>All that the loss depends on.</summary>
    public Dictionary<string, float[]> Leaves { get; } = [];

    /// <summary>The slope of the twin's loss by every leaf, from central differences.</summary>
    public Dictionary<string, double[]> Slopes()
    {
        // Small, because max(a, 0) has a bend, and a slope across it is none.
        const double h = 1e-6;
        Dictionary<string, double[]> leaves = Leaves.ToDictionary(leaf => leaf.Key, leaf => leaf.Value.ToDoubles());
        var slopes = new Dictionary<string, double[]>();
        foreach ((string name, double[] values) in leaves)
        {
            slopes[name] = new double[values.Length];
            for (int i = 0; i < values.Length; i++)
            {
                double was = values[i];
                values[i] = was + h;
                double above = Loss(leaves);
                values[i] = was - h;
                slopes[name][i] = (above - Loss(leaves)) / (2 * h);
                values[i] = was;
            }
        }

        return slopes;
    }

    /// <summary>The twin's loss, each sequence by itself.</summary>
    public double Loss(Dictionary<string, double[]> leaves)
    {
        double loss = 0;
        (int hidden, int directions) = (_case.Hidden, _case.Directions);
        int[] places = [.. Enumerable.Range(0, _case.Lengths.Length).OrderBy(b => -_case.Lengths[b])];
        for (int d = 0; d < directions; d++)
        {
            string prefix = $"{_case.Kind.TensorPrefix()}.{d}.";
            double[] dropped = Dropped(leaves[prefix + "recurrent"], d);
            double[] Tensor(string name) => name == "recurrent" ? dropped : leaves.GetValueOrDefault(prefix + name, []);
            for (int b = 0; b < _case.Lengths.Length; b++)
            {
                int place = Array.IndexOf(places, b);
                var twin = new ReferenceRecurrentLayer(_case.Kind, _case.IsReverse(d), Tensor)
                {
                    Masks = t => (Factors(InputPlace(), t, place), Factors(RecurrentPlace(d), t, place)),
                };
                double[] h = [.. leaves[$"h0 {d} {b}"]], c = [.. leaves.GetValueOrDefault($"c0 {d} {b}", [])];
                double[][] outputs = twin.Run([.. leaves[$"x {b}"].Chunk(_case.Inputs)], h, c);
                for (int t = 0; t < outputs.Length; t++)
                    loss += Dot(outputs[t], _weights[$"h {b}"].AsSpan(((t * directions) + d) * hidden));
                loss += Dot(h, _weights[$"last h {d} {b}"]);
                if (c.Length > 0) loss += Dot(c, _weights[$"last c {d} {b}"]);
            }
        }

        return loss;
    }

    /// <summary>Runs some of the sequences on the fast path: the results, and the gradient of the loss by every leaf.</summary>
    public (Dictionary<string, float[]> Results, Dictionary<string, float[]> Gradients) Run(
        int[] sequences, bool isStepped = false, int width = 0, IParallelRunner? runner = null) =>
        RunWindows([sequences], isStepped, width, runner);

    /// <summary>The same layers over one window after another, in one step of training.</summary>
    /// <param name="windows">The sequences of each.</param>
    /// <param name="isStepped">Whether step by step.</param>
    /// <param name="width">Lanes.</param>
    /// <param name="runner">Threads.</param>
    /// <param name="isShared">Whether the layers are made for more than one.</param>
    public (Dictionary<string, float[]> Results, Dictionary<string, float[]> Gradients) RunWindows(
        int[][] windows, bool isStepped = false, int width = 0, IParallelRunner? runner = null, bool isShared = true)
    {
        (int hidden, int directions) = (_case.Hidden, _case.Directions);
        int most = windows.SelectMany(window => window).Max(b => _case.Lengths[b]), units = directions * hidden;
        var shape = new WindowShape(windows.Max(window => window.Length), Math.Max(1, most), Training: true, IsUneven: true);
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.ForLaneWidth(width == 0 ? Cases.LaneWidths[^1] : width));
        var origin = new MaskOrigin(_case.Dropout, Seed);
        UnitDropout input = new(plan.Place(InputPlace()), origin, shape, plan);
        UnitDropout[] recurrent =
            [.. Enumerable.Range(0, directions).Select(d => new UnitDropout(plan.Place(RecurrentPlace(d)), origin, shape, plan))];
        RecurrentLayer[] layers = [.. Enumerable.Range(0, directions).Select(d => RecurrentLayer.Create(
            _slots[d], shape, plan, new RecurrentTraits
        {
            InputDropout = input,
            RecurrentDropout = recurrent[d],
            Drop = _case.WeightDrop > 0 ? new WeightDrop(plan.Vectors, Seed, _case.WeightDrop, plan.WeightMask()) : null,
            IsReverse = _case.IsReverse(d),
            HasStateGradient = true,
            IsShared = isShared && windows.Length > 1,
            Part = new OutputPart(d * hidden, units),
        }))];
        plan.Take();

        var parameters = new ParameterBlock(Layout);
        foreach (TensorSlot slot in Layout.Tensors) Leaves[slot.Name].CopyTo(parameters[slot]);
        var gradients = new GradientBlock(Layout, [], default);
        gradients.Begin();
        foreach (RecurrentLayer layer in layers)
        {
            layer.Begin(_draw);
            layer.Update(parameters);
        }

        Dictionary<string, float[]> results = [], slopes = [];
        foreach (int[] window in windows) RunWindow(window, layers, input, recurrent, parameters, gradients, isStepped, results, slopes);
        gradients.End();
        foreach (TensorSlot slot in Layout.Tensors) slopes[slot.Name] = gradients.Values[slot].ToArray();
        return (results, slopes);
    }

    private void RunWindow(
        int[] sequences, RecurrentLayer[] layers, UnitDropout input, UnitDropout[] recurrent, ParameterBlock parameters,
        GradientBlock gradients,
        bool isStepped, Dictionary<string, float[]> results, Dictionary<string, float[]> slopes)
    {
        (int hidden, int directions, int batch) = (_case.Hidden, _case.Directions, sequences.Length);
        int[] lengths = [.. sequences.Select(b => _case.Lengths[b])];
        int steps = lengths.Max(), units = directions * hidden;
        var packing = new SequencePacking(batch, steps);
        StepRows rows = packing.Pack(lengths, steps);
        var places = new Packed(rows, [.. packing.Order.ToArray().Select(i => sequences[i])]);
        foreach (UnitDropout dropout in (UnitDropout[])[input, .. recurrent]) dropout.Draw(_draw, rows);
        float[] x = places.Steps("x", Leaves, _case.Inputs), joined = new float[rows.Total * units];
        float[] dJoined = places.Steps("h", _weights, units), dx = new float[x.Length];
        if (!isStepped) input.ApplyWindow(x);
        for (int d = 0; d < directions; d++)
        {
            RecurrentLayer layer = layers[d];
            places.Columns($"h0 {d}", Leaves, hidden).CopyTo(layer.CarriedHidden);
            places.Rows($"c0 {d}", Leaves, layer.CarriedCell, layer.CellStride);
            if (!isStepped)
            {
                layer.Forward(parameters, input.Window(x), rows, joined);
                continue;
            }

            layer.Start(rows);
            for (int s = 0; s < rows.Steps; s++)
            {
                int t = _case.IsReverse(d) ? rows.Steps - 1 - s : s;
                layer.Step(parameters, t, input.Apply(t, places.Step(x, t, _case.Inputs)), joined);
            }
        }

        for (int d = 0; d < directions; d++)
        {
            RecurrentLayer layer = layers[d];
            float[] dHidden = places.Columns($"last h {d}", _weights, hidden), dCell = new float[layer.CellFloats];
            places.Rows($"last c {d}", _weights, dCell, layer.CellStride);
            if (!isStepped)
            {
                layer.Backward(parameters, gradients, input.Window(x), dJoined, dx, adds: d > 0, dHidden, dCell);
                continue;
            }

            layer.StartBackward(dHidden, dCell);
            for (int s = 0; s < rows.Steps; s++)
            {
                int t = _case.IsReverse(d) ? s : rows.Steps - 1 - s, own = hidden * rows.At(t);
                Span<float> sum = places.Step(dx, t, _case.Inputs);
                float[] step = new float[sum.Length];
                layer.StepBackward(parameters, t, places.Step(dJoined, t, units).Slice(d * own, own), step);
                for (int i = 0; i < step.Length; i++) sum[i] += step[i];
            }

            layer.AddWeightGradients(gradients, input.Window(x));
        }

        input.BackwardWindow(dx);
        for (int place = 0; place < batch; place++)
        {
            int b = places.Sequences[place];
            results[$"h {b}"] = places.Sequence(joined, place, units);
            slopes[$"x {b}"] = places.Sequence(dx, place, _case.Inputs);
            for (int d = 0; d < directions; d++)
            {
                RecurrentLayer layer = layers[d];
                results[$"last h {d} {b}"] = Column(layer.LastHidden, batch, place);
                slopes[$"h0 {d} {b}"] = Column(layer.InitialHiddenGradient, batch, place);
                if (layer.CellFloats == 0) continue;
                results[$"last c {d} {b}"] = layer.LastCell.Slice(place * layer.CellStride, hidden).ToArray();
                slopes[$"c0 {d} {b}"] = layer.InitialCellGradient.Slice(place * layer.CellStride, hidden).ToArray();
            }
        }
    }

    private MaskPlace InputPlace() => new("input", 0, _case.Inputs, _case.Dropout.Layer);

    private MaskPlace RecurrentPlace(int direction) => new($"recurrent {direction}", 1 + direction, _case.Hidden, _case.Dropout.Recurrent);

    private double[] Factors(MaskPlace place, int t, int sequence)
    {
        if (_case.Dropout.Kind == DropoutKind.None) return [.. Enumerable.Repeat(1.0, place.Units)];
        if (!_factors.TryGetValue((place.Number, t), out double[,]? factors))
        {
            var sampler = new MaskSampler(Seed, _case.Dropout);
            factors = _factors[(place.Number, t)] = ReferenceMasks.Factors(sampler, _case.Dropout, place, _draw, t, _case.Lengths.Length);
        }

        return [.. Enumerable.Range(0, place.Units).Select(unit => factors[unit, sequence])];
    }

    private readonly Dictionary<(int Place, int T), double[,]> _factors = [];

    private double[] Dropped(double[] weights, int direction)
    {
        if (_case.WeightDrop == 0) return weights;
        var masks = new WeightMasks(Seed, _case.WeightDrop, direction, _draw);
        double[,] factors = ReferenceRegularizers.WeightFactors(masks, _case.Hidden, weights.Length / _case.Hidden);
        return [.. weights.Zip(factors.AsFlat().ToArray(), (weight, factor) => weight * factor)];
    }

    private static double Dot(double[] x, ReadOnlySpan<float> weights)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++) sum += x[i] * weights[i];
        return sum;
    }

    private static float[] Column(ReadOnlySpan<float> block, int columns, int column)
    {
        float[] values = new float[block.Length / columns];
        for (int i = 0; i < values.Length; i++) values[i] = block[(i * columns) + column];
        return values;
    }

    // Moves named arrays of sequences to their places in a window's blocks, and back.
    private sealed class Packed(StepRows rows, int[] sequences)
    {
        public int[] Sequences => sequences;

        public Span<float> Step(float[] all, int t, int units) => all.AsSpan(rows.Before(t) * units, rows.At(t) * units);

        public float[] Steps(string name, Dictionary<string, float[]> from, int units)
        {
            float[] all = new float[rows.Total * units];
            for (int t = 0; t < rows.Steps; t++)
            {
                for (int place = 0; place < rows.At(t); place++)
                {
                    float[] sequence = from[$"{name} {sequences[place]}"];
                    for (int unit = 0; unit < units; unit++)
                        Step(all, t, units)[(unit * rows.At(t)) + place] = sequence[(t * units) + unit];
                }
            }

            return all;
        }

        public float[] Sequence(float[] all, int place, int units)
        {
            var values = new List<float>();
            for (int t = 0; t < rows.Steps && place < rows.At(t); t++) values.AddRange(Column(Step(all, t, units), rows.At(t), place));
            return [.. values];
        }

        // [units][B].
        public float[] Columns(string name, Dictionary<string, float[]> from, int units)
        {
            float[] block = new float[units * sequences.Length];
            for (int i = 0; i < block.Length; i++) block[i] = from[$"{name} {sequences[i % sequences.Length]}"][i / sequences.Length];
            return block;
        }

        // [B][stride].
        public void Rows(string name, Dictionary<string, float[]> from, Span<float> block, int stride)
        {
            for (int place = 0; place < sequences.Length && !block.IsEmpty; place++)
                from[$"{name} {sequences[place]}"].CopyTo(block[(place * stride)..]);
        }
    }
}
