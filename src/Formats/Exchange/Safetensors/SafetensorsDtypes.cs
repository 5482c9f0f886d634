using System.Collections.Frozen;

namespace TinySD.Formats.Exchange.Safetensors;

/// <summary>The number formats of safetensors. All are described; those that a recurrent network needs are read.</summary>
internal static class SafetensorsDtypes
{
    public const string Binary32 = "F32", Binary16 = "F16", BFloat16 = "BF16", Binary64 = "F64", Integer32 = "I32", Integer64 = "I64",
        Integer8 = "I8", Integer16 = "I16", Unsigned8 = "U8", Unsigned16 = "U16", Unsigned32 = "U32", Boolean = "BOOL";

    // Those of the reference implementation's enumeration, in its spelling.
    private static readonly FrozenDictionary<string, int> s_bits = new Dictionary<string, int>(StringComparer.Ordinal)
    {
        ["F4"] = 4,
        ["F6_E2M3"] = 6,
        ["F6_E3M2"] = 6,
        [Boolean] = 8,
        [Unsigned8] = 8,
        [Integer8] = 8,
        ["F8_E5M2"] = 8,
        ["F8_E4M3"] = 8,
        ["F8_E8M0"] = 8,
        ["F8_E4M3FNUZ"] = 8,
        ["F8_E5M2FNUZ"] = 8,
        [Integer16] = 16,
        [Unsigned16] = 16,
        [Binary16] = 16,
        [BFloat16] = 16,
        [Integer32] = 32,
        [Unsigned32] = 32,
        [Binary32] = 32,
        ["C64"] = 64,
        [Binary64] = 64,
        [Integer64] = 64,
        ["U64"] = 64,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Whether numbers of a format are integers that 64 bits with a sign hold, or booleans.</summary>
    public static bool IsInteger(string dtype) =>
        dtype is Integer64 or Integer32 or Integer16 or Integer8 or Unsigned32 or Unsigned16 or Unsigned8 or Boolean;

    /// <summary>Bits of one number, or 0 for a format that does not exist.</summary>
    public static int BitsOf(string dtype) => s_bits.GetValueOrDefault(dtype);
}
