using TinySD.Runtime.Hardware;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Ops;

/// <summary>The products whose tiles a profile sets.</summary>
public enum ProductKind
{
    /// <summary>One time step forward, as the recurrent weights make it.</summary>
    ForwardStep,

    /// <summary>All time steps of a window forward in one call, as input weights and classifiers make it.</summary>
    ForwardWindow,

    /// <summary>The weight gradient of a window whose time steps keep the same units.</summary>
    WeightGradient,
}

/// <summary>One product of a layer at a given shape, dense, to be done under one profile after another, to find a machine's
/// tiles.</summary>
/// <remarks>Operands are made in the constructor and shared by all profiles. Nothing is timed here. Not thread-safe.</remarks>
public sealed class ProductTrial
{
    private readonly ProductKind _kind;
    private readonly int _units, _columns;
    private readonly StepRows _window;
    private readonly IParallelRunner _runner;
    private readonly TensorSlot _weight, _bias;
    private readonly ParameterBlock _parameters;
    private readonly WeightRows _rows;
    private readonly AlignedBuffer _x, _c;
    private readonly ParameterBlock? _gradients;

    /// <summary>Makes the operands of a product.</summary>
    /// <param name="kind">Which product.</param>
    /// <param name="units">Units in, K, at least 1.</param>
    /// <param name="columns">Columns out, N, at least 1; four times the hidden size for an LSTM.</param>
    /// <param name="timeSteps">Time steps of the window, T, at least 1; <see cref="ProductKind.ForwardStep"/> makes one of them.</param>
    /// <param name="batch">Sequences, B, at least 1.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1.</exception>
    /// <exception cref="ArgumentException">The weights have 2^31 floats or more.</exception>
    /// <exception cref="OverflowException">Another operand has.</exception>
    public ProductTrial(ProductKind kind, int units, int columns, int timeSteps, int batch, IParallelRunner? runner = null)
    {
        foreach (int size in (ReadOnlySpan<int>)[units, columns, timeSteps, batch])
        {
            if (size < 1) Throw.OutOfRange("size", size, "at least 1");
        }

        (_kind, _units, _columns) = (kind, units, columns);
        _window = StepRows.Even(kind == ProductKind.ForwardStep ? 1 : timeSteps, batch);
        _runner = runner ?? SingleThread.Instance;
        var layout = new ParameterLayout();
        _weight = layout.Add("weight", units, columns);
        _bias = layout.Add("bias", columns);
        _parameters = new ParameterBlock(layout);
        _x = new AlignedBuffer(checked(_window.Steps * units * batch));
        _c = new AlignedBuffer(checked(_window.Steps * batch * Products.RowStride(columns)));
        Fill(_parameters[_weight]);
        Fill(_x.Span);
        if (kind == ProductKind.WeightGradient)
        {
            _gradients = new ParameterBlock(layout);
            Fill(_c.Span);
        }

        var products = new Products(_runner, KernelChoice.Best);
        var workspace = new Workspace();
        _rows = new WeightRows(_weight, products, workspace);
        workspace.Allocate();
        _rows.Update(_parameters);
    }

    /// <summary>What the product wrote last: [T*B][ld] pre-activations, or the gradient [K][N].</summary>
    internal ReadOnlySpan<float> Output => _gradients is null ? _c.Span : _gradients[_weight];

    /// <summary>The product under a profile, ready to be done as often as asked, without allocation.</summary>
    /// <exception cref="ArgumentException">The profile does not run here.</exception>
    public Action Under(HardwareProfile profile)
    {
        var products = new Products(_runner, KernelChoice.For(profile));
        products.Announce(_units, _columns, _window.Steps, _window.Batch, backward: _kind == ProductKind.WeightGradient);
        var workspace = new Workspace();
        products.ReserveScratch(workspace);
        workspace.Allocate();
        return _kind switch
        {
            ProductKind.ForwardStep => () =>
                products.ForwardStep(_rows.Of(_parameters), _x.Span, _window.Batch, products.All(_units).At(0), _c.Span),
            ProductKind.ForwardWindow => () => products.ForwardWindow(
                _rows.Of(_parameters), _x.Span, _window, products.All(_units), _parameters.Padded(_bias), _c.Span),
            _ => () => products.WeightGradient(
                _x.Span, _units, _columns, _window, products.All(_units), _c.Span,
                new GradientSpan(_gradients![_weight], isNew: true)),
        };
    }

    // Any numbers that are neither zero nor tiny: the time of a product does not depend on them.
    private static void Fill(Span<float> values)
    {
        for (int i = 0; i < values.Length; i++) values[i] = ((((uint)i * 2654435761u) >> 8) * (0.2f / (1 << 24))) - 0.1f;
    }
}
