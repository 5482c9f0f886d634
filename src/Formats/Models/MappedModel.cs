using TinySD.Formats.Container;

namespace TinySD.Formats.Models;

/// <summary>A model used where it lies in its file: opening costs milliseconds and next to no memory, whatever the model's size.</summary>
/// <remarks>
/// <para>
/// Opening reads the header. The numbers are mapped, not read; <see cref="Model"/> checks all of them against their checksums before it
/// hands them out for the first time, and from then on they are pages of the system's file cache, which many processes share. Weights that
/// are stored in 16 bits cannot be used as they lie: they are read and expanded into memory of the model's own by the first
/// <see cref="Model"/>, and <see cref="IsMapped"/> is false.
/// </para>
/// <para>
/// What becomes of the file after the check cannot be promised about. A file that is <em>replaced</em>, as <see cref="AtomicFile"/> and all
/// of TinySD do it, is no danger: the old one stays mapped until this is disposed. (Windows refuses to replace a file that is mapped.) A
/// program that writes <em>into</em> the file changes weights behind the model's back, and one that shortens it ends this process when a
/// missing page is touched; so does a disk or a network that fails. Where that may happen, read the model instead.
/// </para>
/// <para>Training such a model changes memory and not the file. Safe to use from many threads, but dispose it only when nothing uses the
/// model any more.</para>
/// </remarks>
/// <typeparam name="TContent">All but the numbers.</typeparam>
/// <typeparam name="TModel">The model.</typeparam>
public abstract class MappedModel<TContent, TModel> : IDisposable
    where TContent : class
    where TModel : class
{
    private readonly object _lock = new();
    private readonly ModelFormat<TContent, TModel> _format;
    private readonly TsdFile _file;
    private readonly NonFiniteWeights _nonFinite;
    private readonly MappedFloats? _map;
    private TModel? _model;
    private bool _isChecked, _isDisposed;

    private protected MappedModel(ModelFormat<TContent, TModel> format, NonFiniteWeights nonFinite, Opened opened)
    {
        (_format, _nonFinite) = (format, nonFinite);
        (_file, Description, _map, _model) = opened;
    }

    /// <summary>Everything but the numbers, at once.</summary>
    public TContent Description { get; }

    /// <summary>Whether the numbers are used where they lie in the file: true for weights stored in single precision.</summary>
    public bool IsMapped => _map is not null;

    /// <summary>The model; the first call checks every number, which takes as long as reading the file, and later ones take no
    /// time.</summary>
    /// <exception cref="FileProblemException">A tensor is damaged, or a weight is not finite.</exception>
    /// <exception cref="ObjectDisposedException">This was disposed.</exception>
    public TModel Model =>
        TryGetModel(out TModel? model, out FileProblem? problem) ? model : throw new FileProblemException(problem);

    /// <summary>As <see cref="Model"/>, without exceptions for what is wrong with the file.</summary>
    /// <param name="model">The model.</param>
    /// <param name="problem">What is damaged, or not finite. Another call checks again.</param>
    /// <exception cref="ObjectDisposedException">This was disposed.</exception>
    public bool TryGetModel([NotNullWhen(true)] out TModel? model, [NotNullWhen(false)] out FileProblem? problem)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            problem = null;
            if (!_isChecked) problem = IsMapped ? CheckMapped(_model!) : Expand();
            _isChecked = problem is null;
            model = _isChecked ? _model : null;
            return model is not null && problem is null;
        }
    }

    /// <summary>Lets go of the file. The model of a mapped file cannot be used any more: its next use throws.</summary>
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        lock (_lock)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            ((IDisposable?)_map)?.Dispose();
            _file.Dispose();
        }
    }

    // Tensor by tensor, so that the second look at each finds it in a cache or at least in memory.
    private FileProblem? CheckMapped(TModel model)
    {
        ParameterBlock parameters = _format.ParametersOf(model);
        IReadOnlyList<TensorSlot> slots = parameters.Layout.Tensors;
        ReadOnlySpan<float> values = parameters.Values;
        for (int index = 0; index < _file.Tensors.Length; index++)
        {
            TensorSlot slot = slots[index];
            int end = index + 1 < _file.Tensors.Length ? slots[index + 1].Offset : values.Length;
            FileProblem? problem = _file.CheckMapped(_file.Tensors[index], values[slot.Offset..end]);
            if (problem is null && _nonFinite == NonFiniteWeights.Refuse)
                problem = FiniteWeights.FindFault(_file.Path, parameters, slot, _file);
            if (problem is not null) return problem;
        }

        return null;
    }

    private FileProblem? Expand()
    {
        if (!_format.TryCreate(_file, Description, default, out TModel? model, out FileProblem? problem)) return problem;
        problem = _format.Fill(_file, model, _nonFinite);
        if (problem is null) _model = model;
        return problem;
    }

    /// <summary>Opens a file, maps it where its numbers can be used as they lie, and lays the model out.</summary>
    private protected static bool TryOpen(
        string path, ModelFormat<TContent, TModel> format, Type owner, [NotNullWhen(true)] out Opened? opened,
        [NotNullWhen(false)] out FileProblem? problem)
    {
        opened = null;
        if (!TsdFile.TryOpen(path, out TsdFile? file, out problem)) return false;
        MappedFloats? map = null;
        try
        {
            if (!format.TryDescribe(file, out TContent? content, out problem)) return false;
            TModel? model = null;
            if (file.Tensors.All(tensor => tensor.Storage == TensorStorage.F32))
            {
                // The tensors of a file lie as those of a model do, so what is compared is the shapes.
                long floats = ModelFormat<TContent, TModel>.FloatsOf(file);
                if (floats is > 0 and <= int.MaxValue) map = file.Map(file.Tensors[0].Offset, (int)floats, owner);
                if (!format.TryCreate(file, content, map?.Memory ?? default, out model, out problem)) return false;
            }

            opened = new Opened(file, content, map, model);
            return true;
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
        {
            return SystemErrors.WhileReading(path, exception).Refuse(out problem);
        }
        finally
        {
            if (opened is null)
            {
                ((IDisposable?)map)?.Dispose();
                file.Dispose();
            }
        }
    }

    /// <summary>An open file; the model is laid out in the map, if there is one.</summary>
    internal sealed record Opened(TsdFile File, TContent Content, MappedFloats? Map, TModel? Model);
}
