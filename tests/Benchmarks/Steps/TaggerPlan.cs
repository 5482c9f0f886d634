using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;

namespace TinySD.Benchmarks.Steps;

/// <summary>What every contestant of a race of taggers does: an embedding, one bidirectional LSTM, a linear map to tags and softmax; plain
/// descent, clipped. Without characters and without a chain, which libtorch has no parts for.</summary>
/// <param name="Hidden">Units H of either way.</param>
/// <param name="Rate">Drop rate at every site that drops.</param>
/// <param name="Threads">Threads, the same for all.</param>
/// <param name="Course">Sizes and rounds.</param>
internal sealed record TaggerPlan(int Hidden, float Rate, int Threads, Course Course)
{
    /// <summary>Width of a word's embedding.</summary>
    public const int Embedding = 100;

    public TaggerRecipe Recipe(DropoutSpec dropout) => new()
    {
        Name = "race",
        Direction = RecurrentDirection.Bidirectional,
        HiddenSize = Hidden,
        EmbeddingSize = Embedding,
        Characters = null,
        HasCrf = false,
        Scheme = TagScheme.None,
        UnknownRate = 0f,
        BatchSize = Course.Batch,
        MaxLength = Course.TimeSteps,
        LearningRate = 0.1f,
        ClipNorm = 5f,
        Dropout = dropout,
    };
}
