namespace TinySD.Runtime.Layers;

/// <summary>Checks token ids once, above the kernels that trust them.</summary>
internal static class TokenChecks
{
    public static void Length(ReadOnlySpan<int> tokens, int length, string name)
    {
        if (tokens.Length != length) Throw.Argument($"{name} holds {Throw.Counted(tokens.Length, "token")}, the window needs {length}");
    }

    public static void All(ReadOnlySpan<int> tokens, int vocabularySize, string name)
    {
        for (int i = 0; i < tokens.Length; i++)
        {
            if ((uint)tokens[i] >= (uint)vocabularySize)
                Throw.Argument($"{name}[{i}] is {tokens[i]}, the vocabulary has {Throw.Counted(vocabularySize, "token")}");
        }
    }
}
