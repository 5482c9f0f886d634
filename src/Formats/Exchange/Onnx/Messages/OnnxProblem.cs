namespace TinySD.Formats.Exchange.Onnx.Messages;

/// <summary>The four things that are wrong with ONNX files: their bytes, what they say, what this build does not run, and what they are
/// given.</summary>
internal static class OnnxProblem
{
    /// <summary>The protobuf encoding is broken.</summary>
    public static FileProblem Damaged(string file, long offset, string part, string message) =>
        new(FileProblemKind.MessageDamaged, file, $"{file} is damaged, or no ONNX model: {message} (byte {offset}, {Words.Shown(part)})")
        { Offset = offset, Part = part };

    /// <summary>The encoding is whole and contradicts itself.</summary>
    public static FileProblem Invalid(string file, long offset, string part, string message) =>
        Blame.Writer(FileProblemKind.ModelInvalid, file, message) with { Offset = offset, Part = part };

    /// <summary>It is right, and this build does not do it.</summary>
    public static FileProblem Unsupported(string file, long offset, string part, string message) =>
        Blame.Program(file, message) with { Offset = offset, Part = part };

    /// <summary>It is right, and what it is given does not fit it.</summary>
    public static FileProblem DoesNotFit(string file, string given, long offset, string part, string message) =>
        Blame.Caller(file, given, message) with { Offset = offset, Part = part };
}
