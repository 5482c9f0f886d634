using System.Collections;
using TinySD.Tools.Json;

namespace TinySD.Tools.Files;

/// <summary>A file's tensors as results, each made when it is asked for: a second list of hundreds of thousands would be no use.</summary>
internal sealed class TensorList<T>(ImmutableArray<T> tensors, Func<T, TensorResult> result) : IReadOnlyCollection<TensorResult>
{
    public int Count => tensors.Length;

    public IEnumerator<TensorResult> GetEnumerator() => tensors.Select(result).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
