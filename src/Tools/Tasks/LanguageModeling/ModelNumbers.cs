namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>What there is to say of a model whose logits are no finite numbers.</summary>
internal static class ModelNumbers
{
    public static FailureException Overflow(NotFiniteNumberException exception) => new(
        $"the model's numbers overflow: {Failures.OneLine(exception)}. Train again with a lower learning rate.", exception);
}
