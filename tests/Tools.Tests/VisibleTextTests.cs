using TinySD.Formats.Exchange.Parts;
using TinySD.Formats.Exchange.Safetensors;
using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary>Text of files reaches the terminal as what can be seen, and nothing that it would obey.</summary>
public sealed class VisibleTextTests
{
    // Colour, a title, a carriage return, C1's control sequence introducer, a turn of direction, a line separator, DEL, a bell.
    private const string Hostile = "\u001b[31mred\u001b]0;t\u0007\r\u009b2J\u202Eevil\u2066\u2028next\u007F[red]x[/]";

    private const string Shown = @"\u001B[31mred\u001B]0;t\u0007\u000D\u009B2J\u202Eevil\u2066\u2028next\u007F[red]x[/]";

    [Test]
    public async Task What_a_terminal_would_obey_is_shown_as_its_escape()
    {
        await Assert.That(VisibleText.Text(Hostile + "\n\tend")).IsEqualTo(Shown + "\n\tend");
        await Assert.That(VisibleText.Line(Hostile + "\n\tend")).IsEqualTo(Shown + "\\u000A\tend");
        await Assert.That(VisibleText.Text("größe 長い 🙂 e\u0301")).IsEqualTo("größe 長い 🙂 e\u0301");
        for (int code = 0; code <= 0xFFFF; code++)
        {
            bool isHidden = code is < 0x20 and not '\t' or >= 0x7F and <= 0x9F or >= 0x202A and <= 0x202E or >= 0x2066 and <= 0x2069
                or 0x2028 or 0x2029;
            if (VisibleText.Line($"{(char)code}").Length == 6 != isHidden)
                await Assert.That(code).IsEqualTo(-1).Because("it is judged wrongly");
        }
    }

    [Test]
    public async Task A_console_filters_all_text_and_keeps_the_colours_that_are_its_own()
    {
        using StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        var console = new CliConsole(output, error, new TerminalTraits(true, true, true, 80));
        console.Out.Write(Hostile + "\n");
        console.Out.WriteLine("one\ntwo");
        console.Error.Write('\u001b');
        console.Error.WriteLine($"{Hostile}");
        await Assert.That(output.ToString()).IsEqualTo($"{Shown}\none\\u000Atwo\n");
        await Assert.That(error.ToString()).IsEqualTo($"\\u001B{Shown}\n");

        output.GetStringBuilder().Clear();
        var table = new Table("", "a\u009bb") { Colored = 1 };
        table.Row(TextColor.Green, "c\u001bd", "e\u202Ef");
        console.Write(table);
        await Assert.That(output.ToString()).Contains("\u001b[32me\\u202Ef\u001b[0m").And.Contains("a\\u009Bb").And.Contains("c\\u001Bd")
            .And.DoesNotContain("\u009b");
        error.GetStringBuilder().Clear();
        console.Live.Show(0.5, "a\u202Eb\u001bc");
        await Assert.That(error.ToString()).Contains("a\\u202Eb\\u001Bc");
    }

    [Test]
    public async Task Inspect_shows_names_and_texts_of_any_writer()
    {
        using var folder = new TestFolder();
        string file = Tensors(folder, Hostile, new() { [Hostile + "\nkey"] = Hostile + "\nvalue" });
        CliResult text = Tinysd.Run("inspect", file), json = Tinysd.Run("inspect", file, "--json");
        await Visible(text);
        await Assert.That(text.Out).Contains($"{Shown}\\u000Akey   {Shown}\\u000Avalue");
        await Assert.That(text.Out.Split('\n').Count(line => line.Contains("F32", StringComparison.Ordinal))).IsEqualTo(1);
        await Visible(json);
        await Assert.That(json.Json.GetProperty("tensors")[0].GetProperty("name").GetString()).IsEqualTo(Hostile);
        await Assert.That(json.Json.GetProperty("configuration").GetProperty(Hostile + "\nkey").GetString()).IsEqualTo(Hostile + "\nvalue");
    }

    [Test]
    public async Task No_name_of_a_file_or_a_tensor_makes_a_second_line_of_a_message()
    {
        using var folder = new TestFolder();
        string forged = $"none\ntinysd verify: all is well {Hostile}";
        foreach (string[] args in (string[][])
        [
            ["inspect", folder[forged]], ["verify", folder[forged]], ["generate", folder[forged]],
            ["eval", folder[forged], "--data", folder.Test],
            ["run", folder[forged], "--input", folder.Test, "--output", folder["o.safetensors"]],
            ["import", folder[forged], "--out", folder["o.tsd"]],
            ["train", "lm", "--train", folder[forged], "--valid", folder.Valid, "--out", folder.Model],
            ["train", "lm", "--resume", folder[forged]],
            ["hw", "show", forged], ["hw", "simulate", "--profile", forged, "--preset", "char-small"],
        ])
        {
            CliResult result = Tinysd.Run(args);
            await Visible(result);
            string[] lines = result.Error.TrimEnd('\n').Split('\n');
            await Assert.That(lines.Length).IsLessThanOrEqualTo(2).Because(result.Error);
            await Assert.That(lines.Skip(1).All(line => line.StartsWith("See 'tinysd ", StringComparison.Ordinal))).IsTrue()
                .Because(result.Error);
        }

        CliResult option = Tinysd.Run("demo", "--steps", forged), word = Tinysd.Run(forged);
        await Assert.That(option.Error.Count(c => c == '\n') + word.Error.Count(c => c == '\n')).IsEqualTo(4)
            .Because(option.Error + word.Error);
        await Visible(option);
        await Visible(word);

        string tensors = Tensors(folder, forged, []);
        SafetensorsWriter.Write(folder["lstm.safetensors"],
        [
            new("weight_ih_l0", [8, 3], new float[24]), new("weight_hh_l0", [8, 2], new float[16]),
            new("other" + forged, [1], new float[1]),
        ]);
        CliResult run = Tinysd.Run("run", folder["lstm.safetensors"], "--input", tensors, "--output", folder["o.safetensors"]);
        await Visible(run);
        await Assert.That(run.Error.Split('\n').Count(line => line.StartsWith("tinysd verify", StringComparison.Ordinal))).IsEqualTo(0);
    }

    [Test]
    public async Task What_a_model_generates_is_raw_in_a_pipe_and_visible_on_a_terminal()
    {
        using var folder = new TestFolder();
        string text = folder.PutText("hostile.txt", string.Concat(Enumerable.Repeat("\u001b[31m a \u009b2J b\n", 40)));
        string[] sizes = ["--hidden", "4", "--batch", "2", "--bptt", "4", "--epochs", "1", "--quiet"];
        foreach (string level in new[] { "word", "char", "byte" })
        {
            string model = folder[$"{level}.tsd"];
            await Assert.That(Tinysd.Run(
                ["train", "lm", "--level", level, "--train", text, "--valid", text, "--out", model, .. sizes]).Code).IsEqualTo(0);
            string piped = Generate(default), shown = Generate(new TerminalTraits(true, false, false, 80));
            await Assert.That(piped).Contains('\u001b');
            await Assert.That(shown.Any(c => char.IsControl(c) && c is not ('\n' or '\t'))).IsFalse();
            if (level != "byte") await Assert.That(shown).IsEqualTo(VisibleText.Text(piped));

            string Generate(TerminalTraits traits)
            {
                using StringWriter output = new() { NewLine = "\n" }, error = new();
                using var stop = new StopRequest();
                int code = Cli.Run(["generate", model, "--length", "200", "--quiet"], new CliConsole(output, error, traits), stop);
                return code == 0 ? output.ToString() : throw new InvalidOperationException(error.ToString());
            }
        }
    }

    [Test]
    public async Task Inspect_shows_the_first_of_many_and_all_when_asked()
    {
        using var folder = new TestFolder();
        SafetensorsWriter.Write(
            folder["many.safetensors"], [.. Enumerable.Range(0, 600).Select(i => new NamedTensor($"w{i:D3}", [1], new float[1]))],
            Enumerable.Range(0, 150).ToDictionary(i => $"key{i:D3}", i => $"value {i}"));
        CliResult few = Tinysd.Run("inspect", folder["many.safetensors"]), all = Tinysd.Run("inspect", folder["many.safetensors"], "--all");
        await Assert.That(few.Out)
            .Contains(" w499 ").And.DoesNotContain(" w500 ").And.EndsWith("… and 100 more tensors; --all shows all, --json too\n");
        await Assert.That(few.Out)
            .Contains(" key099 ").And.DoesNotContain(" key100 ").And.Contains("and 50 more; --all shows all, --json too");
        await Assert.That(all.Out).Contains(" w599 ").And.Contains(" key149 ").And.DoesNotContain("more");
        CliResult json = Tinysd.Run("inspect", folder["many.safetensors"], "--json", "--all");
        await Assert.That(json.Json.GetProperty("tensors").GetArrayLength()).IsEqualTo(600);
        await Assert.That(json.Json.GetProperty("configuration").EnumerateObject().Count()).IsEqualTo(150);
        await Assert.That(json.Error).IsEqualTo("tinysd inspect: warning: --all has no effect with --json, which is always whole.\n");
    }

    [Test]
    public async Task Inspect_cuts_long_names_and_texts_unless_all_is_asked_for()
    {
        using var folder = new TestFolder();
        string file = Tensors(folder, new string('n', 100_000), new() { ["key"] = new string('v', 100_000) });
        CliResult cut = Tinysd.Run("inspect", file), all = Tinysd.Run("inspect", file, "--all");
        await Assert.That(cut.Out.Length).IsLessThan(1500);
        await Assert.That(cut.Out).Contains($" {new string('n', 100)}… ").And.Contains($" {new string('v', 100)}… ");
        await Assert.That(all.Out).Contains(new string('n', 100_000)).And.Contains(new string('v', 100_000));
    }

    private static string Tensors(TestFolder folder, string name, Dictionary<string, string> metadata)
    {
        SafetensorsWriter.Write(folder["t.safetensors"], [new NamedTensor(name, [1], new float[1])], metadata);
        return folder["t.safetensors"];
    }

    private static async Task Visible(CliResult result)
    {
        string all = result.Out + result.Error;
        bool isVisible = all.All(c => c == '\n' || VisibleText.Line($"{c}").Length == 1);
        await Assert.That(isVisible).IsTrue().Because(VisibleText.Text(all));
    }
}
