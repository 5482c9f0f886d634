namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>Samples text token by token.</summary>
/// <param name="model">The model.</param>
/// <param name="vocabulary">Its tokens.</param>
/// <param name="sampler">Draws them.</param>
/// <param name="hardware">The machine, or null.</param>
/// <param name="delta">How much a number must have changed to be taken again.</param>
internal sealed class TextGenerator(
    LanguageModel model, Vocabulary vocabulary, TokenSampler sampler, HardwareProfile? hardware = null, DeltaThresholds delta = default)
{
    /// <summary>Writes the prompt, what follows it, and a line end, as it comes. Not for a vocabulary of bytes: they need not be
    /// text.</summary>
    /// <exception cref="FailureException">The model's numbers overflow.</exception>
    public void Write(ReadOnlySpan<int> prompt, int length, TextWriter writer, CancellationToken stop)
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
    /// <exception cref="FailureException">The model's numbers overflow.</exception>
    public void Run(ReadOnlySpan<int> prompt, int length, Action<int> put, CancellationToken stop)
    {
        ReadOnlySpan<float> logits = Begin(prompt, put, stop, out LanguageModelSession session);
        for (int i = 0; i < length; i++)
        {
            stop.ThrowIfCancellationRequested();
            int token;
            try
            {
                token = sampler.Sample(logits);
            }
            catch (NotFiniteNumberException exception)
            {
                throw ModelNumbers.Overflow(exception);
            }

            put(token);
            logits = session.Step(token);
        }
    }

    /// <summary>The probabilities [V] of the tokens after a prompt, as they would be sampled.</summary>
    /// <param name="prompt">What comes before.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="FailureException">The model's numbers overflow.</exception>
    public double[] Probabilities(ReadOnlySpan<int> prompt, CancellationToken stop)
    {
        double[] probabilities = new double[vocabulary.Count];
        try
        {
            sampler.Probabilities(Begin(prompt, _ => { }, stop, out _), probabilities);
        }
        catch (NotFiniteNumberException exception)
        {
            throw ModelNumbers.Overflow(exception);
        }

        return probabilities;
    }

    private ReadOnlySpan<float> Begin(ReadOnlySpan<int> prompt, Action<int> put, CancellationToken stop, out LanguageModelSession session)
    {
        session = new LanguageModelSession(model, hardware: hardware, delta: delta);
        ReadOnlySpan<float> logits = session.Step(LineStart.TokenOf(vocabulary));
        foreach (int token in prompt)
        {
            stop.ThrowIfCancellationRequested();
            put(token);
            logits = session.Step(token);
        }

        return logits;
    }
}
