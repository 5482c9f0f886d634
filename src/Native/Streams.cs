namespace TinySD.Native;

internal sealed class StackStream(Shape shape, RecurrentStack stack, int batch)
    : Stream(shape, new RecurrentSession(stack, batch, Together(stack)))
{
    // Of a stack that reads both ways: the longest call.
    private const int MostSteps = 4096;

    private readonly bool _readsForward = stack.Config.Direction == RecurrentDirection.Forward;

    protected override void RunSteps(ReadOnlySpan<int> tokens, ReadOnlySpan<float> rows, Span<float> answers, int steps) =>
        ((RecurrentSession)Session).Run(rows, answers);

    // What reads an input from its end reads all of it together: step by step it would be as many inputs.
    protected override void Answer(ReadOnlySpan<int> tokens, ReadOnlySpan<float> rows, Span<float> answers, int steps)
    {
        if (_readsForward)
        {
            base.Answer(tokens, rows, answers, steps);
            return;
        }

        float[] all = new float[checked(steps * answers.Length)];
        RunSteps(tokens, rows, all, steps);
        all.AsSpan(all.Length - answers.Length).CopyTo(answers);
    }

    private static int Together(RecurrentStack stack) => stack.Config.Direction == RecurrentDirection.Bidirectional ? MostSteps : 1;
}

internal sealed class LanguageModelStream(Shape shape, LanguageModel model, int batch)
    : Stream(shape, new LanguageModelSession(model, batch: batch))
{
    protected override void RunSteps(ReadOnlySpan<int> tokens, ReadOnlySpan<float> rows, Span<float> answers, int steps) =>
        ((LanguageModelSession)Session).Run(tokens, answers);

    protected override void Answer(ReadOnlySpan<int> tokens, ReadOnlySpan<float> rows, Span<float> answers, int steps) =>
        ((LanguageModelSession)Session).Run(tokens).CopyTo(answers);
}

internal sealed class RegressorStream(Shape shape, Regressor regressor, int batch)
    : Stream(shape, new RegressorSession(regressor, batch: batch))
{
    private readonly double[] _rows = new double[batch * shape.Inputs];

    protected override void RunSteps(ReadOnlySpan<int> tokens, ReadOnlySpan<float> rows, Span<float> answers, int steps)
    {
        int step = answers.Length / steps;
        for (int t = 0; t < steps; t++)
        {
            Copy(rows.Slice(t * _rows.Length, _rows.Length), _rows);
            Copy(((RegressorSession)Session).Step(_rows), answers.Slice(t * step, step));
        }
    }
}

internal sealed class ClassifierStream(Shape shape, Classifier classifier, int longest, int batch)
    : Stream(shape, new ClassifierSession(classifier, longest, batch: batch))
{
    private readonly double[] _rows = new double[batch * shape.Inputs];

    protected override void RunSteps(ReadOnlySpan<int> tokens, ReadOnlySpan<float> rows, Span<float> answers, int steps)
    {
        var session = (ClassifierSession)Session;
        int step = answers.Length / steps;
        for (int t = 0; t < steps; t++)
        {
            Span<float> answer = answers.Slice(t * step, step);
            if (rows.IsEmpty)
            {
                Copy(session.Step(tokens.Slice(t * Session.Batch, Session.Batch)), answer);
                continue;
            }

            Copy(rows.Slice(t * _rows.Length, _rows.Length), _rows);
            Copy(session.Step(_rows), answer);
        }
    }

    // Whole, which those can too that read both ways.
    protected override void Answer(ReadOnlySpan<int> tokens, ReadOnlySpan<float> rows, Span<float> answers, int steps)
    {
        var session = (ClassifierSession)Session;
        int width = rows.IsEmpty ? 1 : Shape.Inputs, batch = Session.Batch;
        int[] own = new int[rows.IsEmpty ? steps : 0];
        double[] ownRows = new double[rows.IsEmpty ? 0 : steps * width];
        for (int sequence = 0; sequence < batch; sequence++)
        {
            for (int t = 0; t < steps; t++)
            {
                int at = (t * batch) + sequence;
                if (rows.IsEmpty) own[t] = tokens[at];
                else Copy(rows.Slice(at * width, width), ownRows.AsSpan(t * width, width));
            }

            ReadOnlySpan<double> answer = rows.IsEmpty ? session.Classify(own) : session.Classify(ownRows);
            Copy(answer, answers.Slice(sequence * Shape.Outputs, Shape.Outputs));
        }
    }
}
