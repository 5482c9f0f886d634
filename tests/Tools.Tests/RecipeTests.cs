using System.Text.Json;

namespace TinySD.Tools.Tests;

/// <summary>Presets, and options given beside them.</summary>
public sealed class RecipeTests
{
    private static JsonElement Show(params string[] options) => Tinysd.Run(["train", "lm", "--show", "--json", .. options]).Json;

    [Test]
    [Arguments("zaremba-small", 200, 2, 0.1f, 20, 20, "none", 0f, 5f, 13, 4, 2f)]
    [Arguments("zaremba-medium", 650, 2, 0.05f, 35, 20, "random", 0.5f, 5f, 39, 6, 1.2f)]
    [Arguments("zaremba-large", 1500, 2, 0.04f, 35, 20, "random", 0.65f, 10f, 55, 14, 1.15f)]
    public async Task Zaremba_s_presets_have_Zaremba_s_figures(
        string preset, int hidden, int layers, float init, int bptt, int batch, string dropout, float rate, float clip, int epochs,
        int fullRateEpochs, float decay)
    {
        JsonElement shown = Show("--preset", preset);
        await Assert.That(shown.GetProperty("hidden").GetInt32()).IsEqualTo(hidden);
        await Assert.That(shown.GetProperty("layers").GetInt32()).IsEqualTo(layers);
        await Assert.That(shown.GetProperty("init").GetSingle()).IsEqualTo(init);
        await Assert.That(shown.GetProperty("bptt").GetInt32()).IsEqualTo(bptt);
        await Assert.That(shown.GetProperty("batch").GetInt32()).IsEqualTo(batch);
        await Assert.That(shown.GetProperty("dropout").GetString()).IsEqualTo(dropout);
        await Assert.That(Rates(shown)).IsEquivalentTo([rate, rate, 0f, rate], CollectionOrdering.Matching);
        await Assert.That(shown.GetProperty("clip").GetSingle()).IsEqualTo(clip);
        await Assert.That(shown.GetProperty("epochs").GetInt32()).IsEqualTo(epochs);
        await Assert.That(shown.GetProperty("fullRateEpochs").GetInt32()).IsEqualTo(fullRateEpochs);
        await Assert.That(shown.GetProperty("decay").GetSingle()).IsEqualTo(decay);
        await Assert.That(shown.GetProperty("optimizer").GetString()).IsEqualTo("sgd");
        await Assert.That(shown.GetProperty("lr").GetSingle()).IsEqualTo(1f);
    }

    [Test]
    public async Task Awd_lstm_shows_every_figure_and_its_recurrent_form_says_which_control_it_has()
    {
        string text = Tinysd.Run("train", "lm", "--preset", "awd-lstm", "--show").Out;
        string[] rows =
        [
            "--dropout +locked", "--rate-embedding +0.4", "--rate-layer +0.25", "--rate-recurrent +0", "--rate-output +0.4",
            "--rate-word +0.1",
            "--weight-drop +0.5", "--ar +2", "--tar +1", "--weight-decay +1.2E-06", "--hidden +1150", "--last-hidden +400",
            "--embedding +400", "--layers +3",
            "--tied +true", "--bptt +70", "--variable-bptt +true", "--lr +30", "--lr-schedule +constant", "--clip +0.25",
            "--loss-reduction +mean",
            "--optimizer +nt-asgd", "--nonmono +5", "--init-scheme +scaled",
        ];
        foreach (string row in rows) await Assert.That(text).Matches($"{row.Replace(".", "\\.", StringComparison.Ordinal)} ");

        JsonElement form = Show("--preset", "awd-lstm+nr-rh-st"), both = Show("--preset", "awd-lstm+nr-rh-st", "--weight-drop", "0.5");
        await Assert.That(form.GetProperty("name").GetString()).IsEqualTo("awd-lstm+nr-rh-st");
        await Assert.That(form.GetProperty("dropout").GetString()).IsEqualTo("structured");
        await Assert.That((form.GetProperty("rateRecurrent").GetSingle(), form.GetProperty("weightDrop").GetSingle()))
            .IsEqualTo((0.5f, 0f));
        await Assert.That((both.GetProperty("rateRecurrent").GetSingle(), both.GetProperty("weightDrop").GetSingle()))
            .IsEqualTo((0.5f, 0.5f));
        JsonElement upward = Show("--preset", "awd-lstm+nr-st");
        await Assert.That((upward.GetProperty("rateRecurrent").GetSingle(), upward.GetProperty("weightDrop").GetSingle()))
            .IsEqualTo((0f, 0.5f));
    }

    [Test]
    public async Task Another_optimizer_s_decay_is_left_out_with_it()
    {
        JsonElement shown = Show("--preset", "gal-large", "--optimizer", "adam", "--lr", "0.001");
        await Assert.That(shown.GetProperty("weightDecay").GetSingle()).IsEqualTo(0f);
        await Assert.That(shown.GetProperty("decoupledDecay").GetBoolean()).IsFalse();
        JsonElement asked = Show("--preset", "gal-large", "--optimizer", "adamw", "--weight-decay", "0.01");
        await Assert.That(asked.GetProperty("weightDecay").GetSingle()).IsEqualTo(0.01f);
        await Assert.That(asked.GetProperty("decoupledDecay").GetBoolean()).IsFalse();
        await Assert.That(Show("--optimizer", "adam", "--weight-decay", "0.1").GetProperty("weightDecay").GetSingle()).IsEqualTo(0.1f);
        await Assert.That(Show("--weight-decay", "0.001", "--decoupled-decay").GetProperty("decoupledDecay").GetBoolean()).IsTrue();
    }

    [Test]
    public async Task The_level_and_the_preset_choose_each_other()
    {
        await Assert.That(Names(Show())).IsEqualTo("zaremba-small word");
        await Assert.That(Names(Show("--level", "char"))).IsEqualTo("char-small char");
        await Assert.That(Names(Show("--preset", "char-small"))).IsEqualTo("char-small char");
        await Assert.That(Names(Show("--preset", "char-small", "--level", "word"))).IsEqualTo("char-small word");
        await Assert.That(Names(Show("--preset", "zaremba-medium", "--level", "char"))).IsEqualTo("zaremba-medium char");

        static string Names(JsonElement shown) => $"{shown.GetProperty("name").GetString()} {shown.GetProperty("level").GetString()}";
    }

    [Test]
    public async Task Another_dropout_keeps_the_preset_s_rates()
    {
        JsonElement shown = Show("--preset", "zaremba-medium", "--dropout", "structured");
        await Assert.That(shown.GetProperty("dropout").GetString()).IsEqualTo("structured");
        await Assert.That(Rates(shown)).IsEquivalentTo([0.5f, 0.5f, 0f, 0.5f], CollectionOrdering.Matching);
    }

    [Test]
    public async Task A_rate_holds_for_all_four_sites_and_a_site_s_own_wins_wherever_it_stands()
    {
        await Assert.That(Rates(Show("--dropout", "structured", "--rate", "0.5")))
            .IsEquivalentTo([0.5f, 0.5f, 0.5f, 0.5f], CollectionOrdering.Matching);
        JsonElement recurrent = Show("--dropout", "structured", "--rate-recurrent", "0.25", "--rate", "0.5");
        await Assert.That(Rates(recurrent)).IsEquivalentTo([0.5f, 0.5f, 0.25f, 0.5f], CollectionOrdering.Matching);
        await Assert.That(Rates(Show("--dropout", "locked", "--rate-output", "0.25")))
            .IsEquivalentTo([0f, 0f, 0f, 0.25f], CollectionOrdering.Matching);
        await Assert.That(Rates(Show("--preset", "zaremba-medium", "--dropout", "none")))
            .IsEquivalentTo([0f, 0f, 0f, 0f], CollectionOrdering.Matching);
        await Assert.That(Rates(Show("--dropout", "random", "--rate", "0"))).IsEquivalentTo([0f, 0f, 0f, 0f], CollectionOrdering.Matching);
    }

    [Test]
    public async Task Every_option_wins_over_the_preset()
    {
        JsonElement shown = Show(
            "--preset", "zaremba-large", "--level", "char", "--hidden", "31", "--embedding", "17", "--layers", "3", "--peepholes",
            "--batch", "7",
            "--bptt", "9", "--epochs", "5", "--lr", "0.25", "--clip", "0", "--optimizer", "adam", "--beta1", "0.5", "--beta2", "0.75",
            "--epsilon", "0.125", "--full-rate-epochs", "0",
            "--decay", "1.5", "--init", "0.2", "--forget-bias", "-1", "--seed", "18446744073709551615",
            "--dropout", "structured-locked", "--draw", "bernoulli", "--group-size", "4", "--last-hidden", "29", "--rate-word", "0.125",
            "--rate-word-by-sequence", "--weight-drop", "0.25",
            "--ar", "2", "--tar", "0.5", "--variable-bptt", "--loss-reduction", "mean", "--warm-up", "10", "--patience", "3",
            "--average-last", "6", "--init-scheme", "scaled");
        await Assert.That(shown.ToString()).IsEqualTo(JsonDocument.Parse("""
            {
              "name": "zaremba-large",
              "dropout": "structured-locked",
              "rateEmbedding": 0.65,
              "rateLayer": 0.65,
              "rateRecurrent": 0,
              "rateOutput": 0.65,
              "draw": "bernoulli",
              "keepMultiple": 1,
              "groupSize": 4,
              "leastShare": 0.25,
              "shareCount": 4,
              "wholeRate": 0,
              "rateWord": 0.125,
              "rateWordBySequence": true,
              "weightDrop": 0.25,
              "ar": 2,
              "tar": 0.5,
              "weightDecay": 0,
              "decoupledDecay": false,
              "hidden": 31,
              "lastHidden": 29,
              "embedding": 17,
              "layers": 3,
              "cell": "lstm",
              "peepholes": true,
              "tied": false,
              "batch": 7,
              "bptt": 9,
              "variableBptt": true,
              "epochs": 5,
              "lr": 0.25,
              "lrSchedule": "zaremba",
              "fullRateEpochs": 0,
              "decay": 1.5,
              "warmUp": 10,
              "patience": 3,
              "averageLast": 6,
              "clip": 0,
              "lossReduction": "mean",
              "optimizer": "adam",
              "momentum": 0,
              "nesterov": false,
              "beta1": 0.5,
              "beta2": 0.75,
              "epsilon": 0.125,
              "nonmono": 5,
              "init": 0.2,
              "initScheme": "scaled",
              "forgetBias": -1,
              "seed": 18446744073709551615,
              "level": "char"
            }
            """).RootElement.ToString());
    }

    [Test]
    public async Task Tied_is_a_switch_that_also_takes_a_value()
    {
        await Assert.That(Show("--tied").GetProperty("tied").GetBoolean()).IsTrue();
        await Assert.That(Show("--tied", "true").GetProperty("tied").GetBoolean()).IsTrue();
        await Assert.That(Show("--tied", "false").GetProperty("tied").GetBoolean()).IsFalse();
        await Assert.That(Show().GetProperty("tied").GetBoolean()).IsFalse();
    }

    [Test]
    [Arguments("lstm")]
    [Arguments("gru")]
    [Arguments("rnn-tanh")]
    [Arguments("rnn-relu")]
    public async Task Every_preset_takes_every_cell(string cell)
    {
        foreach (string preset in new[] { "zaremba-small", "char-small" })
        {
            JsonElement shown = Show("--preset", preset, "--cell", cell);
            await Assert.That(shown.GetProperty("cell").GetString()).IsEqualTo(cell);
            await Assert.That(shown.GetProperty("peepholes").GetBoolean()).IsFalse();

            // Only an LSTM has a forget gate to add the preset's bias to.
            float forgetBias = preset == "char-small" && cell == "lstm" ? 1f : 0f;
            await Assert.That(shown.GetProperty("forgetBias").GetSingle()).IsEqualTo(forgetBias);
            string text = Tinysd.Run("train", "lm", "--preset", preset, "--cell", cell, "--show").Out;
            await Assert.That(text).Matches($@"--cell +{cell} ");
            await Assert.That(text.Contains("--forget-bias", StringComparison.Ordinal)).IsEqualTo(cell == "lstm");
        }
    }

    [Test]
    public async Task Shown_as_a_table_every_figure_stands_beside_its_option()
    {
        CliResult result = Tinysd.Run("train", "lm", "--preset", "zaremba-medium", "--show");
        await Assert.That(result.Code).IsEqualTo(0);
        await Assert.That(result.Out).Matches(@"--hidden +650 ");
        await Assert.That(result.Out).Matches(@"--decay +1\.2 ");
        await Assert.That(result.Out).Matches(@"--rate-recurrent +0 ");
    }

    [Test]
    public async Task Kept_counts_and_groups_are_for_structured_masks()
    {
        JsonElement shown = Show("--dropout", "structured", "--rate", "0.5", "--keep-multiple", "16", "--group-size", "8");
        await Assert.That(shown.GetProperty("keepMultiple").GetInt32()).IsEqualTo(16);
        await Assert.That(shown.GetProperty("groupSize").GetInt32()).IsEqualTo(8);
        string text = Tinysd.Run("train", "lm", "--dropout", "structured", "--rate", "0.5", "--group-size", "8", "--show").Out;
        await Assert.That(text).Matches(@"--group-size +8 ");
    }

    private static float[] Rates(JsonElement shown) =>
        [.. new[] { "rateEmbedding", "rateLayer", "rateRecurrent", "rateOutput" }.Select(name => shown.GetProperty(name).GetSingle())];
}
