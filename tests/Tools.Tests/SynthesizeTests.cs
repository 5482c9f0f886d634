using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace TinySD.Tools.Tests;

/// <summary><c>synthesize</c>: its texts have the labels that their words add up to.</summary>
public sealed partial class SynthesizeTests
{
    [Test]
    [Arguments(2)]
    [Arguments(3)]
    [Arguments(6)]
    [Arguments(12)]
    public async Task The_label_of_unordered_classes_is_the_one_with_the_largest_sum(int classes)
    {
        foreach ((string label, string[] words) in Texts("unordered", classes))
        {
            Dictionary<string, int> sums = SumsByName(words, classes);
            int most = sums.Values.Max();
            await Assert.That(sums.Count(sum => sum.Value == most)).IsEqualTo(1);
            await Assert.That(sums[label]).IsEqualTo(most);
        }
    }

    [Test]
    [Arguments(1)]
    [Arguments(3)]
    public async Task A_text_has_every_label_whose_sum_is_above_zero(int labels)
    {
        int none = 0;
        foreach ((string label, string[] words) in Texts("multilabel", labels))
        {
            IEnumerable<string> expected = SumsByName(words, labels).Where(sum => sum.Value > 0).Select(sum => sum.Key);
            await Assert.That(label).IsEqualTo(string.Join(',', expected.Order(StringComparer.Ordinal)));
            none += label.Length == 0 ? 1 : 0;
        }

        await Assert.That(none).IsGreaterThan(0);
    }

    [Test]
    [Arguments(2)]
    [Arguments(3)]
    [Arguments(5)]
    public async Task Stars_say_where_between_bad_and_good_a_text_lies(int stars)
    {
        foreach ((string label, string[] words) in Texts("ordered", stars))
        {
            int Count(string word) => words.Count(other => other == word);
            decimal sentiment = (2 * Count("awesome")) + Count("good") - Count("bad") - (2 * Count("awful"));
            decimal place = sentiment / (Math.Abs(sentiment) + Count("okay"));
            await Assert.That(Count("the") + Count("okay") + Count("awesome") + Count("good") + Count("bad") + Count("awful"))
                .IsEqualTo(words.Length);
            decimal star = decimal.Parse(label, CultureInfo.InvariantCulture);
            bool isWithin = place > -1 + (2 * (star - 1) / stars) && place < -1 + (2 * star / stars);
            await Assert.That(isWithin || (star == 1 && place == -1) || (star == stars && place == 1)).IsTrue().Because(label);
        }
    }

    [Test]
    [Arguments("unordered")]
    [Arguments("ordered")]
    [Arguments("multilabel")]
    public async Task The_words_and_their_worth_are_told_as_json(string world)
    {
        using var folder = new TestFolder();
        CliResult result = Tinysd.Run("synthesize", world, "--out", folder["a.txt"], "--count", "300", "--length", "5-9", "--json");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        JsonElement json = result.Json;
        Dictionary<string, int[]> values = json.GetProperty("words").EnumerateArray().ToDictionary(
            word => word.GetProperty("word").GetString()!,
            word => word.GetProperty("values").EnumerateArray().Select(value => value.GetInt32()).ToArray());
        string[] lines = await File.ReadAllLinesAsync(folder["a.txt"]);
        string[][] texts = [.. lines.Select(line => line.Split('\t')[1].Split(' '))];
        await Assert.That(texts.SelectMany(words => words).All(values.ContainsKey)).IsTrue();
        await Assert.That(texts.Select(words => words.Length).Distinct().Order().ToArray())
            .IsEquivalentTo([5, 6, 7, 8, 9], CollectionOrdering.Matching);
        await Assert.That(json.GetProperty("sums").GetArrayLength()).IsEqualTo(values.Values.First().Length);
        foreach (JsonElement label in json.GetProperty("labels").EnumerateArray())
        {
            string name = label.GetProperty("label").GetString()!;
            await Assert.That(lines.Count(line => line.Split('\t')[0].Split(',').Contains(name)))
                .IsEqualTo(label.GetProperty("count").GetInt32());
        }
    }

    [Test]
    [Arguments("unordered", 3)]
    [Arguments("ordered", 5)]
    public async Task Classes_are_about_equally_frequent(string world, int classes)
    {
        var counts = Texts(world, classes).GroupBy(text => text.Label).ToDictionary(group => group.Key, group => group.Count());
        await Assert.That(counts.Count).IsEqualTo(classes);
        await Assert.That(counts.Values.Min()).IsGreaterThan(2000 / classes / 2);
    }

    [Test]
    public async Task Neutral_words_have_their_share()
    {
        foreach (string world in (string[])["unordered", "ordered", "multilabel"])
        {
            string[] words = [.. Texts(world, 3, "--neutral", "0.6").SelectMany(text => text.Words)];
            double share = words.Average(word => word == "the" || word.StartsWith("neutral_", StringComparison.Ordinal) ? 1.0 : 0.0);

            // Of 80,000 words; a standard deviation is 0.0017. Texts that are drawn again have a few more.
            await Assert.That(Math.Abs(share - 0.6)).IsLessThan(0.01).Because(world);
            await Assert.That(Texts(world, 3, "--neutral", "0").SelectMany(text => text.Words).All(word => !word.StartsWith('t'))).IsTrue();
        }
    }

    [Test]
    public async Task Equal_options_give_equal_bytes_and_a_longer_file_begins_as_a_shorter_one()
    {
        using var folder = new TestFolder();
        foreach (string options in (string[])["a 50 7", "b 50 7", "c 80 7", "d 50 8"])
        {
            string[] words = options.Split(' ');
            CliResult result = Tinysd.Run("synthesize", "unordered", "--out", folder[words[0]], "--count", words[1], "--seed", words[2]);
            await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        }

        await Assert.That(folder.AreEqual("a", "b")).IsTrue();
        string first = await File.ReadAllTextAsync(folder["a"]), longer = await File.ReadAllTextAsync(folder["c"]);
        await Assert.That(longer.StartsWith(first, StringComparison.Ordinal)).IsTrue();
        await Assert.That(folder.AreEqual("a", "d")).IsFalse();
        await Assert.That(first.Split('\n').Distinct().Count()).IsEqualTo(51);
    }

    [Test]
    [Arguments("unordered", "--length", "60-20")]
    [Arguments("unordered", "--length", "0")]
    [Arguments("ordered", "--classes", "1")]
    [Arguments("multilabel", "--neutral", "1")]
    [Arguments("unordered", "--count", "0")]
    public async Task An_option_out_of_range_is_refused(string world, string option, string value)
    {
        using var folder = new TestFolder();
        CliResult result = Tinysd.Run("synthesize", world, "--out", folder["model.txt"], option, value);
        await Assert.That(result.Code).IsEqualTo(2);
        await Assert.That(result.Error).Contains($"{option} is '{value}'; expected ");
        await Assert.That(folder.ModelFiles()).IsEmpty();
    }

    [Test]
    public async Task A_file_to_write_is_needed() =>
        await Assert.That(Tinysd.Run("synthesize", "ordered").Error).Contains("--out is missing");

    private static IReadOnlyList<(string Label, string[] Words)> Texts(string world, int classes, params string[] more)
    {
        using var folder = new TestFolder();
        string[] args = ["synthesize", world, "--classes", $"{classes}", "--out", folder["a.txt"], .. more];
        CliResult result = Tinysd.Run(args);
        if (result.Code != 0) throw new InvalidOperationException(result.Error);
        IEnumerable<string[]> lines = File.ReadLines(folder["a.txt"]).Select(line => line.Split('\t'));
        return [.. lines.Select(parts => (parts[0], parts[1].Split(' ')))];
    }

    // By the words' names, and not by the values that the program has for them.
    private static Dictionary<string, int> SumsByName(IEnumerable<string> words, int classes)
    {
        var sums = Enumerable.Range(1, classes).ToDictionary(number => number.ToString(CultureInfo.InvariantCulture), _ => 0);
        foreach (string word in words)
        {
            Match match = Named().Match(word);
            int worth = match.Groups[1].Value switch { "very" => 2, "some" => 1, "neutral" => 0, "not" => -1, "never" => -2, _ => 100 };
            sums[match.Groups[2].Value] += worth;
        }

        return sums;
    }

    [GeneratedRegex("^([a-z]+)_([0-9]+)$")]
    private static partial Regex Named();
}
