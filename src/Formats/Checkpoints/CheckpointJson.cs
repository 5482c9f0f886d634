using TinySD.Formats.Container;

namespace TinySD.Formats.Checkpoints;

/// <summary>The sections of checkpoints, as strictly as <see cref="TsdJson"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, NumberHandling = JsonNumberHandling.Strict,
    AllowDuplicateProperties = false, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    MaxDepth = TsdHeader.MaxDepth)]
[JsonSerializable(typeof(ProgressSection))]
[JsonSerializable(typeof(EpochsSection))]
[JsonSerializable(typeof(RunSettings))]
[JsonSerializable(typeof(RunTexts))]
[JsonSerializable(typeof(RunSequences))]
[JsonSerializable(typeof(RunSeries))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
