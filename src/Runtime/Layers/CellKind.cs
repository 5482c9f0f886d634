namespace TinySD.Runtime.Layers;

/// <summary>The recurrent cell of a layer. With x its input and h its previous output, rows, W, U and b its weights:</summary>
public enum CellKind
{
    /// <summary>i, f, o = sigmoid(x W + h U + b), g = tanh(x W + h U + b), c' = f c + i g, h' = o tanh(c'); Hochreiter and Schmidhuber
    /// 1997, Gers et al. 2000.</summary>
    Lstm = 0,

    /// <summary>r, z = sigmoid(x W + h U + b), n = tanh(x W + b + r (h U + recurrent bias)), h' = (1 - z) n + z h; Cho et al. 2014, the
    /// reset gate after the product as in cuDNN and PyTorch.</summary>
    Gru = 1,

    /// <summary>h' = tanh(x W + h U + b); Elman 1990.</summary>
    RnnTanh = 2,

    /// <summary>h' = max(x W + h U + b, 0).</summary>
    RnnRelu = 3,
}

/// <summary>What the kinds of cells differ in, as far as products, files and reports need it.</summary>
public static class CellKinds
{
    /// <summary>Columns of W and U for each unit: 4, 3 or 1.</summary>
    public static int GateCount(this CellKind kind) => kind switch { CellKind.Lstm => 4, CellKind.Gru => 3, _ => 1 };

    /// <summary>What the names of such a layer's tensors begin with: lstm, gru or rnn.</summary>
    public static string TensorPrefix(this CellKind kind) => kind switch { CellKind.Lstm => "lstm", CellKind.Gru => "gru", _ => "rnn" };
}
