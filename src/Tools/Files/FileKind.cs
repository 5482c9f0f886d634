using TinySD.Tools.Json;
using TinySD.Tools.Training;

namespace TinySD.Tools.Files;

/// <summary>What a check of a file came to: its bytes, what it holds in a word or two, and what is damaged.</summary>
internal readonly record struct Verification(long Bytes, string Content, IReadOnlyList<FileProblem> Problems);

/// <summary>What <c>export</c> is asked for: a file as ONNX, and else safetensors; what is to stand before the names of recurrent tensors;
/// whether states are inputs and outputs, and all but the recurrent layers is left out.</summary>
internal sealed record ExportRequest(string Path, string Output, bool IsOnnx, string? Prefix, bool WithState, bool RecurrentOnly);

/// <summary>A model read from a file of another format, not yet written.</summary>
/// <param name="ExternalFiles">Files beside it that were read.</param>
/// <param name="Report">Says what was not taken as it is.</param>
/// <param name="Save">Writes it.</param>
/// <param name="Result">What is told of it.</param>
/// <param name="Described">It in words.</param>
internal sealed record ImportedModel(
    IReadOnlyList<string> ExternalFiles, Action Report, Action<string, TensorStorage> Save, Func<string, StackResult> Result,
    string Described);

/// <summary>A kind of file, and what commands do with it. A new one is a descriptor in the list that <see cref="FileKinds"/> is
/// given.</summary>
internal abstract class FileKind(FileFormat format, string name)
{
    /// <summary>Told by a file's first bytes and its name.</summary>
    public FileFormat Format => format;

    /// <summary>The kind as <c>inspect</c> says it; of a container, as its header does.</summary>
    public string Name => name;

    /// <summary>Writes a file of this kind in another format, and returns what is to be noted; null where none can be.</summary>
    public Func<ExportRequest, string?>? Export { get; init; }

    /// <summary>Reads a model of this kind from a file of another format, or returns null where there is none in it; null where none can
    /// be.</summary>
    public Func<CliContext, string, LanguageModelChoices, ImportedModel?>? Import { get; init; }

    /// <summary>Tells what a file holds, without reading its tensors.</summary>
    public abstract void Inspect(string path, Action<InspectReport> show);

    /// <summary>Tells the memory that training a model further takes, without reading its numbers.</summary>
    /// <exception cref="FailureException">What is in the file is not trained.</exception>
    public virtual PlanReport Plan(string path, PlanRequest request) => throw NotTrained(path);

    /// <summary>Tells how a model came to be, to be compared with others, without reading its numbers.</summary>
    /// <exception cref="FailureException">What is in the file is not trained.</exception>
    /// <exception cref="FileProblemException">It cannot be read, or its header is damaged.</exception>
    public virtual ComparedModel Compare(string path) => throw NotTrained(path);

    /// <summary>The error about a file of this kind where one was expected that is trained.</summary>
    protected FailureException NotTrained(string path) => new(
        $"{path} is of kind '{Name}', which is not trained; give a language model, a classifier, a regressor, a tagger or a translator " +
        "(.tsd).");

    /// <summary>Checks all of a file that can be checked.</summary>
    /// <exception cref="FileProblemException">It cannot be opened.</exception>
    public abstract Verification Verify(string path);
}

/// <summary>All kinds of files that commands know.</summary>
/// <param name="kinds">Asked in this order.</param>
internal sealed class FileKinds(params IReadOnlyList<FileKind> kinds)
{
    /// <summary>Those whose models can be read from files of other formats, in the order in which it is tried.</summary>
    public IEnumerable<FileKind> Importing => kinds.Where(kind => kind.Import is not null);

    /// <summary>Names of those that can be written in other formats.</summary>
    public IEnumerable<string> Exported => kinds.Where(kind => kind.Export is not null).Select(kind => kind.Name);

    /// <summary>The kind of a file; a container that no descriptor is of is told without its own words.</summary>
    /// <exception cref="FileProblemException">It cannot be read, or its header is damaged.</exception>
    public FileKind Of(string path)
    {
        FileFormat format = FileFormats.Of(path);
        if (format != FileFormat.Tsd) return kinds.First(kind => kind.Format == format);
        using TsdFile file = TsdFile.Open(path);
        return kinds.OfType<TsdKind>().FirstOrDefault(kind => kind.IsOf(file)) ?? new TsdKind(file.Kind);
    }

    /// <summary>These and more, which are asked first.</summary>
    public FileKinds With(params FileKind[] more) => new([.. more, .. kinds]);
}
