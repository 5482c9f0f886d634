using System.Globalization;
using System.Xml.Linq;
using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary>Points in a plane, whatever the numbers are.</summary>
public sealed class ScatterPlotTests
{
    [Test]
    [Arguments(0.0, 1.0, 0.0, 1.0)]
    [Arguments(-3.0, 5.0, 0.0, 0.001)]
    [Arguments(1000.0, 1000.0, 7.0, 7.0)]
    [Arguments(0.0, 1e-12, 0.0, 1e12)]
    [Arguments(-1e300, 1e300, -1.0, 1.0)]
    [Arguments(-1.7e308, 1.7e308, -1.7e308, 1.7e308)]
    public async Task Every_point_lies_within_the_picture(double x0, double x1, double y0, double y1)
    {
        XElement picture = Drawn(new ScatterPlot("t", "x", "y") { Marks = [new("a", x0, y0), new("b", x1, y1), new("c", x0, y1)] })!;
        foreach ((double x, double y) in Marks(picture))
        {
            await Assert.That(x).IsBetween(58, 530);
            await Assert.That(y).IsBetween(10, 420);
        }
    }

    [Test]
    public async Task A_unit_across_is_a_unit_up_unless_told_otherwise()
    {
        var plot = new ScatterPlot("t", "x", "y") { Marks = [new("a", 0, 0), new("b", 4, 0), new("c", 0, 1)] };
        (double X, double Y)[] square = Marks(Drawn(plot)!), free = Marks(Drawn(plot with { HasOneScale = false })!);
        await Assert.That(square[1].X - square[0].X).IsEqualTo(4 * (square[0].Y - square[2].Y)).Within(0.5);
        await Assert.That(free[1].X - free[0].X).IsLessThan(2 * (free[0].Y - free[2].Y));
    }

    [Test]
    public async Task What_is_not_finite_is_left_out_and_nothing_is_no_picture()
    {
        double[] numbers = [double.NaN, double.PositiveInfinity, double.NegativeInfinity];
        PlotMark[] marks = [.. numbers.Select(number => new PlotMark("m", number, 0))];
        await Assert.That(Drawn(new ScatterPlot("t", "x", "y") { Marks = marks })).IsNull();
        XElement picture = Drawn(new ScatterPlot("t", "x", "y")
        {
            Marks = [.. marks, new PlotMark("ok", 1, 1)], Dots = [new("d", "#123", 3, [new(double.NaN, 1), new(2, 2)])],
            Paths = [new("p", "#123", [new(0, 0), new(double.NaN, 2), new(1, 1)])], Arrows = [new("a", "#123", double.NaN, 1)],
            Labels = [new("l", double.NaN, 1)],
        })!;
        await Assert.That(Marks(picture).Length).IsEqualTo(1);
        await Assert.That(picture.ToString()).DoesNotContain("NaN");
        await Assert.That(picture.ToString()).DoesNotContain("∞");
    }

    [Test]
    public async Task Names_are_text_and_arrows_keep_their_ratios()
    {
        XElement picture = Drawn(new ScatterPlot("<t>", "<x>", "&y")
        {
            Dots = [new("<d>", "#123", 3, [new(-1, -1), new(1, 1)])], Arrows = [new("<long>", "#123", 0, 4), new("short", "#123", 2, 0)],
        })!;
        await Assert.That(picture.Value).Contains("<long>");
        (double X, double Y)[] ends = [.. picture.Elements("circle").Select(End)];
        double[] middle = [.. picture.Elements("path").First(path => path.Attribute("stroke-width")?.Value == "2.5").Attribute("d")!.Value
            .Split('L')[0].TrimStart('M').Split(' ').Select(value => double.Parse(value, CultureInfo.InvariantCulture))];
        await Assert.That(middle[1] - ends[0].Y).IsEqualTo(2 * (ends[1].X - middle[0])).Within(0.3);
    }

    private static (double X, double Y)[] Marks(XElement picture) =>
        [.. picture.Elements("circle").Where(circle => circle.Attribute("class")?.Value == "mark").Select(End)];

    private static (double X, double Y) End(XElement circle) => (Number(circle, "cx"), Number(circle, "cy"));

    private static double Number(XElement element, string name) =>
        double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    private static XElement? Drawn(ScatterPlot plot)
    {
        using var writer = new StringWriter();
        plot.Write(writer);
        return writer.ToString().Length == 0 ? null : XElement.Parse(writer.ToString()).Element("svg");
    }
}
