namespace TinySD.Formats.Tests;

/// <summary>What the fuzzer has to know of a format. A new one is a subclass, and a line in <see cref="FuzzTests.Formats"/>.</summary>
public abstract class FuzzFormat
{
    /// <summary>The extension, without the dot.</summary>
    public abstract string Name { get; }

    /// <summary>Right files, made by code: small, and between them with every part that a file can have.</summary>
    public abstract IReadOnlyList<byte[]> MakeSeeds();

    /// <summary>Reads all that is in a file, in every way there is to read it.</summary>
    /// <returns>Null, or why it is refused.</returns>
    public abstract FileProblem? ReadAll(string path);

    /// <summary>Words of the format, and values beyond its limits, that are written into files.</summary>
    public virtual IReadOnlyList<string> Words => [];

    /// <summary>Whether checksums cover every byte, so that no change that left them as they were may be accepted.</summary>
    public virtual bool IsChecksummed => false;

    /// <summary>Reasons that some ten thousand files must give: that the fuzzer gets beyond the outermost rule.</summary>
    public virtual IReadOnlyList<FileProblemKind> Expected => [];

    /// <summary>Changes a file and makes lengths and checksums right again, so that the rules behind them are tried.</summary>
    /// <param name="seed">A right file.</param>
    /// <param name="other">Another, to splice with.</param>
    /// <param name="mutator">Makes the changes.</param>
    public virtual byte[] MutateInside(byte[] seed, byte[] other, Mutator mutator) => mutator.Mutate(seed, other);

    /// <summary>Whether a problem names the file it is in.</summary>
    public virtual bool IsNamed(FileProblem problem, string path) =>
        problem.File == path && problem.Message.Contains(path, StringComparison.Ordinal);

    public sealed override string ToString() => Name;
}
