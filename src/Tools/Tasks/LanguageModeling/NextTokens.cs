using TinySD.Tools.Json;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>Tells how likely tokens are to come next.</summary>
internal static class NextTokens
{
    public static void Write(
        CliContext context, Prompt prompt, Vocabulary vocabulary, IReadOnlyList<(int Token, double Probability)> likeliest)
    {
        if (context.Json)
        {
            CliJson.Write(context.Console.Out, new Result(
                prompt.Text, [.. likeliest.Select(next => new Row(vocabulary[next.Token], next.Probability))]));
            return;
        }

        var table = new Table("token", ">probability");
        foreach ((int token, double probability) in likeliest)
            table.Row(Shown(vocabulary, token), probability.ToString("0.000000", CultureInfo.InvariantCulture));
        context.Console.Write(table);
    }

    // A blank cannot be seen otherwise, and what a byte stands for in ASCII is known.
    private static string Shown(Vocabulary vocabulary, int token) => vocabulary.Level switch
    {
        TextLevel.Byte when token is > ' ' and <= '~' => $"{vocabulary[token]}  {(char)token}",
        TextLevel.Character when string.IsNullOrWhiteSpace(vocabulary[token]) => $"'{vocabulary[token]}'",
        _ => vocabulary[token],
    };

    private sealed record Result(string Prompt, IReadOnlyList<Row> Probabilities) : IJsonObject
    {
        public void Write(JsonMembers json) => json.Add(Prompt).Add(Probabilities);
    }

    private sealed record Row(string Token, double Probability) : IJsonObject
    {
        public void Write(JsonMembers json) => json.Add(Token).Add(Probability);
    }
}
