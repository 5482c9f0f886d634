using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using TinySD.Formats.Hardware;
using TinySD.Runtime.Hardware;

namespace TinySD.Formats.Tests;

/// <summary>Profiles that are wrong in one place are refused with the line and the key; whatever is mutated, nothing crashes.</summary>
public sealed class HardwareProfileFileTests
{
    private static readonly string _good = Encoding.UTF8.GetString(BuiltInProfiles.TextOf("x64-avx2")!);

    /// <summary>The schema asks for neither: one unit goes alone, and any number of them is kept.</summary>
    [Test]
    public async Task A_multiple_and_a_group_that_are_not_there_are_1()
    {
        JsonNode json = JsonNode.Parse(BuiltInProfiles.TextOf("x64-sse42")!)!;
        json.AsObject().Remove("keepMultiple");
        json.AsObject().Remove("groupSize");
        bool isRead = HardwareProfileFile.TryRead("p", Encoding.UTF8.GetBytes(json.ToJsonString()), out HardwareProfile? profile, out _);
        await Assert.That(isRead).IsTrue();
        await Assert.That((profile!.KeepMultiple, profile.GroupSize)).IsEqualTo((1, 1));
    }

    [Test]
    [Arguments("\"cores\": 4", "\"cores\": \"4\"", 17, "simd.cores", "simd.cores is the string '4'; expected a whole number")]
    [Arguments("\"cores\": 4", "\"cores\": 4.5", 17, "simd.cores", "simd.cores is 4.5; expected a whole number")]
    [Arguments("\"cores\": 4", "\"cores\": 99999999999", 17, "simd.cores", "simd.cores is 99999999999; expected a whole number")]
    [Arguments("\"cores\": 4", "\"cores\": null", 17, "simd.cores", "simd.cores is null; expected a whole number")]
    [Arguments("\"cores\": 4", "\"cores\": [4]", 17, "simd.cores", "simd.cores is a list; expected a whole number")]
    [Arguments("\"cores\": 4", "\"cores\": 0", 17, "simd.cores", "simd.cores is 0; expected a whole number from 1 to 1024")]
    [Arguments("\"cores\": 4", "\"cores\": 4, \"cores\": 4", 17, "simd.cores", "simd.cores stands twice; line 17 has it first")]
    [Arguments("    \"cores\": 4,\n", "", 9, "simd.cores", "the key simd.cores is missing")]
    [Arguments(
        "\"cores\": 4", "\"core\": 4", 17, "simd.core",
        "simd.core is no key of a profile; instructionSet, publishSetting, laneWidth, vectorRegisters, l1Bytes, l2Bytes, l3Bytes, cores, " +
        "tiles are")]
    [Arguments("\"windowColumns\": 128", "\"windowColumns\": 100", 22, "simd.tiles.windowColumns",
        "simd.tiles.windowColumns is 100; expected a multiple of 16 from 16 to 1048576")]
    [Arguments("\"avx2\"", "\"avx3\"", 10, "simd.instructionSet",
        "simd.instructionSet is 'avx3'; expected scalar, sse4.2, avx2, avx512, advsimd or helium")]
    [Arguments("\"kind\": \"simd\"", "\"kind\": \"gpu\"", 5, "kind", "kind is 'gpu'; expected simd or systolic")]
    [Arguments("\"kind\": \"simd\"", "\"kind\": \"systolic\"", 9, "simd", "simd does not go with kind systolic; leave one of them out")]
    [Arguments("\"tiles\": {", "\"tiles\": 1, \"x\": {", 18, "simd.tiles", "simd.tiles is 1; expected an object")]
    [Arguments("\"fallback\": \"x64-sse42\"", "\"fallback\": \"x64-avx2\"", 6, "fallback",
        "fallback is the profile itself; name another, or leave it out")]
    public async Task Is_refused_with_line_and_key(string right, string wrong, int line, string key, string message)
    {
        await Assert.That(_good).Contains(right);
        FileProblem problem = RefusalOf(_good.Replace(right, wrong, StringComparison.Ordinal));
        await Assert.That(problem).IsEqualTo(
            new FileProblem(FileProblemKind.ProfileInvalid, "p.json", $"p.json, line {line}: {message}") { Line = line, Part = key });
    }

    [Test]
    [Arguments("[]", 1, "a hardware profile is a JSON object")]
    [Arguments("\n\n7", 3, "a hardware profile is a JSON object")]
    [Arguments("{}", 1, "the key name is missing")]
    [Arguments("{\n", 2, "not JSON as the profile's schema asks")]
    [Arguments("{\"name\": \"\\ud800\"}", 1, "a string holds half of a surrogate pair")]
    public async Task What_is_no_profile_is_refused_with_its_line(string json, int line, string message)
    {
        FileProblem problem = RefusalOf(json);
        await Assert.That(problem.Message).StartsWith($"p.json, line {line}: {message}");
        await Assert.That(problem.Line).IsEqualTo(line);
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.ProfileInvalid);
    }

    [Test]
    public async Task Trailing_text_comments_size_and_strange_bytes_are_refused_and_a_byte_order_mark_is_not()
    {
        await Assert.That(RefusalOf(_good + "{}").Line).IsEqualTo(30);
        await Assert.That(RefusalOf("// mine\n" + _good).Line).IsEqualTo(1);
        await Assert.That(RefusalOf(_good + new string(' ', 70_000)).Message)
            .IsEqualTo("p.json is no hardware profile: it has more than 65,536 bytes");
        await Assert.That(RefusalOf("").Kind).IsEqualTo(FileProblemKind.Empty);
        byte[] latin = [.. Encoding.UTF8.GetBytes("{\n\"name\": \""), 0xE9, .. "\"}"u8];
        await Assert.That(HardwareProfileFile.TryRead("p.json", latin, out _, out FileProblem? problem)).IsFalse();
        await Assert.That(problem!.Message).IsEqualTo("p.json, line 2: not UTF-8 text");
        await Assert.That(HardwareProfileFile.TryRead("p.json", [0x1F, 0x8B, 8, 0], out _, out problem)).IsFalse();
        await Assert.That(problem!.Kind).IsEqualTo(FileProblemKind.Foreign);
        byte[] marked = [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(_good)];
        await Assert.That(HardwareProfileFile.TryRead("p.json", marked, out _, out _)).IsTrue();
    }

    [Test]
    public async Task Fallbacks_are_found_beside_the_file_and_then_among_the_built_in()
    {
        using var folder = new TestFolder();
        Put(folder, "mine", "theirs");
        Put(folder, "theirs", "x64-avx2");
        var chain = HardwareProfileFile.Load(folder["mine.json"]);
        await Assert.That(string.Join(' ', chain.Select(profile => profile.Name))).IsEqualTo("mine theirs x64-avx2 x64-sse42");
    }

    [Test]
    public async Task A_missing_fallback_a_broken_one_and_a_circle_are_refused()
    {
        using var folder = new TestFolder();
        Put(folder, "lost", "nowhere");
        FileProblem problem = Refused.By(() => HardwareProfileFile.Load(folder["lost.json"]));
        await Assert.That(problem.Message).StartsWith(
            $"{folder["lost.json"]}, line 6: fallback is nowhere, and there is no such profile, neither beside the file nor built in; " +
            "built in are arm64-neon");
        await Assert.That((problem.Line, problem.Part)).IsEqualTo((6, "fallback"));

        Put(folder, "a", "b");
        Put(folder, "b", "c");
        Put(folder, "c", "a");
        problem = Refused.By(() => HardwareProfileFile.Load(folder["a.json"]));
        await Assert.That(problem.Message).IsEqualTo($"{folder["c.json"]}, line 6: fallback comes back to a: a -> b -> c -> a");

        // By file it comes back to itself, by name it never does.
        File.Move(folder["a.json"], folder["x64-sse42.json"]);
        Put(folder, "mine", "x64-sse42");
        problem = Refused.By(() => HardwareProfileFile.Load(folder["mine.json"]));
        await Assert.That(problem.Message).IsEqualTo(
            $"{folder["x64-sse42.json"]}, line 3: name is a, and the file stands where the fallback x64-sse42 is looked for; give the " +
            "file the profile's name");
        await Assert.That(problem.Part).IsEqualTo("name");
        File.Move(folder["x64-sse42.json"], folder["a.json"]);

        folder.Put("c.json", "{}"u8);
        await Assert.That(Refused.By(() => HardwareProfileFile.Load(folder["a.json"])).File).IsEqualTo(folder["c.json"]);
        await Assert.That(Refused.By(() => HardwareProfileFile.Load(folder["none.json"])).Kind).IsEqualTo(FileProblemKind.NotFound);
    }

    [Test]
    public void Ten_thousand_mutated_files_are_read_or_refused_and_nothing_else()
    {
        byte[][] texts = [.. BuiltInProfiles.Names.Select(name => BuiltInProfiles.TextOf(name)!)];
        Gen<(int Where, int Kind, int What)> change = Gen.Select(Gen.Int[0, 1 << 20], Gen.Int[0, 5], Gen.Int[0, 255]);
        Gen.Select(Gen.Int[0, texts.Length - 1], change.Array[1, 4]).Sample((text, changes) =>
        {
            byte[] json = changes.Aggregate(texts[text], Mutate);
            bool isRead = HardwareProfileFile.TryRead("p.json", json, out HardwareProfile? profile, out FileProblem? problem);
            if (isRead) return problem is null && profile!.FindFault() is null;
            return profile is null && problem!.Message.Length > 0 && problem.File == "p.json" && (problem.Line ?? 1) >= 1;
        }, iter: 10_000);
    }

    private static byte[] Mutate(byte[] json, (int Where, int Kind, int What) change)
    {
        if (json.Length == 0) return json;
        int at = change.Where % json.Length, end = Math.Min(json.Length, at + change.What);
        string[] words = ["\"", "{", "}", "[", "null", "-1", "1e999", "\"kind\":", "\\ud800", "é", "\"name\":1,", ",", "0", "true",
            "99999999999999999999"];
        return change.Kind switch
        {
            0 => [.. json[..at], (byte)change.What, .. json[(at + 1)..]],
            1 => [.. json[..at], .. json[end..]],
            2 => [.. json[..at], .. Encoding.UTF8.GetBytes(words[change.What % words.Length]), .. json[at..]],
            3 => json[..at],
            4 => [.. json[..end], .. json[at..]],
            _ => [.. json[..at], (byte)(json[at] ^ (1 << (change.What % 8))), .. json[(at + 1)..]],
        };
    }

    private static void Put(TestFolder folder, string name, string fallback) => folder.Put(name + ".json", Encoding.UTF8.GetBytes(
        _good.Replace("\"x64-avx2\"", $"\"{name}\"", StringComparison.Ordinal)
            .Replace("\"x64-sse42\"", $"\"{fallback}\"", StringComparison.Ordinal)));

    private static FileProblem RefusalOf(string json)
    {
        bool isRead = HardwareProfileFile.TryRead("p.json", Encoding.UTF8.GetBytes(json), out HardwareProfile? profile,
            out FileProblem? problem);
        return !isRead && profile is null && problem is not null ? problem : throw new InvalidOperationException("the profile was not " +
            "refused");
    }
}
