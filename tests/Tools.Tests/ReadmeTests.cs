using System.Text.RegularExpressions;
using TinySD.Tools.Display;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tests;

/// <summary>What the papers and the help show is so: every command is understood, code compiles, links lead somewhere.</summary>
public sealed partial class ReadmeTests
{
    private const int MostReadmeBytes = 6000, WidestTable = 120;

    private static readonly string[] s_pages =
    [
        "README.md", "CONTRIBUTING.md", "src/Runtime/README.md", "src/Formats/README.md", "src/Tools/README.md", "tests/README.md",
        "tests/Benchmarks/README.md", "src/Runtime/PACKAGE.md", "src/Formats/PACKAGE.md", "src/Tools/PACKAGE.md",
        "src/Runtime/ENGINES.md",
    ];

    [Test]
    public async Task Commands_in_the_papers_parse()
    {
        string[] lines = [.. s_pages.SelectMany(page => Page(page).Split('\n')).Select(line => Command().Match(line)).Where(m => m.Success)
            .Select(m => m.Groups[1].Value)];
        await Assert.That(lines.Length).IsGreaterThan(30);
        foreach (string line in lines) await Understood(line);
    }

    [Test]
    public async Task The_papers_show_code_that_compiles()
    {
        string[] shown = [.. s_pages.SelectMany(page => CodeBlock().Matches(Page(page))).Select(m => m.Groups[1].Value)];
        string source = Page("tests/Hosts/Guide/Samples.cs");
        string[] compiled = [.. Sample().Matches(source).Select(m => m.Groups[1].Value.Replace("\n        ", "\n").TrimStart())];
        await Assert.That(compiled.Length).IsGreaterThan(0);
        await Assert.That(string.Join("\n---\n", shown.Where(block => !IsUsings(block)))).IsEqualTo(string.Join("\n---\n", compiled));
        foreach (string line in shown.Where(IsUsings).SelectMany(block => block.Split('\n', StringSplitOptions.RemoveEmptyEntries)))
            await Assert.That(source).Contains($"{line}\n");

        static bool IsUsings(string block) => block.StartsWith("using TinySD.", StringComparison.Ordinal);
    }

    [Test]
    public async Task The_README_is_short_and_tables_are_narrow()
    {
        await Assert.That(new FileInfo(Path.Combine(Checkout.Root, "README.md")).Length).IsLessThanOrEqualTo(MostReadmeBytes);
        foreach (string page in s_pages.Where(page => page != "tests/Benchmarks/README.md"))
        {
            IEnumerable<string> wide = Page(page).Split('\n').Where(line => line.StartsWith('|') && line.Length > WidestTable);
            await Assert.That(wide).IsEmpty().Because(page);
        }
    }

    [Test]
    public async Task Links_in_the_papers_lead_somewhere()
    {
        foreach (string page in s_pages)
        {
            string folder = Path.GetDirectoryName(Path.Combine(Checkout.Root, page))!;
            foreach (Match link in Link().Matches(Page(page)))
            {
                (string path, string anchor) = (link.Groups["path"].Value, link.Groups["anchor"].Value);
                string target = path.Length == 0 ? Path.Combine(Checkout.Root, page) : Path.GetFullPath(Path.Combine(folder, path));
                await Assert.That(File.Exists(target) || Directory.Exists(target)).IsTrue().Because($"{page} leads to {path}");
                if (anchor.Length == 0) continue;
                IEnumerable<string> headings = (await File.ReadAllLinesAsync(target)).Where(line => line.StartsWith('#')).Select(Anchor);
                await Assert.That(headings).Contains(anchor).Because($"{page} leads to {path}#{anchor}");
            }
        }

        static string Anchor(string heading) =>
            NotInAnchor().Replace(heading.TrimStart('#', ' ').ToLowerInvariant(), "").Replace(' ', '-');
    }

    [Test]
    public async Task Examples_in_the_help_parse()
    {
        string[] commands =
        [
            "", "demo", "train", "train lm", "train classifier", "train tagger", "train translator", "classify", "tag", "translate",
            "bleu", "synthesize", "synthesize ordered",
            "eval", "generate", "score", "compare", "run", "import", "export", "quantize", "inspect", "verify", "bench", "reproduce",
            "reproduce lm", "hw", "hw detect", "hw simulate",
        ];
        foreach (string command in commands)
        {
            string help = Tinysd.Run([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]).Out;
            string[] lines = help[help.IndexOf("Examples:", StringComparison.Ordinal)..].Replace(" \\\n   ", "", StringComparison.Ordinal)
                .Split('\n');
            string[] examples = [.. lines.Where(line => line.StartsWith("  tinysd ", StringComparison.Ordinal))];
            await Assert.That(examples.Length).IsGreaterThan(0);
            foreach (string example in examples) await Understood(example["  tinysd ".Length..]);
        }
    }

    private static async Task Understood(string line)
    {
        // What a shell does with the output is not the program's.
        string[] words = [.. Word().Matches(line.Split(" >")[0]).Select(m => m.Value.Trim('"'))];
        using var stop = new StopRequest();
        var common = new CommonOptions(new CliConsole(TextWriter.Null, TextWriter.Null), stop);
        await Assert.That(Cli.Parse(words, common).Errors.Select(e => $"{line}: {e.Message}")).IsEmpty();
    }

    private static string Page(string name) => File.ReadAllText(Path.Combine(Checkout.Root, name));

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("// sample\n(.*?) *// end", RegexOptions.Singleline)]
    private static partial Regex Sample();

    [GeneratedRegex(@"\]\((?!https?:)(?<path>[^)#\s]*)(?:#(?<anchor>[^)\s]+))?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();

    [GeneratedRegex(@"^(?:dotnet run --project src/Tools -c Release -- |(?:publish/)?tinysd )(.*)$")]
    private static partial Regex Command();

    [GeneratedRegex("""
        "[^"]*"|\S+
        """)]
    private static partial Regex Word();
}
