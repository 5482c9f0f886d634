using System.Text.RegularExpressions;
using TinySD.Tools.Demo;
using TinySD.Tools.Display;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tests;

/// <summary>Every command that the README and the help show is one that the program understands.</summary>
public sealed partial class ReadmeTests
{
    [Test]
    public async Task Commands_in_the_README_parse()
    {
        string readme = Resource(typeof(BuiltInText), "text/README.md");
        string[] lines = [.. readme.Split('\n').Select(line => Command().Match(line)).Where(m => m.Success).Select(m => m.Groups[1].Value)];
        await Assert.That(lines.Length).IsGreaterThan(5);
        foreach (string line in lines) await Understood(line);
    }

    [Test]
    public async Task The_README_shows_code_that_compiles()
    {
        string readme = Resource(typeof(BuiltInText), "text/README.md");
        string[] shown = [.. CodeBlock().Matches(readme).Select(m => m.Groups[1].Value)];
        string source = Resource(typeof(ReadmeSamples), "ReadmeSamples.cs");
        string[] compiled = [.. Sample().Matches(source).Select(m => m.Groups[1].Value.Replace("\n        ", "\n").TrimStart())];
        await Assert.That(compiled.Length).IsGreaterThan(0);
        await Assert.That(string.Join("\n---\n", shown)).IsEqualTo(string.Join("\n---\n", compiled));
    }

    [Test]
    public async Task Examples_in_the_help_parse()
    {
        string[] commands =
        [
            "", "demo", "train", "train lm", "eval", "generate", "run", "import", "export", "inspect", "verify", "bench", "reproduce", "reproduce lm", "hw", "hw detect", "hw simulate",
        ];
        foreach (string command in commands)
        {
            string help = Tinysd.Run([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]).Out;
            string[] lines = help[help.IndexOf("Examples:", StringComparison.Ordinal)..].Split('\n');
            string[] examples = [.. lines.Where(line => line.StartsWith("  tinysd ", StringComparison.Ordinal))];
            await Assert.That(examples.Length).IsGreaterThan(0);
            foreach (string example in examples) await Understood(example["  tinysd ".Length..]);
        }
    }

    private static async Task Understood(string line)
    {
        string[] words = [.. Word().Matches(line).Select(m => m.Value.Trim('"'))];
        using var stop = new StopRequest();
        var common = new CommonOptions(new CliConsole(TextWriter.Null, TextWriter.Null), stop);
        await Assert.That(Cli.Parse(words, common).Errors.Select(e => $"{line}: {e.Message}")).IsEmpty();
    }

    private static string Resource(Type from, string name)
    {
        using Stream stream = from.Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("// sample\n(.*?) *// end", RegexOptions.Singleline)]
    private static partial Regex Sample();

    [GeneratedRegex(@"^(?:dotnet run --project src/Tools -c Release -- |(?:publish/)?tinysd )(.*)$")]
    private static partial Regex Command();

    [GeneratedRegex("""
        "[^"]*"|\S+
        """)]
    private static partial Regex Word();
}
