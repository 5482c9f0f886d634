namespace TinySD.Formats.Container;

/// <summary>JSON as TinySD's files hold it: camel-case names, no unknown and no repeated member, nothing missing, nothing null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, NumberHandling = JsonNumberHandling.Strict,
    AllowDuplicateProperties = false, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    MaxDepth = TsdHeader.MaxDepth)]
[JsonSerializable(typeof(TensorEntry[]))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(string))]
internal sealed partial class TsdJson : JsonSerializerContext;

/// <summary>One entry of the header's <c>tensors</c>; the offset is counted from the first byte after the padded header.</summary>
internal sealed record TensorEntry(string Name, string Dtype, long[] Shape, long Offset, long Bytes, string Checksum);
