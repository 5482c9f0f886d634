namespace TinySD.Formats;

/// <summary>The three things that are wrong with ONNX files: their bytes, what they say, and what this build does not run.</summary>
internal static class OnnxProblem
{
    /// <summary>The protobuf encoding is broken.</summary>
    public static FileProblem Damaged(string file, long offset, string part, string message) =>
        new(FileProblemKind.MessageDamaged, file, $"{file} is damaged, or no ONNX model: {message} (byte {offset}, {Words.Shown(part)})")
        { Offset = offset, Part = part };

    /// <summary>The encoding is whole and contradicts itself.</summary>
    public static FileProblem Invalid(string file, long offset, string part, string message) =>
        new(FileProblemKind.ModelInvalid, file, $"{file} cannot be used: {message}. The program that wrote it is at fault.")
        { Offset = offset, Part = part };

    /// <summary>It is right, and this build does not do it.</summary>
    public static FileProblem Unsupported(string file, long offset, string part, string message) =>
        new(FileProblemKind.Unsupported, file, $"{file} is not supported: {message}") { Offset = offset, Part = part };
}
