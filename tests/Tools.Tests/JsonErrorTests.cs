using System.Text.Json;

namespace TinySD.Tools.Tests;

/// <summary>Errors under <c>--json</c>: one object on standard output, and the lines on standard error as ever.</summary>
public sealed class JsonErrorTests
{
    [Test]
    [Arguments("train lm --json", 2, "--train is missing; --train and --out are required.")]
    [Arguments("train lm --json --hiden 5", 2, "there is no command, option or argument for '--hiden'; did you mean '--hidden'?")]
    [Arguments("train lm --hidden none --json", 2, "--hidden is 'none'; expected a whole number from 1 to 65536.")]
    [Arguments("frobnicate --json", 2, "there is no command, option or argument for 'frobnicate'.")]
    [Arguments("--json", 2, "a command is missing; expected one of demo, help,")]
    [Arguments("generate none.tsd --json", 1, "there is no file none.tsd")]
    public async Task An_error_is_an_object_and_the_same_lines(string line, int code, string message)
    {
        CliResult result = Tinysd.Run(line.Split(' '));
        await Assert.That(result.Code).IsEqualTo(code);
        await Assert.That(result.Json.EnumerateObject().Select(member => member.Name)).IsEquivalentTo(["error"]);
        JsonElement error = result.Json.GetProperty("error");
        await Assert.That(string.Join(' ', error.EnumerateObject().Select(member => member.Name)))
            .IsEqualTo("message remedy file offset");
        await Assert.That(error.GetProperty("message").GetString()!).StartsWith(message);
        string[] lines = result.Error.TrimEnd().Split('\n');
        await Assert.That(lines[0]).EndsWith($": {error.GetProperty("message").GetString()}");
        await Assert.That(lines.Length > 1 ? lines[1] : null).IsEqualTo(error.GetProperty("remedy").GetString());
        await Assert.That(error.GetProperty("file").GetString()).IsEqualTo(code == 1 ? "none.tsd" : null);
        await Assert.That(error.GetProperty("offset").ValueKind).IsEqualTo(JsonValueKind.Null);
    }

    [Test]
    public async Task A_damaged_file_is_named_with_the_byte()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        byte[] bytes = await File.ReadAllBytesAsync(folder.Model);
        bytes[20] ^= 1;
        await File.WriteAllBytesAsync(folder["bad.tsd"], bytes);
        CliResult result = Tinysd.Run("eval", folder["bad.tsd"], "--data", folder.Valid, "--json");
        JsonElement error = result.Json.GetProperty("error");
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(error.GetProperty("file").GetString()).IsEqualTo(folder["bad.tsd"]);
        await Assert.That(error.GetProperty("offset").ValueKind).IsEqualTo(JsonValueKind.Number);
    }

    [Test]
    public async Task A_stop_is_told_with_what_was_kept()
    {
        using var folder = new TestFolder();
        CliResult result = Tinysd.RunUntilShown("epoch", 1,
            ["train", "lm", "--train", folder.Train, "--valid", folder.Valid, "--out", folder["m.tsd"], "--json", "--epochs", "50"]);
        await Assert.That(result.Code).IsEqualTo(130);
        JsonElement error = result.Json.GetProperty("error");
        await Assert.That(result.Error).Contains(error.GetProperty("message").GetString()!);
        await Assert.That(result.Error).Contains(error.GetProperty("remedy").GetString()!);
    }

    [Test]
    public async Task Rows_that_end_in_an_error_are_kept_in_the_same_object()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        int asked = 0;
        using var input = new StepwiseInput(["the cat sees a dog\n"], () =>
        {
            if (asked++ > 1) throw new IOException("the line is gone");
        });
        CliResult result = Tinysd.RunOn(input, "score", folder.Model, "--json");
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Json.GetProperty("rows").GetArrayLength()).IsEqualTo(1);
        await Assert.That(result.Json.TryGetProperty("perplexity", out _)).IsFalse();
        string message = result.Json.GetProperty("error").GetProperty("message").GetString()!;
        await Assert.That(message).Contains("the line is gone");
        await Assert.That(result.Error).Contains(message);
    }
}
