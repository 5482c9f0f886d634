namespace TinySD.Tools.Tests;

/// <summary><c>train lm</c> on a text of one's own, in a moment.</summary>
internal static class OwnText
{
    public static string Text(IEnumerable<string> lines) => string.Concat(lines.Select(line => line + "\n"));

    public static string[] Args(string output, string train, string[] more) =>
    [
        "train", "lm", "--train", train, "--out", output, "--hidden", "8", "--batch", "3", "--bptt", "5", "--epochs", "2", "--threads", "1",
        "--json", .. more,
    ];

    public static CliResult Train(string output, string train, params string[] more) => Tinysd.Run(Args(output, train, more));

    public static string Tensors(string model) => string.Join(
        ' ', Tinysd.Run("inspect", model, "--json").Json.GetProperty("tensors").EnumerateArray()
            .Select(tensor => tensor.GetProperty("checksum").GetString()));
}
