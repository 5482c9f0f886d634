using System.Diagnostics.CodeAnalysis;
using TinySD.Formats.Container;
using TinySD.Formats.Storage;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;

namespace TinySD.Formats.Models;

/// <summary>A language model used where it lies in its file: opening costs milliseconds and next to no memory, whatever the model's size.</summary>
/// <remarks>
/// <para>
/// Opening reads the header. The numbers are mapped, not read; <see cref="Model"/> checks all of them against their checksums before it hands them out
/// for the first time, and from then on they are pages of the system's file cache, which many processes share. Weights that are stored in 16 bits cannot
/// be used as they lie: they are read and expanded into memory of the model's own by the first <see cref="Model"/>, and
/// <see cref="IsMapped"/> is false.
/// </para>
/// <para>
/// What becomes of the file after the check cannot be promised about. A file that is <em>replaced</em>, as <see cref="AtomicFile"/> and all of TinySD do it, is
/// no danger: the old one stays mapped until this is disposed. (Windows refuses to replace a file that is mapped.) A program that writes <em>into</em> the
/// file changes weights behind the model's back, and one that shortens it ends this process when a missing page is touched; so does a disk or a network
/// that fails. Where that may happen, use <see cref="LanguageModelFile.Load"/>.
/// </para>
/// <para>Training such a model changes memory and not the file. Safe to use from many threads, but dispose it only when nothing uses the model any more.</para>
/// </remarks>
public sealed class MappedLanguageModel : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TsdFile _file;
    private readonly NonFiniteWeights _nonFinite;
    private readonly MappedFloats? _map;
    private LanguageModel? _model;
    private bool _isChecked, _isDisposed;

    private MappedLanguageModel(TsdFile file, LanguageModelDescription description, NonFiniteWeights nonFinite, MappedFloats? map, LanguageModel? model)
    {
        _file = file;
        _nonFinite = nonFinite;
        _map = map;
        _model = model;
        Description = description;
    }

    /// <summary>Everything but the numbers, at once.</summary>
    public LanguageModelDescription Description { get; }

    /// <summary>Whether the numbers are used where they lie in the file: true for weights stored in single precision.</summary>
    public bool IsMapped => _map is not null;

    /// <summary>The model; the first call checks every number, which takes as long as reading the file, and later ones take no time.</summary>
    /// <exception cref="FileProblemException">A tensor is damaged, or a weight is not finite.</exception>
    /// <exception cref="ObjectDisposedException">This was disposed.</exception>
    public LanguageModel Model
    {
        get
        {
            if (!TryGetModel(out LanguageModel? model, out FileProblem? problem)) Throw.Problem(problem);
            return model;
        }
    }

    /// <summary>Opens a model.</summary>
    /// <param name="path">The file.</param>
    /// <param name="nonFinite">What to do with weights that are not finite.</param>
    /// <exception cref="FileProblemException">The file cannot be read, its header is damaged, or it holds something else.</exception>
    public static MappedLanguageModel Open(string path, NonFiniteWeights nonFinite = NonFiniteWeights.Refuse)
    {
        if (!TryOpen(path, out MappedLanguageModel? mapped, out FileProblem? problem, nonFinite)) Throw.Problem(problem);
        return mapped;
    }

    /// <summary>As <see cref="Open"/>, without exceptions.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mapped">The open model, to be disposed.</param>
    /// <param name="problem">Why there is none.</param>
    /// <param name="nonFinite">What to do with weights that are not finite.</param>
    public static bool TryOpen(
        string path, [NotNullWhen(true)] out MappedLanguageModel? mapped, [NotNullWhen(false)] out FileProblem? problem,
        NonFiniteWeights nonFinite = NonFiniteWeights.Refuse)
    {
        mapped = null;
        if (!TsdFile.TryOpen(path, out TsdFile? file, out problem)) return false;
        MappedFloats? map = null;
        try
        {
            if (!LanguageModelFile.TryDescribe(file, out LanguageModelDescription? description, out problem)) return false;
            LanguageModel? model = null;
            if (file.Tensors.All(tensor => tensor.Storage == TensorStorage.F32))
            {
                // The tensors of a file lie as those of a model do, so what is compared is the shapes.
                long floats = LanguageModelFile.FloatsOf(file);
                if (floats is > 0 and <= int.MaxValue) map = file.Map(file.Tensors[0].Offset, (int)floats, typeof(MappedLanguageModel));
                if (!LanguageModelFile.TryCreate(file, description.Config, map?.Memory ?? default, out model, out problem)) return false;
            }

            mapped = new MappedLanguageModel(file, description, nonFinite, map, model);
            return true;
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
        {
            problem = SystemErrors.WhileReading(path, exception);
            return false;
        }
        finally
        {
            if (mapped is null)
            {
                ((IDisposable?)map)?.Dispose();
                file.Dispose();
            }
        }
    }

    /// <summary>As <see cref="Model"/>, without exceptions for what is wrong with the file.</summary>
    /// <param name="model">The model.</param>
    /// <param name="problem">What is damaged, or not finite. Another call checks again.</param>
    /// <exception cref="ObjectDisposedException">This was disposed.</exception>
    public bool TryGetModel([NotNullWhen(true)] out LanguageModel? model, [NotNullWhen(false)] out FileProblem? problem)
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
        lock (_lock)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            ((IDisposable?)_map)?.Dispose();
            _file.Dispose();
        }
    }

    // Tensor by tensor, so that the second look at each finds it in a cache or at least in memory.
    private FileProblem? CheckMapped(LanguageModel model)
    {
        ReadOnlySpan<float> values = model.Parameters.Values;
        for (int index = 0; index < _file.Tensors.Length; index++)
        {
            TensorSlot slot = model.Layout.Tensors[index];
            int end = index + 1 < _file.Tensors.Length ? model.Layout.Tensors[index + 1].Offset : values.Length;
            FileProblem? problem = _file.CheckMapped(_file.Tensors[index], values[slot.Offset..end]);
            if (problem is null && _nonFinite == NonFiniteWeights.Refuse) problem = FiniteWeights.FindFault(_file.Path, model.Parameters, slot, _file);
            if (problem is not null) return problem;
        }

        return null;
    }

    private FileProblem? Expand()
    {
        if (!LanguageModelFile.TryCreate(_file, Description.Config, default, out LanguageModel? model, out FileProblem? problem)) return problem;
        problem = LanguageModelFile.Fill(_file, model, _nonFinite);
        if (problem is null) _model = model;
        return problem;
    }
}
