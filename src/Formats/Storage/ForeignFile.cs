namespace TinySD.Formats.Storage;

/// <summary>Recognises, from a file's first bytes and its name, what somebody gave by mistake, and knows the way from it to a file that is
/// read.</summary>
internal static class ForeignFile
{
    /// <summary>As many first bytes as are looked at; fewer are enough for most.</summary>
    public const int FirstBytes = 512;

    /// <summary>What <see cref="Guess"/> says of a file that says nothing.</summary>
    public const string Unknown = "an unknown format";

    private const string FromPyTorch =
        "save its weights from PyTorch with safetensors.torch.save_file(model.state_dict(), \"model.safetensors\") and give that file";

    private const string FromTensorFlow = "convert it to ONNX, for example with tf2onnx, and give that file";

    private const string FromNumPy = "save its arrays with safetensors.numpy.save_file(arrays, \"model.safetensors\") and give that file";

    /// <summary>What readers of models and tensors say of a file that is none of theirs: a name with an article and mostly
    /// advice.</summary>
    public static string Guess(ReadOnlySpan<byte> first, string path) =>
        Describe(first, path) ?? DescribeMarkup(first) ?? DescribeName(path) ?? (LooksLikeText(first) ? "it looks like text" : Unknown);

    /// <summary>What is surely no text of a user's own and no profile: a name with an article and mostly advice, or null for bytes that say
    /// nothing.</summary>
    public static string? Describe(ReadOnlySpan<byte> first, string path)
    {
        if (first.StartsWith(Magic.Container)) return "a TinySD model";
        if (first.StartsWith(Magic.MaskSchedule)) return "a TinySD mask schedule";
        string command = $"git lfs pull --include {Path.GetFileName(path)}";
        if (first.StartsWith("version https://git-lfs.github.com/spec/"u8))
            return $"a Git LFS pointer, which stands in for the file; get the file itself with: {command}";
        return DescribePacked(first) ?? DescribeModel(first) ?? DescribeOther(first);
    }

    /// <summary>A page or a document of JSON or XML, which a text may be and a model is not; or null.</summary>
    public static string? DescribeMarkup(ReadOnlySpan<byte> first)
    {
        if (first.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) first = first[3..];
        first = first.TrimStart(" \t\r\n"u8);
        if (StartsWithTag(first, "<!doctype html"u8) || StartsWithTag(first, "<html"u8) || StartsWithTag(first, "<head"u8))
            return "a web page, as comes instead of a file that needs a login or another link; download the file itself";
        if (first.StartsWith("<?xml"u8)) return "an XML document";
        if (first.IndexOf("\"weight_map\""u8) >= 0) return "the index of a model in several files; give one of the files that it names";
        bool isObject = first is [(byte)'{', ..] && first[1..].TrimStart(" \t\r\n"u8) is [(byte)'"' or (byte)'}', ..] or [];
        bool isJson = first.Length > 1 && (isObject || first[0] == '[');
        return isJson && LooksLikeText(first) ? "a JSON text; a file of tensors was expected" : null;
    }

    /// <summary>What a folder is, where its content tells, and the way out; or null.</summary>
    public static string? DescribeFolder(string path)
    {
        if (Has("saved_model.pb")) return $"a TensorFlow SavedModel; {FromTensorFlow}";
        if (Has("model.safetensors")) return "a folder; give model.safetensors in it";
        if (Has("model.onnx")) return "a folder; give model.onnx in it";
        if (Has("pytorch_model.bin")) return $"the folder of a PyTorch checkpoint; {FromPyTorch}";
        return path.TrimEnd('/').EndsWith(".mlpackage", StringComparison.OrdinalIgnoreCase)
            ? "a Core ML package; export the model it was made from to ONNX" : null;

        bool Has(string name) => File.Exists(Path.Combine(path, name));
    }

    /// <summary>Whether the bytes could be the start of a text: no control characters but white space.</summary>
    public static bool LooksLikeText(ReadOnlySpan<byte> first)
    {
        foreach (byte value in first)
        {
            if (value is < 0x20 and not ((byte)'\n' or (byte)'\r' or (byte)'\t' or (byte)'\f') or 0x7F) return false;
        }

        return true;
    }

    // A little-endian length, well below the 100 MB that safetensors allows, then the JSON header's brace.
    public static bool IsSafetensors(ReadOnlySpan<byte> first) =>
        first.Length > 8 && first[8] == (byte)'{' && BinaryPrimitives.ReadUInt64LittleEndian(first) is > 1 and < 100_000_000;

    // ModelProto: field 1 (ir_version), a small number, then another field of the few that follow it. TensorFlow's SavedModel is alike, in
    // version 1, which ONNX has not had since its first year.
    public static bool IsOnnx(ReadOnlySpan<byte> first) =>
        first.Length > 2 && first[0] == 0x08 && first[1] is > 0 and < 0x20
        && first[2] is 0x12 or 0x1A or 0x22 or 0x2A or 0x32 or 0x3A or 0x42 && !IsSavedModel(first);

    private static bool IsSavedModel(ReadOnlySpan<byte> first) => StartsWith(first, 0x08, 0x01, 0x12);

    private static string? DescribePacked(ReadOnlySpan<byte> first)
    {
        if (StartsWith(first, 0x1F, 0x8B)) return "a gzip file; unpack it first";
        if (first.StartsWith("PK\u0003\u0004"u8)) return DescribeZip(first);
        if (first.StartsWith("PK\u0005\u0006"u8)) return "an empty zip archive";
        if (IsBzip2(first)) return "a bzip2 file; unpack it first";
        if (StartsWith(first, 0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z')) return "an xz file; unpack it first";
        if (StartsWith(first, 0x28, 0xB5, 0x2F, 0xFD)) return "a zstd file; unpack it first";
        if (StartsWith(first, 0x04, 0x22, 0x4D, 0x18)) return "an lz4 file; unpack it first";
        if (StartsWith(first, (byte)'7', (byte)'z', 0xBC, 0xAF)) return "a 7z archive; unpack it first";
        if (first.StartsWith("Rar!\u001a"u8)) return "a rar archive; unpack it first";
        return first.Length > 262 && first[257..].StartsWith("ustar"u8) ? "a tar archive; unpack it first" : null;
    }

    // The name of the first entry tells who wrote it: its length lies at byte 26, the name at 30.
    private static string DescribeZip(ReadOnlySpan<byte> first)
    {
        int length = first.Length > 30 ? Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(first[26..]), first.Length - 30) : 0;
        string entry = length > 0 ? Encoding.UTF8.GetString(first.Slice(30, length)) : "";
        if (entry is "[Content_Types].xml" || entry.StartsWith("_rels/", StringComparison.Ordinal))
            return "an Office document, perhaps a spreadsheet; save its sheet as CSV";
        if (entry.EndsWith(".npy", StringComparison.Ordinal)) return $"an .npz archive of NumPy arrays; {FromNumPy}";
        if (entry is "metadata.json" or "config.json" || entry.EndsWith(".weights.h5", StringComparison.Ordinal))
            return $"a Keras model; {FromTensorFlow}";
        return entry.EndsWith(".pkl", StringComparison.Ordinal) || entry.Contains("/data", StringComparison.Ordinal)
            || entry.EndsWith("/version", StringComparison.Ordinal)
            ? $"a zip archive, a PyTorch checkpoint; {FromPyTorch}"
            : $"a zip archive, perhaps a PyTorch checkpoint; unpack it, or if it is one, {FromPyTorch}";
    }

    private static string? DescribeModel(ReadOnlySpan<byte> first)
    {
        if (StartsWith(first, 0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9))
            return $"a PyTorch checkpoint of the older kind; {FromPyTorch}";
        if (first.Length > 2 && first[0] == 0x80 && first[1] is >= 2 and <= 5
            && first[2] is (byte)'}' or (byte)']' or (byte)'c' or 0x95 or 0x8A)
            return $"a Python pickle, perhaps a PyTorch checkpoint; {FromPyTorch}";
        if (StartsWith(first, 0x89, (byte)'H', (byte)'D', (byte)'F')) return $"an HDF5 file, as Keras writes; {FromTensorFlow}";
        if (first.StartsWith("GGUF"u8) || first.StartsWith("lmgg"u8) || first.StartsWith("fmgg"u8) || first.StartsWith("tjgg"u8))
            return "a GGUF or GGML file, which holds transformers; give the weights of a recurrent network, as safetensors or ONNX";
        if (first.Length >= 8 && first[4..].StartsWith("TFL3"u8))
            return $"a TensorFlow Lite model; {FromTensorFlow} (tf2onnx takes it with --tflite)";
        if (StartsWith(first, 0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y')) return $"a NumPy array; {FromNumPy}";
        if (IsSavedModel(first)) return $"a TensorFlow SavedModel; {FromTensorFlow}";
        if (IsSafetensors(first)) return "a safetensors file";
        return IsOnnx(first) ? "perhaps an ONNX model" : null;
    }

    private static string? DescribeOther(ReadOnlySpan<byte> first)
    {
        if (first.StartsWith("\u007fELF"u8)) return "a program";
        if (first.StartsWith("%PDF"u8)) return "a PDF document";
        if (StartsWith(first, 0x89, (byte)'P', (byte)'N', (byte)'G')) return "a PNG image";
        if (StartsWith(first, 0xFF, 0xD8, 0xFF)) return "a JPEG image";

        // UTF-32's little-endian mark begins with UTF-16's.
        if (StartsWith(first, 0xFF, 0xFE, 0, 0) || StartsWith(first, 0, 0, 0xFE, 0xFF))
            return "UTF-32 text; convert it to UTF-8, for example with iconv -f utf-32 -t utf-8";
        return StartsWith(first, 0xFF, 0xFE) || StartsWith(first, 0xFE, 0xFF)
            ? "UTF-16 text; convert it to UTF-8, for example with iconv -f utf-16 -t utf-8"
            : null;
    }

    // Formats whose bytes look like others', or like nothing.
    private static string? DescribeName(string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".PB" => $"by its name a TensorFlow graph; {FromTensorFlow}",
        ".MLMODEL" => "by its name a Core ML model; export the model it was made from to ONNX",
        ".PT" or ".PTH" or ".CKPT" => $"by its name a PyTorch checkpoint; {FromPyTorch}",
        _ => null,
    };

    private static bool StartsWith(ReadOnlySpan<byte> first, params ReadOnlySpan<byte> mark) => first.StartsWith(mark);

    private static bool StartsWithTag(ReadOnlySpan<byte> first, ReadOnlySpan<byte> lowerCase) =>
        first.Length >= lowerCase.Length && Ascii.EqualsIgnoreCase(first[..lowerCase.Length], lowerCase);

    // Three letters may begin a text; after them come the block size, as a digit, and pi, as the first block's mark.
    private static bool IsBzip2(ReadOnlySpan<byte> first) => first.StartsWith("BZh"u8) && first.Length > 3
        && first[3] is >= (byte)'1' and <= (byte)'9' && StartsWith(first[4..], 0x31, 0x41, 0x59, 0x26, 0x53, 0x59);
}
