namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>Samples text token by token.</summary>
internal sealed class TextGenerator(
    LanguageModel model, Vocabulary vocabulary, float temperature, int topK, ulong seed, HardwareProfile? hardware = null,
    DeltaThresholds delta = default)
{
    /// <summary>Writes the prompt, what follows it, and a line end, as it comes. Not for a vocabulary of bytes: they need not be
    /// text.</summary>
    /// <exception cref="FailureException">
    /// A part of the prompt is not in the vocabulary, and that has no unknown token; or the model's numbers overflow.
    /// </exception>
    public void Write(string prompt, int length, TextWriter writer, CancellationToken stop)
    {
        bool lineIsOpen = false;
        Run(prompt, length, Put, stop);
        if (lineIsOpen) writer.WriteLine();

        void Put(int token)
        {
            bool endsLine = token == vocabulary.EndOfLineId || vocabulary[token] == "\n";
            if (vocabulary.Level == TextLevel.Word && lineIsOpen && !endsLine) writer.Write(' ');
            writer.Write(endsLine ? "\n" : vocabulary[token]);
            lineIsOpen = !endsLine;
        }
    }

    /// <summary>Gives the prompt's tokens and those that follow it, as they come.</summary>
    /// <exception cref="FailureException">
    /// A part of the prompt is not in the vocabulary, and that has no unknown token; or the model's numbers overflow.
    /// </exception>
    public void Run(string prompt, int length, Action<int> put, CancellationToken stop)
    {
        int[] given = UnknownToken.ReadWithModel(vocabulary, () => Corpus.EncodeText(prompt, vocabulary, "--prompt"));
        var session = new LanguageModelSession(model, hardware: hardware, delta: delta);
        var sampler = new TokenSampler(vocabulary.Count, temperature, topK, seed);
        ReadOnlySpan<float> logits = session.Step(StartOfLine());
        foreach (int token in given)
        {
            put(token);
            logits = session.Step(token);
        }

        for (int i = 0; i < length; i++)
        {
            stop.ThrowIfCancellationRequested();
            int token = Sample(sampler, logits);
            put(token);
            logits = session.Step(token);
        }
    }

    /// <summary>The words or characters of a prompt that the vocabulary lacks and the model reads as the unknown one, in ordinal
    /// order.</summary>
    public string[] UnknownIn(string prompt)
    {
        if (vocabulary.UnknownId is null) return [];
        IEnumerable<string> tokens = Corpus.CountText(prompt, vocabulary.Level, vocabulary.LineMarks).Counts.Keys;
        return [.. tokens.Where(token => !vocabulary.TryGetId(token, out _)).Order(StringComparer.Ordinal)];
    }

    private static int Sample(TokenSampler sampler, ReadOnlySpan<float> logits)
    {
        try
        {
            return sampler.Sample(logits);
        }
        catch (NotFiniteNumberException exception)
        {
            throw new FailureException(
                $"the model's numbers overflow: {Failures.OneLine(exception)}. Train again with a lower learning rate.", exception);
        }
    }

    // A model has seen lines begin after a line's end; one without line ends starts after its commonest token.
    private int StartOfLine() => vocabulary.Level == TextLevel.Byte
        ? '\n'
        : vocabulary.EndOfLineId
            ?? (vocabulary.TryGetId(vocabulary.Level == TextLevel.Word ? Vocabulary.EndOfLine : "\n", out int lineEnd) ? lineEnd : 0);
}
