namespace TinySD.Formats;

/// <summary>What is wrong with a file, as a program can tell it.</summary>
public enum FileProblemKind
{
    /// <summary>There is no such file.</summary>
    NotFound,

    /// <summary>The path names a folder.</summary>
    IsDirectory,

    /// <summary>The path names a pipe, a socket or a device; or a link, where a file of the program's own is to be made.</summary>
    NotRegularFile,

    /// <summary>The system does not let this user read or write there.</summary>
    AccessDenied,

    /// <summary>The folder of a file to be written does not exist, or is a file itself.</summary>
    MissingFolder,

    /// <summary>The disk or the quota is full.</summary>
    NoSpace,

    /// <summary>The system failed to read.</summary>
    ReadFailed,

    /// <summary>The system failed to write.</summary>
    WriteFailed,

    /// <summary>The file holds no byte.</summary>
    Empty,

    /// <summary>Not a TinySD file: it begins with other bytes.</summary>
    Foreign,

    /// <summary>A TinySD file that was copied as if it were text.</summary>
    TransferDamage,

    /// <summary>The file is shorter than it says.</summary>
    Truncated,

    /// <summary>The file is longer than it says.</summary>
    TrailingBytes,

    /// <summary>The first 64 bytes do not match their checksum.</summary>
    PrologueDamaged,

    /// <summary>The first 64 bytes are whole, but break a rule.</summary>
    PrologueInvalid,

    /// <summary>The file is of a later format version than this build reads.</summary>
    NewerVersion,

    /// <summary>The header does not match its checksum.</summary>
    HeaderDamaged,

    /// <summary>The header is whole, but is not the JSON that the format asks for.</summary>
    HeaderInvalid,

    /// <summary>A tensor's name, shape, byte count or checksum is not as the format asks, or a name comes twice.</summary>
    TensorInvalid,

    /// <summary>A tensor's number format is not one this build reads.</summary>
    TensorUnsupported,

    /// <summary>A tensor does not start on a multiple of 64 bytes.</summary>
    TensorMisaligned,

    /// <summary>A tensor starts before the one declared before it ends.</summary>
    TensorOverlap,

    /// <summary>Bytes lie between two tensors, or after the last one, that belong to none.</summary>
    TensorGap,

    /// <summary>A tensor reaches beyond the end of the file.</summary>
    TensorOutsideFile,

    /// <summary>A tensor's bytes do not match its checksum.</summary>
    TensorDamaged,

    /// <summary>A byte of padding is not zero.</summary>
    PaddingDamaged,

    /// <summary>The file has no such tensor.</summary>
    TensorMissing,

    /// <summary>The file holds another kind of thing than was asked for.</summary>
    WrongKind,

    /// <summary>The file is right, and what the caller gave with it, or asked of it, does not fit: a tensor, a shape, a length, a
    /// name.</summary>
    DoesNotFit,

    /// <summary>Configuration, vocabulary, training record and tensors are not as the kind asks, or contradict each other.</summary>
    ModelInvalid,

    /// <summary>A checkpoint's sections and tensors are not as the kind asks, or contradict each other.</summary>
    CheckpointInvalid,

    /// <summary>Another process holds it.</summary>
    InUse,

    /// <summary>A hardware profile is not the JSON that its schema asks for, has an impossible figure, or a fallback that is not
    /// there.</summary>
    ProfileInvalid,

    /// <summary>A mask schedule is whole, but impossible.</summary>
    ScheduleInvalid,

    /// <summary>An update's masks do not match their checksum, or are no masks.</summary>
    ScheduleDamaged,

    /// <summary>A file of another's format (ONNX) breaks that format's encoding, or is cut short.</summary>
    MessageDamaged,

    /// <summary>The file is whole and right, and asks for a node, an attribute, a layout or a type that this build does not have.</summary>
    Unsupported,

    /// <summary>A number is infinite or not a number.</summary>
    NotFinite,

    /// <summary>A number is too large for the number format that the file is to be written in.</summary>
    NumberTooLarge,

    /// <summary>The file is not text.</summary>
    Binary,

    /// <summary>The text is not UTF-8.</summary>
    NotUtf8,

    /// <summary>Compressed text that is cut short or does not unpack.</summary>
    GzipDamaged,

    /// <summary>A word is longer than any vocabulary holds.</summary>
    WordTooLong,

    /// <summary>A word or character is not in the vocabulary, and the vocabulary has no unknown token.</summary>
    UnknownToken,

    /// <summary>A text has more tokens than an array can hold.</summary>
    TooManyTokens,

    /// <summary>A line of texts with labels is not what its file's lines are: it has no separator or no label, or which part is the label
    /// cannot be told.</summary>
    LineInvalid,

    /// <summary>All texts have the same label, so that there is nothing to tell apart.</summary>
    OneClass,

    /// <summary>A row or a cell of a table is not as the table's others are, or not what was asked for.</summary>
    TableInvalid,

    /// <summary>A saved state's sections and tensors are not as the kind asks, contradict each other, or are no state.</summary>
    StateInvalid,
}

/// <summary>One thing that is wrong with one file: a reason for programs, a message for people, and the place.</summary>
/// <param name="Kind">The reason.</param>
/// <param name="File">The file's path as it was given, or the name of a text that is no file.</param>
/// <param name="Message">One or two lines: where, what was expected, what was found, what to do. Names the file.</param>
public sealed record FileProblem(FileProblemKind Kind, string File, string Message)
{
    /// <summary>Whose it is to put right.</summary>
    public Fault Fault => Blame.Of(Kind);

    /// <summary>The byte, counted from 0. For compressed text, a byte of the text and not of the file.</summary>
    public long? Offset { get; init; }

    /// <summary>The line of a text, counted from 1.</summary>
    public long? Line { get; init; }

    /// <summary>The part at fault: <c>prologue</c>, <c>header</c>, a tensor's name, a path into the header, a profile's key, or a
    /// word.</summary>
    public string? Part { get; init; }

    // Ends a method that tries: false, and this for the reason.
    internal bool Refuse(out FileProblem problem)
    {
        problem = this;
        return false;
    }
}

/// <summary>A file could not be read or written as asked; <see cref="Problem"/> says why and where.</summary>
public sealed class FileProblemException : Exception
{
    /// <summary>Carries a problem to whoever can do something about it.</summary>
    /// <param name="problem">The problem; its message becomes the exception's.</param>
    /// <param name="cause">What the system said, if it said something.</param>
    public FileProblemException(FileProblem problem, Exception? cause = null)
        : base(problem.Message, cause) => Problem = problem;

    /// <summary>What is wrong, and where.</summary>
    public FileProblem Problem { get; }

    /// <summary>The reason; the same as the problem's.</summary>
    public FileProblemKind Kind => Problem.Kind;
}
