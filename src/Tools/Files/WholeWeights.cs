namespace TinySD.Tools.Files;

/// <summary>Models whose weights have 8 bits, where a command needs single precision.</summary>
internal static class WholeWeights
{
    /// <summary>What is noted of one whose weights were expanded.</summary>
    /// <param name="path">Its file.</param>
    public static string Expanded(string path) =>
        $"{path} has weights of 8 bits: here they are expanded to single precision, and what they are multiplied by is not rounded";

    /// <summary>Refuses a file of one where it would be trained.</summary>
    /// <exception cref="FailureException">It is.</exception>
    /// <exception cref="FileProblemException">The file cannot be read, or its header is damaged.</exception>
    public static void RefuseToTrain(string path)
    {
        using TsdFile file = TsdFile.Open(path);
        RefuseToTrain(file);
    }

    /// <inheritdoc cref="RefuseToTrain(string)"/>
    public static void RefuseToTrain(TsdFile file)
    {
        if (!file.HasWholeNumbers()) return;
        throw new FailureException($"{file.Path} has weights of 8 bits, which are for running only and are not trained")
        { Advice = "Give the model that quantize made it of." };
    }

    /// <summary>What <c>inspect</c> says of them.</summary>
    public static (string Name, string Value) Fact { get; } =
        ("weights", "of 8 bits, each times the scale of its column or word; computed with as whole numbers");

    /// <summary>Whether some of a file's tensors are of whole numbers.</summary>
    public static bool HasWholeNumbers(this TsdFile file) => file.Tensors.Any(tensor => tensor.Storage == TensorStorage.I8);

    /// <summary>A model in single precision: itself, or a copy, of which a note is made.</summary>
    /// <param name="format">How such models are written and read.</param>
    /// <param name="model">The model.</param>
    /// <param name="path">Its file.</param>
    /// <param name="note">Takes the note.</param>
    public static TModel ToFloats<TContent, TModel>(
        this ModelFormat<TContent, TModel> format, TModel model, string path, Action<string> note)
        where TContent : class
        where TModel : class
    {
        if (format.WeightsOf(model) == WeightFormat.Single) return model;
        note(Expanded(path));
        return format.Convert(model, WeightFormat.Single);
    }
}
