using TinySD.Tools.Json;

namespace TinySD.Tools.Tasks.Translating;

/// <summary>Writes translated lines, as text or as JSON.</summary>
internal static class TranslationOutput
{
    private static readonly string s_end = SentenceUnits.Marks[TranslatorConfig.End];

    /// <summary>The translation a line; of several, blocks of <c>LINE ||| TRANSLATION ||| SCORE</c>, lines counted from 0.</summary>
    public static void Write(TextWriter output, TranslatedLine line, bool isBlock)
    {
        foreach (TranslatedText text in line.Texts)
        {
            output.Write(isBlock
                ? string.Create(CultureInfo.InvariantCulture, $"{line.Line.Number - 1} ||| {text.Text} ||| {text.Score:F6}\n")
                : $"{text.Text}\n");
        }
    }

    /// <summary>An object with all there is.</summary>
    public static void Write(Utf8JsonWriter json, TranslatedLine line) => new JsonMembers(json).Write(members => members
        .Add(line.Line.Text, "source").Add(line.Texts[0].Text, "translation").Add(line.Texts[0].Score, "score")
        .Add(line.Texts[0].LogProbability, "logProbability").Add([.. line.Texts.Select(text => new Row(text))], "translations"));

    /// <summary>For each translation, and each part of a line that was too long, a line that is an object: the line's number, counted from
    /// 0, and which of its translations; the units of both sides with their end marks; and for each of the target's how much each of the
    /// source's was looked at.</summary>
    public static void WriteAttention(Stream output, TranslatedLine line, TranslationUnits units)
    {
        for (int rank = 0; rank < line.Texts.Count; rank++)
        {
            IReadOnlyList<TranslatedPart> parts = line.Texts[rank].Parts;
            if (parts.Count == 0) Write([], [], []);
            foreach ((EncodedSentence source, Translation translation) in parts)
            {
                var read = new List<string>();
                for (int i = 0; i < source.Units.Length; i++) read.Add(NameOf(units.Source, source.Units[i], source.Words[i]));
                var written = new List<string>();
                foreach (int unit in translation.Units) written.Add(units.Target.Vocabulary[unit]);
                read.Add(s_end);
                if (translation.IsWhole) written.Add(s_end);
                Write(read, written, translation.Attention);
            }

            void Write(IReadOnlyList<string> source, IReadOnlyList<string> target, float[][] weights)
            {
                using (var json = new Utf8JsonWriter(output, new() { Encoder = CliJson.Encoder }))
                {
                    new JsonMembers(json).Write(members => members
                        .Add(line.Line.Number - 1, "line").Add(rank, nameof(rank)).Add(source).Add(target)
                        .AddAll(writer => WriteRows(writer, weights)));
                }

                output.WriteByte((byte)'\n');
            }
        }
    }

    // A word that is not known as it came.
    private static string NameOf(SentenceUnits units, int unit, string word) =>
        unit == TranslatorConfig.Unknown ? word : units.Vocabulary[unit];

    private static void WriteRows(Utf8JsonWriter json, float[][] weights)
    {
        json.WriteStartArray(nameof(weights));
        foreach (float[] row in weights)
        {
            json.WriteStartArray();
            foreach (float weight in row) json.WriteNumberValue(weight);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private sealed record Row(TranslatedText Text) : IJsonObject
    {
        public void Write(JsonMembers json) => json
            .Add(Text.Text, "text").Add(Text.Score, "score").Add(Text.LogProbability, "logProbability")
            .Add(Text.Parts.All(part => part.Translation.IsWhole), "isWhole");
    }
}
