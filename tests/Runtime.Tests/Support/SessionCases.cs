using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>A kind of session and a model for it, fed with numbers that are a function of sequence and step.</summary>
public abstract class SessionCase(string name)
{
    /// <summary>Answers of a sequence at a step.</summary>
    public abstract int Answers { get; }

    public abstract StreamingSession Make(
        int batch = 1, int together = 1, IParallelRunner? runner = null, Func<int, Memory<float>>? memory = null);

    /// <summary>Of its model.</summary>
    public abstract int PreparedFloats { get; }

    /// <summary>Of its model.</summary>
    public abstract void Prepare(Func<int, Memory<float>> memory);

    /// <summary>Feeds steps by Run, and gives the answers of each, [T][B][answers].</summary>
    /// <param name="session">Of this kind.</param>
    /// <param name="first">The first step's number.</param>
    /// <param name="steps">How many.</param>
    /// <param name="sequence">The number of the batch's first sequence.</param>
    public abstract double[] Run(StreamingSession session, int first, int steps, int sequence = 0);

    /// <summary>Feeds one step by Step, and gives its answers, [B][answers].</summary>
    public abstract double[] OneStep(StreamingSession session, int t, int sequence = 0);

    /// <summary>Feeds one step by the Step that fills the caller's memory.</summary>
    public abstract double[] StepInto(StreamingSession session, int t, int sequence = 0);

    /// <summary>Feeds steps by the Run that answers after the last.</summary>
    public abstract double[] RunToLast(StreamingSession session, int first, int steps, int sequence = 0);

    /// <summary>What feeds so many steps again and again in every way there is, and allocates nothing of its own.</summary>
    public abstract Action Use(StreamingSession session, int steps);

    public override string ToString() => name;

    /// <summary>Every kind of session, over every kind of state.</summary>
    public static IEnumerable<Func<SessionCase>> All() => [.. Exact(), .. Delta(new(0.05f, 0.02f))];

    /// <summary>Those that leave out what has hardly changed.</summary>
    public static IEnumerable<Func<SessionCase>> Delta(DeltaThresholds delta)
    {
        foreach (CellKind cell in Enum.GetValues<CellKind>())
        {
            yield return () =>
                new StackCase($"delta stack {cell}", new() { Cell = cell, InputSize = 5, HiddenSize = 18, LayerCount = 2 }, delta);
        }

        yield return () => new StackCase("delta stack of reset gates on h", new()
        {
            Cell = CellKind.Gru, InputSize = 5, HiddenSize = 18, LayerCount = 2, ResetBeforeProduct = true,
        }, delta);
        yield return () => new LanguageCase("delta language model", Cases.Config(23, 9, 17, 2), delta);
        yield return () =>
            new LanguageCase("tied delta language model", Cases.Config(32, 16, 16, 1, tied: true) with { Cell = CellKind.Gru }, delta);
        yield return () => new RegressorCase("delta regressor", window: 0, delta: delta);
        yield return () => new RegressorCase("delta regressor with a linear map", window: 0, linear: 4, changes: true, delta: delta);
        foreach (ReadOut readOut in (ReadOut[])[ReadOut.Last, ReadOut.Mean, ReadOut.Maximum])
        {
            yield return () => new ClassifierCase($"delta classifier of tokens by {readOut}", readOut, tokens: true, delta);
            yield return () => new ClassifierCase($"delta classifier of numbers by {readOut}", readOut, tokens: false, delta);
        }
    }

    private static IEnumerable<Func<SessionCase>> Exact()
    {
        foreach (CellKind cell in Enum.GetValues<CellKind>())
        {
            yield return () => new StackCase($"stack {cell}", new() { Cell = cell, InputSize = 5, HiddenSize = 18, LayerCount = 2 });
        }

        yield return () => new StackCase("stack of reset gates on h", new()
        {
            Cell = CellKind.Gru, InputSize = 5, HiddenSize = 18, LayerCount = 2, ResetBeforeProduct = true,
        });
        yield return () => new LanguageCase("language model", Cases.Config(23, 9, 17, 2));
        yield return () => new LanguageCase("tied language model", Cases.Config(32, 16, 16, 1, tied: true) with { Cell = CellKind.Gru });
        yield return () => new LanguageCase("peepholes and a last layer of its own", Cases.Config(23, 9, 17, 2) with
        {
            Peepholes = true,
            LastHiddenSize = 6,
        });
        yield return () => new RegressorCase("regressor", window: 0);
        yield return () => new RegressorCase("regressor of changes with a linear map", window: 0, linear: 4, changes: true);
        yield return () => new RegressorCase("regressor of a window", window: 5);
        yield return () => new RegressorCase("regressor of a window of changes", window: 3, linear: 5, changes: true);
        yield return () => new RegressorCase("regressor of a window both ways", window: 4, direction: RecurrentDirection.Bidirectional);
        foreach (ReadOut readOut in (ReadOut[])[ReadOut.Last, ReadOut.Mean, ReadOut.Maximum])
        {
            yield return () => new ClassifierCase($"classifier of tokens by {readOut}", readOut, tokens: true);
            yield return () => new ClassifierCase($"classifier of numbers by {readOut}", readOut, tokens: false);
        }
    }

    /// <summary>A number of an input.</summary>
    protected static double Number(int sequence, int t, int input) => Math.Sin((1.7 * sequence) + (0.31 * t * (input + 1)));

    /// <summary>[T][B][width].</summary>
    protected static double[] Numbers(StreamingSession session, int first, int steps, int sequence, int width, bool someMissing = false)
    {
        double[] numbers = new double[steps * session.Batch * width];
        for (int at = 0; at < numbers.Length; at++)
        {
            (int row, int input) = int.DivRem(at, width);
            (int t, int b) = int.DivRem(row, session.Batch);
            bool isMissing = someMissing && (first + t + b + sequence + input) % 7 == 0;
            numbers[at] = isMissing ? double.NaN : 3 + (4 * Number(sequence + b, first + t, input));
        }

        return numbers;
    }

    /// <summary>[T][B].</summary>
    protected static int[] Tokens(StreamingSession session, int first, int steps, int sequence, int vocabulary)
    {
        int[] tokens = new int[steps * session.Batch];
        for (int at = 0; at < tokens.Length; at++)
        {
            (int t, int b) = int.DivRem(at, session.Batch);
            tokens[at] = (((first + t) * 7) + ((sequence + b) * 5) + ((first + t) * (sequence + b))) % vocabulary;
        }

        return tokens;
    }

    protected static double[] Doubles(ReadOnlySpan<float> values) => values.ToDoubles();
}

internal sealed class StackCase : SessionCase
{
    private readonly RecurrentStack _stack;
    private readonly DeltaThresholds _delta;

    public StackCase(string name, RecurrentStackConfig config, DeltaThresholds delta = default)
        : base(name)
    {
        _delta = delta;
        _stack = new RecurrentStack(config);
        int seed = 1;
        foreach (var slot in _stack.Layout.Tensors) Arrays.Uniform(seed++, slot.Length, 0.4f).CopyTo(_stack.Parameters[slot]);
    }

    public override int Answers => _stack.Config.OutputSize;

    public override int PreparedFloats => _stack.PreparedFloats;

    public override void Prepare(Func<int, Memory<float>> memory) => _stack.Prepare(memory);

    public override StreamingSession Make(int batch, int together, IParallelRunner? runner, Func<int, Memory<float>>? memory) =>
        new RecurrentSession(_stack, batch, together, runner, memory: memory, delta: _delta);

    public override double[] Run(StreamingSession session, int first, int steps, int sequence)
    {
        float[] output = new float[steps * session.Batch * Answers];
        ((RecurrentSession)session).Run(Inputs(session, first, steps, sequence), output);
        return Doubles(output);
    }

    public override double[] OneStep(StreamingSession session, int t, int sequence)
    {
        float[] output = new float[session.Batch * Answers];
        ((RecurrentSession)session).Step(Inputs(session, t, 1, sequence), output);
        return Doubles(output);
    }

    public override double[] StepInto(StreamingSession session, int t, int sequence) => OneStep(session, t, sequence);

    public override double[] RunToLast(StreamingSession session, int first, int steps, int sequence) =>
        Run(session, first, steps, sequence)[^(session.Batch * Answers)..];

    public override Action Use(StreamingSession session, int steps)
    {
        float[] input = Inputs(session, 0, steps, 0), output = new float[steps * session.Batch * Answers];
        float[] one = Inputs(session, 0, 1, 0), answer = new float[session.Batch * Answers];
        return () =>
        {
            ((RecurrentSession)session).Run(input, output);
            ((RecurrentSession)session).Step(one, answer);
        };
    }

    private float[] Inputs(StreamingSession session, int first, int steps, int sequence) =>
        [.. Numbers(session, first, steps, sequence, _stack.Config.InputSize).Select(value => (float)value)];
}

internal sealed class LanguageCase(string name, LanguageModelConfig config, DeltaThresholds delta = default) : SessionCase(name)
{
    private readonly LanguageModel _model = Cases.Model(config);

    public override int Answers => config.VocabularySize;

    public override int PreparedFloats => _model.PreparedFloats;

    public override void Prepare(Func<int, Memory<float>> memory) => _model.Prepare(memory);

    public override StreamingSession Make(int batch, int together, IParallelRunner? runner, Func<int, Memory<float>>? memory) =>
        new LanguageModelSession(_model, runner, memory: memory, batch: batch, maxTimeSteps: together, delta: delta);

    public override double[] Run(StreamingSession session, int first, int steps, int sequence)
    {
        float[] logits = new float[steps * session.Batch * Answers];
        ((LanguageModelSession)session).Run(Tokens(session, first, steps, sequence), logits);
        return Doubles(logits);
    }

    public override double[] OneStep(StreamingSession session, int t, int sequence)
    {
        int[] tokens = Tokens(session, t, 1, sequence);
        var own = (LanguageModelSession)session;
        return Doubles(session.Batch == 1 ? own.Step(tokens[0]) : own.Step(tokens));
    }

    public override double[] StepInto(StreamingSession session, int t, int sequence)
    {
        float[] logits = new float[session.Batch * Answers];
        ((LanguageModelSession)session).Step(Tokens(session, t, 1, sequence), logits);
        return Doubles(logits);
    }

    public override double[] RunToLast(StreamingSession session, int first, int steps, int sequence) =>
        Doubles(((LanguageModelSession)session).Run(Tokens(session, first, steps, sequence)));

    public override Action Use(StreamingSession session, int steps)
    {
        int[] tokens = Tokens(session, 0, steps, 0), one = Tokens(session, 0, 1, 0);
        float[] logits = new float[steps * session.Batch * Answers], answer = new float[session.Batch * Answers];
        return () =>
        {
            var own = (LanguageModelSession)session;
            own.Run(tokens, logits);
            own.Run(tokens);
            own.Step(one);
            own.Step(one, answer);
            if (own.Batch == 1) own.Step(1);
        };
    }

    private int[] Tokens(StreamingSession session, int first, int steps, int sequence) =>
        Tokens(session, first, steps, sequence, config.VocabularySize);
}

internal sealed class RegressorCase : SessionCase
{
    private readonly Regressor _regressor;
    private readonly DeltaThresholds _delta;

    public RegressorCase(
        string name, int window, int linear = 0, bool changes = false, RecurrentDirection direction = RecurrentDirection.Forward,
        DeltaThresholds delta = default)
        : base(name)
    {
        _delta = delta;
        var form = new SeriesForm
        {
            Inputs = ["a", "b"],
            Targets = ["b", "a"],
            Horizon = 2,
            Window = window,
            LinearRows = linear,
            FeedsChange = changes,
            PredictsChange = true,
            InputScales = [new(3, 2), new(2, 3)],
            TargetScales = [new(1, 2), new(3, 2)],
            OutputScales = [new(0, 1), new(0.5, 2), new(0, 1), new(0.1, 0.5)],
        };
        var model = new SequenceModel(new SequenceModelConfig
        {
            Body = new() { Cell = CellKind.Lstm, InputSize = 2, HiddenSize = 12, LayerCount = 2, Direction = direction },
            OutputSize = form.OutputCount,
            ReadOut = window > 0 ? ReadOut.Last : ReadOut.EveryStep,
            LinearRows = linear,
        });
        int seed = 1;
        foreach (var slot in model.Layout.Tensors) Arrays.Uniform(seed++, slot.Length, 0.4f).CopyTo(model.Parameters[slot]);
        _regressor = new Regressor(model, form);
    }

    public override int Answers => _regressor.Form.OutputCount;

    public override int PreparedFloats => _regressor.Model.PreparedFloats;

    public override void Prepare(Func<int, Memory<float>> memory) => _regressor.Model.Prepare(memory);

    public override StreamingSession Make(int batch, int together, IParallelRunner? runner, Func<int, Memory<float>>? memory) =>
        new RegressorSession(_regressor, runner, memory: memory, batch: batch, maxTimeSteps: together, delta: _delta);

    public override double[] Run(StreamingSession session, int first, int steps, int sequence)
    {
        double[] predictions = new double[steps * session.Batch * Answers];
        ((RegressorSession)session).Run(Rows(session, first, steps, sequence), predictions);
        return predictions;
    }

    public override double[] OneStep(StreamingSession session, int t, int sequence) =>
        ((RegressorSession)session).Step(Rows(session, t, 1, sequence)).ToArray();

    public override double[] StepInto(StreamingSession session, int t, int sequence)
    {
        double[] predictions = new double[session.Batch * Answers];
        ((RegressorSession)session).Step(Rows(session, t, 1, sequence), predictions);
        return predictions;
    }

    public override double[] RunToLast(StreamingSession session, int first, int steps, int sequence) =>
        ((RegressorSession)session).Run(Rows(session, first, steps, sequence)).ToArray();

    public override Action Use(StreamingSession session, int steps)
    {
        double[] rows = Rows(session, 0, steps, 0), one = Rows(session, 0, 1, 0);
        double[] predictions = new double[steps * session.Batch * Answers], answer = new double[session.Batch * Answers];
        return () =>
        {
            var own = (RegressorSession)session;
            own.Run(rows, predictions);
            own.Run(rows);
            own.Step(one);
            own.Step(one, answer);
        };
    }

    private static double[] Rows(StreamingSession session, int first, int steps, int sequence) =>
        Numbers(session, first, steps, sequence, 2, someMissing: true);
}

internal sealed class ClassifierCase : SessionCase
{
    private readonly Classifier _classifier;
    private readonly bool _tokens;
    private readonly DeltaThresholds _delta;

    public ClassifierCase(string name, ReadOut readOut, bool tokens, DeltaThresholds delta = default)
        : base(name)
    {
        _delta = delta;
        _tokens = tokens;
        var model = new SequenceModel(new SequenceModelConfig
        {
            Body = new() { Cell = CellKind.Gru, InputSize = 3, HiddenSize = 13, LayerCount = 2 },
            VocabularySize = tokens ? 19 : 0,
            OutputSize = 4,
            ReadOut = readOut,
        });
        int seed = 1;
        foreach (var slot in model.Layout.Tensors) Arrays.Uniform(seed++, slot.Length, 0.5f).CopyTo(model.Parameters[slot]);
        var form = new ClassifierForm { Labels = ["p", "q", "r", "s"] };
        if (!tokens) form = form with { Inputs = ["a", "b", "c"], InputScales = [new(3, 2), new(2, 3), new(1, 4)] };
        _classifier = new Classifier(model, form);
    }

    public override int Answers => _classifier.Form.Labels.Length;

    public override int PreparedFloats => _classifier.Model.PreparedFloats;

    public override void Prepare(Func<int, Memory<float>> memory) => _classifier.Model.Prepare(memory);

    public override StreamingSession Make(int batch, int together, IParallelRunner? runner, Func<int, Memory<float>>? memory) =>
        new ClassifierSession(_classifier, longest: 40, runner, memory: memory, batch: batch, maxTimeSteps: together, delta: _delta);

    /// <summary>The answer to a whole sequence, apart from any steps.</summary>
    public double[] Whole(StreamingSession session, int steps, int sequence) => (_tokens
        ? ((ClassifierSession)session).Classify(Tokens(session, 0, steps, sequence, 19))
        : ((ClassifierSession)session).Classify(Numbers(session, 0, steps, sequence, 3, someMissing: true))).ToArray();

    public override double[] Run(StreamingSession session, int first, int steps, int sequence)
    {
        double[] probabilities = new double[steps * session.Batch * Answers];
        var own = (ClassifierSession)session;
        if (_tokens) own.Run(Tokens(session, first, steps, sequence, 19), probabilities);
        else own.Run(Numbers(session, first, steps, sequence, 3, someMissing: true), probabilities);
        return probabilities;
    }

    public override double[] OneStep(StreamingSession session, int t, int sequence) => (_tokens
        ? ((ClassifierSession)session).Step(Tokens(session, t, 1, sequence, 19))
        : ((ClassifierSession)session).Step(Numbers(session, t, 1, sequence, 3, someMissing: true))).ToArray();

    public override double[] StepInto(StreamingSession session, int t, int sequence)
    {
        double[] probabilities = new double[session.Batch * Answers];
        var own = (ClassifierSession)session;
        if (_tokens) own.Step(Tokens(session, t, 1, sequence, 19), probabilities);
        else own.Step(Numbers(session, t, 1, sequence, 3, someMissing: true), probabilities);
        return probabilities;
    }

    public override double[] RunToLast(StreamingSession session, int first, int steps, int sequence) => (_tokens
        ? ((ClassifierSession)session).Run(Tokens(session, first, steps, sequence, 19))
        : ((ClassifierSession)session).Run(Numbers(session, first, steps, sequence, 3, someMissing: true))).ToArray();

    public override Action Use(StreamingSession session, int steps)
    {
        var own = (ClassifierSession)session;
        int[] tokens = Tokens(session, 0, steps, 0, 19), oneToken = Tokens(session, 0, 1, 0, 19);
        double[] rows = Numbers(session, 0, steps, 0, 3), oneRow = Numbers(session, 0, 1, 0, 3);
        double[] probabilities = new double[steps * session.Batch * Answers], answer = new double[session.Batch * Answers];
        if (_tokens)
        {
            return () =>
            {
                own.Run(tokens, probabilities);
                own.Run(tokens);
                own.Step(oneToken);
                own.Step(oneToken, answer);
                own.Classify(tokens);
            };
        }

        return () =>
        {
            own.Run(rows, probabilities);
            own.Run(rows);
            own.Step(oneRow);
            own.Step(oneRow, answer);
            own.Classify(rows);
        };
    }
}
