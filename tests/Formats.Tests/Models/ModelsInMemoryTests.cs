using TinySD.Formats.Models;

namespace TinySD.Formats.Tests;

/// <summary>Models whose files' bytes lie in memory: read as from the file, and refused as the file is.</summary>
public sealed class ModelsInMemoryTests
{
    public static IEnumerable<Func<Kind>> Kinds() =>
    [
        () => new("language model", LanguageModelBytes.Make(), path => LanguageModelFile.Load(path).Model.Parameters.Values.ToArray(),
            (bytes, name) => LanguageModelFile.Load(bytes, name).Model.Parameters.Values.ToArray()),
        () => new("regressor", SequenceModelBytes.Regressor(), path => RegressorFile.Load(path).Regressor.Model.Parameters.Values.ToArray(),
            (bytes, name) => RegressorFile.Load(bytes, name).Regressor.Model.Parameters.Values.ToArray()),
        () => new("classifier", SequenceModelBytes.Classifier(),
            path => ClassifierFile.Load(path).Classifier.Model.Parameters.Values.ToArray(),
            (bytes, name) => ClassifierFile.Load(bytes, name).Classifier.Model.Parameters.Values.ToArray()),
        () => new("tagger", SequenceModelBytes.Tagger(), path => TaggerFile.Load(path).Tagger.Model.Parameters.Values.ToArray(),
            (bytes, name) => TaggerFile.Load(bytes, name).Tagger.Model.Parameters.Values.ToArray()),
        () => new("translator", TranslatorBytes.Translator(),
            path => TranslatorFile.Load(path).Translator.Model.Parameters.Values.ToArray(),
            (bytes, name) => TranslatorFile.Load(bytes, name).Translator.Model.Parameters.Values.ToArray()),
        () => new("stack", RecurrentStackFileTests.Example(), path => RecurrentStackFile.Load(path).Parameters.Values.ToArray(),
            (bytes, name) => RecurrentStackFile.Load(bytes, name).Parameters.Values.ToArray()),
    ];

    [Test]
    [MethodDataSource(nameof(Kinds))]
    public async Task A_model_is_the_one_of_the_file(Kind kind)
    {
        using var folder = new TestFolder();
        float[] read = kind.OfFile(folder.Put("m.tsd", kind.Bytes)), inMemory = kind.OfBytes(kind.Bytes, "it");
        await Assert.That(inMemory.AsSpan().SequenceEqual(read)).IsTrue();
    }

    [Test]
    [MethodDataSource(nameof(Kinds))]
    public async Task Damage_at_any_byte_and_every_cut_is_refused_in_the_file_s_words(Kind kind)
    {
        using var folder = new TestFolder();
        string path = folder.Put("m.tsd", kind.Bytes);
        byte[] bytes = [.. kind.Bytes];
        var wrong = new List<string>();
        using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 0);
        for (int at = 0; at < bytes.Length; at++)
        {
            bytes[at] ^= (byte)(1 << (at % 8));
            Put(file, at, bytes[at]);
            Compare($"byte {at}", bytes);
            bytes[at] = kind.Bytes[at];
            Put(file, at, bytes[at]);
        }

        for (int length = bytes.Length - 1; length >= 0; length--)
        {
            file.SetLength(length);
            Compare($"length {length}", bytes.AsMemory(0, length));
        }

        await Assert.That(wrong).IsEmpty();

        void Compare(string what, ReadOnlyMemory<byte> inMemory)
        {
            string ofFile = Refused.By(() => kind.OfFile(path)).Message, ofBytes = Refused.By(() => kind.OfBytes(inMemory, path)).Message;
            if (ofFile != ofBytes) wrong.Add($"{what}: '{ofFile}' and '{ofBytes}'");
        }
    }

    [Test]
    public async Task Memory_without_a_name_is_said_to_be_memory()
    {
        FileProblem problem = Refused.By(() => RegressorFile.Load(SequenceModelBytes.Classifier()));
        await Assert.That(problem.Message).Contains("the regressor in memory is of kind 'classifier'; 'regressor' was expected");
    }

    private static void Put(FileStream file, int at, byte value)
    {
        file.Position = at;
        file.WriteByte(value);
    }

    /// <summary>A kind of file, an example, and its readers, which give the parameters.</summary>
    public sealed record Kind(
        string Name, byte[] Bytes, Func<string, float[]> OfFile, Func<ReadOnlyMemory<byte>, string, float[]> OfBytes)
    {
        public override string ToString() => Name;
    }
}
