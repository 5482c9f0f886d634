using System.Globalization;

namespace TinySD.Tools.Tests;

/// <summary>The sample hosts do what their first lines say.</summary>
public sealed class HostTests
{
    [Test]
    public async Task Two_players_of_a_match_and_its_replay_come_to_the_same_bits_and_a_frame_allocates_nothing()
    {
        Dictionary<string, string> told = Read(await RunAsync("GameLoop", null, "40"));
        await Assert.That(told["match there"]).IsEqualTo(told["match here"]);
        await Assert.That(told["replay"]).IsEqualTo(told["match here"]);
        await Assert.That(told["bytes allocated"]).IsEqualTo("0");
    }

    [Test]
    public async Task A_watch_raises_an_alarm_where_a_sensor_breaks_and_goes_on_where_it_ended()
    {
        using var folder = new SeriesFolder();
        double[] values = [.. Enumerable.Range(0, 1200).Select(i => Math.Sin(i * 0.26) + (0.02 * Math.Sin(i * 12.9)))];
        string table = folder.Put("t.csv", SeriesFolder.Column("y", values[..800]));
        await Assert.That(folder.Train(table, "y", "--epochs", "20").Code).IsEqualTo(0);
        string calm = await RunAsync("SensorWatch", SeriesFolder.Column("y", values[800..]), folder.Model);
        await Assert.That(calm).DoesNotContain("line 302:");
        await Assert.That(Read(calm)["bytes allocated by predicting and judging"]).IsEqualTo("0");
        values[1100] += 3;
        string alarm = AlarmOf(await RunAsync("SensorWatch", SeriesFolder.Column("y", values[800..]), folder.Model), 302);

        // In two parts, the second of a new process: the same prediction, and the same judgement of it.
        string first = SeriesFolder.Column("y", values[800..1000]), second = SeriesFolder.Column("y", values[1000..]);
        await RunAsync("SensorWatch", first, folder.Model, folder["state"]);
        string again = AlarmOf(await RunAsync("SensorWatch", second, folder.Model, folder["state"]), 102);
        await Assert.That(again).IsEqualTo(alarm);

        static string AlarmOf(string told, int line) =>
            told.Split('\n').Single(text => text.StartsWith($"line {line}: ", StringComparison.Ordinal)).Split(": ", 2)[1];
    }

    [Test]
    public async Task Networks_composed_of_layers_learn_what_they_are_shown()
    {
        await Assert.That(Share(await RunAsync("OwnNetwork", null, "tagger", "0"))).IsLessThan(0.8);
        await Assert.That(Share(await RunAsync("OwnNetwork", null, "tagger", "300"))).IsGreaterThan(0.97);
        await Assert.That(Share(await RunAsync("OwnNetwork", null, "reverser", "0"))).IsLessThan(0.1);
        await Assert.That(Share(await RunAsync("OwnNetwork", null, "reverser", "1000"))).IsGreaterThan(0.95);

        static double Share(string told) => double.Parse(told, CultureInfo.InvariantCulture);
    }

    [Test]
    public async Task A_device_learns_on_within_its_budget_and_goes_on_after_a_night_to_the_same_bits()
    {
        using var folder = new SeriesFolder();
        double[] values = [.. Enumerable.Range(0, 900).Select(i => Math.Sin(i * 0.26) + (0.02 * Math.Sin(i * 12.9)))];
        double[] own = [.. values.Select((value, i) => (1.5 * value) + Math.Sin(i * 0.11))];
        await Assert.That(folder.Train(folder.Put("t.csv", SeriesFolder.Column("y", values)), "y", "--epochs", "4").Code).IsEqualTo(0);
        string table = folder.Put("own.csv", SeriesFolder.Column("y", own)), state = folder["state"];
        Dictionary<string, string> once =
            Read(await RunAsync("Personalise", null, folder.Model, table, "1000000", "300", folder["once.tsd"]));
        await Assert.That(once["bytes allocated by steps"]).IsEqualTo("0");
        await RunAsync("Personalise", null, folder.Model, table, "1000000", "110", folder["twice.tsd"], state);
        Dictionary<string, string> twice =
            Read(await RunAsync("Personalise", null, folder.Model, table, "1000000", "190", folder["twice.tsd"], state));
        await Assert.That(twice["updates"]).IsEqualTo("300");
        await Assert.That(File.ReadAllBytes(folder["twice.tsd"]).AsSpan().SequenceEqual(File.ReadAllBytes(folder["once.tsd"]))).IsTrue();

        // What was learnt shows on rows like the device's.
        double before = Mse(folder.Model), after = Mse(folder["once.tsd"]);
        await Assert.That(after).IsLessThan(before * 0.9);

        // To the byte: what it takes is allowed, one less is refused, and the number is told.
        string need = once["bytes taken"];
        await RunAsync("Personalise", null, folder.Model, table, need, "1", folder["x.tsd"]);
        string less = $"{long.Parse(need, CultureInfo.InvariantCulture) - 1}";
        await Assert.That(async () => await RunAsync("Personalise", null, folder.Model, table, less, "1", folder["y.tsd"]))
            .Throws<InvalidOperationException>().WithMessageContaining(need);
        await Assert.That(File.Exists(folder["y.tsd"])).IsFalse();

        double Mse(string model) => Tinysd.Run("eval", model, "--data", table, "--json").Json.GetProperty("mse").GetDouble();
    }

    private static async Task<string> RunAsync(string host, string? input, params string[] args)
    {
        CliResult result = await BuiltProgram.RunAsync($"tests/Hosts/{host}", $"TinySD.Hosts.{host}", input, args);
        return result.Code == 0
            ? result.Out
            : throw new InvalidOperationException($"{host} ended with {result.Code}: {result.Error}");
    }

    private static Dictionary<string, string> Read(string lines) =>
        lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(": ", 2))
            .Where(parts => parts.Length == 2 && !parts[0].StartsWith("line", StringComparison.Ordinal))
            .ToDictionary(parts => parts[0], parts => parts[1]);
}
