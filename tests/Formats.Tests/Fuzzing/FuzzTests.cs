using System.Globalization;

namespace TinySD.Formats.Tests;

/// <summary>Ten thousand changed files of every format: each is read, or refused with a reason; nothing else happens.</summary>
/// <remarks><c>TINYSD_FUZZ</c> is another number of files, <c>TINYSD_FUZZ_FROM</c> the number of the first.</remarks>
public sealed class FuzzTests
{
    private const int Files = 10_000;

    public static IEnumerable<Func<FuzzFormat>> Formats()
    {
        yield return () => new TsdFuzz();
        yield return () => new ProfileFuzz();
        yield return () => new ScheduleFuzz();
        yield return () => new SafetensorsFuzz();
        yield return () => new OnnxFuzz();
    }

    [Test]
    [MethodDataSource(nameof(Formats))]
    public async Task Changed_files_are_read_or_refused_with_a_reason(FuzzFormat format)
    {
        int count = Setting("TINYSD_FUZZ", Files), first = Setting("TINYSD_FUZZ_FROM", 0);
        using var fuzzer = new Fuzzer(format);
        fuzzer.ReadSeeds();
        fuzzer.Run(first, count);
        Console.WriteLine(fuzzer);
        foreach (string failure in fuzzer.Failures) Console.WriteLine(failure);
        await Assert.That(fuzzer.Failures).IsEmpty();
        if (count < Files) return;
        await Assert.That(format.Expected.Where(kind => !fuzzer.Reasons.ContainsKey(kind.ToString()))).IsEmpty();
        await Assert.That(fuzzer.Reasons.Keys).Contains("accepted");
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text
            ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : otherwise;
}
