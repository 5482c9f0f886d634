using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using TinySD.Formats.Container;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;

namespace TinySD.Formats.Models;

/// <summary>Everything a recurrent stack's file holds but its numbers.</summary>
/// <param name="Config">The shape.</param>
/// <param name="WrittenBy">Program and version.</param>
/// <param name="Source">The file it was imported from, without its folders, if it was.</param>
public sealed record RecurrentStackDescription(RecurrentStackConfig Config, string WrittenBy, string? Source);

/// <summary>Bare recurrent stacks in <c>.tsd</c> files, kind <c>recurrent-stack</c>.</summary>
public static class RecurrentStackFile
{
    /// <summary>The kind as the header names it.</summary>
    public const string Kind = "recurrent-stack";

    // JSON values of the sections: some dozens, and a few for each of at most six activations.
    private const long MostValues = 256;

    private const string ConfigurationName = "configuration", OriginName = "origin";

    /// <summary>Writes a stack whole or not at all; equal input gives equal bytes.</summary>
    /// <param name="path">The target; an existing file is replaced.</param>
    /// <param name="stack">The stack.</param>
    /// <param name="source">The file it was imported from, or null; its folders are left out.</param>
    /// <param name="storage">Number format of the weights in the file; f16 and bf16 round each to the nearest.</param>
    /// <exception cref="FileProblemException">The target cannot be written, or a weight is not finite or too large for the format.</exception>
    public static void Save(string path, RecurrentStack stack, string? source = null, TensorStorage storage = TensorStorage.F32)
    {
        if (FiniteWeights.FindUnstorable(path, stack.Parameters, storage) is { } weight) Throw.Problem(weight);
        var origin = new OriginSection { WrittenBy = TrainingRecord.ThisBuild, Source = source is null ? null : Path.GetFileName(source) };
        TensorToWrite[] tensors = [.. stack.Layout.Tensors.Select(slot => new TensorToWrite(slot.Name, stack.Parameters, slot, storage))];
        TsdWriter.Write(path, Kind, tensors, json =>
        {
            json.WritePropertyName(ConfigurationName);
            JsonSerializer.Serialize(json, StackSection.From(stack.Config), ModelJson.Default.StackSection);
            json.WritePropertyName(OriginName);
            JsonSerializer.Serialize(json, origin, ModelJson.Default.OriginSection);
        });
    }

    /// <summary>Reads a stack.</summary>
    /// <exception cref="FileProblemException">The file cannot be read, is damaged, or holds something else.</exception>
    public static RecurrentStack Load(string path)
    {
        if (!TryLoad(path, out RecurrentStack? stack, out FileProblem? problem)) Throw.Problem(problem);
        return stack;
    }

    /// <summary>Reads a stack.</summary>
    /// <param name="path">The file.</param>
    /// <param name="stack">The stack; all its weights are finite.</param>
    /// <param name="problem">Why it could not be read.</param>
    public static bool TryLoad(string path, [NotNullWhen(true)] out RecurrentStack? stack, [NotNullWhen(false)] out FileProblem? problem)
    {
        stack = null;
        if (!TsdFile.TryOpen(path, out TsdFile? file, out problem)) return false;
        using (file)
        {
            if (!TryDescribe(file, out RecurrentStackDescription? description, out problem)) return false;
            if (!TryLayOut(file, description.Config, out RecurrentStack? laidOut, out problem)) return false;
            foreach (TensorSlot slot in laidOut.Layout.Tensors)
            {
                if (!file.TryReadTensor(slot.Name, laidOut.Parameters[slot], out problem)) return false;
            }

            problem = FiniteWeights.FindFault(path, laidOut.Parameters, file);
            if (problem is not null) return false;
            stack = laidOut;
            return true;
        }
    }

    /// <summary>Reads all but the numbers.</summary>
    /// <param name="file">An open file.</param>
    /// <exception cref="FileProblemException">The file holds something else, or contradicts itself.</exception>
    public static RecurrentStackDescription Describe(TsdFile file)
    {
        if (!TryDescribe(file, out RecurrentStackDescription? description, out FileProblem? problem)) Throw.Problem(problem);
        return description;
    }

    /// <summary>Reads all but the numbers.</summary>
    /// <param name="file">An open file.</param>
    /// <param name="description">What it says.</param>
    /// <param name="problem">Why it is refused.</param>
    public static bool TryDescribe(
        TsdFile file, [NotNullWhen(true)] out RecurrentStackDescription? description, [NotNullWhen(false)] out FileProblem? problem)
    {
        description = null;
        if (file.Kind != Kind)
        {
            string advice = file.Kind == LanguageModelFile.Kind ? "; 'export' takes the recurrent part out of a language model" : "";
            problem = TsdHeader.WrongKind(file, Kind, advice);
            return false;
        }

        if (!TsdHeader.TryReadSection(file, ConfigurationName, ModelJson.Default.StackSection, MostValues, out StackSection? section, out problem)
            || !TsdHeader.TryReadSection(file, OriginName, ModelJson.Default.OriginSection, MostValues, out OriginSection? origin, out problem))
        {
            return false;
        }

        if (file.Sections.Keys.FirstOrDefault(name => name is not (ConfigurationName or OriginName)) is { } unknown)
        {
            problem = Invalid(file, unknown, $"a '{Kind}' file has no header member '{Words.Shown(unknown)}'");
            return false;
        }

        try
        {
            RecurrentStackConfig config = section.ToConfig();
            config.Validate();
            description = new RecurrentStackDescription(config, origin.WrittenBy, origin.Source);
            return true;
        }
        catch (ArgumentException exception)
        {
            problem = Invalid(file, ConfigurationName, $"the configuration is not as the format asks: {Words.OfArgument(exception)}");
            return false;
        }
    }

    // The file's tensors justify so much memory and no more: a configuration that wants more is refused by the stack itself.
    private static bool TryLayOut(
        TsdFile file, RecurrentStackConfig config, [NotNullWhen(true)] out RecurrentStack? stack, [NotNullWhen(false)] out FileProblem? problem)
    {
        stack = null;
        long floats = LanguageModelFile.FloatsOf(file);
        if (floats is 0 or > int.MaxValue - AlignedBuffer.AlignmentBytes)
        {
            problem = Invalid(file, ConfigurationName, $"its tensors hold {Words.Counted(floats, "float")}; 1 to 2^31 are read");
            return false;
        }

        try
        {
            stack = new RecurrentStack(config, new AlignedBuffer((int)floats).Memory);
            problem = Compare(file, stack);
        }
        catch (Exception exception) when (exception is ArgumentException or OverflowException)
        {
            problem = Invalid(file, ConfigurationName, Words.OfLayout(exception));
        }

        return stack is not null && problem is null;
    }

    private static FileProblem? Compare(TsdFile file, RecurrentStack stack)
    {
        IReadOnlyList<TensorSlot> expected = stack.Layout.Tensors;
        if (file.Tensors.Length != expected.Count)
            return Invalid(file, ConfigurationName, $"it has {Words.Counted(file.Tensors.Length, "tensor")}; expected {expected.Count}");
        foreach ((TsdTensor found, TensorSlot slot) in file.Tensors.Zip(expected))
        {
            string wanted = Shown(slot.Name, slot.Shape.Select(extent => (long)extent)), shown = Shown(found.Name, found.Shape);
            if (shown != wanted) return Invalid(file, found.Name, $"it has the tensor {shown} where its configuration makes {wanted}");
        }

        return null;

        static string Shown(string name, IEnumerable<long> shape) => $"'{name}' [{string.Join(", ", shape)}]";
    }

    private static FileProblem Invalid(TsdFile file, string part, string message) =>
        Blame.Writer(FileProblemKind.ModelInvalid, file.Path, message) with
        { Part = part, Offset = TsdPrologue.Length };
}
