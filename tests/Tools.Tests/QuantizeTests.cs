using System.Text.Json;
using TinySD.Formats.Container;
using TinySD.Formats.Models;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;

namespace TinySD.Tools.Tests;

/// <summary><c>quantize</c>: every kind of model, what it costs, and that all that runs models runs the new files.</summary>
public sealed class QuantizeTests
{
    [Test]
    public async Task A_language_model_is_stored_in_bytes_and_measured_before_and_after()
    {
        using var folder = new TestFolder();
        string[] training = [.. folder.TrainArgs(folder.Model, 1).Select(word => word == "12" ? "64" : word)];
        await Assert.That(Tinysd.Run(training).Code).IsEqualTo(0);
        byte[] model = File.ReadAllBytes(folder.Model);
        JsonElement result = await Quantized(folder.Model, folder["m8.tsd"], "perplexity", ["--data", folder.Test]);
        await Assert.That(File.ReadAllBytes(folder.Model).AsSpan().SequenceEqual(model)).IsTrue();
        double before = result.GetProperty("before").GetDouble(), after = result.GetProperty("after").GetDouble();
        await Assert.That(before).IsEqualTo(Eval(folder.Model, "perplexity", "--data", folder.Test));
        await Assert.That(after).IsEqualTo(Eval(folder["m8.tsd"], "perplexity", "--data", folder.Test));
        await Assert.That(after).IsNotEqualTo(before).And.IsEqualTo(before).Within(0.02 * before);
        await Assert.That(result.GetProperty("share").GetDouble()).IsLessThan(0.4);

        // What runs models runs it, and training does not.
        CliResult words = Tinysd.Run("generate", folder["m8.tsd"], "--length", "20", "--seed", "1");
        await Assert.That((words.Code, words.Out.Length > 20)).IsEqualTo((0, true)).Because(words.Error);
        foreach (string[] more in (string[][])[["--mc-samples", "2", "--dropout", "structured", "--rate", "0.2"], ["--delta", "0.1"]])
        {
            CliResult refused = Tinysd.Run(["eval", folder["m8.tsd"], "--data", folder.Test, .. more]);
            await Assert.That(refused.Code).IsEqualTo(1);
            await Assert.That(refused.Error).Contains("m8.tsd has weights of 8 bits, whose products leave no units out");
        }

        await RefusesDelta("generate", folder["m8.tsd"]);
        CliResult begun = folder.TrainModelTo(folder["n.tsd"], 1, "--init-from", folder["m8.tsd"]);
        await Assert.That(begun.Code).IsEqualTo(1);
        await Assert.That(begun.Error).Contains("m8.tsd").And.Contains("8 bits");
        await Assert.That(File.Exists(folder["n.tsd"])).IsFalse();
    }

    [Test]
    public async Task Streams_are_cut_as_asked_and_options_that_say_nothing_are_warned_of()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        CliResult one = Tinysd.Run(
            "quantize", folder.Model, "--out", folder["m8.tsd"], "--data", folder.Test, "--streams", "1", "--json", "--threads", "1");
        await Assert.That(one.Json.GetProperty("before").GetDouble())
            .IsEqualTo(Eval(folder.Model, "perplexity", "--data", folder.Test, "--streams", "1"));
        await Assert.That(one.Json.GetProperty("after").GetDouble())
            .IsEqualTo(Eval(folder["m8.tsd"], "perplexity", "--data", folder.Test, "--streams", "1"));
        CliResult none = Tinysd.Run("quantize", folder.Model, "--out", folder["m8.tsd"], "--streams", "1", "--json");
        await Assert.That(none.Code).IsEqualTo(0);
        await Assert.That(none.Error).Contains("--streams has no effect without --data");
        await Assert.That(none.Json.TryGetProperty("before", out _)).IsFalse();
        CliResult text = Tinysd.Run("quantize", folder.Model, "--out", folder["m8.tsd"], "--data", folder.Test, "--rows", "1,2", "--quiet");
        await Assert.That(text.Error).Contains("--rows has no effect: about regressors only");
        await Assert.That(text.Out).Contains(" bytes, 0.").And.Contains($" of {folder.Model}").And.Contains(" before, ");
    }

    [Test]
    public async Task A_regressor()
    {
        using var folder = new SeriesFolder();
        string table = folder.Put("t.csv", SeriesFolder.Sums(400));
        CliResult trained = folder.Train(table, "y", "--hidden", "32");
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        JsonElement result = await Quantized(folder.Model, folder["m8.tsd"], "mse", ["--data", table]);
        await Agree(result, folder.Model, folder["m8.tsd"], "mse", 1, "--data", table);
        CliResult predicted = Tinysd.RunOn(SeriesFolder.Sums(20, 3), "predict", folder["m8.tsd"]);
        await Assert.That((predicted.Code, predicted.Out.Split('\n').Length)).IsEqualTo((0, 22)).Because(predicted.Error);
        await RefusesDelta("predict", folder["m8.tsd"]);
        await RefusesDelta("eval", folder["m8.tsd"], "--data", table);
    }

    [Test]
    public async Task A_classifier()
    {
        using var folder = new TestFolder();
        CliResult trained = folder.TrainClassifier();
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        string data = folder.PutTexts("x.tsv", 60, 9);
        JsonElement result = await Quantized(folder.Model, folder["m8.tsd"], "accuracy", ["--data", data]);
        await Agree(result, folder.Model, folder["m8.tsd"], "accuracy", 1, "--data", data);
        await RefusesDelta("eval", folder["m8.tsd"], "--data", data);
        CliResult said = Tinysd.RunOn("a text\nanother\n", "classify", folder["m8.tsd"]);
        await Assert.That((said.Code, said.Out.Split('\n').Length)).IsEqualTo((0, 3)).Because(said.Error);
    }

    [Test]
    [Arguments("cnn")]
    [Arguments("lstm")]
    public async Task A_tagger(string characters)
    {
        using var folder = new TestFolder();
        CliResult trained = folder.TrainTagger("--characters", characters);
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        string data = folder.PutSentences("x.conll", 60, 9);
        JsonElement result = await Quantized(folder.Model, folder["m8.tsd"], "F1", ["--data", data]);
        await Agree(result, folder.Model, folder["m8.tsd"], "f1", 1, "--data", data);
        CliResult said = Tinysd.RunOn("Anna met Oslo\n", "tag", folder["m8.tsd"]);
        await Assert.That((said.Code, said.Out.Split('\n').Length)).IsEqualTo((0, 5)).Because(said.Error);
    }

    [Test]
    public async Task A_translator_with_its_references()
    {
        using var folder = new TestFolder();
        CliResult trained = folder.TrainTranslator();
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        (string source, string target) = folder.PutPairs("x", 40, 9);
        string[] data = ["--data", source, "--reference", target];
        JsonElement result = await Quantized(folder.Model, folder["m8.tsd"], "BLEU", data);
        await Agree(result, folder.Model, folder["m8.tsd"], "bleu", 1, data);
        CliResult said = Tinysd.RunOn("der hund\n", "translate", folder["m8.tsd"], "--beam", "2");
        await Assert.That((said.Code, said.Out.Length > 1)).IsEqualTo((0, true)).Because(said.Error);
        File.Delete(folder["m8.tsd"]);
        CliResult lacking = Tinysd.Run("quantize", folder.Model, "--out", folder["m8.tsd"], "--data", source);
        await Assert.That((lacking.Code, File.Exists(folder["m8.tsd"]))).IsEqualTo((2, false));
        await Assert.That(lacking.Error).Contains("--reference is missing");
    }

    [Test]
    public async Task A_stack_runs_and_has_nothing_to_be_measured_by()
    {
        using var folder = new TestFolder();
        var stack = new RecurrentStack(
            new() { Cell = CellKind.Lstm, InputSize = 3, HiddenSize = 16, Direction = RecurrentDirection.Bidirectional });
        var random = new Random(1);
        foreach (ref float value in stack.Parameters.Values) value = random.NextSingle() - 0.5f;
        RecurrentStackFile.Save(folder.Model, stack);
        CliResult result = Tinysd.Run("quantize", folder.Model, "--out", folder["m8.tsd"], "--data", folder.Test);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Error).Contains("--data has no effect: nothing is measured of recurrent stacks");
        await Assert.That(Dtypes(folder["m8.tsd"])["lstm.0.input"]).IsEqualTo("i8");
    }

    [Test]
    public async Task Sixteen_bits_on_request()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        CliResult result = Tinysd.Run(
            "quantize", folder.Model, "--out", folder["b.tsd"], "--format", "bf16", "--data", folder.Test, "--json", "--threads", "1");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Json.GetProperty("format").GetString()).IsEqualTo("bf16");
        await Assert.That(Dtypes(folder["b.tsd"]).Values.All(dtype => dtype == "bf16")).IsTrue();
        await Assert.That(result.Json.GetProperty("after").GetDouble())
            .IsEqualTo(Eval(folder["b.tsd"], "perplexity", "--data", folder.Test));
    }

    [Test]
    public async Task Nothing_is_written_over_the_model_or_where_the_model_cannot_be_read()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        byte[] model = File.ReadAllBytes(folder.Model);
        CliResult same = Tinysd.Run("quantize", folder.Model, "--out", folder.Model);
        await Assert.That(same.Code).IsEqualTo(2);
        await Assert.That(File.ReadAllBytes(folder.Model).AsSpan().SequenceEqual(model)).IsTrue();
        model[^64] ^= 1;
        string damaged = folder.Put("d.tsd", model);
        CliResult refused = Tinysd.Run("quantize", damaged, "--out", folder["m8.tsd"]);
        await Assert.That((refused.Code, File.Exists(folder["m8.tsd"]))).IsEqualTo((1, false));
        await Assert.That(refused.Error).Contains("is damaged in tensor 'classifier.bias'");
        CliResult lacking = Tinysd.Run("quantize", folder.Model, "--out", folder["m8.tsd"], "--data", folder["none.txt"]);
        await Assert.That((lacking.Code, File.Exists(folder["m8.tsd"]))).IsEqualTo((1, false));
        await Assert.That(Tinysd.Run("quantize", folder.Model, "--out", folder["m8.tsd"]).Code).IsEqualTo(0);
        CliResult again = Tinysd.Run("quantize", folder["m8.tsd"], "--out", folder["m88.tsd"]);
        await Assert.That((again.Code, File.Exists(folder["m88.tsd"]))).IsEqualTo((1, false));
        await Assert.That(again.Error).Contains("has weights of 8 bits already");
    }

    [Test]
    public async Task A_matrix_of_more_rows_than_whole_numbers_can_sum_is_told_of_and_has_sixteen_bits()
    {
        using var folder = new TestFolder();
        RecurrentStackFile.Save(folder.Model, new(new() { Cell = CellKind.RnnTanh, InputSize = 65537, HiddenSize = 1 }));
        CliResult refused = Tinysd.Run("quantize", folder.Model, "--out", folder["m8.tsd"]);
        await Assert.That((refused.Code, File.Exists(folder["m8.tsd"]))).IsEqualTo((1, false));
        await Assert.That(refused.Error).IsEqualTo(
            $"tinysd quantize: {folder.Model} cannot have weights of 8 bits: tensor 'rnn.0.input' has 65537 rows; as Int8 at most 65536 " +
            "can be summed\nGive --format bf16.\n");
        await Assert.That(Tinysd.Run("quantize", folder.Model, "--out", folder["b.tsd"], "--format", "bf16").Code).IsEqualTo(0);
    }

    [Test]
    public async Task What_is_not_trained_has_no_plan_of_its_training()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        await Assert.That(Tinysd.Run("quantize", folder.Model, "--out", folder["m8.tsd"]).Code).IsEqualTo(0);
        CliResult refused = Tinysd.Run("inspect", folder["m8.tsd"], "--plan");
        await Assert.That((refused.Code, refused.Out)).IsEqualTo((1, ""));
        await Assert.That(refused.Error).Contains("m8.tsd has weights of 8 bits, which are for running only and are not trained");
        await Assert.That(Tinysd.Run("inspect", folder.Model, "--plan").Code).IsEqualTo(0);
    }

    [Test]
    public async Task What_goes_to_other_formats_is_expanded_and_said_to_be()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        await Assert.That(Tinysd.Run("quantize", folder.Model, "--out", folder["m8.tsd"]).Code).IsEqualTo(0);
        foreach (string name in (string[])["m.onnx", "m.safetensors"])
        {
            CliResult exported = Tinysd.Run("export", folder["m8.tsd"], "--out", folder[name]);
            await Assert.That(exported.Code).IsEqualTo(0).Because(exported.Error);
            await Assert.That(exported.Error).Contains("weights of 8 bits").And.Contains("single precision");
        }

        // And back: a model of floats, whose perplexity is nearly that of the whole numbers.
        CliResult back = Tinysd.Run("import", folder["m.onnx"], "--out", folder["back.tsd"]);
        await Assert.That(back.Code).IsEqualTo(0).Because(back.Error);
        double whole = Eval(folder["m8.tsd"], "perplexity", "--data", folder.Test, "--streams", "1");
        double floats = Eval(folder["back.tsd"], "perplexity", "--data", folder.Test, "--streams", "1");
        await Assert.That(floats).IsEqualTo(whole).Within(0.02 * whole);
    }

    // Quantizes, and checks what is so of every kind.
    private static async Task RefusesDelta(params string[] command)
    {
        CliResult refused = Tinysd.RunOn("", [.. command, "--delta", "0.1"]);
        await Assert.That(refused.Code).IsEqualTo(1);
        await Assert.That(refused.Error).Contains("m8.tsd has weights of 8 bits, whose products leave no units out")
            .And.Contains("Give the model that quantize made it of, or leave --delta out.");
    }

    private static async Task<JsonElement> Quantized(string model, string output, string metric, string[] data)
    {
        CliResult result = Tinysd.Run(["quantize", model, "--out", output, .. data, "--json", "--threads", "1"]);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        byte[] once = File.ReadAllBytes(output);
        await Assert.That(result.Json.GetProperty("bytesBefore").GetInt64()).IsEqualTo(new FileInfo(model).Length);
        await Assert.That(result.Json.GetProperty("bytesAfter").GetInt64()).IsEqualTo(once.Length);
        await Assert.That(result.Json.GetProperty("metric").GetString()).IsEqualTo(metric);
        await Assert.That(Tinysd.Run("verify", output).Code).IsEqualTo(0);

        // Every tensor of two extents is whole numbers, followed by its scales, but transitions of tags and what is of characters.
        using TsdFile file = TsdFile.Open(output);
        for (int i = 0; i < file.Tensors.Length; i++)
        {
            TsdTensor tensor = file.Tensors[i];
            bool isWhole = tensor.Shape.Length == 2
                && tensor.Name is not ("crf.transitions" or "characters.embedding" or "characters.filters");
            await Assert.That(tensor.Dtype).IsEqualTo(isWhole ? "i8" : "f32").Because(tensor.Name);
            if (!isWhole) continue;
            TsdTensor scale = file.Tensors[i + 1];
            await Assert.That(scale.Name).IsEqualTo(tensor.Name + ".scale");
            long scales = tensor.Shape[tensor.Name.EndsWith("embedding", StringComparison.Ordinal) ? 0 : 1];
            await Assert.That((scale.Shape.Length, scale.Shape[0])).IsEqualTo((1, scales));
        }

        // The same again, to the byte.
        await Assert.That(Tinysd.Run("quantize", model, "--out", output).Code).IsEqualTo(0);
        await Assert.That(File.ReadAllBytes(output).AsSpan().SequenceEqual(once)).IsTrue();
        return result.Json;
    }

    // What quantize says of both files is what eval says of them.
    private static async Task Agree(
        JsonElement result, string model, string output, string key, double tolerance, params string[] data)
    {
        double before = result.GetProperty("before").GetDouble(), after = result.GetProperty("after").GetDouble();
        await Assert.That(before).IsEqualTo(Eval(model, key, data));
        await Assert.That(after).IsEqualTo(Eval(output, key, data));
        await Assert.That(after).IsEqualTo(before).Within(tolerance);
    }

    private static double Eval(string model, string key, params string[] data) =>
        Tinysd.Run(["eval", model, .. data, "--json", "--threads", "1"]).Json.GetProperty(key).GetDouble();

    private static Dictionary<string, string> Dtypes(string path) =>
        Tinysd.Run("inspect", path, "--json").Json.GetProperty("tensors").EnumerateArray()
            .ToDictionary(t => t.GetProperty("name").GetString()!, t => t.GetProperty("dtype").GetString()!);
}
