namespace TinySD.Tools.Tasks.Tagging;

/// <summary>Writes tagged sentences, in columns or as JSON.</summary>
internal static class TagOutput
{
    /// <summary>A word and its tag a line, and a blank line behind each sentence.</summary>
    public static void Write(TextWriter output, TaggedWords tagged)
    {
        TagSentence sentence = tagged.Sentence;
        foreach (string line in sentence.Before) output.Write($"{line}\n");
        for (int i = 0; i < sentence.Lines.Count; i++)
        {
            output.Write($"{sentence.Lines[i]}{sentence.Separator}{tagged.Tags[i]}");
            if (tagged.Probabilities is { } probabilities)
                output.Write($"{sentence.Separator}{tagged.Own(probabilities, i).ToString("F6", CultureInfo.InvariantCulture)}");
            output.Write('\n');
        }

        if (sentence.Lines.Count > 0 || sentence.Before.Count == 0) output.Write('\n');
    }

    /// <summary>An object; entities are told by their first word and the one behind their last, counted from 0.</summary>
    /// <param name="json">Where it goes.</param>
    /// <param name="tagged">The sentence.</param>
    /// <param name="form">The model's tags, each of which has its probability.</param>
    public static void Write(Utf8JsonWriter json, TaggedWords tagged, TaggerForm form)
    {
        json.WriteStartObject();
        json.WriteStartArray("words");
        foreach (string word in tagged.Sentence.Words) json.WriteStringValue(word);
        json.WriteEndArray();
        json.WriteStartArray("tags");
        foreach (string tag in tagged.Tags) json.WriteStringValue(tag);
        json.WriteEndArray();
        if (tagged.Probabilities is { } probabilities)
        {
            json.WriteStartArray("probabilities");
            for (int i = 0; i < tagged.Tags.Length; i++) json.WriteNumberValue(tagged.Own(probabilities, i));
            json.WriteEndArray();
            json.WriteStartArray("tagProbabilities");
            for (int i = 0; i < probabilities.Length; i += form.Tags.Length)
            {
                json.WriteStartObject();
                for (int tag = 0; tag < form.Tags.Length; tag++) json.WriteNumber(form.Tags[tag], probabilities[i + tag]);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        if (form.Scheme != TagScheme.None)
        {
            json.WriteStartArray("entities");
            foreach (EntitySpan entity in TagSchemes.FindEntities(tagged.Tags))
            {
                json.WriteStartObject();
                json.WriteString("type", entity.Type);
                json.WriteNumber("start", entity.Start);
                json.WriteNumber("end", entity.End);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
