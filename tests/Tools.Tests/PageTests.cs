using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary>Pages of every kind: they can be read on a light ground and on a dark one, and hold nothing that is empty.</summary>
public sealed partial class PageTests
{
    // Of graphics, by the Web Content Accessibility Guidelines (1.4.11); of text it is more (1.4.3).
    private const double LeastContrast = 3, LeastContrastOfText = 4.5;

    [Test]
    public async Task Training_is_told_on_a_whole_page()
    {
        using var folder = new TestFolder();
        folder.TrainModel("--test", folder.Test, "--report", folder["page.html"]);
        XElement page = await Page(folder["page.html"]);
        string[] names = [.. Facts(page).Select(fact => fact.Name)];
        await Assert.That(names).Contains("trained on").And.Contains("validated on").And.Contains("tested on");
    }

    [Test]
    public async Task One_epoch_has_one_tick_and_no_other()
    {
        using var folder = new SeriesFolder();
        folder.Train(folder.Put("t.csv", SeriesFolder.Sums(300)), "y", "--epochs", "1", "--report", folder["page.html"]);
        XElement page = await Page(folder["page.html"]);
        foreach (XElement picture in page.Descendants("svg"))
        {
            // Beside those of the epochs there are as many on the other axis as it likes, but of mean squares none is below 0.
            string[] labels = [.. picture.Elements("text").Select(text => text.Value)];
            await Assert.That(labels.Any(label => label.StartsWith('-'))).IsFalse().Because(string.Join(" ", labels));
            IEnumerable<string> across = picture.Elements("text")
                .Where(text => (string?)text.Attribute("text-anchor") == "middle" && text.Attribute("transform") is null)
                .Select(text => text.Value).Where(label => label != "epoch");
            foreach (string label in across) await Assert.That(label).Matches(@"^\d+$");
        }
    }

    [Test]
    public async Task Analyses_comparisons_grids_and_simulations_are_such_pages()
    {
        using var folder = new SeriesFolder();
        string table = folder.Put("t.csv", SeriesFolder.Sums(300)), first = folder["first.tsd"];
        folder.Train(table, "y");
        File.Copy(folder.Model, first);
        folder.Train(table, "y", "--hidden", "6");
        string[][] commands =
        [
            ["analyze", folder.Model, "--data", table, "--updates", "20", "--starts", "20"],
            ["compare", first, folder.Model],
            [
                "reproduce", "regressor", "--train", table, "--targets", "y", "--dir", folder["grid"], "--cells", "random,nr-rh-st",
                "--seeds", "1", "--hidden", "8", "--epochs", "2", "--split", "200,50,50", "--no-timing", "--threads", "1",
            ],
            ["hw", "simulate", "--profile", "systolic-16x16", "--preset", "char-small"],
            ["hw", "simulate", "--profile", "systolic-8x8", "--gemm", "20,30,40"],
        ];
        for (int i = 0; i < commands.Length; i++)
        {
            string path = folder[FormattableString.Invariant($"page{i}.html")];
            CliResult result = Tinysd.Run([.. commands[i], "--quiet", "--report", path]);
            await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
            await Page(path);
        }
    }

    [Test]
    public async Task Every_colour_of_a_picture_stands_out_of_either_ground()
    {
        foreach (bool isDark in new[] { false, true })
        {
            Dictionary<string, string> colors = Properties(PageColors.Properties(isDark));
            string paper = colors["paper"];
            foreach (string color in (string[])[.. PageColors.Series, PageColors.Neutral, PageColors.Training, PageColors.Validation])
            {
                string value = colors[color["var(--".Length..^1]];
                await Assert.That(Contrast(Rgb(value), Rgb(paper))).IsGreaterThanOrEqualTo(LeastContrast).Because($"{color} on {paper}");
            }

            foreach (string text in (string[])["text", "quiet"])
                await Assert.That(Contrast(Rgb(colors[text]), Rgb(paper))).IsGreaterThanOrEqualTo(LeastContrastOfText).Because(text);
            double lightness = double.Parse(colors["lightness"].TrimEnd('%'), CultureInfo.InvariantCulture) / 100;
            for (int hue = 0; hue < 360; hue += 10)
            {
                await Assert.That(Contrast(Hsl(hue, 0.6, lightness), Rgb(paper))).IsGreaterThanOrEqualTo(LeastContrast)
                    .Because($"hue {hue} on {paper}");
            }
        }
    }

    [Test]
    public async Task Few_classes_have_colours_of_their_own_and_many_have_hues()
    {
        await Assert.That(Enumerable.Range(0, 8).Select(i => PageColors.Of(i, 8)).Distinct().Count()).IsEqualTo(8);
        await Assert.That(Enumerable.Range(0, 24).Select(i => PageColors.Of(i, 24)).Distinct().Count()).IsEqualTo(24);
        await Assert.That(PageColors.Of(1, 24)).IsEqualTo("hsl(15 60% var(--lightness))");
        await Assert.That(PageColors.Of(0.5)).IsEqualTo("hsl(145 65% var(--lightness))");
    }

    // Reads a page, and looks at what holds for all.
    private static async Task<XElement> Page(string path)
    {
        string html = await File.ReadAllTextAsync(path);
        MatchCollection grounds = Grounds().Matches(html);
        await Assert.That(grounds.Count).IsEqualTo(2).Because("a light ground and a dark one");
        string rest = Grounds().Replace(html, "");
        await Assert.That(Colors().IsMatch(rest)).IsFalse().Because($"{Colors().Match(rest).Value} is a colour that is not named");
        foreach (Match ground in grounds)
        {
            Dictionary<string, string> known = Properties(ground.Groups[1].Value);
            foreach (Match used in Variables().Matches(rest)) await Assert.That(known).ContainsKey(used.Groups[1].Value);
        }

        // What HTML lets be, and XML does not.
        string xml = Lone().Replace(html, "");
        foreach (string space in (string[])["&ensp;", "&nbsp;"]) xml = xml.Replace(space, " ", StringComparison.Ordinal);
        XElement page = XElement.Parse(xml[xml.IndexOf("<html", StringComparison.Ordinal)..]);
        foreach (string name in (string[])["table", "tr", "ul", "svg", "p", "h1", "h2", "h3", "li", "figure", "summary"])
        {
            foreach (XElement element in page.Descendants(name))
                await Assert.That(element.Value.Trim() != "" || element.HasElements).IsTrue().Because($"{path} has an empty {element}");
        }

        foreach (XElement table in page.Descendants("table"))
            await Assert.That(table.Elements("tr").Any(row => row.Elements("td").Any())).IsTrue().Because($"{path}: {table}");
        XElement body = page.Element("body")!;
        foreach (XElement heading in body.Descendants("h2"))
        {
            XElement? next = heading.ElementsAfterSelf().FirstOrDefault();
            await Assert.That(next is not null && next.Name != "h2").IsTrue().Because($"{path}: nothing stands under {heading}");
        }

        return page;
    }

    private static IEnumerable<(string Name, string Value)> Facts(XElement page) => page.Descendants("table")
        .Where(table => (string?)table.Attribute("class") == "facts").SelectMany(table => table.Elements("tr"))
        .Select(row => (row.Elements("td").First().Value, row.Elements("td").Last().Value));

    private static Dictionary<string, string> Properties(string css) =>
        Property().Matches(css).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);

    private static double Contrast((double R, double G, double B) one, (double R, double G, double B) other)
    {
        double a = Luminance(one), b = Luminance(other);
        return (Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05);

        static double Luminance((double R, double G, double B) color) =>
            (0.2126 * Linear(color.R)) + (0.7152 * Linear(color.G)) + (0.0722 * Linear(color.B));

        static double Linear(double part) => part <= 0.04045 ? part / 12.92 : Math.Pow((part + 0.055) / 1.055, 2.4);
    }

    private static (double R, double G, double B) Rgb(string hex)
    {
        int value = int.Parse(hex.AsSpan(1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return ((value >> 16) / 255.0, ((value >> 8) & 255) / 255.0, (value & 255) / 255.0);
    }

    private static (double R, double G, double B) Hsl(double hue, double saturation, double lightness)
    {
        return (Part(0), Part(8), Part(4));

        double Part(double n)
        {
            double k = (n + (hue / 30)) % 12;
            return lightness - (saturation * Math.Min(lightness, 1 - lightness) * Math.Max(-1, Math.Min(Math.Min(k - 3, 9 - k), 1)));
        }
    }

    [GeneratedRegex(@":root \{ ([^}]*)\}")]
    private static partial Regex Grounds();

    [GeneratedRegex(@"--(\w+): ([^;]+);")]
    private static partial Regex Property();

    [GeneratedRegex(@"var\(--(\w+)\)")]
    private static partial Regex Variables();

    [GeneratedRegex(@"(?<!&)#[0-9a-fA-F]{3,8}\b|rgb\(|hsl\((?![^)]*var)")]
    private static partial Regex Colors();

    [GeneratedRegex("<meta[^>]*>|<br>")]
    private static partial Regex Lone();
}
