using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Files;

/// <summary>What <c>quantize</c> is asked for, whatever the model.</summary>
/// <param name="Model">The model's file.</param>
/// <param name="Output">The file to write.</param>
/// <param name="Weights">How weights are to be stored.</param>
/// <param name="Data">The file to measure both on, if there is one.</param>
/// <param name="Threads">Threads to measure with.</param>
/// <param name="Hardware">The machine.</param>
internal sealed record QuantizeRequest(
    string Model, string Output, WeightFormat Weights, string? Data, int Threads, HardwareProfile? Hardware);

/// <summary>Stores models of one kind in fewer bits, and says what that costs on data.</summary>
/// <typeparam name="TContent">All but the numbers.</typeparam>
/// <typeparam name="TModel">The model.</typeparam>
/// <param name="format">How such models are written and read.</param>
/// <param name="noun">Such models, as a sentence goes on after <c>about</c>.</param>
/// <param name="eval">What measures them; null where nothing does.</param>
internal sealed class QuantizeVerb<TContent, TModel>(ModelFormat<TContent, TModel> format, string noun, EvalVerb? eval)
    : ModelVerb<QuantizeRequest>(format.Kind, noun)
    where TContent : class
    where TModel : class
{
    public const string DataName = "--data";

    public override IEnumerable<Option> Options => eval?.Comparing ?? [];

    public override int Run(QuantizeRequest request, ParseResult parsed, CliContext context)
    {
        if (request.Data is null) context.Warnings.NoEffect(Ranged.Given(parsed, Options), $" without {DataName}");
        if (eval is null) context.Warnings.NoEffect(request.Data is not null, DataName, $": nothing is measured of {Noun}");
        if (request.Data is null || eval is null)
        {
            Write(request);
            Report(request, [], context);
            return ExitCode.Done;
        }

        // The model is measured first, so that data that it cannot be measured on are refused before there is a file.
        var measured = new EvalRequest(request.Model, request.Data, request.Threads, request.Hardware);
        ComparedFigure[] figures = [.. eval.Compare(measured, Written(), parsed, context)];
        Report(request, figures, context);
        return ExitCode.Done;

        IEnumerable<string> Written()
        {
            Write(request);
            yield return request.Output;
        }
    }

    private void Write(QuantizeRequest request)
    {
        using TsdFile file = TsdFile.Open(request.Model);
        if (!format.TryLoad(file, out TContent? content, out TModel? model, out FileProblem? problem))
            throw new FileProblemException(problem);
        if (file.HasWholeNumbers())
        {
            throw new FailureException($"{request.Model} has weights of 8 bits already: some of what the model was is gone")
            {
                Advice = "Give the model that it was made of.",
            };
        }

        if (request.Weights == WeightFormat.Int8) format.Save(request.Output, content, ToInt8(model, request.Model));
        else format.Save(request.Output, content, model, TensorStorage.BF16);
    }

    // What the runtime cannot hold in whole numbers, a matrix of too many rows, is the user's to hear.
    private TModel ToInt8(TModel model, string path)
    {
        try
        {
            return format.Convert(model, WeightFormat.Int8);
        }
        catch (ArgumentException exception)
        {
            throw new FailureException($"{path} cannot have weights of 8 bits: {Failures.OneLine(exception)}", exception)
            {
                Advice = "Give --format bf16.",
            };
        }
    }

    private static void Report(QuantizeRequest request, IReadOnlyList<ComparedFigure> figures, CliContext context)
    {
        using TsdFile model = TsdFile.Open(request.Model);
        long before = model.Length, after = new FileInfo(request.Output).Length;
        if (context.Json)
        {
            CliJson.Write(context.Console.Out, new QuantizeResult(
                request.Output, QuantizeFormats.Names.NameOf(request.Weights), before, after, (double)after / before,
                figures is [{ } one, ..] ? one.Metric : null, figures is [{ } first, ..] ? first.Value : null,
                figures is [_, { } second] ? second.Value : null));
            return;
        }

        TextWriter output = context.Console.Prose;
        output.WriteLine(
            $"{request.Output}: {Figures.Count(after, "byte")}, {Figures.Fixed((double)after / before, 3)} of the " +
            $"{Figures.Count(before)} of {request.Model}");
        if (figures is [{ } of, { } than]) output.WriteLine($"{of.Metric} on {request.Data}: {of.Text} before, {than.Text} after");
    }
}

/// <summary>The words for how weights are stored in fewer bits.</summary>
internal static class QuantizeFormats
{
    public static Choice<WeightFormat> Names { get; } = new("format", (WeightFormat.Int8, "int8"), (WeightFormat.BFloat16, "bf16"));
}
