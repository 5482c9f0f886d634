namespace TinySD.Tools.Systolic;

/// <summary>A product of matrices: input [M, K] times filter [K, N] gives output [M, N].</summary>
internal readonly record struct GemmShape(int M, int N, int K)
{
    /// <summary>The largest extent that a command line may give.</summary>
    public const int MaxExtent = 65536;

    public long MultiplyAdds => (long)M * N * K;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{M},{N},{K}");

    /// <summary>The shape in a word <c>M,N,K</c>, or null.</summary>
    public static GemmShape? Find(string word)
    {
        int[] extents = Array.ConvertAll(word.Split(','), part =>
            int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int extent) && extent <= MaxExtent ? extent : 0);
        return extents is [> 0 and int m, > 0 and int n, > 0 and int k] ? new GemmShape(m, n, k) : null;
    }
}

/// <summary>Where a product's three dimensions go on an array.</summary>
/// <param name="AlongRows">The dimension that is cut into blocks of R, one for each fold.</param>
/// <param name="AlongColumns">The dimension that is cut into blocks of C.</param>
/// <param name="Streamed">The dimension that passes through the array, one cycle each.</param>
internal readonly record struct GemmMapping(int AlongRows, int AlongColumns, int Streamed)
{
    public static GemmMapping Of(SystolicDataflow dataflow, GemmShape shape) => dataflow switch
    {
        SystolicDataflow.OutputStationary => new(shape.M, shape.N, shape.K),
        SystolicDataflow.WeightStationary => new(shape.K, shape.N, shape.M),
        _ => new(shape.K, shape.M, shape.N),
    };

    /// <summary>Blocks that <paramref name="extent"/> is cut into.</summary>
    public static int Blocks(int extent, int edge) => (int)(((long)extent + edge - 1) / edge);
}
