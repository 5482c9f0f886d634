using TinySD.Formats.Exchange.Onnx;
using TinySD.Formats.Exchange.Parts;
using TinySD.Formats.Exchange.Safetensors;

namespace TinySD.Formats.Exchange;

/// <summary>Reads models of files of other formats, whichever of them a file is of.</summary>
public static class Importer
{
    /// <summary>Reads the language model of a safetensors or an ONNX file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="choices">What the caller knows better.</param>
    /// <returns>The model; null where the file holds recurrent layers, and neither it nor the caller says that they are a language
    /// model's.</returns>
    /// <exception cref="FileProblemException">It cannot be read; or it is said to be a language model, and is none.</exception>
    public static LanguageModelImport? FindLanguageModel(string path, LanguageModelChoices choices)
    {
        if (FileFormats.Of(path) == FileFormat.Onnx) return OnnxNetwork.Open(path).ToLanguageModel(choices);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return LanguageModelNames.Read(file, choices);
    }
}
