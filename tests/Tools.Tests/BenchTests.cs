using System.Globalization;
using System.Text.Json;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Tasks;
using TinySD.Tools.Bench;
using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary><c>bench</c>: what it prints and what it compares. How fast anything is, no test says.</summary>
public sealed class BenchTests
{
    [Test]
    public async Task Json_has_exactly_the_keys_that_scripts_rely_on()
    {
        CliResult result = Tinysd.Run("bench", "--preset", "char-small", "--steps", "1", "--threads", "1", "--json", "--quiet");
        await Assert.That(result.Code).IsEqualTo(0);
        await Assert.That(result.Error).IsEqualTo("");
        JsonElement json = result.Json;
        await Assert.That(Keys(json)).IsEqualTo("shape threads instructionSet passes");
        await Assert.That(json.GetProperty("shape").GetProperty("preset").GetString()).IsEqualTo("char-small");
        await Assert.That(json.GetProperty("shape").GetProperty("cell").GetString()).IsEqualTo("lstm");
        await Assert.That(json.GetProperty("shape").GetProperty("hidden").GetInt32()).IsEqualTo(512);
        await Assert.That(json.GetProperty("threads").GetInt32()).IsEqualTo(1);
        await Assert.That(json.GetProperty("instructionSet").GetString()!.Length).IsGreaterThan(0);
        JsonElement passes = json.GetProperty("passes");
        await Assert.That(Keys(passes)).IsEqualTo("fp bp wg step");
        foreach (JsonProperty pass in passes.EnumerateObject())
        {
            await Assert.That(Keys(pass.Value)).IsEqualTo("denseMs structuredMs speedup");
            double dense = pass.Value.GetProperty("denseMs").GetDouble(), structured = pass.Value.GetProperty("structuredMs").GetDouble();
            await Assert.That(dense).IsGreaterThan(0);
            await Assert.That(structured).IsGreaterThan(0);
            await Assert.That(pass.Value.GetProperty("speedup").GetDouble()).IsEqualTo(dense / structured).Within(1e-9);
        }
    }

    [Test]
    public async Task The_profile_comes_when_it_is_asked_for_and_names_every_pass()
    {
        string[] args = ["bench", "--preset", "char-small", "--steps", "1", "--passes", "--quiet"];
        JsonElement json = Tinysd.Run([.. args, "--json"]).Json;
        await Assert.That(Keys(json)).IsEqualTo("shape threads instructionSet passes profile");
        JsonElement profile = json.GetProperty("profile");
        await Assert.That(profile.GetArrayLength()).IsEqualTo(Names.Passes.Names.Count);
        await Assert.That(Keys(profile[0])).IsEqualTo("pass denseMs structuredMs");
        await Assert.That(profile.EnumerateArray().Select(pass => pass.GetProperty("pass").GetString())).Contains("recurrentBackward");

        CliResult text = Tinysd.Run(args);
        await Assert.That(text.Code).IsEqualTo(0);
        await Assert.That(text.Out).StartsWith("char-small: 1 layer of 512 units, embedding 64, vocabulary 100, batch 32, 32 time steps\n");
        await Assert.That(text.Out).Contains("medians of 1 step of each");
        await Assert.That(text.Out).Matches(@"FP +random +\d+\.\d\d ms +█");
        await Assert.That(text.Out).Matches(@" structured +\d+\.\d\d ms +[█▏▎▍▌▋▊▉]+ +\d+\.\d\d +1\.\d\d");
        await Assert.That(text.Out).Contains("Other programs running at the same time spoil these figures");
        foreach (string name in Names.Passes.Names) await Assert.That(text.Out).Contains($"  {name} ");
        await Assert.That(text.Out).DoesNotContain("\u001b");
    }

    [Test]
    [Arguments("--cell gru", "char-small: 1 gru layer of 512 units, embedding 64")]
    [Arguments("--cell rnn-tanh", "char-small: 1 rnn-tanh layer of 512 units, embedding 64")]
    [Arguments("--peepholes", "char-small: 1 peephole layer of 512 units, embedding 64")]
    public async Task Another_cell_is_timed_when_asked_for(string options, string shape)
    {
        CliResult result =
            Tinysd.Run(["bench", "--preset", "char-small", .. options.Split(' '), "--steps", "1", "--threads", "1", "--quiet"]);
        await Assert.That(result.Code).IsEqualTo(0);
        await Assert.That(result.Out).StartsWith(shape);
    }

    /// <summary>Rates in the order embedding, layer, recurrent, output.</summary>
    [Test]
    [Arguments("zaremba-medium", null, "0.5 0.5 0 0.5", "0.5 0.5 0.5 0.5", 10_000)]
    [Arguments("zaremba-large", null, "0.65 0.65 0 0.65", "0.65 0.65 0.65 0.65", 10_000)]
    [Arguments("zaremba-large", 0.3f, "0.3 0.3 0 0.3", "0.3 0.3 0.3 0.3", 10_000)]
    [Arguments("zaremba-small", null, "0.5 0.5 0 0.5", "0.5 0.5 0.5 0.5", 10_000)]
    [Arguments("char-small", null, "0 0 0.5 0.5", "0 0 0.5 0.5", 100)]
    [Arguments("char-small", 0.2f, "0.2 0.2 0.2 0.2", "0.2 0.2 0.2 0.2", 100)]
    public async Task Both_drop_at_the_preset_s_rates_and_structured_at_the_recurrent_site_too(
        string preset, float? rate, string random, string structured, int vocabulary)
    {
        var plan = BenchPlan.For(LanguageModelRecipe.FindPreset(preset)!, rate);
        await Assert.That(plan.Dense.Dropout.Kind).IsEqualTo(DropoutKind.Random);
        await Assert.That(plan.Structured.Dropout.Kind).IsEqualTo(DropoutKind.Structured);
        await Assert.That(Rates(plan.Dense)).IsEqualTo(random);
        await Assert.That(Rates(plan.Structured)).IsEqualTo(structured);
        await Assert.That(plan.Vocabulary).IsEqualTo(vocabulary);
        await Assert.That(plan.Dense with { Dropout = plan.Structured.Dropout }).IsEqualTo(plan.Structured);
    }

    [Test]
    public async Task A_stop_ends_it_with_130_and_no_report()
    {
        using var stop = new StopRequest();
        stop.Watch();
        stop.TryRequest();
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = Cli.Run(["bench", "--preset", "char-small", "--quiet"], new CliConsole(output, error), stop);
        await Assert.That(code).IsEqualTo(130);
        await Assert.That(output.ToString()).IsEqualTo("");
        await Assert.That(error.ToString().TrimEnd()).IsEqualTo("tinysd bench: stopped before the end; there is nothing to report.");
    }

    [Test]
    [Arguments(0, 4, "")]
    [Arguments(0.5, 4, "██")]
    [Arguments(0.53125, 4, "██▏")]
    [Arguments(0.25, 2, "▌")]
    [Arguments(1, 3, "███")]
    [Arguments(2, 3, "███")]
    public async Task A_bar_is_as_long_as_its_share(double share, int width, string expected) =>
        await Assert.That(Bars.Draw(share, width)).IsEqualTo(expected);

    private static string Keys(JsonElement element) => string.Join(' ', element.EnumerateObject().Select(property => property.Name));

    private static string Rates(LanguageModelRecipe recipe)
    {
        DropoutSpec dropout = recipe.Dropout;
        return string.Create(CultureInfo.InvariantCulture, $"{dropout.Embedding} {dropout.Layer} {dropout.Recurrent} {dropout.Output}");
    }
}
