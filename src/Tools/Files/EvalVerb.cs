namespace TinySD.Tools.Files;

/// <summary>A figure that one model is compared with another by.</summary>
/// <param name="Metric">What it is called: <c>perplexity</c>.</param>
/// <param name="Value">It.</param>
/// <param name="Text">As people read it.</param>
internal readonly record struct ComparedFigure(string Metric, double Value, string Text);

/// <summary>Measures models of one kind on data.</summary>
/// <inheritdoc cref="ModelVerb{TRequest}"/>
internal abstract class EvalVerb(string kind, string noun) : ModelVerb<EvalRequest>(kind, noun)
{
    /// <summary>The options that say something of the figure that models are compared by.</summary>
    public virtual IEnumerable<Option> Comparing => Options;

    /// <summary>Measures models on the same data, each when it is asked for. What is to be remarked of the data is said once.</summary>
    /// <param name="request">The first model, and the data.</param>
    /// <param name="others">Files of models that read data as the first does.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="context">Where it tells how far it is.</param>
    public abstract IEnumerable<ComparedFigure> Compare(
        EvalRequest request, IEnumerable<string> others, ParseResult parsed, CliContext context);
}

/// <summary>The same of models that are read as one type and measured as another says.</summary>
/// <typeparam name="TLoaded">A model as read from its file.</typeparam>
/// <typeparam name="TResult">What came out.</typeparam>
internal abstract class EvalVerb<TLoaded, TResult>(string kind, string noun) : EvalVerb(kind, noun)
{
    public sealed override int Run(EvalRequest request, ParseResult parsed, CliContext context)
    {
        using var pool = new WorkerPool(request.Threads);
        TLoaded loaded = Settle(Load(request.Model), request.Model, parsed, context.Warnings);
        using Measuring measuring = Prepare(loaded, request, pool, parsed, context);
        Write(measuring.Measure(loaded), loaded, request, context);
        return ExitCode.Done;
    }

    public sealed override IEnumerable<ComparedFigure> Compare(
        EvalRequest request, IEnumerable<string> others, ParseResult parsed, CliContext context)
    {
        using var pool = new WorkerPool(request.Threads);
        TLoaded first = Load(request.Model);
        using Measuring measuring = Prepare(first, request, pool, parsed, context);
        yield return FigureOf(measuring.Measure(first));
        foreach (string other in others) yield return FigureOf(measuring.Measure(Load(other)));
    }

    protected abstract TLoaded Load(string path);

    /// <summary>As much of a model as is asked for.</summary>
    protected virtual TLoaded Settle(TLoaded loaded, string path, ParseResult parsed, Warnings warnings) => loaded;

    /// <summary>Reads the options and the data as a model asks, and says what is to be remarked of them.</summary>
    protected abstract Measuring Prepare(
        TLoaded loaded, EvalRequest request, IParallelRunner runner, ParseResult parsed, CliContext context);

    protected abstract ComparedFigure FigureOf(TResult result);

    /// <summary>Writes all that came out, as text or as JSON.</summary>
    protected abstract void Write(TResult result, TLoaded loaded, EvalRequest request, CliContext context);

    /// <summary>Data that were read, and how a model is measured on them.</summary>
    protected sealed class Measuring(Func<TLoaded, TResult> measure, params IReadOnlyList<IDisposable?> held) : IDisposable
    {
        public TResult Measure(TLoaded model) => measure(model);

        public void Dispose()
        {
            foreach (IDisposable? data in held) data?.Dispose();
        }
    }
}
