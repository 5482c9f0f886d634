namespace TinySD.Runtime.Kernels.Lanes;

/// <summary>A number as a type, so that the compiler can fold it: a kernel's rows, or its vectors side by side.</summary>
internal interface ICount
{
    static abstract int Value { get; }
}

internal struct N0 : ICount { public static int Value => 0; }
internal struct N1 : ICount { public static int Value => 1; }
internal struct N2 : ICount { public static int Value => 2; }
internal struct N3 : ICount { public static int Value => 3; }
internal struct N4 : ICount { public static int Value => 4; }
internal struct N5 : ICount { public static int Value => 5; }
internal struct N6 : ICount { public static int Value => 6; }
internal struct N7 : ICount { public static int Value => 7; }
internal struct N8 : ICount { public static int Value => 8; }
internal struct N9 : ICount { public static int Value => 9; }
internal struct N10 : ICount { public static int Value => 10; }
