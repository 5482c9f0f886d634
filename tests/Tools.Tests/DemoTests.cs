using System.Globalization;
using System.Text;
using System.Text.Json;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Tools.Demo;
using TinySD.Tools.Display;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tests;

/// <summary><c>demo</c>, in fewer steps than it usually makes.</summary>
public sealed class DemoTests
{
    [Test]
    public async Task It_compares_both_and_writes_a_model_that_generate_can_use()
    {
        using var folder = new TestFolder();
        CliResult result = Tinysd.Run("demo", "--out", folder.Model, "--steps", "1", "--json", "--threads", "2");
        await Assert.That(result.Code).IsEqualTo(0);
        JsonElement json = result.Json;
        foreach (string side in new[] { "dense", "structured" })
        {
            await Assert.That(json.GetProperty(side).GetProperty("validPerplexity").GetDouble()).IsGreaterThan(1);
            await Assert.That(json.GetProperty(side).GetProperty("medianStepMs").GetDouble()).IsGreaterThan(0);
            await Assert.That(json.GetProperty(side).GetProperty("curve").GetArrayLength()).IsEqualTo(1);
        }

        await Assert.That(json.GetProperty("speedup").GetDouble()).IsGreaterThan(0);
        await Assert.That(json.GetProperty("idealSpeedup").GetDouble()).IsGreaterThan(1);
        await Assert.That(json.GetProperty("sample").GetString()!.Length).IsGreaterThan(100);
        await Assert.That(json.GetProperty("model").GetString()).IsEqualTo(folder.Model);
        await Assert.That(Tinysd.Run("verify", folder.Model).Code).IsEqualTo(0);
        CliResult generated = Tinysd.Run("generate", folder.Model, "--prompt", "public ", "--length", "20");
        await Assert.That(generated.Code).IsEqualTo(0);
        await Assert.That(generated.Out).StartsWith("public ");

        // The sensor was watched in between: 20 rows of it are as they should be, and two faults are not.
        JsonElement series = json.GetProperty("series");
        await Assert.That(series.GetProperty("validMse").GetDouble()).IsLessThan(series.GetProperty("persistenceMse").GetDouble() / 5);
        foreach (JsonElement fault in series.GetProperty("faults").EnumerateArray())
            await Assert.That(fault.GetProperty("found").GetBoolean()).IsTrue().Because(fault.GetProperty("fault").GetString()!);
        await Assert.That(series.GetProperty("faults").GetArrayLength()).IsEqualTo(2);
        await Assert.That(series.GetProperty("falseAlarms").GetArrayLength()).IsEqualTo(0);
        await Assert.That(series.TryGetProperty("model", out _)).IsFalse();
        await Assert.That(folder.ModelFiles()).HasSingleItem();

        // The same once more, for people and on one thread: the same bits.
        string sensor = folder["sensor.tsd"];
        CliResult text = Tinysd.Run(
            "demo", "--out", folder["model2.tsd"], "--series-out", sensor, "--steps", "1", "--quiet", "--threads", "1");
        await Assert.That(text.Error).IsEqualTo("");
        await Assert.That(text.Out).Contains("a stuck sensor in rows 16 to 21: found, by alarms in rows 17 to");
        await Assert.That(text.Out).Contains("a spike in row 47: found, by alarms in rows 47, 48.");
        await Assert.That(text.Out).Contains("No other row raised an alarm.");
        await Assert.That(text.Out).Contains($"{sensor} holds the sensor's model.");
        await Assert.That(text.Out).Contains("training loss, nats per character");
        await Assert.That(text.Out).Matches(@"structured +\d+\.\d\d +\d+\.\d ms +\d+\.\d\d");
        await Assert.That(text.Out).Contains("times as fast as the");
        await Assert.That(text.Out).Contains($"\n  tinysd generate {folder["model2.tsd"]} --prompt ");
        await Assert.That(text.Out).DoesNotContain("\u001b");
        await Assert.That(File.ReadAllBytes(folder["model2.tsd"]).AsSpan().SequenceEqual(File.ReadAllBytes(folder.Model))).IsTrue();
    }

    /// <summary>What the regressor's file is good for: <c>predict --anomalies</c> raises the alarms that the demonstration shows.</summary>
    [Test]
    public async Task The_sensor_s_model_raises_the_same_alarms_on_the_same_rows()
    {
        using var folder = new TestFolder();
        CliResult result = Tinysd.Run(
            "demo", "--out", folder.Model, "--series-out", folder["sensor.tsd"], "--steps", "1", "--json", "--seed", "3");
        JsonElement series = result.Json.GetProperty("series");
        await Assert.That(series.GetProperty("model").GetString()).IsEqualTo(folder["sensor.tsd"]);
        (_, SeriesPart valid, SeriesPart test) = SensorSeries.Make();
        var rows = new StringBuilder(string.Join(',', SensorSeries.Inputs) + "\n");
        for (int row = valid.First; row < test.End; row++)
        {
            int at = row;
            string[] cells = [.. SensorSeries.Inputs.Select(name => valid.Table[name][at].ToString("R", CultureInfo.InvariantCulture))];
            rows.Append(string.Join(',', cells)).Append('\n');
        }

        CliResult predicted = Tinysd.RunOn(rows.ToString(), "predict", folder["sensor.tsd"], "--anomalies", "--quiet");
        await Assert.That(predicted.Code).IsEqualTo(0);
        string[][] lines = [.. predicted.Out.TrimEnd().Split('\n').Select(line => line.Split(','))];
        await Assert.That(string.Join(',', lines[0])).IsEqualTo("temperature+1,temperature_z,temperature_alarm");
        string[][] tested = lines[^test.Count..];
        int[] alarms = [.. Enumerable.Range(0, test.Count).Where(row => tested[row][2] == "1")];
        int[] shown =
        [
            .. series.GetProperty("faults").EnumerateArray().SelectMany(fault => fault.GetProperty("alarms").EnumerateArray())
                .Concat(series.GetProperty("falseAlarms").EnumerateArray()).Select(row => row.GetInt32()).Order(),
        ];
        await Assert.That(string.Join(' ', alarms)).IsEqualTo(string.Join(' ', shown));
        for (int row = 0; row < test.Count; row++)
        {
            await Assert.That(double.Parse(tested[row][1], CultureInfo.InvariantCulture))
                .IsEqualTo(series.GetProperty("z")[row].GetDouble());
        }
    }

    /// <summary>By sums that other programs made of the same rules: were they others, so were all that the demonstration tells.</summary>
    [Test]
    public async Task The_sensor_gives_the_same_values_on_every_machine()
    {
        (SeriesPart train, SeriesPart valid, SeriesPart test) = SensorSeries.Make();
        double[] values = train.Table[SensorSeries.Target].ToArray();
        await Assert.That((train.First, train.Count, valid.First, valid.Count, test.First, test.Count))
            .IsEqualTo((0, 1716, 1716, 168, 1884, 60));
        await Assert.That(values[..3]).IsEquivalentTo((double[])[18.62, 16.1, 14.85]);
        await Assert.That(Math.Round(values.Sum(), 2)).IsEqualTo(40756.31);

        // The stuck one repeats the value before it, and the one that leaps stands out of its neighbours.
        SensorFault stuck = SensorSeries.Faults[0], spike = SensorSeries.Faults[1];
        int from = test.First + stuck.First;
        await Assert.That(values[from..(from + stuck.Count)].Distinct().Single()).IsEqualTo(values[from - 1]);
        await Assert.That(values[test.First + spike.First] - values[test.First + spike.First + 1]).IsGreaterThan(4);
    }

    [Test]
    public async Task It_says_first_what_it_is_going_to_do_in_three_lines()
    {
        using var folder = new TestFolder();
        CliResult result = Tinysd.Run("demo", "--out", folder.Model, "--steps", "1");
        string[] lines = result.Error.Split('\n');
        await Assert.That(lines[0]).StartsWith("1. 1 step each of two models");
        await Assert.That(lines[1]).StartsWith("2. a model of a sensor's values");
        await Assert.That(lines[2]).Contains($"{folder.Model} is written at the end.");
    }

    [Test]
    public async Task A_stop_leaves_nothing_half_done()
    {
        using var folder = new TestFolder();
        using var stop = new StopRequest();
        stop.Watch();
        stop.TryRequest();
        using var error = new StringWriter();
        int code = Cli.Run(["demo", "--out", folder.Model], new CliConsole(TextWriter.Null, error), stop);
        await Assert.That(code).IsEqualTo(130);
        await Assert.That(error.ToString()).Contains($"stopped before the end; nothing was written to {folder.Model}.");
        await Assert.That(folder.ModelFiles()).IsEmpty();
    }

    [Test]
    public async Task The_text_is_this_repository_s_own()
    {
        var text = BuiltInText.Read();
        string train = text.Vocabulary.Decode(text.Train);
        await Assert.That(text.Files).IsGreaterThan(50);
        await Assert.That(train).Contains("namespace TinySD.Runtime");
        await Assert.That(text.Train.Length).IsGreaterThan(10 * 16_384);
        await Assert.That(text.Valid.Length).IsGreaterThan(16_384);
    }

    /// <summary>Limits as the method's authors count them: medium at 0.5 and large at 0.65 on every site, all products.</summary>
    [Test]
    [Arguments(650, 0.5f, 0f, 1.59)]
    [Arguments(650, 0.5f, 0.5f, 2.00)]
    [Arguments(1500, 0.65f, 0f, 1.73)]
    [Arguments(1500, 0.65f, 0.65f, 2.86)]
    public async Task The_ideal_ratio_is_that_of_the_multiply_adds(int hidden, float rate, float recurrent, double expected)
    {
        var dropout =
            new DropoutSpec { Kind = DropoutKind.Structured, Embedding = rate, Layer = rate, Recurrent = recurrent, Output = rate };
        var recipe = new LanguageModelRecipe { Name = "two layers", HiddenSize = hidden, LayerCount = 2, Dropout = dropout };
        await Assert.That(IdealSpeedup.Of(LanguageModelTrainer.PlanOf(recipe, 10_000), dropout)).IsEqualTo(expected).Within(0.005);
    }

    [Test]
    public async Task A_plot_has_labelled_axes_and_marks_both_series()
    {
        double[] falling = [4, 3, 2, 1], flat = [4, 4, 4, 4];
        string plot = TextPlot.Draw([new('o', "one", falling), new('+', "two", flat)], 40, 4, "loss", "step");
        await Assert.That(plot).IsEqualTo(
            "loss    o one   + two   * both\n" +
            "  4.00 ┤*+++\n" +
            "       │ o\n" +
            "       │  o\n" +
            "  1.00 ┤   o\n" +
            "       └────\n" +
            "        1step4\n");
    }

    // Hand-counted in the method's table of ideal limits.
    [Test]
    [Arguments("awd-lstm+nr-st", 1.205)]
    [Arguments("awd-lstm+nr-rh-st", 1.673)]
    public async Task The_ideal_ratio_counts_every_layer_by_its_own_size(string preset, double expected)
    {
        LanguageModelRecipe recipe = LanguageModelRecipe.FindPreset(preset)!;
        await Assert.That(IdealSpeedup.Of(LanguageModelTrainer.PlanOf(recipe, 10_000), recipe.Dropout)).IsEqualTo(expected).Within(0.002);
    }

    [Test]
    public async Task A_plot_of_few_values_spreads_them_out_where_it_is_asked_to()
    {
        string plot = TextPlot.Draw([new('o', "one", [3, 2, 1]), new('+', "two", [3, 3, 1])], 40, 3, "loss", "epoch", spread: true);
        await Assert.That(plot).IsEqualTo(
            "loss    o one   + two   * both\n" +
            "  3.00 ┤*              +\n" +
            "       │               o\n" +
            "  1.00 ┤                              *\n" +
            "       └───────────────────────────────\n" +
            "        1             epoch           3\n");
    }
}
