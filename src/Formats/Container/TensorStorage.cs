namespace TinySD.Formats.Container;

/// <summary>The number format of a tensor in a file.</summary>
public enum TensorStorage
{
    /// <summary>IEEE 754 binary32, 4 bytes: the bits that training made.</summary>
    F32,

    /// <summary>IEEE 754 binary16, 2 bytes: 11 significant bits, to 65504 at most.</summary>
    F16,

    /// <summary>bfloat16, the upper half of a binary32, 2 bytes: 8 significant bits, the range of single precision.</summary>
    BF16,

    /// <summary>Whole numbers of 1 byte, two's complement. Weights are these times scales, which a tensor of its own holds; see
    /// <c>FORMAT.md</c>, "Weights of 8 bits".</summary>
    I8,
}

/// <summary>The words for the number formats of tensors.</summary>
public static class StorageSpelling
{
    /// <summary>Number formats.</summary>
    public static Choice<TensorStorage> Storages { get; } =
        new("dtype", (TensorStorage.F32, "f32"), (TensorStorage.F16, "f16"), (TensorStorage.BF16, "bf16"), (TensorStorage.I8, "i8"));

    /// <summary>Those that weights of single precision are rounded to one by one, as they are written.</summary>
    public static Choice<TensorStorage> Roundings { get; } =
        new("dtype", (TensorStorage.F32, "f32"), (TensorStorage.F16, "f16"), (TensorStorage.BF16, "bf16"));
}
