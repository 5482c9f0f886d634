using TinySD.Formats.Exchange.Onnx.Messages;

namespace TinySD.Formats.Exchange.Onnx;

/// <summary>Numbers that stand for elements of a graph's values, so that it can be read off where each has come from.</summary>
/// <remarks>They begin where no constant of a model is likely to be, and end below 2^24, up to which every whole number is a
/// float.</remarks>
internal sealed class OnnxTags(string path, int end)
{
    public const int FirstTag = 1 << 22, MaxTag = 1 << 24;

    private int _next = FirstTag;

    /// <summary>How many were given out.</summary>
    public int Count => _next - FirstTag;

    /// <summary>Gives out numbers for so many elements.</summary>
    public (int First, int Count) Take(string part, long count)
    {
        if (count > end - _next)
        {
            Throw.Problem(OnnxProblem.Unsupported(path, 0, part,
                $"'{Words.Shown(part)}' is too large to be looked into; leave time and batch open when exporting"));
        }

        (int First, int Count) tags = (_next, (int)count);
        _next += tags.Count;
        return tags;
    }

    /// <summary>The numbers of a range.</summary>
    public static float[] Numbered((int First, int Count) tags)
    {
        float[] numbers = new float[tags.Count];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = tags.First + i;
        return numbers;
    }

    /// <summary>Whether a number is of a range.</summary>
    public static bool IsIn(double tag, (int First, int Count) tags) => tag >= tags.First && tag < tags.First + tags.Count;

    /// <summary>Whether these were given out, each once.</summary>
    public bool AreDistinct(ReadOnlySpan<float> tags)
    {
        bool[] seen = new bool[Count];
        foreach (float tag in tags)
        {
            if (!(tag >= FirstTag && tag < _next) || (int)tag != tag || seen[(int)tag - FirstTag]) return false;
            seen[(int)tag - FirstTag] = true;
        }

        return true;
    }

    /// <summary>Whether numbers rise along every axis: axes may have changed places, but nothing along them has.</summary>
    public static bool IsInOrder(ReadOnlySpan<float> tags, ReadOnlySpan<int> shape)
    {
        // Without numbers the extents may be as large as they like.
        if (tags.Length == 0) return true;
        int stride = 1;
        for (int axis = shape.Length - 1; axis >= 0; axis--)
        {
            for (int i = stride; i < tags.Length; i++)
            {
                if (i / stride % shape[axis] > 0 && tags[i] <= tags[i - stride]) return false;
            }

            stride *= shape[axis];
        }

        return true;
    }
}
