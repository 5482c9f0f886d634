using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Layers;

/// <summary>What the layers of a network share, sized before anything is taken: its products and vector operations, the scratch memory of
/// all layers, and the places where units can be dropped. Layers declare what they need as they are made; then <see cref="Take"/> takes
/// memory for all of it, once.</summary>
/// <remarks>Several networks can be made on one plan, and then share its memory for products. Not thread-safe.</remarks>
public sealed class NetworkPlan
{
    private const string Weight = ".weight";

    private readonly List<MaskPlace> _places = [];
    private readonly List<PlannedProduct> _products = [];
    private readonly List<DeltaProduct> _deltas = [];
    private int _weightMasks, _wordMasks;

    private readonly IParallelRunner _runner;
    private readonly KernelSet _kernels;

    internal NetworkPlan(IParallelRunner runner, KernelSet kernels)
    {
        (_runner, _kernels) = (runner, kernels);
        Products = new Products(runner, kernels);
        Vectors = new VectorOps(runner, kernels);
    }

    /// <summary>Whether copies of weights are the parameters' own, shared by all networks that ask for them: of a session, under which
    /// parameters do not change.</summary>
    internal bool SharesCopies { get; init; }

    /// <summary>Changes that products leave out; of a session, in which nothing is dropped and no gradient is wanted.</summary>
    internal DeltaThresholds Delta { get; init; }

    /// <summary>The products that carry their sums, in the order of declaration; none where <see cref="Delta"/> is off.</summary>
    internal IReadOnlyList<DeltaProduct> DeltaProducts => _deltas;

    /// <summary>Every place where units can be dropped, in the order in which they were declared.</summary>
    public IReadOnlyList<MaskPlace> Places => _places;

    /// <summary>Every product with a weight matrix, in the order of the forward pass.</summary>
    public IReadOnlyList<PlannedProduct> PlannedProducts => _products;

    /// <summary>Scratch of everything declared so far, in floats; what <see cref="Take"/> asks for.</summary>
    public long ScratchFloats => Scratch.LengthFloats + Products.ScratchFloats;

    /// <summary>Told at the end of every pass.</summary>
    public PassTimes Times { get; } = new();

    internal Products Products { get; }

    internal VectorOps Vectors { get; }

    internal Workspace Scratch { get; } = new();

    /// <summary>An empty plan for the same machine.</summary>
    internal NetworkPlan Another() => new(_runner, _kernels);

    /// <summary>Declares a place that has a number of its own.</summary>
    /// <exception cref="ArgumentException">Another place has its name or its number.</exception>
    internal MaskPlace Place(MaskPlace place)
    {
        foreach (MaskPlace other in _places)
        {
            if (other.Name == place.Name || other.Number == place.Number)
            {
                string there = $"there is '{other.Name}', number {other.Number}";
                Throw.Argument($"mask place '{place.Name}', number {place.Number}, is taken: {there}");
            }
        }

        _places.Add(place);
        return place;
    }

    /// <summary>Declares a place; it gets the lowest number that is free.</summary>
    /// <exception cref="ArgumentException">Another place has its name, there are too many, or a figure is out of range.</exception>
    public MaskPlace Place(string name, int units, float rate)
    {
        int number = 0;
        while (_places.Exists(place => place.Number == number)) number++;
        return Place(new MaskPlace(name, number, units, rate));
    }

    /// <summary>Numbers a weight matrix that has DropConnect, in the order of declaration.</summary>
    /// <exception cref="ArgumentException">There are 64 already.</exception>
    internal int WeightMask()
    {
        if (_weightMasks == WeightMasks.MaxMatrices)
            Throw.Argument($"a network can have DropConnect on {WeightMasks.MaxMatrices} matrices, and this is one more");
        return _weightMasks++;
    }

    /// <summary>Numbers a table whose words are dropped, in the order of declaration.</summary>
    internal int WordMask() => _wordMasks++;

    /// <summary>Declares a product; it is named as its weights are, without the word.</summary>
    /// <param name="weight">The weights.</param>
    /// <param name="shape">The window.</param>
    /// <param name="place">Where units of its input are dropped, or null.</param>
    /// <param name="isStepped">Whether a step waits for the one before it.</param>
    /// <param name="together">The most steps that are done in one call.</param>
    internal void Product(TensorSlot weight, WindowShape shape, MaskPlace? place, bool isStepped, int together)
    {
        int k = weight.Shape[0], n = weight.Shape[1];
        _products.Add(new PlannedProduct(NameOf(weight), k, n, shape.TimeSteps, shape.Batch, place, isStepped, shape.Training));
        Products.Announce(k, n, together, shape.Batch, shape.Training, shape.IsUneven);
    }

    /// <summary>Declares a product that carries its sums; null where <see cref="Delta"/> is off.</summary>
    /// <exception cref="ArgumentException">Its weights are whole numbers.</exception>
    /// <param name="columns">The weights.</param>
    /// <param name="batch">Sequences.</param>
    /// <param name="isOfHidden">Whether its inputs are hidden units, and not what the network is fed with.</param>
    /// <param name="part">Stands behind the name where weights are more than one product.</param>
    internal DeltaProduct? DeltaOf(WeightColumns columns, int batch, bool isOfHidden, string part = "")
    {
        if (Delta.IsOff) return null;
        if (columns.Slot.Format == WeightFormat.Int8)
        {
            Throw.Argument(
                "delta thresholds are given for a model whose weights are held as Int8, and products of whole numbers leave none out; " +
                "expected Single or BFloat16");
        }

        float threshold = isOfHidden ? Delta.Hidden : Delta.Inputs;
        var product = new DeltaProduct(NameOf(columns.Slot) + part, columns.Rows, columns.Count, batch, threshold, this);
        _deltas.Add(product);
        return product;
    }

    /// <summary>Lets every product that carries its sums begin anew.</summary>
    internal void ResetDelta()
    {
        foreach (DeltaProduct product in _deltas) product.Reset();
    }

    /// <summary>What each of them has done since <see cref="ClearDeltaCounts"/>.</summary>
    internal DeltaCount[] CountDelta() => [.. _deltas.Select(product => product.Count)];

    /// <summary>Begins to count anew.</summary>
    internal void ClearDeltaCounts()
    {
        foreach (DeltaProduct product in _deltas) product.ClearCount();
    }

    /// <summary>Declares something for as many steps, or sequences, at a time as there is room for, and takes that room: for the most, or
    /// half as many, and so on. Where there is none for even one, it takes memory of its own, for the most.</summary>
    /// <param name="room">Memory that is free now; whoever uses what is declared here sees to it that it is free then.</param>
    /// <param name="most">The most at a time.</param>
    /// <param name="declare">Declares it on a new plan, for so many.</param>
    internal static T Within<T>(Memory<float> room, int most, Func<int, (T Declared, NetworkPlan Plan)> declare)
    {
        for (int count = room.IsEmpty ? 0 : most; count > 0; count /= 2)
        {
            (T declared, NetworkPlan plan) = declare(count);
            if (plan.ScratchFloats > room.Length) continue;
            plan.Take(floats => room[..floats]);
            return declared;
        }

        (T own, NetworkPlan itsPlan) = declare(most);
        itsPlan.Take();
        return own;
    }

    /// <summary>Takes memory for all that was declared; nothing more can be. Until then no layer can run.</summary>
    /// <param name="memory">Gives the host's memory, or null to allocate.</param>
    /// <exception cref="ArgumentException">The host gives too little.</exception>
    public void Take(Func<int, Memory<float>>? memory = null)
    {
        Products.ReserveScratch(Scratch);
        Scratch.Allocate(memory);
    }

    private static string NameOf(TensorSlot weight) =>
        weight.Name.EndsWith(Weight, StringComparison.Ordinal) ? weight.Name[..^Weight.Length] : weight.Name;
}
