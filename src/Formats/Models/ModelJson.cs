using TinySD.Formats.Container;

namespace TinySD.Formats.Models;

/// <summary>The sections of model files, as strictly as <see cref="TsdJson"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, NumberHandling = JsonNumberHandling.Strict,
    AllowDuplicateProperties = false, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    MaxDepth = TsdHeader.MaxDepth)]
[JsonSerializable(typeof(VocabularySection))]
[JsonSerializable(typeof(ResultsSection))]
[JsonSerializable(typeof(TextsRecord))]
[JsonSerializable(typeof(NoData))]
[JsonSerializable(typeof(ClassifierSection))]
[JsonSerializable(typeof(SequencesRecord))]
[JsonSerializable(typeof(FormSection))]
[JsonSerializable(typeof(SeriesRecord))]
[JsonSerializable(typeof(StackSection))]
[JsonSerializable(typeof(OriginSection))]
internal sealed partial class ModelJson : JsonSerializerContext;
