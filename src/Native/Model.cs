using TinySD.Formats.Text;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Training;

namespace TinySD.Native;

/// <summary>tinysd_shape, see tinysd.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct Shape(Kind Kind, int Inputs, int Vocabulary, int Outputs, long Parameters);

/// <summary>tinysd_need, see tinysd.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct Need(long ParametersBytes, long GradientsBytes, long OptimizerBytes, long WorkspaceBytes, long TotalBytes);

/// <summary>tinysd_kind, see tinysd.h.</summary>
internal enum Kind
{
    LanguageModel = 1,
    Classifier,
    Regressor,
    Stack,
}

/// <summary>A model of any kind, as C sees it.</summary>
internal sealed class Model
{
    private readonly Func<int, Stream> _stream;
    private readonly Func<int, int, MemoryNeed>? _plan;
    private readonly Func<string, int[]>? _encode;

    private Model(
        Shape shape, Func<int, Stream> stream, IReadOnlyList<string> inputs, IReadOnlyList<string> outputs,
        Func<int, int, MemoryNeed>? plan = null, Func<string, int[]>? encode = null)
    {
        (Shape, _stream, Inputs, Outputs, _plan, _encode) = (shape, stream, inputs, outputs, plan, encode);
    }

    public Shape Shape { get; }

    /// <summary>Names of columns or tokens; empty where there are none.</summary>
    public IReadOnlyList<string> Inputs { get; }

    /// <summary>Names of the numbers of an answer; empty where there are none.</summary>
    public IReadOnlyList<string> Outputs { get; }

    public Stream Open(int batch) => batch >= 1 ? _stream(batch)
        : throw new CallException(Status.BadArgument, $"a session of {batch} sequences; at least 1 was expected");

    /// <summary>What training takes.</summary>
    public Need Plan(int batch, int timeSteps)
    {
        if (_plan is null) throw Unsupported("a bare stack is not trained: it has no recipe");
        MemoryNeed need = _plan(batch, timeSteps);
        return new(need.ParametersBytes, need.GradientsBytes, need.OptimizerBytes, need.WorkspaceBytes, need.TotalBytes);
    }

    /// <summary>Makes tokens of a text.</summary>
    public int[] Encode(string text) => _encode?.Invoke(text) ?? throw Unsupported("the model takes rows of numbers, not a text");

    /// <summary>Reads a model from an open file of any kind of model.</summary>
    public static Model Read(TsdFile file) => file.Kind switch
    {
        LanguageModelFile.Kind => Of(LanguageModelFile.Load(file)),
        ClassifierFile.Kind => Of(ClassifierFile.Load(file)),
        RegressorFile.Kind => Of(RegressorFile.Load(file)),
        RecurrentStackFile.Kind => Of(RecurrentStackFile.Load(file)),
        _ => throw new FileProblemException(
            file.WrongKind(LanguageModelFile.Kind, ClassifierFile.Kind, RegressorFile.Kind, RecurrentStackFile.Kind)),
    };

    private static Model Of(LoadedLanguageModel loaded)
    {
        int tokens = loaded.Vocabulary.Count;
        var shape = new Shape(Kind.LanguageModel, 0, tokens, tokens, loaded.Model.Layout.ParameterCount);
        return new(
            shape, batch => new LanguageModelStream(shape, loaded.Model, batch), loaded.Vocabulary.Tokens, loaded.Vocabulary.Tokens,
            (batch, steps) => LanguageModelTrainer.MemoryNeedOf(loaded.Training.Recipe with { BatchSize = batch, Bptt = steps }, tokens),
            text => Corpus.EncodeText(text, loaded.Vocabulary));
    }

    private static Model Of(LoadedClassifier loaded)
    {
        Classifier classifier = loaded.Classifier;
        IReadOnlyList<string> words = loaded.Description.Vocabulary?.Tokens ?? [];
        var shape = new Shape(
            Kind.Classifier, classifier.Form.Inputs.Length, words.Count, classifier.Form.Labels.Length,
            classifier.Model.Layout.ParameterCount);
        return new(
            shape, batch => new ClassifierStream(shape, classifier, loaded.Description.Training.Recipe.MaxLength, batch),
            words.Count > 0 ? words : classifier.Form.Inputs, classifier.Form.Labels,
            (batch, steps) => ClassifierTask.MemoryNeedOf(
                loaded.Description.Training.Recipe with { BatchSize = batch }, shape.Vocabulary, shape.Inputs, shape.Outputs, steps),
            words.Count == 0 ? null : loaded.Encode);
    }

    private static Model Of(LoadedRegressor loaded)
    {
        SeriesForm form = loaded.Regressor.Form;
        int targets = form.Targets.Length;
        string[] outputs = [.. Enumerable.Range(0, form.OutputCount).Select(output =>
            $"{form.Targets[output % targets]}+{(form.Horizon == 0 ? 0 : (output / targets) + 1)}")];
        var shape = new Shape(Kind.Regressor, form.Inputs.Length, 0, form.OutputCount, loaded.Regressor.Model.Layout.ParameterCount);
        return new(
            shape, batch => new RegressorStream(shape, loaded.Regressor, batch), form.Inputs, outputs,
            (batch, steps) => RegressorTask.MemoryNeedOf(
                loaded.Training.Recipe with { BatchSize = batch, Bptt = steps }, shape.Inputs, targets));
    }

    private static Model Of(RecurrentStack stack)
    {
        var shape = new Shape(Kind.Stack, stack.Config.InputSize, 0, stack.Config.OutputSize, stack.Layout.ParameterCount);
        return new(shape, batch => new StackStream(shape, stack, batch), [], []);
    }

    private static CallException Unsupported(string message) => new(Status.NotSupported, message);
}
