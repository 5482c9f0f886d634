using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;

namespace TinySD.Tests.Shared;

/// <summary>Settings of the parity task: only its shape, and what every task has.</summary>
internal sealed record ParityRecipe : TrainingRecipe
{
    public int HiddenSize { get; init; } = 16;

    public int TimeSteps { get; init; } = 8;

    public int BatchesPerEpoch { get; init; } = 50;
}

/// <summary>Sequences of bits, and after each step the parity of those so far.</summary>
internal sealed class ParityBatch
{
    private readonly Workspace.Slice _bits, _parities;

    public ParityBatch(ParityRecipe recipe, Workspace? shared = null)
    {
        Workspace workspace = shared ?? new Workspace();
        _bits = workspace.Reserve(recipe.TimeSteps * recipe.BatchSize);
        _parities = workspace.Reserve(recipe.TimeSteps * recipe.BatchSize);
        if (shared is null) workspace.Allocate();
    }

    /// <summary>-1 or 1, [T][B].</summary>
    public Span<float> Bits => _bits.Span;

    /// <summary>0 or 1, [T][B].</summary>
    public Span<int> Parities => _parities.Integers;
}

/// <summary>Batches drawn from the recipe's seed and their number.</summary>
internal sealed class ParityBatches(ParityRecipe recipe) : IBatches<ParityBatch>
{
    private long _first;

    public int? CountOfEach => recipe.BatchesPerEpoch;

    /// <summary>Epochs laid out so far.</summary>
    public int LaidOut { get; private set; }

    public int Begin(int epoch, long firstUpdate)
    {
        LaidOut++;
        _first = firstUpdate;
        return recipe.BatchesPerEpoch;
    }

    public void Fill(int index, ParityBatch into) => Fill(recipe.Seed, _first + index, into);

    public bool Continues(int index) => false;

    public long TermsBefore(int index) => (long)index * recipe.BatchSize * recipe.TimeSteps;

    public void Fill(ulong seed, long number, ParityBatch into)
    {
        ulong state = (seed * 0x9E3779B97F4A7C15) ^ (ulong)number;
        Span<float> bits = into.Bits;
        Span<int> parities = into.Parities;
        for (int i = 0; i < bits.Length; i++)
        {
            // SplitMix64.
            ulong word = state += 0x9E3779B97F4A7C15;
            word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9;
            word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
            int bit = (int)((word ^ (word >> 31)) & 1);
            bits[i] = (2 * bit) - 1;
            parities[i] = bit ^ (i < recipe.BatchSize ? 0 : parities[i - recipe.BatchSize]);
        }
    }
}

/// <summary>One recurrent layer and a linear head over two classes, at every step.</summary>
internal sealed class ParityNetwork : Network<ParityBatch>
{
    private readonly WindowShape _shape;
    private readonly UnitDropout _recurrent, _output;
    private readonly RecurrentLayer _layer;
    private readonly LinearLayer _head;
    private readonly Workspace.Slice _logits, _losses, _dOutputs;
    private readonly StepRows _rows;
    private readonly int _stride = Products.RowStride(2);
    private readonly IMaskSource? _masks;
    private Draw _draw;

    public ParityNetwork(ParityRecipe recipe, ParameterLayout layout, NetworkPlan plan, IMaskSource? masks)
        : base(plan, Declare(recipe, layout, out RecurrentSlots slots, out TensorSlot weight, out TensorSlot bias))
    {
        _shape = new WindowShape(recipe.BatchSize, recipe.TimeSteps, Training: true);
        _masks = masks;
        var origin = new MaskOrigin(recipe.Dropout, recipe.Seed, masks);
        _rows = StepRows.Even(recipe.TimeSteps, recipe.BatchSize);
        int rows = _rows.Total;
        _recurrent = Dropout("parity.recurrent", recipe.HiddenSize, recipe.Dropout.Recurrent);
        _output = Dropout("parity.output", recipe.HiddenSize, recipe.Dropout.Output);
        _layer = RecurrentLayer.Create(slots, _shape, plan, new RecurrentTraits { RecurrentDropout = _recurrent });
        _head = new LinearLayer(weight, bias, _shape, _output, plan);
        _logits = plan.Scratch.Reserve(rows * _stride);
        _losses = plan.Scratch.Reserve(rows);
        _dOutputs = plan.Scratch.Reserve(rows * recipe.HiddenSize);

        UnitDropout Dropout(string name, int units, float rate) => new(plan.Place(name, units, rate), origin, _shape, plan);
    }

    public override void Begin(Draw draw)
    {
        _draw = draw;
        _masks?.Begin(draw.Update);
        _layer.Begin(draw);
        _layer.Update(Parameters);
        _head.Update(Parameters);
    }

    public override BatchSize SizeOf(ParityBatch batch) => new(batch.Parities.Length, _shape.Batch);

    public override double Forward(ParityBatch batch, float gradientScale)
    {
        _recurrent.Draw(_draw, _rows);
        _output.Draw(_draw, _rows);
        _layer.Reset();
        _layer.Forward(Parameters, batch.Bits, _rows);
        _head.Forward(Parameters, _output.ApplyWindow(_layer.Outputs), _rows, _logits.Span);
        Plan.Vectors.SoftmaxCrossEntropy(_logits.Span, 2, _stride, batch.Parities, gradientScale, _losses.Span);
        double sum = 0;
        foreach (float loss in _losses.Span) sum += loss;
        return sum;
    }

    public override void Backward(ParityBatch batch, GradientBlock gradients)
    {
        _head.Backward(Parameters, gradients, _output.Window(_layer.Outputs), _logits.Span, _dOutputs.Span);
        _output.BackwardWindow(_dOutputs.Span);
        _layer.Backward(Parameters, gradients, batch.Bits, _dOutputs.Span, dx: []);
    }

    /// <summary>Predictions of the last batch that were right: a loss below ln 2.</summary>
    public int CountRight(ParityBatch batch) => _losses.Span[..batch.Parities.Length].ToArray().Count(loss => loss < 0.6931472f);

    private static ParameterBlock Declare(
        ParityRecipe recipe, ParameterLayout layout, out RecurrentSlots slots, out TensorSlot weight, out TensorSlot bias)
    {
        slots = RecurrentSlots.Add(layout, CellKind.Lstm, peepholes: false, layer: 0, inputs: 1, recipe.HiddenSize);
        weight = layout.Add("head.weight", recipe.HiddenSize, 2);
        bias = layout.Add("head.bias", 2);
        return ParameterBlock.WithoutNumbers(layout);
    }
}

/// <summary>The parity of a bit sequence: a task that only the tests know.</summary>
internal sealed class ParityTask : TrainingTask<ParityBatch>
{
    private const int ValidBatches = 4;

    private readonly ParityRecipe _recipe;
    private readonly ParityBatches _batches;
    private readonly ParityNetwork _measured;
    private ParityBatch? _batch;

    public ParityTask(
        ParityRecipe recipe, IParallelRunner? runner = null, IMaskSource? masks = null, Func<int, Memory<float>>? memory = null)
    {
        _recipe = recipe;
        _batches = new ParityBatches(recipe);
        (Network, _batch) = Declare(recipe, runner, masks);
        Take(memory);
        _measured = Declare(recipe with { Dropout = DropoutSpec.None }, runner, masks: null).Network;
        _measured.Parameters.Give(new float[_measured.Parameters.Layout.LengthFloats]);
        _measured.Plan.Take();
    }

    public override TrainingRecipe Recipe => _recipe;

    public static Metric Accuracy { get; } = new("accuracy", HigherIsBetter: true);

    public override Metric Metric => Accuracy;

    public override Network<ParityBatch> Network { get; }

    public override IBatches<ParityBatch> Batches => _batches;

    public override ParityBatch NewBatch() => Interlocked.Exchange(ref _batch, null) ?? new(_recipe);

    public override void Initialize()
    {
        var random = new Random((int)_recipe.Seed);
        foreach (ref float value in Network.Parameters.Values) value = _recipe.InitRange * ((2 * random.NextSingle()) - 1);
        Network.Parameters.ClearPadding();
    }

    public override Measurement Measure(
        ParameterBlock parameters, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        parameters.Values.CopyTo(_measured.Parameters.Values);
        _measured.Begin(default);
        ParityBatch batch = NewBatch();
        double loss = 0, right = 0;
        for (int i = 0; i < ValidBatches; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            _batches.Fill(~_recipe.Seed, i, batch);
            loss += _measured.Forward(batch, 0f);
            right += _measured.CountRight(batch);
            progress?.Invoke((i + 1.0) / ValidBatches);
        }

        int terms = ValidBatches * batch.Parities.Length;
        return new Measurement(loss / terms, right / terms);
    }

    private static (ParityNetwork Network, ParityBatch Batch) Declare(ParityRecipe recipe, IParallelRunner? runner, IMaskSource? masks)
    {
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.Best);
        return (new ParityNetwork(recipe, new ParameterLayout(), plan, masks), new ParityBatch(recipe, plan.Scratch));
    }
}
