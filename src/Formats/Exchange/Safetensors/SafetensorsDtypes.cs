namespace TinySD.Formats.Exchange.Safetensors;

/// <summary>The number formats of safetensors. All are described; those that a recurrent network needs are read.</summary>
internal static class SafetensorsDtypes
{
    public const string Binary32 = "F32", Binary16 = "F16", BFloat16 = "BF16", Binary64 = "F64", Integer32 = "I32", Integer64 = "I64",
        Integer8 = "I8", Integer16 = "I16", Unsigned8 = "U8", Unsigned16 = "U16", Unsigned32 = "U32", Boolean = "BOOL";

    /// <summary>Whether numbers of a format are integers that 64 bits with a sign hold, or booleans.</summary>
    public static bool IsInteger(string dtype) =>
        dtype is Integer64 or Integer32 or Integer16 or Integer8 or Unsigned32 or Unsigned16 or Unsigned8 or Boolean;

    /// <summary>Bits of one number; 0 for a format that the reference implementation's enumeration does not have.</summary>
    public static int BitsOf(string dtype) => dtype switch
    {
        "F4" => 4,
        "F6_E2M3" or "F6_E3M2" => 6,
        Boolean or Unsigned8 or Integer8 or "F8_E5M2" or "F8_E4M3" or "F8_E8M0" or "F8_E4M3FNUZ" or "F8_E5M2FNUZ" => 8,
        Integer16 or Unsigned16 or Binary16 or BFloat16 => 16,
        Integer32 or Unsigned32 or Binary32 => 32,
        "C64" or Binary64 or Integer64 or "U64" => 64,
        _ => 0,
    };
}
