using TinySD.Formats.Container;

namespace TinySD.Formats.Models;

/// <summary>What to do with weights that are infinite or not a number.</summary>
public enum NonFiniteWeights
{
    /// <summary>The model is refused.</summary>
    Refuse,

    /// <summary>They are kept as they are.</summary>
    Allow,
}

/// <summary>How one kind of model is written to <c>.tsd</c> files and read from them. A kind brings its sections and its layout; all else
/// is here.</summary>
/// <typeparam name="TContent">All but the numbers.</typeparam>
/// <typeparam name="TModel">The model.</typeparam>
/// <param name="kind">The kind as the header names it.</param>
/// <param name="sections">The header's members beside <c>kind</c> and <c>tensors</c>.</param>
public abstract class ModelFormat<TContent, TModel>(string kind, params IReadOnlyList<string> sections)
    where TContent : class
    where TModel : class
{
    /// <summary>The kind as the header names it.</summary>
    public string Kind => kind;

    /// <summary>The header's members beside <c>kind</c> and <c>tensors</c>.</summary>
    public IReadOnlyList<string> Sections => sections;

    /// <summary>Writes a model whole or not at all; equal input gives equal bytes.</summary>
    /// <param name="path">The target; an existing file is replaced.</param>
    /// <param name="content">All but the numbers.</param>
    /// <param name="model">The model.</param>
    /// <param name="storage">As for numbers, below.</param>
    /// <exception cref="FileProblemException">The target cannot be written, or a number is not finite or too large for the
    /// format.</exception>
    /// <exception cref="ArgumentException">The content contradicts itself.</exception>
    public void Save(string path, TContent content, TModel model, TensorStorage storage = TensorStorage.F32) =>
        Save(path, content, ParametersOf(model), storage);

    /// <summary>Writes a model whole or not at all; equal input gives equal bytes.</summary>
    /// <param name="path">The target; an existing file is replaced.</param>
    /// <param name="content">All but the numbers.</param>
    /// <param name="parameters">The numbers.</param>
    /// <param name="storage">The format in the file of those that are held in single precision; those of 16 bits round each number to the
    /// nearest. Weights that are held in fewer bits are written as they are.</param>
    /// <exception cref="FileProblemException">The target cannot be written, or a number is not finite or too large for the
    /// format.</exception>
    /// <exception cref="ArgumentException">The content contradicts itself, or weights of single precision are to be written as
    /// <c>i8</c>: convert the model first.</exception>
    public void Save(string path, TContent content, ParameterBlock parameters, TensorStorage storage = TensorStorage.F32)
    {
        if (storage == TensorStorage.I8) Throw.Argument("weights are not rounded to i8 as they are written; convert the model first");
        if (FiniteWeights.FindUnstorable(path, parameters, storage) is { } weight) Throw.Problem(weight);
        if (CompactTensors.FindTooLarge(path, parameters) is { } scale) Throw.Problem(scale);
        TensorToWrite[] tensors = [.. parameters.Layout.Tensors.SelectMany(slot => CompactTensors.ToWrite(parameters, slot, storage))];
        TsdWriter.Write(path, kind, tensors, json => Write(json, content, path));
    }

    /// <summary>How a model's matrices and tables are held.</summary>
    public WeightFormat WeightsOf(TModel model) => ParametersOf(model).Layout.Weights;

    /// <summary>A copy of a model whose matrices and tables are held in another format, for running.</summary>
    /// <param name="model">The model, which stays as it is.</param>
    /// <param name="weights">The format.</param>
    /// <exception cref="NotFiniteNumberException">A weight is infinite or not a number.</exception>
    public abstract TModel Convert(TModel model, WeightFormat weights);

    /// <summary>Reads a model.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">All but the numbers.</param>
    /// <param name="model">The model, its numbers checked against their checksums.</param>
    /// <param name="problem">Why it could not be read.</param>
    /// <param name="nonFinite">What to do with weights that are not finite.</param>
    public bool TryLoad(
        string path, [NotNullWhen(true)] out TContent? content, [NotNullWhen(true)] out TModel? model,
        [NotNullWhen(false)] out FileProblem? problem, NonFiniteWeights nonFinite = NonFiniteWeights.Refuse)
    {
        (content, model) = (null, null);
        if (!TsdFile.TryOpen(path, out TsdFile? file, out problem)) return false;
        using (file) return TryLoad(file, out content, out model, out problem, nonFinite);
    }

    /// <summary>Reads a model from a file that is open, which stays so.</summary>
    /// <inheritdoc cref="TryLoad(string, out TContent, out TModel, out FileProblem, NonFiniteWeights)"/>
    public bool TryLoad(
        TsdFile file, [NotNullWhen(true)] out TContent? content, [NotNullWhen(true)] out TModel? model,
        [NotNullWhen(false)] out FileProblem? problem, NonFiniteWeights nonFinite = NonFiniteWeights.Refuse)
    {
        model = null;
        if (TryDescribe(file, out content, out problem) && TryCreate(file, content, default, out model, out problem))
            problem = Fill(file, model, nonFinite);
        return content is not null && model is not null && problem is null;
    }

    /// <summary>Reads a model from a file that is open, which stays so.</summary>
    /// <exception cref="FileProblemException">It is damaged, or holds something else.</exception>
    internal TLoaded Load<TLoaded>(
        TsdFile file, Func<TContent, TModel, TLoaded> join, NonFiniteWeights nonFinite = NonFiniteWeights.Refuse) =>
        TryLoad(file, out TContent? content, out TModel? model, out FileProblem? problem, nonFinite)
            ? join(content, model)
            : throw new FileProblemException(problem);

    /// <summary>Reads all but the numbers, which costs little for a model of any size.</summary>
    /// <param name="file">An open file.</param>
    /// <exception cref="FileProblemException">The file holds something else, or contradicts itself.</exception>
    public TContent Describe(TsdFile file) =>
        TryDescribe(file, out TContent? content, out FileProblem? problem) ? content : throw new FileProblemException(problem);

    /// <summary>Reads all but the numbers.</summary>
    /// <param name="file">An open file.</param>
    /// <param name="content">What it says.</param>
    /// <param name="problem">Why it is refused.</param>
    public bool TryDescribe(TsdFile file, [NotNullWhen(true)] out TContent? content, [NotNullWhen(false)] out FileProblem? problem)
    {
        if (SectionReader.TryRead(file, kind, sections, FileProblemKind.ModelInvalid, Read, out content, out problem)) return true;
        if (problem.Kind == FileProblemKind.WrongKind) problem = Explain(file, problem);
        return false;
    }

    /// <summary>Writes the sections; what is refused of them is refused before there is a file.</summary>
    internal abstract void Write(Utf8JsonWriter json, TContent content, string path);

    /// <summary>Reads the sections. An argument exception is the file's fault, and said of the section that was read last.</summary>
    internal abstract TContent Read(SectionReader reader);

    /// <summary>Lays a model out in memory that may be too small for it, which is an argument exception.</summary>
    internal abstract TModel LayOut(TContent content, Memory<float> memory, WeightFormat weights);

    /// <summary>A model's numbers.</summary>
    internal abstract ParameterBlock ParametersOf(TModel model);

    /// <summary>Adds to the message about a file of another kind what to do with it.</summary>
    internal virtual FileProblem Explain(TsdFile file, FileProblem problem) => problem;

    /// <summary>The floats that a file's tensors take in memory, each padded to 64 bytes.</summary>
    internal static long FloatsOf(TsdFile file) => file.Tensors.Sum(t => TsdPrologue.RoundUp(t.Count * sizeof(float))) / sizeof(float);

    /// <summary>Lays the model out in memory of the size that the file's tensors have, and compares every tensor.</summary>
    internal bool TryCreate(
        TsdFile file, TContent content, Memory<float> storage, [NotNullWhen(true)] out TModel? model,
        [NotNullWhen(false)] out FileProblem? problem)
    {
        model = null;
        string section = sections[0];
        long floats = FloatsOf(file);
        WeightFormat weights = CompactTensors.FormatOf(file);
        try
        {
            if (floats is 0 or > int.MaxValue - AlignedBuffer.AlignmentBytes)
                Throw.Problem(Invalid($"its tensors hold {Words.Counted(floats, "float")}; 1 to 2^31 are read"));

            // The file justifies this much memory and no more: a configuration that wants more is refused by the model itself. How much
            // compact weights take, the model says; it is asked before there is any memory.
            bool isCompact = weights != WeightFormat.Single;
            if (storage.IsEmpty) storage = isCompact ? PromisedFloats.Most : new AlignedBuffer((int)floats).Memory;
            TModel made = LayOut(content, storage, weights);
            ParameterLayout layout = ParametersOf(made).Layout;
            problem = CompactTensors.FindFault(file, FileProblemKind.ModelInvalid, section, layout);
            if (problem is null) model = isCompact ? LayOut(content, new AlignedBuffer(layout.LengthFloats).Memory, weights) : made;
        }
        catch (FileProblemException exception)
        {
            problem = exception.Problem;
        }
        catch (Exception exception) when (exception is ArgumentException or OverflowException)
        {
            problem = Invalid(Words.OfLayout(exception));
        }

        return model is not null && problem is null;

        FileProblem Invalid(string message) => SectionReader.Invalid(file, FileProblemKind.ModelInvalid, section, message);
    }

    /// <summary>Reads all numbers and checks them, tensor by tensor, as a mapped model is checked: of two faults both find the same one
    /// first.</summary>
    internal FileProblem? Fill(TsdFile file, TModel model, NonFiniteWeights nonFinite)
    {
        ParameterBlock parameters = ParametersOf(model);
        foreach (TensorSlot slot in parameters.Layout.Tensors)
        {
            if (slot.Format != WeightFormat.Single)
            {
                if (CompactTensors.Fill(file, parameters, slot) is { } wrong) return wrong;
                continue;
            }

            if (!file.TryReadTensor(slot.Name, parameters[slot], out FileProblem? problem)) return problem;
            if (nonFinite == NonFiniteWeights.Allow) continue;
            if (FiniteWeights.FindFault(file.Path, parameters, slot, file) is { } fault) return fault;
        }

        return null;
    }
}
