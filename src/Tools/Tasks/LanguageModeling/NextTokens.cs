using TinySD.Tools.Json;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>Tells how likely tokens are to come next.</summary>
internal static class NextTokens
{
    /// <summary>Tells the likeliest: of equals the first in the vocabulary, and none that would never be drawn.</summary>
    /// <param name="context">Where it writes.</param>
    /// <param name="prompt">What comes before.</param>
    /// <param name="vocabulary">The model's.</param>
    /// <param name="probabilities">[V].</param>
    /// <param name="most">The most to tell.</param>
    public static void Write(CliContext context, Prompt prompt, Vocabulary vocabulary, double[] probabilities, int most)
    {
        int[] tokens = new int[probabilities.Length];
        for (int token = 0; token < tokens.Length; token++) tokens[token] = token;
        Array.Sort(tokens, (a, b) =>
            probabilities[a] == probabilities[b] ? a.CompareTo(b) : probabilities[b].CompareTo(probabilities[a]));
        int count = 0;
        while (count < Math.Min(most, tokens.Length) && probabilities[tokens[count]] > 0) count++;
        if (context.Json)
        {
            CliJson.Write(context.Console.Out, json =>
            {
                json.WriteStartObject();
                json.WriteString("prompt", prompt.Text);
                json.WriteStartArray("probabilities");
                for (int i = 0; i < count; i++)
                {
                    json.WriteStartObject();
                    json.WriteString("token", vocabulary[tokens[i]]);
                    json.WriteNumber("probability", probabilities[tokens[i]]);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            });
            return;
        }

        var table = new Table("token", ">probability");
        for (int i = 0; i < count; i++)
            table.Row(Shown(vocabulary, tokens[i]), probabilities[tokens[i]].ToString("0.000000", CultureInfo.InvariantCulture));
        context.Console.Write(table);
    }

    // A blank cannot be seen otherwise, and what a byte stands for in ASCII is known.
    private static string Shown(Vocabulary vocabulary, int token) => vocabulary.Level switch
    {
        TextLevel.Byte when token is > ' ' and <= '~' => $"{vocabulary[token]}  {(char)token}",
        TextLevel.Character when string.IsNullOrWhiteSpace(vocabulary[token]) => $"'{vocabulary[token]}'",
        _ => vocabulary[token],
    };
}
