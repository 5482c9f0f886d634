using System.Diagnostics.CodeAnalysis;

namespace TinySD.Runtime.Memory;

/// <summary>How a model holds its large tensors in memory: the matrices of its products, and its tables of tokens. All else is in single
/// precision always, and so are states and outputs.</summary>
/// <remarks>A step at a batch of one reads every weight once, so that it takes about as long as its bytes take to come.</remarks>
[SuppressMessage("Naming", "CA1720", Justification = "The formats are those of the types.")]
public enum WeightFormat
{
    /// <summary>IEEE 754 binary32, 4 bytes a weight. What training takes and gives.</summary>
    Single,

    /// <summary>bfloat16, 2 bytes a weight: rounded to 8 significant bits, and computed with in single precision.</summary>
    BFloat16,

    /// <summary>1 byte a weight, a whole number from -127 to 127 times a factor of its column, or of its row in a table. Products are sums
    /// of whole numbers: what goes in is rounded to such numbers too, anew at each step.</summary>
    Int8,
}
