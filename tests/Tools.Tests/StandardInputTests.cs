using System.IO.Compression;
using System.Text.Json;
using TinySD.Formats;
using TinySD.Formats.Storage;
using TinySD.Formats.Text;

namespace TinySD.Tools.Tests;

/// <summary>A file called <c>-</c> is standard input, for every command that reads files.</summary>
public sealed class StandardInputTests
{
    [Test]
    [Arguments("--train")]
    [Arguments("--valid")]
    [Arguments("--test")]
    public async Task A_model_of_standard_input_is_that_of_a_file(string option)
    {
        using var folder = new TestFolder();
        string[] args = folder.TrainArgs(folder.Model, 1, "--test", folder.Test, "--json");
        int at = Array.IndexOf(args, option) + 1;
        string text = await File.ReadAllTextAsync(args[at]);
        CliResult file = Tinysd.Run(args);
        string tensors = Tensors(folder.Model);
        args[at] = "-";
        CliResult piped = Tinysd.RunOn(text, args);
        await Assert.That(piped.Code).IsEqualTo(0).Because(piped.Error);
        await Assert.That(Tensors(folder.Model)).IsEqualTo(tensors);
        await Assert.That(piped.Json.GetProperty("testPerplexity").GetRawText())
            .IsEqualTo(file.Json.GetProperty("testPerplexity").GetRawText());
        await Assert.That(piped.Error).DoesNotContain(".tmp");
    }

    [Test]
    public async Task Gzip_and_models_come_that_way_too()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        byte[] model = await File.ReadAllBytesAsync(folder.Model);
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionMode.Compress, leaveOpen: true))
            await gzip.WriteAsync(await File.ReadAllBytesAsync(folder.Test));
        JsonElement file = Tinysd.Run("eval", folder.Model, "--data", folder.Test, "--json").Json;
        packed.Position = 0;
        CliResult data = Tinysd.RunOn(packed, "eval", folder.Model, "--data", "-", "--json");
        await Assert.That(data.Json.GetProperty("perplexity").GetRawText()).IsEqualTo(file.GetProperty("perplexity").GetRawText());
        string[][] lines =
        [
            ["eval", "-", "--data", folder.Test], ["inspect", "-"], ["verify", "-"], ["quantize", "-", "--out", folder["q.tsd"]],
            ["generate", "-", "--length", "3"], ["export", "-", "--out", folder["q.onnx"]],
        ];
        foreach (string[] args in lines)
        {
            using var bytes = new MemoryStream(model);
            CliResult result = Tinysd.RunOn(bytes, [.. args, "--json"]);
            await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        }
    }

    [Test]
    [Arguments("train lm --train - --valid - --out o", "--train and --valid are both standard input (-)")]
    [Arguments("predict -", "MODEL and what is to be answered are both standard input (-)")]
    [Arguments("eval - --data -", "MODEL and --data are both standard input (-)")]
    [Arguments("bleu - -", "TRANSLATIONS and REFERENCE are both standard input (-)")]
    public async Task It_is_there_once(string line, string message)
    {
        CliResult result = Tinysd.RunOn("a b\n", line.Split(' '));
        await Assert.That(result.Code).IsEqualTo(2);
        await Assert.That(result.Error).Contains($": {message}, which there is once; give a file for one of them.\n");
    }

    [Test]
    public async Task A_run_goes_on_with_the_same_input_alone()
    {
        using var folder = new TestFolder();
        string text = await File.ReadAllTextAsync(folder.Train);
        string[] args = folder.TrainArgs(folder["whole.tsd"], 1, "--checkpoint", folder["whole"]);
        args[Array.IndexOf(args, "--train") + 1] = "-";
        Tinysd.RunOn(text, args);
        args[Array.IndexOf(args, "--out") + 1] = folder.Model;
        args[^1] = folder["ck"];
        CliResult first = Tinysd.RunOn(text, [.. args, "--max-steps", "40"]);
        await Assert.That(first.Code).IsEqualTo(0).Because(first.Error);
        string[] again = ["train", "lm", "--resume", folder["ck"], "--max-steps", "100000"];

        CliResult without = Tinysd.Run(again);
        await Assert.That(without.Code).IsEqualTo(1);
        await Assert.That(without.Error).StartsWith(
            "tinysd train lm: the run's --train was standard input, which is not kept; give --train - and the same data on standard " +
            "input again.\n");
        CliResult other = Tinysd.RunOn(text + "a cat\n", [.. again, "--train", "-"]);
        await Assert.That(other.Code).IsEqualTo(1);
        await Assert.That(other.Error).Contains("is not the text that the run");
        CliResult same = Tinysd.RunOn(text, [.. again, "--train", "-"]);
        await Assert.That(same.Code).IsEqualTo(0).Because(same.Error);
        await Assert.That(Tensors(folder.Model)).IsEqualTo(Tensors(folder["whole.tsd"]));
    }

    [Test]
    public async Task Messages_call_it_as_it_was_typed()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        await Assert.That(Tinysd.RunOn("the cat sees a dog\n", "eval", folder.Model, "--data", "-").Code).IsEqualTo(0);
        await Assert.That(Tinysd.RunOn("a platypus\n", "eval", folder.Model, "--data", "-").Error)
            .Contains("-, line 1: the word 'platypus'");
        await Assert.That(Tinysd.RunOn("", "eval", folder.Model, "--data", "-").Error).Contains("- is empty; ");
    }

    [Test]
    public async Task It_is_read_as_often_as_asked_and_belongs_to_its_thread()
    {
        using var bytes = new MemoryStream("abc"u8.ToArray());
        using (SpooledInput.Keep(bytes, "standard input"))
        {
            await Assert.That(WholeText.Read("-")).IsEqualTo("abc");
            await Assert.That(WholeText.Read("-")).IsEqualTo("abc");
            await Assert.That(await Task.Run(() => WholeText.Read("-"))).IsEqualTo("abc");
        }

        await Assert.That(() => WholeText.Read("-")).Throws<FileProblemException>();
    }

    // The weights alone: what a model remembers of its data has their names.
    private static string Tensors(string model)
    {
        using var result = JsonDocument.Parse(Tinysd.Run("inspect", model, "--json", "--all").Out);
        return string.Join(' ', result.RootElement.GetProperty("tensors").EnumerateArray()
            .Select(tensor => tensor.GetProperty("checksum").GetString()));
    }
}
