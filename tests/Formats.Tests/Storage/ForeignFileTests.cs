using System.Buffers.Binary;
using System.Text;
using TinySD.Formats.Container;
using TinySD.Formats.Exchange.Onnx;
using TinySD.Formats.Exchange.Safetensors;
using TinySD.Formats.Hardware;
using TinySD.Formats.Schedules;
using TinySD.Formats.Text;

namespace TinySD.Formats.Tests;

/// <summary>What somebody gives by mistake is named, with the way from it to a file that is read, by every reader.</summary>
public sealed class ForeignFileTests
{
    private const string Torch = "safetensors.torch.save_file", Onnx = "convert it to ONNX";

    public static IEnumerable<Func<(string Name, byte[] Bytes, string What, string WayOut)>> Files()
    {
        (string, byte[], string, string)[] files =
        [
            ("m.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"u8.ToArray(), "Git LFS pointer",
                "git lfs pull --include m.safetensors"),
            ("m.pt", Zip("archive/data.pkl"), "PyTorch checkpoint", Torch),
            ("pytorch_model.bin", Zip("model/data.pkl"), "PyTorch checkpoint", Torch),
            ("m.pth", [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E],
                "PyTorch checkpoint of the older kind", Torch),
            ("m.pkl", [0x80, 4, 0x95, 9, 0, 0, 0, 0, 0, 0, 0], "Python pickle", Torch),
            ("m.keras", Zip("metadata.json"), "Keras model", Onnx),
            ("m.h5", [0x89, .. "HDF\r\n\u001a\n"u8, 0, 0], "HDF5 file", Onnx),
            ("m.npz", Zip("w.npy"), "NumPy arrays", "safetensors.numpy.save_file"),
            ("m.npy", [0x93, .. "NUMPY"u8, 1, 0, 118, 0], "NumPy array", "safetensors.numpy.save_file"),
            ("m.gguf", [.. "GGUF"u8, 3, 0, 0, 0, 9, 0], "GGUF", "recurrent network"),
            ("m.tflite", [28, 0, 0, 0, .. "TFL3"u8, 20, 0], "TensorFlow Lite", Onnx),
            ("saved_model.pb", [8, 1, 0x12, 200, 1, 10], "SavedModel", Onnx),
            ("m.gz", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], "gzip", "unpack it"),
            ("m.xz", [0xFD, .. "7zXZ"u8, 0, 0, 4], "xz", "unpack it"),
        ];
        foreach ((string, byte[], string, string) file in files) yield return () => file;
    }

    public static IEnumerable<Func<(string Name, byte[] Bytes, string What, string WayOut)>> Texts()
    {
        (string, byte[], string, string)[] files =
        [
            ("page", "<!DOCTYPE html>\n<html>"u8.ToArray(), "web page", "download"),
            ("page.bin", "\r\n <HTML lang=en><head>"u8.ToArray(), "web page", "download"),
            ("config.json", "{\n  \"hidden_size\": 3\n}\n"u8.ToArray(), "JSON", "tensors"),
            ("model.safetensors.index.json", "{\"weight_map\": {\"w\": \"model-00001-of-00002.safetensors\"}}"u8.ToArray(), "several files",
                "give one"),
            ("readme.txt", "the cat sat on the mat\n"u8.ToArray(), "looks like text", ""),
        ];
        foreach ((string, byte[], string, string) file in files) yield return () => file;
    }

    [Test]
    [MethodDataSource(nameof(Files))]
    [MethodDataSource(nameof(Texts))]
    public async Task Every_reader_of_models_names_it_and_the_way_out(string name, byte[] bytes, string what, string wayOut)
    {
        using var folder = new TestFolder();
        string path = folder.Put(name, bytes);
        foreach (Action open in (Action[])
        [
            () => TsdFile.Open(path).Dispose(), () => MaskScheduleFile.Open(path).Dispose(), () => SafetensorsFile.Open(path).Dispose(),
            () => OnnxNetwork.Open(path),
        ])
        {
            FileProblem problem = Refused.By(open);
            await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.Foreign).Because(problem.Message);
            await Assert.That(problem.Fault).IsEqualTo(Fault.Caller);
            await Assert.That(problem.Message).StartsWith($"{path} is not a").And.Contains(what).And.Contains(wayOut);
        }
    }

    [Test]
    [MethodDataSource(nameof(Files))]
    public async Task A_reader_of_texts_and_one_of_profiles_name_it_too(string name, byte[] bytes, string what, string wayOut)
    {
        using var folder = new TestFolder();
        string path = folder.Put(name, bytes);
        if (!what.Contains("gzip", StringComparison.Ordinal))
            await Assert.That(Refused.By(() => Corpus.Count(path, TextLevel.Word)).Message).Contains(what).And.Contains(wayOut);
        await Assert.That(HardwareProfileFile.TryRead(path, bytes, out _, out FileProblem? problem)).IsFalse();
        await Assert.That(problem!.Kind).IsEqualTo(FileProblemKind.Foreign);
        await Assert.That(problem.Message).Contains(what).And.Contains(wayOut);
    }

    // A corpus may be of web pages or of JSON lines.
    [Test]
    public async Task A_text_may_be_a_page_or_JSON()
    {
        using var folder = new TestFolder();
        await Assert.That(Corpus.Count(folder.Put("p", "<html> <body>\n"u8.ToArray()), TextLevel.Word).Counts["<html>"]).IsEqualTo(1);
        await Assert.That(Corpus.Count(folder.Put("j", "{\"text\": 1}\n"u8.ToArray()), TextLevel.Word).Counts["1}"]).IsEqualTo(1);
    }

    [Test]
    [Arguments("m.pb", "TensorFlow graph")]
    [Arguments("m.mlmodel", "Core ML model")]
    public async Task A_name_tells_where_the_bytes_do_not(string name, string what)
    {
        using var folder = new TestFolder();
        string path = folder.Put(name, [0x0A, 0xFF, 0xFF, 0xFF, 0x7F, 1, 2, 3, 4, 5]);
        await Assert.That(Refused.By(() => TsdFile.Open(path).Dispose()).Message).Contains(what);
        await Assert.That(Refused.By(() => OnnxNetwork.Open(path)).Message).Contains(what);
    }

    [Test]
    public async Task A_folder_of_anothers_model_is_named()
    {
        using var folder = new TestFolder();
        string path = Directory.CreateDirectory(folder["saved"]).FullName;
        await Assert.That(Refused.By(() => TsdFile.Open(path).Dispose()).Message).IsEqualTo($"{path} is a folder; a file was expected");
        await File.WriteAllBytesAsync(Path.Combine(path, "saved_model.pb"), [8, 1, 0x12, 0]);
        await Assert.That(Refused.By(() => OnnxNetwork.Open(path)).Message)
            .StartsWith($"{path} is a TensorFlow SavedModel; convert it to ONNX");
    }

    // The first local header: its name's length lies at byte 26, the name at 30.
    private static byte[] Zip(string entry)
    {
        byte[] bytes = new byte[30 + entry.Length + 20];
        "PK\u0003\u0004"u8.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(26), (ushort)entry.Length);
        Encoding.ASCII.GetBytes(entry).CopyTo(bytes, 30);
        return bytes;
    }
}
