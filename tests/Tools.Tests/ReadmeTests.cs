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
        using Stream stream = typeof(BuiltInText).Assembly.GetManifestResourceStream("text/README.md")!;
        using var reader = new StreamReader(stream);
        string[] lines = [.. (await reader.ReadToEndAsync()).Split('\n').Select(line => Command().Match(line)).Where(m => m.Success).Select(m => m.Groups[1].Value)];
        await Assert.That(lines.Length).IsGreaterThan(5);
        foreach (string line in lines) await Understood(line);
    }

    [Test]
    public async Task Examples_in_the_help_parse()
    {
        foreach (string command in new[] { "", "demo", "train", "train lm", "eval", "generate", "inspect", "verify" })
        {
            string help = Tinysd.Run([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]).Out;
            string[] examples = [.. help[help.IndexOf("Examples:", StringComparison.Ordinal)..].Split('\n').Where(l => l.StartsWith("  tinysd ", StringComparison.Ordinal))];
            await Assert.That(examples.Length).IsGreaterThan(0);
            foreach (string example in examples) await Understood(example["  tinysd ".Length..]);
        }
    }

    private static async Task Understood(string line)
    {
        string[] words = [.. Word().Matches(line).Select(m => m.Value.Trim('"'))];
        var common = new CommonOptions(new CliConsole(TextWriter.Null, TextWriter.Null), default);
        await Assert.That(Cli.Parse(words, common).Errors.Select(e => $"{line}: {e.Message}")).IsEmpty();
    }

    [GeneratedRegex(@"^(?:dotnet run --project src/Tools -c Release -- |(?:publish/)?tinysd )(.*)$")]
    private static partial Regex Command();

    [GeneratedRegex("""
        "[^"]*"|\S+
        """)]
    private static partial Regex Word();
}
