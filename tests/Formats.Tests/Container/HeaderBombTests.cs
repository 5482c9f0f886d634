using System.Text;
using TinySD.Formats.Container;
using TinySD.Formats.Models;

namespace TinySD.Formats.Tests;

/// <summary>Headers near their limit of 64 MiB that are made to cost more than they are worth: none may be turned into many times as much
/// memory.</summary>
public sealed class HeaderBombTests
{
    private const string Model = """{"kind":"language-model","configuration":{"vocabularySize":2,"embeddingSize":1,"hiddenSize":""" +
        """1,"layerCount":1,"tieWeights":false}""";

    private const int Length = 63 << 20;

    /// <summary>A start, what is repeated, and an end.</summary>
    [Test]
    [NotInParallel("large memory")]
    [Arguments("""{"kind":"x","tensors":[""", "null,", "null]}")]
    [Arguments("""{"kind":"x","tensors":[""", "{},", "{}]}")]
    [Arguments("""{"kind":"x","tensors":[{"shape":[""", "1,", "1]}]}")]
    [Arguments("""{"kind":"x","tensors":[{"name":" """, "n", "\"}]}")]
    [Arguments("""{"kind":"x","note":[""", "[],", "[]],\"tensors\":[]}")]
    [Arguments("""{"kind":"x","note":""", "[", "")]
    [Arguments("""{"kind":"x","note":" """, "\\u0000", "\",\"tensors\":[]}")]
    [Arguments("""{"kind":"x","tensors":[]""", "\n", "}")]
    [Arguments("""{"kind":"language-model","configuration":[""", "0,", "0],\"tensors\":[]}")]
    [Arguments(Model + ""","vocabulary":{"level":"char","tokens":[""",
        "\"\",", "\"\"]},\"training\":{},\"tensors\":[]}")]
    [Arguments(Model + ""","vocabulary":{"level":"char","tokens":["a","b"]},"training":{"epochs":[""",
        "null,", "null]},\"tensors\":[]}")]
    public async Task Costs_little_more_than_its_bytes(string start, string repeated, string end)
    {
        using var folder = new TestFolder();
        string path = Write(folder, start, Encoding.UTF8.GetBytes(repeated), end);
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool isLoaded = LanguageModelFile.TryLoad(path, out _, out FileProblem? problem);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        await Assert.That(isLoaded).IsFalse();
        await Assert.That(problem!.Message.Length).IsLessThan(1000);
        await Assert.That(allocated).IsLessThan(Length + (4 << 20));
    }

    /// <summary>Members of the header, each with a name of its own.</summary>
    [Test]
    [NotInParallel("large memory")]
    public async Task Members_by_the_million_are_refused_at_the_first_too_many()
    {
        using var folder = new TestFolder();
        var header = new StringBuilder("{\"kind\":\"x\",\"tensors\":[]");
        for (int i = 0; i < 3_000_000; i++) header.Append($",\"{i:x}\":0");
        string path = folder.Put("m.tsd", TsdBytes.File(header.Append('}').ToString()));
        long before = GC.GetAllocatedBytesForCurrentThread();
        FileProblem problem = Refused.By(() => TsdFile.Open(path).Dispose());
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        await Assert.That(problem.Message).Contains("the header has more than 64 members");
        await Assert.That(allocated).IsLessThan(new FileInfo(path).Length + (1 << 20));
    }

    /// <summary>A hundred thousand tensors are unusual and allowed; each is found by its name without looking through all the
    /// others.</summary>
    [Test]
    [NotInParallel("large memory")]
    public async Task Tensors_by_the_hundred_thousand_open_within_a_small_multiple_of_their_header()
    {
        using var folder = new TestFolder();
        const int count = 100_000;
        byte[] data = new byte[64 * count];
        string checksum = TsdBytes.Hash(new byte[4]);
        IEnumerable<string> entries = Enumerable.Range(0, count).Select(i => TsdBytes.Entry($"t{i}", "[1]", 64L * i, 4, checksum));
        string header = $"{{\"kind\":\"x\",\"tensors\":[{string.Join(',', entries)}]}}";
        string path = folder.Put("m.tsd", TsdBytes.File(header, data));
        long before = GC.GetAllocatedBytesForCurrentThread();
        using TsdFile file = TsdFile.Open(path);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        // Most of it is garbage of the JSON reader's, entry by entry.
        await Assert.That(allocated).IsLessThan(16L * header.Length);
        await Assert.That(file.FindTensor($"t{count - 1}")!.Offset).IsEqualTo(file.Length - 64);
        long found = file.Tensors.Count(tensor => file.FindTensor(tensor.Name) == tensor);
        await Assert.That(found).IsEqualTo(count);
    }

    private static string Write(TestFolder folder, string start, byte[] repeated, string end)
    {
        byte[] header = new byte[Length];
        int at = Encoding.UTF8.GetBytes(start, header), stop = Length - Encoding.UTF8.GetByteCount(end);
        for (; at + repeated.Length <= stop; at += repeated.Length) repeated.CopyTo(header, at);
        header.AsSpan(at, stop - at).Fill((byte)' ');
        Encoding.UTF8.GetBytes(end, header.AsSpan(stop));
        return folder.Put("m.tsd", TsdBytes.File(header, []));
    }
}
