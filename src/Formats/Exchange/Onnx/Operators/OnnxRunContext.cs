using TinySD.Formats.Exchange.Onnx.Messages;

namespace TinySD.Formats.Exchange.Onnx.Operators;

/// <summary>One run of a graph: whose it is, and what it may still cost.</summary>
/// <remarks>A hostile graph copies, repeats and multiplies again and again. So what nodes may move together is capped by what the file
/// holds and what the caller gave: a graph that means something handles, for each number that it is given, some rows as wide as its widest
/// weight, and multiplies each weight some times with it.</remarks>
internal sealed class OnnxRunContext
{
    // Numbers that may be moved anyhow, for each byte of the file, for each number of an input, and for each of these times the widest
    // extent of a weight; what a recurrent node's outputs add; and what a node that moves none costs, because it takes its time too.
    private const long FreeMoves = 1 << 21, MovesPerByte = 4, MovesPerNumber = 64, MovesPerRow = 8, MovesPerOutput = 8, MovesPerNode = 64;

    // Rows that a weight has which is wide.
    private const long MinRows = 8;

    // Multiplications that may be made anyhow, and for each number of an input times each byte of the file.
    private const long FreeProducts = 1 << 26, ProductsPerByte = 4;

    // Steps times sequences that a recurrent node may run over anyhow, and for each number of an input, which a graph may repeat for some
    // steps.
    private const long FreeRows = 256, RowsPerNumber = 16;

    private const int MaxRecurrentNodes = 128;

    private readonly long _mostRows;
    private long _moves, _products, _weights;
    private int _recurrentNodes;

    /// <summary>Starts a run.</summary>
    /// <param name="model">The model.</param>
    /// <param name="source">Where the inputs are from; null where the graph is only looked into.</param>
    /// <param name="given">How many numbers all inputs have.</param>
    public OnnxRunContext(OnnxModel model, string? source, long given)
    {
        Path = model.Path;
        Source = source;
        External = new OnnxExternalFiles(model.Path);
        long bytes = model.Length + External.TotalBytes(model.Constants), widest = 1;
        foreach (OnnxTensor tensor in model.Constants.Where(tensor => tensor.Count > 0))
        {
            // What is wide has some rows: a vector alone makes no wide ones.
            foreach (long extent in tensor.Shape) widest = Math.Max(widest, Math.Min(extent, tensor.Count / MinRows));
        }

        // While a graph is only looked into, how many numbers its inputs have is for the file to say.
        widest = Math.Min(widest, bytes);
        double asked = source is null ? 0 : given;
        double moves = FreeMoves + (MovesPerByte * (double)bytes) + (MovesPerNumber * (double)given);
        _weights = (long)Math.Min(moves, 1L << 50);
        _moves = (long)Math.Min(moves + (MovesPerRow * asked * widest), 1L << 50);
        _products = (long)Math.Min(FreeProducts + (ProductsPerByte * asked * bytes), 1L << 60);
        _mostRows = FreeRows + (RowsPerNumber * given);
        Given = given;
    }

    public string Path { get; }

    /// <summary>Where the inputs are from; null where the graph is only looked into, and its inputs are numbered elements.</summary>
    public string? Source { get; }

    [MemberNotNullWhen(false, nameof(Source))]
    public bool IsLook => Source is null;

    public OnnxExternalFiles External { get; }

    public long Given { get; }

    /// <summary>The numbers of a tensor of the file.</summary>
    public OnnxArray Read(OnnxTensor tensor)
    {
        if (!tensor.TryReadNumbers(Path, External, out Array? numbers, out FileProblem? problem)) Throw.Problem(problem);
        return new OnnxArray(
            tensor.DataType, [.. ImmutableArray.CreateRange(tensor.Shape, extent => (int)Math.Min(extent, int.MaxValue))], numbers);
    }

    /// <summary>Takes what a node costs by itself.</summary>
    public void ChargeNode(OnnxCall call) => Charge(call, MovesPerNode);

    /// <summary>Takes what moving or looking at so many numbers costs.</summary>
    public void Charge(OnnxCall call, long numbers)
    {
        if (numbers > _moves)
            call.Unsupported($"making or moving {Words.Count(numbers, "number")}, of at most {Words.Count(_moves)} that the graph may " +
            $"still handle,");
        _moves -= numbers;
    }

    /// <summary>Takes what so many multiplications cost.</summary>
    public void ChargeProducts(OnnxCall call, double products)
    {
        if (products > _products)
            call.Unsupported($"a product of {products:N0} multiplications, of at most {Words.Count(_products)} that the graph may still " +
            $"make,");
        _products -= (long)products;
    }

    /// <summary>Takes what a recurrent node costs before it is run.</summary>
    public void ChargeRecurrent(OnnxCall call, long weights)
    {
        if (++_recurrentNodes > MaxRecurrentNodes) call.Unsupported($"more than {MaxRecurrentNodes} recurrent nodes");
        _weights -= weights;
        if (_weights < 0) call.Unsupported("a graph that uses its weights so often");
    }

    /// <summary>Refuses an X that was made out of almost nothing.</summary>
    public void CheckRows(OnnxCall call, OnnxArray x)
    {
        if ((long)x.Shape[0] * x.Shape[1] > _mostRows)
            call.Unsupported($"an X of {x.Shape[0]} x {x.Shape[1]} steps and sequences out of {Given} given numbers");
    }

    /// <summary>A recurrent node's outputs may be moved some times.</summary>
    public void Credit(long numbers) => _moves += MovesPerOutput * numbers;
}
