namespace TinySD.Formats.Container;

/// <summary>JSON as TinySD's files hold it: camel-case names, no unknown and no repeated member, nothing missing, nothing null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.Strict,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    MaxDepth = TsdHeader.MaxDepth)]
[JsonSerializable(typeof(TensorEntry[]))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(string))]
internal sealed partial class TsdJson : JsonSerializerContext;

/// <summary>One entry of the header's <c>tensors</c>.</summary>
internal sealed class TensorEntry
{
    public required string Name { get; init; }

    public required string Dtype { get; init; }

    public required long[] Shape { get; init; }

    /// <summary>Counted from the first byte after the padded header.</summary>
    public required long Offset { get; init; }

    public required long Bytes { get; init; }

    public required string Checksum { get; init; }
}
