using TinySD.Formats.Exchange.Onnx;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;

namespace TinySD.Tools.Tests;

/// <summary>The code of the first page and of the library guide runs, in a folder with files as it names them, small ones.</summary>
public sealed class GuideTests
{
    [Test]
    public async Task The_code_of_the_papers_runs_and_does_what_stands_beside_it()
    {
        using var folder = new TestFolder();
        await PutFilesAsync(folder);
        CliResult result = await BuiltProgram.RunInAsync(folder.Path, "tests/Hosts/Guide", "TinySD.Hosts.Guide");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        var told = result.Out.Split("== ", StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(part => part[..part.IndexOf('\n')], part => part[(part.IndexOf('\n') + 1)..]);
        await Assert.That(told["Generate"].TrimEnd('\n').Length).IsGreaterThanOrEqualTo(200);
        await Assert.That(told["Train"]).Contains("epoch 1: validation perplexity ");
        await Assert.That(told["Evaluate"]).Matches(@"perplexity [\d.]+ of \d+ tokens");
        await Assert.That(told["Stop"]).Contains("going on in epoch 2, after ").And.Contains("the same bits");
        await Assert.That(told["Classify"].Trim().Split('\n')).Count().IsEqualTo(2);
        await Assert.That(told["TrainClassifier"]).Contains("accuracy ");
        await Assert.That(told["Tag"].Trim().Split('\n')).Count().IsEqualTo(9);
        await Assert.That(told["TrainTagger"]).Contains("F1 ");
        await Assert.That(told["TrainTranslator"]).Contains("BLEU ");
        await Assert.That(told["Predict"].Trim().Split('\n')).Count().IsEqualTo(4);
        await Assert.That(told["TrainRegressor"]).Contains("; repeating the last value: ");
        await Assert.That(told["Chain"]).Contains("0 0 0, the second is 0 with ");
        await Assert.That(told["Skip"]).Contains(" of all multiply-adds");
        await Assert.That(told["Lend"]).Matches("the session has [1-9][0-9]* bytes of mine");
        await Assert.That(told["Fail"]).StartsWith("TensorDamaged in damaged.tsd at byte ");
        foreach (string file in new[] { "mine.tsd", "run.tsd", "de-en.tsd", "personal.tsd", "scene.tsd", "demo8.tsd" })
            await Assert.That(Tinysd.Run("verify", folder[file]).Code).IsEqualTo(0).Because(file);
    }

    private static async Task PutFilesAsync(TestFolder folder)
    {
        // Texts with labels are texts too.
        folder.PutTexts("train.txt", 120, 1);
        folder.PutTexts("valid.txt", 60, 2);
        folder.PutTexts("test.txt", 60, 3);
        folder.PutSentences("train.conll", 60, 1);
        folder.PutSentences("valid.conll", 20, 2);
        folder.PutPairs("train", 30, 1);
        folder.PutPairs("val", 10, 2);
        folder.PutText("ETTh1.csv.gz", Hours(14_400));
        folder.PutText("mine.csv", Hours(300));
        string[][] commands =
        [
            ["demo", "--steps", "1", "--out", folder["demo.tsd"]],
            [
                "train", "regressor", "--train", folder["mine.csv"], "--targets", "OT", "--horizon", "4", "--hidden", "8", "--epochs", "1",
                "--out", folder["oil.tsd"],
            ],
            [
                "train", "classifier", "--train", folder["train.txt"], "--valid", folder["valid.txt"], "--hidden", "8", "--epochs", "1",
                "--out", folder["trec.tsd"],
            ],
            [.. folder.TaggerArgs("--train", folder["train.conll"], "--valid", folder["valid.conll"], "--out", folder["ner.tsd"])],
        ];
        foreach (string[] command in commands)
        {
            CliResult made = Tinysd.Run(command);
            await Assert.That(made.Code).IsEqualTo(0).Because(made.Error);
        }

        var stack = new RecurrentStack(new() { Cell = CellKind.Gru, InputSize = 3, HiddenSize = 5, LayerCount = 1 });
        stack.Parameters.Values.Fill(0.1f);
        OnnxWriter.Write(folder["encoder.onnx"], stack, withStates: false);
        byte[] damaged = await File.ReadAllBytesAsync(folder["demo.tsd"]);
        damaged[damaged.Length / 2] ^= 1;
        folder.Put("damaged.tsd", damaged);
    }

    // A day's wave.
    private static string Hours(int count) =>
        SeriesFolder.Column("OT", Enumerable.Range(0, count).Select(hour => Math.Round(20 + (8 * Math.Sin(hour * 0.26)), 3)));
}
