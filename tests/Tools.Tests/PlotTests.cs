using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary>Drawings of any numbers whatever: they end, stay small, and hold no number that a picture cannot.</summary>
public sealed partial class PlotTests
{
    private const int MostCharacters = 20_000, MostTicks = 60;

    private static readonly double[] s_numbers =
    [
        0, -0.0, 1, 1.5, 2, 100, -1, -1e300, 1e300, 1e308, double.MaxValue, double.MinValue, 1e-320, double.Epsilon, -double.Epsilon,
        1e-300, 709.8, 921.03, 1e15,
        1e15 + 0.125, 0.1 + 0.2, 0.3, double.NaN, double.PositiveInfinity, double.NegativeInfinity,
    ];

    /// <summary>One number, every pair, and runs of three.</summary>
    private static IEnumerable<double[]> Series()
    {
        yield return [];
        foreach (double one in s_numbers)
        {
            yield return [one];
            foreach (double other in s_numbers)
            {
                yield return [one, other];
                yield return [other, one, one];
            }
        }
    }

    [Test]
    public async Task Curves_of_any_numbers_are_short_and_hold_only_finite_places()
    {
        foreach (double[] numbers in Series())
        {
            foreach (bool isCounted in new[] { false, true })
            {
                foreach (bool isX in new[] { false, true })
                {
                    (double, double)[] points = [.. numbers.Select((number, i) => isX ? (number, (double)i) : (i + 1, number))];
                    string svg = Draw(points, isCounted);
                    string about = $"{string.Join(" ", numbers)}, {(isX ? "x" : "y")}, {(isCounted ? "counted" : "from 0")}";
                    await Assert.That(svg.Length).IsLessThan(MostCharacters).Because(about);
                    await Assert.That(svg).DoesNotContain("NaN").Because(about);
                    await Assert.That(Regex.Count(svg, "class=\"grid\"")).IsLessThan(MostTicks).Because(about);
                    foreach (Match place in Places().Matches(svg))
                        await Assert.That(double.Parse(place.Groups[1].Value, CultureInfo.InvariantCulture)).IsBetween(-1, 1100)
                            .Because(about);
                    if (numbers.Any(double.IsFinite)) XElement.Parse(svg);
                    else await Assert.That(svg).IsEqualTo("");
                }
            }
        }
    }

    [Test]
    public async Task Ticks_are_round_few_and_within_the_axis()
    {
        foreach (double low in s_numbers.Where(double.IsFinite))
        {
            foreach (double high in s_numbers.Where(number => double.IsFinite(number) && number >= low))
            {
                Axis axis = Axis.Around(low, high, 0.04, 0.001);
                await Assert.That(axis.Low < axis.High && double.IsFinite(axis.Low) && double.IsFinite(axis.High)).IsTrue()
                    .Because($"{low} to {high}");
                foreach (IReadOnlyList<AxisTick> ticks in new[] { axis.Ticks(), axis.Ticks(1), axis.LogTicks() })
                {
                    await Assert.That(ticks.Count).IsLessThan(MostTicks).Because($"{low} to {high}");
                    await Assert.That(ticks.All(tick => tick.Label.Length < 30)).IsTrue().Because(string.Join(" ", ticks));
                    await Assert.That(ticks.All(tick => double.IsFinite(tick.At))).IsTrue().Because(string.Join(" ", ticks));
                }
            }
        }
    }

    [Test]
    [Arguments(0.0, 10.0, 0.0, "0 1 2 3 4 5 6 7 8 9 10")]
    [Arguments(1.0, 3.0, 1.0, "1 2 3")]
    [Arguments(0.0, 1e-300, 0.0, "0 1e-301 2e-301 3e-301 4e-301 5e-301 6e-301 7e-301 8e-301 9e-301 1e-300")]
    [Arguments(-1.7e308, 1.7e308, 0.0, "-1.5e+308 -1e+308 -5e+307 0 5e+307 1e+308 1.5e+308")]
    public async Task Ticks_of_an_axis(double low, double high, double closest, string expected)
    {
        string found = string.Join(' ', new Axis(low, high).Ticks(closest).Select(tick => tick.Label));
        await Assert.That(found).IsEqualTo(expected);
    }

    [Test]
    [Arguments(1.0, 1000.0, "1 3 10 30 100 300 1000")]
    [Arguments(100.0, 200.0, "100 110 120 130 140 150 160 170 180 190 200")]
    public async Task Ticks_of_an_axis_of_logarithms(double low, double high, string expected)
    {
        string found = string.Join(' ', Axis.Around(Math.Log(low), Math.Log(high), 0, 1e-6).LogTicks().Select(tick => tick.Label));
        await Assert.That(found).IsEqualTo(expected);
    }

    [Test]
    public async Task An_axis_of_logarithms_goes_where_no_double_does()
    {
        IReadOnlyList<AxisTick> ticks = new Axis(0, 400 * Math.Log(10)).LogTicks();
        await Assert.That(string.Join(' ', ticks.Select(tick => tick.Label)))
            .IsEqualTo("1e+0 1e+50 1e+100 1e+150 1e+200 1e+250 1e+300 1e+350 1e+400");
        await Assert.That(ticks[2].At).IsEqualTo(100 * Math.Log(10)).Within(1e-9);
        string svg = Draw([(1, 400 * Math.Log(10)), (2, 300 * Math.Log(10)), (3, Math.Log(100))], isCounted: true);
        await Assert.That(svg).Contains(">1e+400</text>");
        await Assert.That(svg).Contains("<title>curve: ∞</title>");
        await Assert.That(svg).Contains("<title>curve: 100.00</title>");
    }

    [Test]
    public async Task Text_plots_of_any_numbers_are_short()
    {
        foreach (double[] numbers in Series())
        {
            foreach (bool spread in new[] { false, true })
            {
                string plot =
                    TextPlot.Draw([new('o', "one", numbers), new('+', "two", [.. numbers.Reverse()])], 78, 12, "loss", "epoch", spread);
                string about = string.Join(" ", numbers);
                await Assert.That(plot.Length).IsLessThan(MostCharacters).Because(about);
                await Assert.That(plot.Split('\n').All(line => line.Length <= 100)).IsTrue().Because(about);
                if (numbers.Length > 0) await Assert.That(plot.Split('\n').Length).IsEqualTo(16).Because(about);
            }
        }
    }

    [Test]
    public async Task What_is_infinite_stands_at_the_edge_of_a_text_plot_and_what_is_no_number_nowhere()
    {
        string plot = TextPlot.Draw(
            [new('o', "one", [double.PositiveInfinity, 3, 1]), new('+', "two", [double.NaN, 2, double.NegativeInfinity])],
            40, 3, "loss", "step");
        await Assert.That(plot).IsEqualTo(
            "loss    o one   + two   * both\n" +
            "  3.00 ┤oo\n" +
            "       │ +\n" +
            "  1.00 ┤  *\n" +
            "       └───\n" +
            "        1step3\n");
    }

    [Test]
    public async Task Bars_of_any_numbers_fit()
    {
        foreach (double value in s_numbers)
        {
            await Assert.That(Bars.Draw(value, 10).Length).IsLessThanOrEqualTo(10);
            foreach (double longest in s_numbers)
                await Assert.That(Bars.Length(value, longest, 600)).IsBetween(0, 600).Because($"{value} of {longest}");
        }

        await Assert.That(Bars.Length(1e308, 1.5e308, 300)).IsEqualTo(200).Within(1e-9);
    }

    [Test]
    public async Task Any_number_is_written_in_a_few_characters()
    {
        foreach (double number in s_numbers)
        {
            foreach (string text in new[] { Figures.Count(number), Figures.Perplexity(number), Figures.Fixed(number, 2),
                Figures.Duration(number) })
                await Assert.That(text.Length).IsBetween(1, 30).Because($"{number}: {text}");
        }

        await Assert.That(Figures.Perplexity(double.PositiveInfinity)).IsEqualTo("∞");
        await Assert.That(Figures.Fixed(double.NegativeInfinity, 2)).IsEqualTo("-∞");
    }

    [Test]
    public async Task Pictures_of_masks_show_no_more_than_can_be_looked_at()
    {
        int[] odd = [.. Enumerable.Range(0, 65536).Where(unit => unit % 2 == 1)];
        WeightInputs inputs = new("layer.0.input", 65536, [.. Enumerable.Repeat(odd, 1000)]);
        using var writer = new StringWriter { NewLine = "\n" };
        MaskPictures.Write(writer, [.. Enumerable.Repeat(inputs, 100)]);
        string page = writer.ToString();
        await Assert.That(page.Length).IsLessThan(20_000_000);
        await Assert.That(Regex.Count(page, "<svg")).IsEqualTo(MaskPictures.MostPictures);
        await Assert.That(page).Contains($"the first {MaskPictures.MostTimeSteps} time steps");
        await Assert.That(page).Contains($">{MaskPictures.MostUnits - 1} of 65536</text>");
    }

    [Test]
    public async Task Values_that_are_no_logarithms_stand_at_even_distances_with_labels_of_their_own()
    {
        string drawn = Draw([(1, 0.90), (2, 0.91), (3, 0.93)], isCounted: true, isLog: false);
        double[] heights = [.. Regex.Matches(drawn, "cy=\"([0-9.]+)\"")
            .Select(match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];
        await Assert.That(heights.Length).IsEqualTo(3);
        await Assert.That((heights[1] - heights[2]) / (heights[0] - heights[1])).IsEqualTo(2).Within(0.001);
        await Assert.That(drawn).Contains("curve: 0.93</title>").And.Contains("text-anchor=\"end\">0.92<");
    }

    private static string Draw((double, double)[] points, bool isCounted, bool isLog = true)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        PlotPoint[] all = Array.ConvertAll(points, point => new PlotPoint(point.Item1, point.Item2));
        PlotCurve[] curves = [new("curve", "#000", IsThick: true, all), new("thin", "#111", IsThick: false, all)];
        CurvePlot.Write(writer, "title", curves, "x", "y", isCounted, Figures.Perplexity, isLog);
        return writer.ToString();
    }

    [GeneratedRegex("""(?:[ MHV"]|c[xy]="|[xy]=")(-?[0-9.]+(?:e[+-]?[0-9]+)?)[ ,"HV]""")]
    private static partial Regex Places();
}
