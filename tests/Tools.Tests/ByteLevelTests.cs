using System.Text;
using System.Text.Json;
using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary><c>--level byte</c> and <c>--max-vocabulary</c>.</summary>
public sealed class ByteLevelTests
{
    [Test]
    public async Task A_binary_file_trains_a_model_that_generates_bytes_as_they_are()
    {
        using var folder = new TestFolder();

        // A pattern of bytes that is no text in any encoding.
        byte[] pattern = [0, 0xFF, 0xC0, 0x80, 10, 0xFE];
        string data = folder.Put("data.bin", [.. Enumerable.Range(0, 3000).Select(i => pattern[i % pattern.Length])]);
        CliResult trained = Tinysd.Run(
            "train", "lm", "--level", "byte", "--train", data, "--valid", data, "--out", folder.Model, "--hidden", "16", "--embedding", "8",
            "--batch", "4",
            "--bptt", "10", "--epochs", "12", "--full-rate-epochs", "12", "--threads", "1");
        await Assert.That(trained.Error).DoesNotContain("tinysd train");
        await Assert.That(trained.Code).IsEqualTo(0);
        byte[] generated = Bytes("generate", folder.Model, "--prompt", "é", "--length", "60", "--temperature", "0");

        // The prompt's UTF-8 and 60 bytes, no line end added; what was learned goes on in the pattern's order.
        await Assert.That(generated.Length).IsEqualTo(62);
        await Assert.That(generated[0]).IsEqualTo((byte)0xC3);
        await Assert.That(generated[1]).IsEqualTo((byte)0xA9);
        for (int i = 20; i < generated.Length - 1; i++)
        {
            int at = Array.IndexOf(pattern, generated[i]);
            await Assert.That(at).IsGreaterThanOrEqualTo(0);
            await Assert.That(generated[i + 1]).IsEqualTo(pattern[(at + 1) % pattern.Length]);
        }

        JsonElement json = Tinysd.Run("generate", folder.Model, "--prompt", "é", "--length", "60", "--temperature", "0", "--json").Json;
        await Assert.That(json.GetProperty("bytes").GetBytesFromBase64().AsSpan().SequenceEqual(generated)).IsTrue();
        await Assert.That(json.GetProperty("text").GetString()).IsEqualTo(Encoding.UTF8.GetString(generated));
        await Assert.That(json.GetProperty("tokens").GetInt32()).IsEqualTo(60);

        await Assert.That(Tinysd.Run("inspect", folder.Model).Out).Matches(@"vocabulary +256 bytes, no <unk>: 00 01 02");
        JsonElement vocabulary = Tinysd.Run("inspect", folder.Model, "--json").Json.GetProperty("vocabulary");
        await Assert.That((vocabulary.GetProperty("level").GetString(), vocabulary.GetProperty("count").GetInt32()))
            .IsEqualTo(("byte", 256));
        JsonElement measured = Tinysd.Run("eval", folder.Model, "--data", data, "--json").Json;
        await Assert.That(measured.GetProperty("tokens").GetInt64()).IsEqualTo(2999);
    }

    [Test]
    public async Task Words_have_no_bytes_in_json()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        await Assert.That(Tinysd.Run("generate", folder.Model, "--json").Json.TryGetProperty("bytes", out _)).IsFalse();
    }

    [Test]
    public async Task A_vocabulary_has_at_most_the_size_asked_for()
    {
        using var folder = new TestFolder();
        folder.TrainModel("--max-vocabulary", "8");
        JsonElement vocabulary = Tinysd.Run("inspect", folder.Model, "--json").Json.GetProperty("vocabulary");
        await Assert.That(vocabulary.GetProperty("count").GetInt32()).IsEqualTo(8);
        await Assert.That(vocabulary.GetProperty("hasUnknown").GetBoolean()).IsTrue();
        string strange = folder.PutText("strange.txt", "something else altogether\n");
        await Assert.That(Tinysd.Run("eval", folder.Model, "--data", strange).Code).IsEqualTo(0);
    }

    [Test]
    [Arguments("--max-vocabulary")]
    [Arguments("--min-count")]
    public async Task Limits_of_a_vocabulary_of_bytes_have_no_effect(string option)
    {
        using var folder = new TestFolder();
        CliResult result = folder.TrainModel("--level", "byte", option, "5", "--max-steps", "2");
        await Assert.That(result.Code).IsEqualTo(0);
        await Assert.That(result.Error)
            .StartsWith($"tinysd train lm: warning: {option} has no effect at --level byte: there are 256 bytes, and none is unknown.\n");
        await Assert.That(Tinysd.Run("inspect", folder.Model, "--json").Json.GetProperty("vocabulary").GetProperty("count").GetInt32())
            .IsEqualTo(256);
        await Assert.That(Tinysd.Run("train", "lm", "--max-vocabulary", "1").Error)
            .Contains("--max-vocabulary is '1'; expected a whole number from 2 to 16777216.");
    }

    private static byte[] Bytes(params string[] args)
    {
        using var stop = new StopRequest();
        using var bytes = new MemoryStream();
        using var output = new StreamWriter(bytes, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        using var error = new StringWriter();
        int code = Cli.Run(args, new CliConsole(output, error), stop);
        return code == 0 ? bytes.ToArray() : throw new InvalidOperationException(error.ToString());
    }
}
