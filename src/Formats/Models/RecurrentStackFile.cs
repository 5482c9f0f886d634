using TinySD.Formats.Container;

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

    /// <summary>How they are written and read.</summary>
    public static ModelFormat<RecurrentStackDescription, RecurrentStack> Format { get; } = new StackFormat();

    /// <summary>Writes a stack whole or not at all; equal input gives equal bytes.</summary>
    /// <param name="path">The target; an existing file is replaced.</param>
    /// <param name="stack">The stack.</param>
    /// <param name="source">The file it was imported from, or null; its folders are left out.</param>
    /// <param name="storage">Number format of the weights in the file; f16 and bf16 round each to the nearest.</param>
    /// <exception cref="FileProblemException">The target cannot be written, or a weight is not finite or too large for the
    /// format.</exception>
    public static void Save(string path, RecurrentStack stack, string? source = null, TensorStorage storage = TensorStorage.F32)
    {
        string? name = source is null ? null : Path.GetFileName(source);
        Format.Save(path, new RecurrentStackDescription(stack.Config, TrainingRecord.ThisBuild, name), stack.Parameters, storage);
    }

    /// <summary>Reads a stack.</summary>
    /// <exception cref="FileProblemException">The file cannot be read, is damaged, or holds something else.</exception>
    public static RecurrentStack Load(string path) =>
        TryLoad(path, out RecurrentStack? stack, out FileProblem? problem) ? stack : throw new FileProblemException(problem);

    /// <summary>Reads a stack from a file that is open, which stays so.</summary>
    /// <param name="file">The file, or the bytes of one in memory.</param>
    /// <exception cref="FileProblemException">It is damaged, or holds something else.</exception>
    public static RecurrentStack Load(TsdFile file) =>
        Format.Load(file, (_, stack) => stack);

    /// <summary>Reads a stack from its file's bytes, such as a resource of the program; they are checked as a file is.</summary>
    /// <param name="bytes">The whole file. Not needed any more afterwards.</param>
    /// <param name="name">What to call them in messages.</param>
    /// <exception cref="FileProblemException">They are damaged, or hold something else.</exception>
    public static RecurrentStack Load(ReadOnlyMemory<byte> bytes, string name = "the stack in memory")
    {
        using TsdFile file = TsdFile.Open(bytes, name);
        return Load(file);
    }

    /// <summary>Reads a stack.</summary>
    /// <param name="path">The file.</param>
    /// <param name="stack">The stack; all its weights are finite.</param>
    /// <param name="problem">Why it could not be read.</param>
    public static bool TryLoad(string path, [NotNullWhen(true)] out RecurrentStack? stack, [NotNullWhen(false)] out FileProblem? problem) =>
        Format.TryLoad(path, out _, out stack, out problem);

    private sealed class StackFormat()
        : ModelFormat<RecurrentStackDescription, RecurrentStack>(RecurrentStackFile.Kind, ConfigurationName, OriginName)
    {
        private const string ConfigurationName = "configuration", OriginName = "origin";

        internal override void Write(Utf8JsonWriter json, RecurrentStackDescription content, string path)
        {
            json.WritePropertyName(ConfigurationName);
            StackSection.Table.Write(json, StackSection.From(content.Config));
            json.WritePropertyName(OriginName);
            OriginSection.Table.Write(json, new(content.WrittenBy, content.Source));
        }

        internal override RecurrentStackDescription Read(SectionReader reader)
        {
            RecurrentStackConfig config = reader.Read(ConfigurationName, StackSection.Table).ToConfig();
            config.Validate();
            OriginSection origin = reader.Read(OriginName, OriginSection.Table);
            return new RecurrentStackDescription(config, origin.WrittenBy, origin.Source);
        }

        internal override RecurrentStack LayOut(RecurrentStackDescription content, Memory<float> memory, WeightFormat weights) =>
            new(content.Config, memory, weights);

        public override RecurrentStack Convert(RecurrentStack model, WeightFormat weights) => model.ConvertTo(weights);

        internal override ParameterBlock ParametersOf(RecurrentStack model) => model.Parameters;

        internal override FileProblem Explain(TsdFile file, FileProblem problem) =>
            file.Kind != LanguageModelFile.Kind ? problem : problem with
            {
                Message = $"{problem.Message}; 'export' takes the recurrent part out of a language model",
            };
    }
}
