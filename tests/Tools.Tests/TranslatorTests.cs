using System.Text;
using System.Text.Json;

namespace TinySD.Tools.Tests;

/// <summary><c>train translator</c> and <c>eval</c>: what they say, and what they refuse.</summary>
public sealed class TranslatorTests
{
    [Test]
    public async Task It_learns_and_another_process_says_the_same()
    {
        using var folder = new TestFolder();
        (string source, string target) = folder.PutPairs("x", 50, 3);
        CliResult trained = folder.TrainTranslator("--test-source", source, "--test-target", target, "--json");
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        JsonElement json = trained.Json, tested = json.GetProperty("testResult"), last = json.GetProperty("epochs")[5];
        foreach (string key in (string[])["epochs", "metric", "test", "parameters", "model", "validPerplexity", "testPerplexity"])
            await Assert.That(json.TryGetProperty(key, out _)).IsTrue().Because(key);
        await Assert.That(json.GetProperty("metric").GetString()).IsEqualTo("BLEU");
        await Assert.That(json.GetProperty("test").GetDouble()).IsBetween(80, 100);
        await Assert.That(json.GetProperty("valid").GetDouble())
            .IsEqualTo(json.GetProperty("validResult").GetProperty("bleu").GetDouble());
        await Assert.That(json.GetProperty("validPerplexity").GetDouble())
            .IsEqualTo(json.GetProperty("validResult").GetProperty("perplexity").GetDouble()).Within(1e-9);
        await Assert.That(last.GetProperty("train").GetDouble())
            .IsEqualTo(Math.Exp(last.GetProperty("trainLoss").GetDouble())).Within(1e-9);
        await Assert.That(last.GetProperty("validPerplexity").GetDouble())
            .IsEqualTo(Math.Exp(last.GetProperty("validLoss").GetDouble())).Within(1e-9);

        // In another process, which knows nothing but the file.
        CliResult elsewhere = await TinysdProcess.RunAsync(
            folder.Path, "eval", folder.Model, "--data", source, "--reference", target, "--json");
        await Assert.That(elsewhere.Code).IsEqualTo(0).Because(elsewhere.Error);
        JsonElement evaluated = elsewhere.Json;
        foreach (string key in (string[])["bleu", "brevityPenalty", "perplexity", "loss"])
            await Assert.That(evaluated.GetProperty(key).GetDouble()).IsEqualTo(tested.GetProperty(key).GetDouble()).Within(1e-9);
        await Assert.That(evaluated.GetProperty("precisions").GetArrayLength()).IsEqualTo(4);
        await Assert.That(evaluated.GetProperty("bleu").GetDouble()).IsEqualTo(json.GetProperty("test").GetDouble()).Within(1e-9);

        // What each line is translated by has the same BLEU.
        string translated = Tinysd.RunOn(await File.ReadAllTextAsync(source), "translate", folder.Model).Out;
        await Assert.That(Tinysd.Run("bleu", folder.PutText("out", translated), target, "--json").Json.GetProperty("bleu").GetDouble())
            .IsEqualTo(evaluated.GetProperty("bleu").GetDouble()).Within(1e-9);
        string told = Tinysd.Run("eval", folder.Model, "--data", source, "--reference", target).Out;
        await Assert.That(told).Contains("BLEU = ").And.Contains(", perplexity ");
    }

    [Test]
    [Arguments("--bpe 20")]
    [Arguments("--bpe 20 --share-vocabulary --share-embedding --tie")]
    [Arguments("--tie --attention dot --scaled --cell gru")]
    [Arguments("--attention concat --no-input-feeding --direction forward --encoder-layers 2 --encoder-hidden 24")]
    [Arguments("--bridge dense --layers 2 --lower --min-count 2 --label-smoothing 0.1 --average-last 2")]
    [Arguments("--source-vocabulary-size 12 --target-vocabulary-size 12 --rate-context 0.1 --rate-attention 0.1")]
    [Arguments("--attention-size 20 --tied false")]
    [Arguments("--dropout structured --rate 0.2 --optimizer sgd --lr 0.5")]
    public async Task Every_shape_trains_and_its_file_translates(string words)
    {
        using var folder = new TestFolder();
        CliResult trained = folder.TrainTranslator([.. words.Split(' '), "--json", "--epochs", "2"]);
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        CliResult translated = Tinysd.RunOn("der hund mag ein baum .\n", "translate", folder.Model);
        await Assert.That(translated.Code).IsEqualTo(0).Because(translated.Error);
        await Assert.That(translated.Out.Count(c => c == '\n')).IsEqualTo(1);
        await Assert.That(translated.Out).DoesNotContain("@@");
        await Assert.That(Tinysd.Run("verify", folder.Model).Code).IsEqualTo(0);
    }

    [Test]
    public async Task Codes_of_a_file_are_those_that_were_learnt()
    {
        using var folder = new TestFolder();
        string codes = folder.PutText("codes", "#version: 0.2\nh u\nhu n\nhun d</w>\nd e\nde r</w>\n");
        CliResult trained = folder.TrainTranslator("--bpe-codes", codes, "--json", "--epochs", "2");
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        File.Delete(codes);
        await Assert.That(Tinysd.RunOn("der hund mag ein baum .\n", "translate", folder.Model).Out).DoesNotContain("@@");

        // Cut already, by whatever codes.
        (string source, string target) = folder.PutPairs("cut", [("der hu@@ nd", "the dog")]);
        foreach (CliResult cut in (CliResult[])
            [
                Tinysd.RunOn("der hu@@ nd\n", "translate", folder.Model),
                Tinysd.Run("eval", folder.Model, "--data", source, "--reference", target),
            ])
        {
            await Assert.That(cut.Code).IsEqualTo(0).Because(cut.Error);
            await Assert.That(cut.Error).Contains(": words that end in @@ look like pieces of words");
        }

        CliResult bad = folder.TrainTranslator("--bpe-codes", folder.PutText("bad", "#version: 0.2\na b\nnonsense\n"));
        await Assert.That(bad.Code).IsEqualTo(1);
        await Assert.That(bad.Error).Contains("bad, line 3").And.DoesNotContain("   at ");
    }

    [Test]
    public async Task Pairs_held_out_of_the_training_files_take_the_place_of_validation_files()
    {
        using var folder = new TestFolder();
        CliResult result = folder.TrainTranslator("--valid-fraction", "0.2", "--epochs", "2");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Error).Contains("240 pairs to train on").And.Contains("60 pairs to validate on");
    }

    [Test]
    public async Task Files_whose_lines_do_not_belong_together_are_refused_with_both_counts()
    {
        using var folder = new TestFolder();
        (string source, string target) = (folder.PutText("s", "a\nb\nc\n"), folder.PutText("t", "a\nb\n"));
        CliResult result = folder.TrainTranslator("--source", source, "--target", target);
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Error).Contains($"{source} has 3 lines and {target} 2: ").And.DoesNotContain("   at ");
        await Assert.That(folder.ModelFiles()).IsEmpty();
        await Assert.That(folder.TrainTranslator("--epochs", "1").Code).IsEqualTo(0);
        CliResult measured = Tinysd.Run("eval", folder.Model, "--data", source, "--reference", target);
        await Assert.That(measured.Code).IsEqualTo(1);
        await Assert.That(measured.Error).Contains($"{source} has 3 lines and {target} 2: ");
    }

    [Test]
    public async Task Pairs_with_an_empty_side_or_a_long_one_are_left_out_and_counted()
    {
        using var folder = new TestFolder();
        (string, string)[] pairs =
        [
            .. TranslatorFiles.Pairs(60, 1), ("", "a dog ."), ("der hund .", ""), (" \t", " "),
            (string.Join(' ', Enumerable.Repeat("hund", 30)), "dog"),
        ];
        (string source, string target) = folder.PutPairs("t", pairs);
        CliResult result = folder.TrainTranslator(
            "--source", source, "--target", target, "--max-length", "20", "--epochs", "1");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Error).Contains("3 pairs").And.Contains("1 pair");
        await Assert.That(result.Error).Matches("empty");

        // A pair to measure on may have an empty side.
        CliResult measured = Tinysd.Run("eval", folder.Model, "--data", source, "--reference", target, "--json");
        await Assert.That(measured.Code).IsEqualTo(0).Because(measured.Error);
        await Assert.That(measured.Json.GetProperty("sentences").GetInt32()).IsEqualTo(64);
    }

    [Test]
    [Arguments("", "is empty")]
    [Arguments("\n\n \n", "no line has words on both sides; there is nothing to train on.")]
    public async Task Training_files_without_a_pair_are_refused(string content, string message)
    {
        using var folder = new TestFolder();
        CliResult result = folder.TrainTranslator("--source", folder.PutText("s", content), "--target", folder.PutText("t", content));
        await Assert.That(result.Code).IsEqualTo(1).Because(result.Error);
        await Assert.That(result.Error).Contains(message).And.DoesNotContain("   at ");
        await Assert.That(folder.ModelFiles()).IsEmpty();
    }

    [Test]
    public async Task Bytes_that_are_no_text_are_named_with_their_line()
    {
        using var folder = new TestFolder();
        (string source, string target) = folder.PutPairs("t", 20, 1);
        byte[] bytes = [.. Encoding.UTF8.GetBytes("gut\n"), 0xFF, 0xC3, 0x28, (byte)'\n', .. Encoding.UTF8.GetBytes(string.Concat(
            Enumerable.Repeat("\u00e4\n", 18)))];
        CliResult result = folder.TrainTranslator("--source", folder.Put("bad", bytes), "--target", target);
        await Assert.That(result.Error).Contains("bad").And.Contains("not UTF-8").And.DoesNotContain("   at ");
        await Assert.That(source).IsNotEmpty();
    }

    [Test]
    [Arguments(
        "--share-embedding", "--shared-embedding is one embedding for both sides, and their vocabularies are two; give --share-vocabulary")]
    [Arguments("--bpe 10 --bpe-codes F", "--bpe learns codes, and --bpe-codes has some; leave one of them out.")]
    [Arguments("--share-vocabulary --source-vocabulary-size 9 --target-vocabulary-size 8", "give one size.")]
    [Arguments(
        "--valid-source F --valid-target F --valid-fraction 0.2", "leave out --valid-source and --valid-target, or --valid-fraction.")]
    [Arguments("--test-source F", "--test-target is missing; --test-source needs it")]
    [Arguments("--attention some", "--attention is 'some'; expected one of dot, general, concat.")]
    [Arguments("--preset lample", "--preset is 'lample'; expected one of multi30k-small, opennmt-500, luong-envi-512, iwslt-deen.")]
    [Arguments("--attention dot --encoder-hidden 8", "dot attention needs a decoder as wide as the encoder's output; found 32 and 16")]
    [Arguments("--bridge copy --encoder-layers 2", "the encoder's state can only be copied to a decoder of as many layers, as wide")]
    [Arguments("--attention-size 20", "a classifier tied to the target's embedding needs an attention's output as wide as that")]
    [Arguments("--out F", "F")]
    public async Task Command_lines_that_make_no_sense_are_refused(string words, string message)
    {
        using var folder = new TestFolder();
        (string file, _) = folder.PutPairs("x", 10, 3);
        string[] more = [.. words.Split(' ').Select(word => word == "F" ? file : word)];
        CliResult result = words == "--out F"
            ? folder.TrainTranslator("--out", folder.PutPairs("t", 300, 1).Target)
            : folder.TrainTranslator(more);
        await Assert.That(result.Code).IsEqualTo(2).Because(result.Error);
        if (message != "F") await Assert.That(result.Error).Contains(message);
    }

    [Test]
    public async Task Models_of_other_kinds_are_no_translators_and_a_translator_is_no_other()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainModel().Code).IsEqualTo(0);
        CliResult refused = Tinysd.RunOn("x\n", "translate", folder.Model);
        await Assert.That(refused.Code).IsEqualTo(1);
        await Assert.That(refused.Error).Contains("is of kind 'language-model'; 'translator' was expected");
        await Assert.That(folder.TrainTranslator("--epochs", "1").Code).IsEqualTo(0);
        foreach (string verb in (string[])["generate", "classify", "predict", "tag"])
        {
            CliResult other = Tinysd.RunOn("x\n", verb, folder.Model);
            await Assert.That(other.Code).IsEqualTo(1);
            await Assert.That(other.Error).Contains("is of kind 'translator'; '").And.Contains("A translator is for tinysd translate");
        }

        CliResult missing = Tinysd.Run("eval", folder.Model, "--data", folder["v.de"]);
        await Assert.That(missing.Code).IsEqualTo(2);
        await Assert.That(missing.Error).Contains("--reference is missing");
        CliResult warned = Tinysd.Run("eval", folder.Model, "--data", folder["v.de"], "--reference", folder["v.en"], "--streams", "3");
        await Assert.That(warned.Code).IsEqualTo(0).Because(warned.Error);
        await Assert.That(warned.Error).Contains("--streams has no effect: about language models only");
    }

    [Test]
    [Arguments("multi30k-small", "--bpe +8000")]
    [Arguments("opennmt-500", "--source-vocabulary-size +50000")]
    [Arguments("luong-envi-512", "--min-count +5")]
    [Arguments("iwslt-deen", "--bpe +14000")]
    public async Task A_preset_says_how_data_are_read_unless_an_option_does(string preset, string row)
    {
        CliResult shown = Tinysd.Run("train", "translator", "--preset", preset, "--show");
        await Assert.That(shown.Code).IsEqualTo(0).Because(shown.Error);
        await Assert.That(shown.Out).Matches(row);
        CliResult other = Tinysd.Run("train", "translator", "--preset", preset, "--show", "--bpe", "77", "--json");
        await Assert.That(other.Json.GetProperty("bpe").GetInt32()).IsEqualTo(77);
    }

    [Test]
    public async Task Vocabularies_that_are_given_have_their_own_units()
    {
        using var folder = new TestFolder();
        string source = folder.PutText("vocab.de", "der\nhund\nmag\nein\nbaum\n.\n"), target = folder.PutText("vocab.en", "the\ndog\n");
        string[] both = ["--source-vocabulary", source, "--target-vocabulary", target, "--epochs", "1"];
        CliResult trained = folder.TrainTranslator([.. both, "--source-vocabulary-size", "5", "--min-count", "2"]);
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        await Assert.That(trained.Error).Contains("vocabularies of 9 and 5 units;")
            .And.Contains("--source-vocabulary-size and --min-count have no effect on a vocabulary that is given.");
        CliResult one = folder.TrainTranslator("--target-vocabulary", target, "--min-count", "2", "--epochs", "1");
        await Assert.That(one.Code).IsEqualTo(0).Because(one.Error);
        await Assert.That(one.Error).DoesNotContain("no effect");

        // What a preset says of other vocabularies is no option that somebody gave.
        CliResult shown = Tinysd.Run(["train", "translator", "--preset", "opennmt-500", "--show", "--json", .. both]);
        await Assert.That(shown.Code).IsEqualTo(0).Because(shown.Error);
        await Assert.That(shown.Error).DoesNotContain("no effect");
        await Assert.That(shown.Json.TryGetProperty("sourceVocabularySize", out _)).IsFalse();
        CliResult other = folder.TrainTranslator([.. both, "--share-vocabulary"]);
        await Assert.That(other.Code).IsEqualTo(1);
        await Assert.That(other.Error)
            .Contains($"{source}, {target}: both sides are to have one vocabulary, and two different ones are given.");
    }

    [Test]
    public async Task Without_dropout_there_is_none_at_the_attention_either()
    {
        CliResult shown = Tinysd.Run("train", "translator", "--dropout", "none", "--rate-attention", "0.2", "--show", "--json");
        await Assert.That(shown.Code).IsEqualTo(0).Because(shown.Error);
        await Assert.That(shown.Error).Contains("--rate-attention has no effect: --dropout is none");
        foreach (string name in (string[])["rateContext", "rateAttention", "rateOutput"])
            await Assert.That(shown.Json.GetProperty(name).GetDouble()).IsEqualTo(0);
        JsonElement feeding = Tinysd.Run("train", "translator", "--no-input-feeding", "--show", "--json").Json;
        await Assert.That(feeding.GetProperty("inputFeeding").GetBoolean()).IsFalse();
        using var folder = new TestFolder();
        CliResult trained = folder.TrainTranslator("--dropout", "none", "--epochs", "1");
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        await Assert.That(trained.Error).DoesNotContain("no effect");
    }

    [Test]
    public async Task Ways_to_count_are_asked_of_an_evaluation()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainTranslator().Code).IsEqualTo(0);
        (string source, string target) = folder.PutPairs("x", 20, 3);
        JsonElement plain = Eval(), other = Eval("--tokenize", "13a", "--smooth", "exp", "--chrf", "--beam", "3");
        await Assert.That(plain.GetProperty("signature").GetString()).Contains("|tok:none|smooth:none|");
        await Assert.That(other.GetProperty("signature").GetString()).Contains("|tok:13a|smooth:exp|");
        await Assert.That(other.GetProperty("chrf").GetDouble()).IsBetween(30, 100);
        await Assert.That(other.GetProperty("perplexity").GetDouble()).IsEqualTo(plain.GetProperty("perplexity").GetDouble()).Within(1e-9);
        foreach (string batch in (string[])["1", "7", "64"])
            await Assert.That(Eval("--batch", batch).GetProperty("bleu").GetDouble()).IsEqualTo(plain.GetProperty("bleu").GetDouble());

        JsonElement Eval(params string[] more) =>
            Tinysd.Run(["eval", folder.Model, "--data", source, "--reference", target, "--json", .. more]).Json;
    }
}
