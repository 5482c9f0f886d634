using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using TinySD.Formats.Hardware;
using TinySD.Runtime.Hardware;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Tasks;
using TinySD.Tools.Systolic;

namespace TinySD.Tools.Tests;

/// <summary><c>hw simulate</c>: what it prints, and which products it takes a training step for.</summary>
public sealed partial class HwSimulateTests
{
    [Test]
    [Arguments("os", 113904, 72954)]
    [Arguments("ws", 136332, 68166)]
    [Arguments("is", 107352, 53676)]
    public async Task Json_has_exactly_the_keys_that_scripts_rely_on(string dataflow, long dense, long structured)
    {
        CliResult result =
            Simulate("--profile", "systolic-128x128", "--gemm", "700,2600,650", "--dataflow", dataflow, "--rate", "0.5", "--json");
        await Assert.That(result.Code).IsEqualTo(0);
        await Assert.That(result.Error).IsEqualTo("");
        JsonElement json = result.Json;
        await Assert.That(Keys(json)).IsEqualTo("dataflow rows columns products speedup");
        await Assert.That(json.GetProperty("dataflow").GetString()).IsEqualTo(dataflow);
        await Assert.That(json.GetProperty("rows").GetInt32()).IsEqualTo(128);
        await Assert.That(json.GetProperty("columns").GetInt32()).IsEqualTo(128);
        JsonElement product = json.GetProperty("products").EnumerateArray().Single();
        await Assert.That(Keys(product)).IsEqualTo("name m n k keptM keptN keptK denseCycles structuredCycles");
        await Assert.That(Shapes(product)).IsEqualTo("700,2600,650 700,2600,325");
        await Assert.That(product.GetProperty("denseCycles").GetInt64()).IsEqualTo(dense);
        await Assert.That(product.GetProperty("structuredCycles").GetInt64()).IsEqualTo(structured);
        await Assert.That(json.GetProperty("speedup").GetDouble()).IsEqualTo((double)dense / structured).Within(1e-12);
    }

    [Test]
    public async Task Text_says_why_the_dataflows_gain_differently()
    {
        CliResult result = Simulate("--profile", "128x128", "--gemm", "700,2600,650", "--dataflow", "os");
        await Assert.That(result.Code).IsEqualTo(0);
        await Assert.That(result.Error).IsEqualTo("");
        await Assert.That(result.Out)
            .Contains("os: 1.56. The array holds outputs, so all 126 folds remain. Each gets shorter, K + 254: 904 cycles become 579;");
        await Assert.That(result.Out)
            .Contains("ws: 2.00. K lies along the rows, and folds go: ceil(650/128) = 6 become ceil(325/128) = 3 blocks of K,");
        await Assert.That(result.Out).Contains("is: 2.00. K lies along the rows");
        await Assert.That(result.Out).Matches(@"down to a multiple of 128, more dropped +64,260 +1\.77");
        await Assert.That(result.Out).DoesNotContain("\u001b");
    }

    [Test]
    public async Task A_training_step_has_every_product_of_every_site()
    {
        JsonElement json = Simulate(
            "--profile", "16x16", "--preset", "zaremba-medium", "--dropout", "structured-locked", "--dataflow", "os", "--json").Json;
        string[] products =
            [.. json.GetProperty("products").EnumerateArray().Select(p => $"{p.GetProperty("name").GetString()} {Shapes(p)}")];
        string[] layer =
        [
            "input FP 700,2600,650 700,2600,325", "input BP 700,650,2600 700,325,2600", "input WG 650,2600,700 325,2600,700",
            "recurrent FP 20,2600,650 20,2600,325", "recurrent BP 20,650,2600 20,325,2600", "recurrent WG 650,2600,700 325,2600,700",
        ];
        string[] expected =
        [
            .. layer.Select(product => $"lstm.0.{product}"), .. layer.Select(product => $"lstm.1.{product}"),
            "classifier FP 700,10000,650 700,10000,325", "classifier BP 700,650,10000 700,325,10000",
            "classifier WG 650,10000,700 325,10000,700",
        ];
        await Assert.That(string.Join('\n', products)).IsEqualTo(string.Join('\n', expected));
        long[] dense = Column(json, "denseCycles"), structured = Column(json, "structuredCycles");

        // 35 steps forward, and 34 backward: the state that the window began with needs no gradient.
        await Assert.That(dense[3]).IsEqualTo(35L * 221680);
        await Assert.That(structured[3]).IsEqualTo(35L * 115730);
        await Assert.That(dense[4]).IsEqualTo(34L * 2 * 41 * (2600 + 30));
        await Assert.That(structured[4]).IsEqualTo(34L * 2 * 21 * (2600 + 30));
        await Assert.That(json.GetProperty("speedup").GetDouble()).IsEqualTo((double)dense.Sum() / structured.Sum()).Within(1e-12);
    }

    [Test]
    [Arguments("gru", "gru", 1950)]
    [Arguments("rnn-tanh", "rnn", 650)]
    [Arguments("rnn-relu", "rnn", 650)]
    public async Task Another_cell_has_products_of_another_width(string cell, string prefix, int columns)
    {
        JsonElement json = Simulate(
            "--profile", "16x16", "--preset", "zaremba-medium", "--cell", cell, "--dropout", "structured-locked", "--dataflow", "os",
            "--json").Json;
        string[] products =
            [.. json.GetProperty("products").EnumerateArray().Select(p => $"{p.GetProperty("name").GetString()} {Shapes(p)}")];
        await Assert.That(products[0]).IsEqualTo($"{prefix}.0.input FP 700,{columns},650 700,{columns},325");
        await Assert.That(products[4]).IsEqualTo($"{prefix}.0.recurrent BP 20,650,{columns} 20,325,{columns}");
        await Assert.That(products[11]).IsEqualTo($"{prefix}.1.recurrent WG 650,{columns},700 325,{columns},700");
        await Assert.That(products[12]).IsEqualTo("classifier FP 700,10000,650 700,10000,325");
        string text = Simulate("--profile", "16x16", "--preset", "zaremba-small", "--cell", cell).Out;
        await Assert.That(text).Contains($"zaremba-small: 2 {cell} layers of 200 units");
    }

    [Test]
    public async Task Where_changing_masks_cut_a_product_up_too_finely_it_runs_dense()
    {
        string[] args = ["--profile", "128x128", "--preset", "zaremba-medium", "--dataflow", "os"];
        JsonElement json = Simulate([.. args, "--json"]).Json;
        long[] dense = Column(json, "denseCycles"), structured = Column(json, "structuredCycles");
        await Assert.That(dense[0]).IsEqualTo(113904);
        await Assert.That(structured[0]).IsEqualTo(113904);
        await Assert.That(dense[3]).IsEqualTo(35L * 21 * 904);
        await Assert.That(structured[3]).IsEqualTo(35L * 21 * 579);
        string text = Simulate(args).Out;
        await Assert.That(text).Contains("dense; skipping takes 425,565");
        await Assert.That(text).Contains("11 products of 15 run dense");
    }

    [Test]
    [Arguments("random")]
    [Arguments("locked")]
    [Arguments("none")]
    public async Task Other_masks_save_nothing(string dropout)
    {
        foreach (string[] what in new[] { new[] { "--preset", "char-small" }, ["--gemm", "5,6,7"] })
        {
            string[] args = ["--profile", "8x8", .. what, "--dropout", dropout];
            JsonElement json = Simulate([.. args, "--json"]).Json;
            await Assert.That(json.GetProperty("speedup").GetDouble()).IsEqualTo(1);
            foreach (JsonElement product in json.GetProperty("products").EnumerateArray())
            {
                string[] shapes = Shapes(product).Split(' ');
                await Assert.That(shapes[1]).IsEqualTo(shapes[0]);
            }

            CliResult text = Simulate(args);
            await Assert.That(text.Code).IsEqualTo(0);
            await Assert.That(text.Out).DoesNotContain("multiple of");
        }
    }

    [Test]
    public async Task Products_have_the_units_that_the_schedule_keeps()
    {
        LanguageModelRecipe recipe = LanguageModelRecipe.FindPreset("zaremba-small")! with
        {
            Dropout = new DropoutSpec
            {
                Kind = DropoutKind.Structured,
                Draw = MaskDraw.Bernoulli,
                Embedding = 0.2f,
                Layer = 0.3f,
                Recurrent = 0.4f,
                Output = 0.5f,
            },
            Seed = 11,
        };
        var sampler = new MaskSampler(11, recipe.Dropout);
        IReadOnlyList<TrainingProduct> products = new TrainingStep(
            LanguageModelTrainer.PlanOf(recipe, 1000).PlannedProducts, recipe.Dropout, recipe.Seed, (kept, _) => kept).Products;
        (string Name, DropoutSite Site, int Layer)[] sites =
        [
            ("lstm.0.input", DropoutSite.Embedding, 0), ("lstm.0.recurrent", DropoutSite.Recurrent, 0),
            ("lstm.1.input", DropoutSite.Layer, 1),
            ("lstm.1.recurrent", DropoutSite.Recurrent, 1), ("classifier", DropoutSite.Output, 2),
        ];
        foreach ((string name, DropoutSite site, int layer) in sites)
        {
            int[] keep = new int[200];
            MaskPlace place = MaskPlace.OfStack(site, layer, 200, recipe.Dropout.RateOf(site));
            int[] counts = [.. Enumerable.Range(0, 20).Select(t => sampler.Keep(place, default, t, keep))];
            await Assert.That(Kept("FP", shape => shape.K)).IsEquivalentTo(counts, CollectionOrdering.Matching);
            await Assert.That(Kept("BP", shape => shape.N))
                .IsEquivalentTo(site == DropoutSite.Recurrent ? counts[1..] : counts, CollectionOrdering.Matching);
            await Assert.That(Kept("WG", shape => shape.M)).IsEquivalentTo(counts, CollectionOrdering.Matching);

            int[] Kept(string pass, Func<GemmShape, int> part) =>
                [.. products.Single(p => p.Name == $"{name} {pass}").Compacted.Select(part)];
        }
    }

    [Test]
    public async Task The_page_draws_every_kept_unit_and_every_product_and_needs_nothing_beside_itself()
    {
        using var folder = new TestFolder();
        string file = folder["report.html"];
        CliResult result = Simulate("--profile", "16x16", "--preset", "zaremba-small", "--report", file, "--json");
        await Assert.That(result.Code).IsEqualTo(0);
        string page = await File.ReadAllTextAsync(file);
        await Assert.That(page).StartsWith("<!DOCTYPE html>");
        await Assert.That(page).Contains("zaremba-small: 2 layers of 200 units");
        await Assert.That(page).DoesNotMatch("https?:|src=|href=|<script");
        XElement[] pictures = [.. Picture().Matches(page).Select(match => XElement.Parse(match.Value))];
        await Assert.That(pictures.Length).IsEqualTo(5 + 1);
        foreach (XElement site in pictures[1..])
        {
            // 20 time steps that keep 100 of 200 units each, as runs of so many neighbours.
            string path = site.Element("path")!.Attribute("d")!.Value;
            await Assert.That(Run().Matches(path).Sum(run => int.Parse(run.Groups[1].Value, CultureInfo.InvariantCulture)))
                .IsEqualTo(20 * 100);
        }

        await Assert.That(pictures[0].Elements("rect").Count()).IsEqualTo(2 * 15);
        string text = string.Join(' ', pictures[0].Elements("text").Select(element => element.Value));
        foreach (long cycles in Column(result.Json, "denseCycles"))
            await Assert.That(text).Contains(cycles.ToString("N0", CultureInfo.InvariantCulture));
    }

    /// <summary>Of 325 kept units, 256 fill two blocks of 128 rows where 325 take three, of the six that 650 take.</summary>
    [Test]
    public async Task The_page_and_the_text_say_why_and_where_rounding_would_gain()
    {
        using var folder = new TestFolder();
        string file = folder["report.html"];
        CliResult result = Simulate("--profile", "128x128", "--gemm", "700,2600,650", "--rate", "0.5", "--report", file);
        await Assert.That(result.Out).Contains("down to a multiple of 128, more dropped: gemm 2.00 -> 3.00.");
        await Assert.That(result.Out).Contains("up to a multiple of 128, fewer dropped: no product takes another count of cycles.");
        string page = await File.ReadAllTextAsync(file);
        await Assert.That(page).Contains("<b>os: 1.56.</b> The array holds outputs, so all 126 folds remain.");
        await Assert.That(page)
            .Contains("<b>ws: 2.00.</b> K lies along the rows, and folds go: ceil(650/128) = 6 become ceil(325/128) = 3 blocks of K,");
        await Assert.That(page).Contains("gemm 2.00 -&gt; 3.00.");
    }

    [Test]
    public async Task A_page_of_one_product_has_no_masks_and_one_that_cannot_be_written_is_refused()
    {
        using var folder = new TestFolder();
        string file = folder["report.html"];
        string[] args = ["--profile", "8x8", "--gemm", "20,30,40", "--report"];
        await Assert.That(Simulate([.. args, file]).Code).IsEqualTo(0);
        string page = await File.ReadAllTextAsync(file);
        await Assert.That(Picture().Count(page)).IsEqualTo(1);
        await Assert.That(page).DoesNotContain("Which units are kept");

        CliResult refused = Simulate([.. args, folder["nowhere/report.html"]]);
        await Assert.That(refused.Code).IsEqualTo(1);
        await Assert.That(refused.Out).IsEqualTo("");
        await Assert.That(refused.Error).StartsWith("tinysd hw simulate: ");
    }

    [Test]
    public async Task Every_shipped_array_is_found_by_its_name_and_by_its_size_and_a_processor_is_refused()
    {
        HardwareProfile[] arrays = [.. BuiltInProfiles.All.Where(profile => profile.Systolic is not null)];
        await Assert.That(arrays.Select(profile => profile.Systolic!.Rows))
            .IsEquivalentTo([8, 16, 32, 128, 256], CollectionOrdering.Matching);
        foreach (HardwareProfile profile in arrays)
        {
            CliResult named = Simulate("--profile", profile.Name, "--gemm", "20,300,200", "--json");
            await Assert.That(named.Json.GetProperty("rows").GetInt32()).IsEqualTo(profile.Systolic!.Rows);
            await Assert.That(
                Simulate("--profile", $"{profile.Systolic.Rows}x{profile.Systolic.Columns}", "--gemm", "20,300,200", "--json").Out)
                .IsEqualTo(named.Out);
        }

        CliResult refused = Simulate("--profile", "x64-avx2", "--gemm", "20,300,200");
        await Assert.That(refused.Code).IsEqualTo(2);
        await Assert.That(refused.Error).Contains("--profile is 'x64-avx2', a processor; expected a systolic array, one of systolic-8x8, ");
    }

    [GeneratedRegex("<svg.*?</svg>", RegexOptions.Singleline)]
    private static partial Regex Picture();

    [GeneratedRegex(@"h(\d+)")]
    private static partial Regex Run();

    private static CliResult Simulate(params string[] args) => Tinysd.Run(["hw", "simulate", .. args]);

    private static long[] Column(JsonElement json, string key) =>
        [.. json.GetProperty("products").EnumerateArray().Select(product => product.GetProperty(key).GetInt64())];

    private static string Shapes(JsonElement product) => string.Join(' ', new[] { "m n k", "keptM keptN keptK" }.Select(
        keys => string.Join(',', keys.Split(' ').Select(key => product.GetProperty(key).GetInt32()))));

    private static string Keys(JsonElement element) => string.Join(' ', element.EnumerateObject().Select(property => property.Name));
}
