using TinySD.Formats;
using TinySD.Runtime.Hardware;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Models;

namespace TinySD.Tools.Commands;

/// <summary>Samples text token by token and writes it as it comes.</summary>
internal sealed class TextGenerator(LanguageModel model, Vocabulary vocabulary, float temperature, int topK, ulong seed, HardwareProfile? hardware = null)
{
    /// <summary>Writes the prompt, what follows it, and a line end.</summary>
    /// <exception cref="FileProblemException">A part of the prompt is not in the vocabulary, and that has no unknown token.</exception>
    public void Write(string prompt, int length, TextWriter writer, CancellationToken stop)
    {
        int[] given = Corpus.EncodeText(prompt, vocabulary, "--prompt");
        var session = new LanguageModelSession(model, hardware: hardware);
        var sampler = new TokenSampler(vocabulary.Count, temperature, topK, seed);
        bool lineIsOpen = false;

        ReadOnlySpan<float> logits = session.Step(StartOfLine());
        foreach (int token in given)
        {
            Put(token);
            logits = session.Step(token);
        }

        for (int i = 0; i < length; i++)
        {
            stop.ThrowIfCancellationRequested();
            int token = sampler.Sample(logits);
            Put(token);
            logits = session.Step(token);
        }

        if (lineIsOpen) writer.WriteLine();

        void Put(int token)
        {
            bool endsLine = token == vocabulary.EndOfLineId || vocabulary[token] == "\n";
            if (vocabulary.Level == TextLevel.Word && lineIsOpen && !endsLine) writer.Write(' ');
            writer.Write(endsLine ? "\n" : vocabulary[token]);
            lineIsOpen = !endsLine;
        }
    }

    // A model has seen lines begin after a line's end; one without line ends starts after its commonest token.
    private int StartOfLine() => vocabulary.EndOfLineId ?? (vocabulary.TryGetId("\n", out int lineFeed) ? lineFeed : 0);
}
