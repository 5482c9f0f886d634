namespace TinySD.Runtime.Kernels.Lanes;

/// <summary>A yes or no as a type, so that the compiler can leave out what is not asked for.</summary>
internal interface IFlag
{
    static abstract bool Value { get; }
}

internal struct Yes : IFlag
{
    public static bool Value => true;
}

internal struct No : IFlag
{
    public static bool Value => false;
}
