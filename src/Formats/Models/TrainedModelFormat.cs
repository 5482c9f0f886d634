using TinySD.Formats.Container;
using TinySD.Formats.Fields;

namespace TinySD.Formats.Models;

/// <summary>Models of a task whose recipe says their whole shape: a training record and numbers.</summary>
/// <typeparam name="TRecipe">The task's recipe.</typeparam>
/// <typeparam name="TData">What only the task has.</typeparam>
/// <param name="kind">The kind as the header names it.</param>
/// <param name="metric">What the task is measured by.</param>
/// <param name="recipe">How its recipe is spelled.</param>
/// <param name="data">How what only it has is spelled.</param>
/// <param name="layout">The tensors that a recipe makes. An argument exception is the file's fault.</param>
public sealed class TrainedModelFormat<TRecipe, TData>(
    string kind, Metric metric, FieldTable<TRecipe> recipe, FieldTable<TData> data, Func<TRecipe, ParameterLayout> layout)
    : ModelFormat<TrainingRecord<TRecipe, TData>, ParameterBlock>(kind, TrainingRecord.Section)
    where TRecipe : TrainingRecipe
    where TData : class
{
    private readonly TrainingFormat<TRecipe, TData> _training = new(metric, recipe, data);

    internal override void Write(Utf8JsonWriter json, TrainingRecord<TRecipe, TData> content, string path) =>
        _training.Write(json, content, path);

    internal override TrainingRecord<TRecipe, TData> Read(SectionReader reader) => _training.Read(reader);

    internal override ParameterBlock LayOut(TrainingRecord<TRecipe, TData> content, Memory<float> memory, WeightFormat weights) =>
        new(layout(content.Recipe), memory);

    /// <exception cref="NotSupportedException">Always, but for single precision: how such models are run is for who made them to
    /// say.</exception>
    public override ParameterBlock Convert(ParameterBlock model, WeightFormat weights) => weights == WeightFormat.Single
        ? model
        : throw new NotSupportedException($"models of kind '{Kind}' have no copies whose weights are held as {weights}");

    internal override ParameterBlock ParametersOf(ParameterBlock model) => model;
}
