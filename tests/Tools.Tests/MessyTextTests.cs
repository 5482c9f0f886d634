using System.Globalization;
using System.Text.Json;

namespace TinySD.Tools.Tests;

/// <summary>A text as people write it: <c>train lm --lower --tokenize simple</c>, what is told of it, and where its model goes.</summary>
public sealed class MessyTextTests
{
    // The oracle is the same text as somebody would set it by hand.
    [Test]
    public async Task A_messy_text_is_read_as_a_neat_one_in_training_and_wherever_the_model_goes()
    {
        using var folder = new TestFolder();
        string[] lines = [.. (await File.ReadAllLinesAsync(folder.Train)).Take(100)];
        string messy = folder.PutText("messy.txt", "\uFEFF" + string.Concat(lines.Select(line => Messy(line) + "\r\n")));
        string neat = folder.PutText(
            "neat.txt", OwnText.Text(lines.Select(line => line.Replace("the ", "the , ", StringComparison.Ordinal) + " !!!")));
        string[] reading = ["--lower", "--tokenize", "simple"];
        CliResult one = OwnText.Train(folder["messy.tsd"], messy, reading), two = OwnText.Train(folder["neat.tsd"], neat);
        await Assert.That(one.Code).IsEqualTo(0).Because(one.Error);
        await Assert.That(OwnText.Tensors(folder["messy.tsd"])).IsEqualTo(OwnText.Tensors(folder["neat.tsd"]));
        await Assert.That(one.Json.GetProperty("validLoss").GetDouble()).IsEqualTo(two.Json.GetProperty("validLoss").GetDouble());
        string inspected = Tinysd.Run("inspect", folder["messy.tsd"]).Out;
        await Assert.That(inspected).Contains("--tokenize").And.Contains("--lower");

        await Assert.That(Tinysd.Run("eval", folder["messy.tsd"], "--data", messy).Out)
            .IsEqualTo(Tinysd.Run("eval", folder["neat.tsd"], "--data", neat).Out);
        await Assert.That(Tinysd.Run("generate", folder["messy.tsd"], "--prompt", "THE,\u00A0cat", "--length", "20", "--seed", "3").Out)
            .IsEqualTo(Tinysd.Run("generate", folder["neat.tsd"], "--prompt", "the , cat", "--length", "20", "--seed", "3").Out);
        await Assert.That(Tinysd.RunOn("The, cat!!!\n", "score", folder["messy.tsd"]).Out)
            .IsEqualTo(Tinysd.RunOn("the , cat !!!\n", "score", folder["neat.tsd"]).Out);

        // Through the formats of others and back.
        foreach (string format in (string[])["x.onnx", "x.safetensors"])
        {
            await Assert.That(Tinysd.Run("export", folder["messy.tsd"], "--out", folder[format]).Code).IsEqualTo(0);
            CliResult back = Tinysd.Run("import", folder[format], "--out", folder["back.tsd"]);
            await Assert.That(back.Code).IsEqualTo(0).Because(back.Error);
            await Assert.That(Tinysd.Run("eval", folder["back.tsd"], "--data", messy, "--streams", "3").Out)
                .IsEqualTo(Tinysd.Run("eval", folder["neat.tsd"], "--data", neat, "--streams", "3").Out);
        }

        // A model that goes on has its own ways.
        CliResult begun = OwnText.Train(folder["next.tsd"], messy, "--init-from", folder["messy.tsd"], "--lower");
        await Assert.That(begun.Code).IsEqualTo(0).Because(begun.Error);
        CliResult like = OwnText.Train(folder["like.tsd"], neat, "--init-from", folder["neat.tsd"]);
        await Assert.That(OwnText.Tensors(folder["next.tsd"])).IsEqualTo(OwnText.Tensors(folder["like.tsd"])).Because(like.Error);
        CliResult other = OwnText.Train(folder.Model, messy, "--init-from", folder["messy.tsd"], "--tokenize", "none");
        await Assert.That(other.Code).IsEqualTo(2);
        await Assert.That(other.Error).Contains($"--tokenize is none, and the model in {folder["messy.tsd"]} has simple;");
    }

    // Bits are the loss by ln 2, of what can be counted anywhere: of words, which one may cut otherwise, nothing is told.
    [Test]
    [Arguments("char", "character")]
    [Arguments("byte", "byte")]
    [Arguments("word", null)]
    public async Task Bits_are_told_beside_the_perplexity_of_characters_and_bytes(string level, string? unit)
    {
        using var folder = new TestFolder();
        string[] args = OwnText.Args(folder.Model, folder.Train, ["--level", level, "--test", folder.Test, "--report", folder["r.html"]]);
        CliResult json = Tinysd.Run(args), told = Tinysd.Run([.. args.Where(word => word != "--json")]);
        CliResult eval = Tinysd.Run("eval", folder.Model, "--data", folder.Test);
        string page = await File.ReadAllTextAsync(folder["r.html"]), all = told.Out + told.Error + eval.Out + page;
        if (unit is null)
        {
            await Assert.That(all).DoesNotContain("bits per");
            return;
        }

        string best = Bits(json.Json.GetProperty("validLoss")), test = Bits(json.Json.GetProperty("testLoss"));
        await Assert.That(told.Error).Contains($"; bits per {unit} train ").And.Contains($", valid {best}; learning rate ");
        await Assert.That(told.Out)
            .Contains($"   valid bits/{unit}   ").And.Contains($"   {best}   ").And.Contains($", {test} bits per {unit}\n");
        await Assert.That(eval.Out).Contains($", {test} bits per {unit}, over ");
        await Assert.That(page)
            .Contains($"<th>validation bits per {unit}</th>").And.Contains($"<p>{best} bits per {unit} of validation text; ");

        static string Bits(JsonElement loss) =>
            (loss.GetDouble() / Math.Log(2)).ToString("F3", CultureInfo.InvariantCulture);
    }

    [Test]
    [Arguments("--lower --tokenize simple", "--tokenize", "none")]
    [Arguments("--level char --lower", "--lower", "false")]
    public async Task A_run_that_was_stopped_reads_its_texts_as_before(string options, string option, string value)
    {
        using var folder = new TestFolder();
        string text = folder.PutText("mine.txt", OwnText.Text((await File.ReadAllLinesAsync(folder.Train)).Select(Messy)));
        string[] more = options.Split(' ');
        OwnText.Train(folder["unbroken.tsd"], text, more);
        string[] args = OwnText.Args(folder.Model, text, [.. more, "--checkpoint", folder["ck"]]);
        await Assert.That(Tinysd.RunUntilShown("epoch 2/2", 5, args).Code).IsEqualTo(130);
        CliResult other = Tinysd.Run("train", "lm", "--resume", folder["ck"], option, value);
        await Assert.That(other.Code).IsEqualTo(2);
        await Assert.That(other.Error).Contains($"{option} is {value}, and the run in {folder["ck"]} has ");
        CliResult on = Tinysd.Run(["train", "lm", "--resume", folder["ck"], .. more]);
        await Assert.That(on.Code).IsEqualTo(0).Because(on.Error);
        await Assert.That(folder.AreEqual("unbroken.tsd", "model.tsd")).IsTrue();
    }

    [Test]
    public async Task A_text_that_is_mostly_unknown_is_warned_of_with_a_remedy()
    {
        using var folder = new TestFolder();
        string text = await File.ReadAllTextAsync(folder.Train), loud = folder.PutText("loud.txt", text.ToUpperInvariant());
        string strange = folder.PutText("strange.txt", "some words of another kind\n");
        OwnText.Train(folder.Model, folder.Train, "--valid", folder.Valid, "--max-steps", "1", "--min-count", "2");
        string told = "% of its tokens are <unk>, which is easy to guess: a perplexity says little of it. ";
        CliResult next = OwnText.Train(folder["next.tsd"], loud, "--init-from", folder.Model, "--max-steps", "1", "--quiet");
        await Assert.That(next.Code).IsEqualTo(0).Because(next.Error);
        await Assert.That(next.Error).Contains($"tinysd train lm: {loud}: 85.7 {told}Is it of another language or case than the model's ")
            .And.Contains($"tinysd train lm: the end of {loud}: ");
        string[] args = ["--test", strange, "--max-steps", "1", "--quiet"];
        await Assert.That(OwnText.Train(folder["a.tsd"], folder.Train, args).Error)
            .IsEqualTo($"tinysd train lm: {strange}: 80.0 {told}--lower and --tokenize simple make fewer words of a text.\n");
        await Assert.That(OwnText.Train(folder["b.tsd"], folder.Train, [.. args, "--lower"]).Error)
            .Contains("More text helps, and so does --level char.");
    }

    [Test]
    public async Task A_model_without_the_unknown_word_refuses_a_text_that_needs_it_and_says_what_helps()
    {
        using var folder = new TestFolder();
        string text = folder.PutText("other.txt", await File.ReadAllTextAsync(folder.Train) + "the zebra sees\n");
        OwnText.Train(folder.Model, folder.Train, "--valid", folder.Valid, "--max-steps", "1");
        CliResult refused = OwnText.Train(folder["next.tsd"], text, "--init-from", folder.Model);
        await Assert.That(refused.Code).IsEqualTo(1);
        await Assert.That(refused.Error).EndsWith(
            "\nThe words are those of the model: leave --init-from out, or begin with one that was trained with --min-count 2 (or a " +
            "--max-vocabulary below 14), which reads any text.\n");
        OwnText.Train(folder.Model, folder.Train, "--valid", folder.Valid, "--max-steps", "1", "--min-count", "2");
        CliResult read = OwnText.Train(folder["next.tsd"], text, "--init-from", folder.Model, "--max-steps", "1");
        await Assert.That(read.Code).IsEqualTo(0).Because(read.Error);
        await Assert.That(read.Error).Contains($"\nthe end of {text}: 101 tokens to predict, 1 of them <unk> (1.0 %)\n");
    }

    [Test]
    [Arguments("--level char --tokenize simple", "--tokenize has no effect at --level char: there are no words")]
    [Arguments("--level byte --lower", "--lower has no effect at --level byte: bytes have no upper or lower case")]
    public async Task What_has_no_effect_is_said(string options, string told)
    {
        using var folder = new TestFolder();
        CliResult result = OwnText.Train(folder.Model, folder.Train, [.. options.Split(' '), "--max-steps", "1"]);
        await Assert.That(result.Code).IsEqualTo(0);
        await Assert.That(result.Error).Contains(told);
    }

    // The cat sees a dog: THE, cat sees a dog!!!
    private static string Messy(string line)
    {
        string loud = line.Replace("the ", "THE, ", StringComparison.Ordinal).Replace("cat", "Cat", StringComparison.Ordinal);
        return loud + "!!!";
    }
}
