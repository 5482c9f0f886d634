using TinySD.Formats.Container;
using TinySD.Formats.Models;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;

namespace TinySD.Formats.Tests;

/// <summary>Weights of 8 bits in models' files: FORMAT.md, "Weights of 8 bits".</summary>
public sealed class Int8ModelTests
{
    [Test]
    public async Task A_file_made_by_hand_has_the_weights_that_the_format_says()
    {
        byte[] bytes = Int8Files.ByHand(new Dictionary<string, byte[]>
        {
            ["embedding"] = [0x7F, 0x81],
            ["embedding.scale"] = Int8Files.Floats(0.5f, 0.25f),
            ["lstm.0.input"] = [1, 2, 0xFD, 4],
            ["lstm.0.input.scale"] = Int8Files.Floats(1f, 0.1f, 3f, 1e-40f),
            ["lstm.0.bias"] = Int8Files.Floats(0.1f, 0.2f, 0.3f, 0.4f),
        });
        LanguageModel model = LanguageModelFile.Load(bytes).Model;
        await Assert.That(model.Layout.Weights).IsEqualTo(WeightFormat.Int8);
        await Assert.That(Floats(model, "embedding")).IsEquivalentTo([63.5f, -31.75f], CollectionOrdering.Matching);
        await Assert.That(Floats(model, "lstm.0.input")).IsEquivalentTo([1f, 2 * 0.1f, -9f, 4 * 1e-40f], CollectionOrdering.Matching);
        await Assert.That(Floats(model, "lstm.0.bias")).IsEquivalentTo([0.1f, 0.2f, 0.3f, 0.4f], CollectionOrdering.Matching);
    }

    [Test]
    [MethodDataSource(nameof(Wrong))]
    public async Task What_breaks_a_rule_is_refused_read_and_mapped(string what, Func<byte[]> make, string message, string part)
    {
        using var folder = new TestFolder();
        string path = folder.Put("m.tsd", make());
        FileProblem problem = Refused.By(() => LanguageModelFile.Load(path));
        await Assert.That(problem.Message).IsEqualTo($"{path} cannot be used: {message}. The program that wrote it is at fault.")
            .Because(what);
        await Assert.That((problem.Kind, problem.Part)).IsEqualTo((FileProblemKind.ModelInvalid, part));
        await Assert.That(problem.Offset).IsNotNull();
        FileProblem mapped = Refused.By(() =>
        {
            using MappedLanguageModel model = MappedLanguageModel.Open(path);
            _ = model.Model;
        });
        await Assert.That(mapped).IsEqualTo(problem);
    }

    public static IEnumerable<(string, Func<byte[]>, string, string)> Wrong()
    {
        yield return ("-128", () => With("lstm.0.recurrent", [0, 0x80, 0, 0]),
            "weight 1 of tensor 'lstm.0.recurrent' is -128; -127 to 127 was expected", "lstm.0.recurrent");
        foreach ((float scale, string shown) in ((float, string)[])
            [(0f, "0"), (-0f, "-0"), (-1f, "-1"), (float.NaN, "NaN"), (float.PositiveInfinity, "Infinity"), (3e36f, "3E+36")])
        {
            yield return ($"a scale of {shown}", () => With("classifier.weight.scale", Int8Files.Floats(1f, scale)),
                $"number 1 of tensor 'classifier.weight.scale' is {shown}; a number above 0 was expected, and 127 times it to be finite",
                "classifier.weight.scale");
        }

        yield return ("no scale", () => Int8Files.ByHand(change: t => t.RemoveAll(tensor => tensor.Name == "lstm.0.input.scale")),
            "its tensor 'lstm.0.input' is of dtype i8 and has no scales: 'lstm.0.input.scale' [4] was expected after it", "lstm.0.input");
        yield return ("scales of another shape", () => Changed("classifier.weight.scale", ("classifier.weight.scale", "[1]", "f32")),
            "it has the tensor 'classifier.weight.scale' [1], where its configuration makes 'classifier.weight.scale' [2]",
            "classifier.weight.scale");
        yield return ("scales of columns for a table", () => Changed("embedding.scale", ("embedding.scale", "[1]", "f32")),
            "it has the tensor 'embedding.scale' [1], where its configuration makes 'embedding.scale' [2]", "embedding.scale");
        yield return ("scales in 16 bits", () => Changed("embedding.scale", ("embedding.scale", "[2]", "bf16")),
            "its tensor 'embedding.scale' is of dtype bf16; f32 was expected", "embedding.scale");
        yield return ("scales in 8 bits", () => Changed("embedding.scale", ("embedding.scale", "[2]", "i8")),
            "its tensor 'embedding.scale' is of dtype i8; f32 was expected", "embedding.scale");
        yield return ("a bias", () => Changed("lstm.0.bias", ("lstm.0.bias", "[4]", "i8")),
            "its tensor 'lstm.0.bias' is of dtype i8, in which matrices of weights are stored and no others", "lstm.0.bias");
        yield return ("one matrix that is not", () => Changed("lstm.0.recurrent", ("lstm.0.recurrent", "[1,4]", "bf16")),
            "its tensor 'lstm.0.recurrent' is of dtype bf16, and others are of i8; where one matrix is, all are", "lstm.0.recurrent");
        yield return ("scales before their tensor", () => Int8Files.ByHand(change: t => t.Reverse(0, 2)),
            "the training is not as the format asks: it says 18 parameters, the tensors hold 20", "training");
        yield return ("one tensor too many", () => Int8Files.ByHand(change: t => t.Add(("w.scale", "[1]", "f32"))),
            "the training is not as the format asks: it says 18 parameters, the tensors hold 19", "training");
    }

    [Test]
    public async Task Every_kind_of_model_is_written_read_and_written_again_to_the_same_bytes()
    {
        byte[] language = Int8Files.Of(LanguageModelBytes.Make(), LanguageModelFile.Format);
        await Assert.That(LanguageModelFile.Load(language).Model.Layout.Weights).IsEqualTo(WeightFormat.Int8);
        await Assert.That(Again(language, LanguageModelFile.Format)).IsTrue();
        byte[] regressor = Int8Files.Of(SequenceModelBytes.Regressor(), RegressorFile.Format);
        await Assert.That(RegressorFile.Load(regressor).Regressor.Model.Layout.Weights).IsEqualTo(WeightFormat.Int8);
        await Assert.That(Again(regressor, RegressorFile.Format)).IsTrue();
        foreach (byte[] classifier in (byte[][])[SequenceModelBytes.Classifier(), SequenceModelBytes.SequenceClassifier()])
        {
            byte[] small = Int8Files.Of(classifier, ClassifierFile.Format);
            await Assert.That(ClassifierFile.Load(small).Classifier.Model.Layout.Weights).IsEqualTo(WeightFormat.Int8);
            await Assert.That(Again(small, ClassifierFile.Format)).IsTrue();
        }

        byte[] tagger = Int8Files.Of(SequenceModelBytes.Tagger(), TaggerFile.Format);
        await Assert.That(TaggerFile.Load(tagger).Tagger.Model.Layout.Weights).IsEqualTo(WeightFormat.Int8);
        await Assert.That(Again(tagger, TaggerFile.Format)).IsTrue();
        byte[] translator = Int8Files.Of(TranslatorBytes.Translator(), TranslatorFile.Format);
        await Assert.That(TranslatorFile.Load(translator).Translator.Model.Layout.Weights).IsEqualTo(WeightFormat.Int8);
        await Assert.That(Again(translator, TranslatorFile.Format)).IsTrue();
        byte[] stack = Int8Files.Of(SequenceModelBytes.Bytes(path => RecurrentStackFile.Save(path, NewStack())), RecurrentStackFile.Format);
        await Assert.That(RecurrentStackFile.Load(stack).Layout.Weights).IsEqualTo(WeightFormat.Int8);
        await Assert.That(Again(stack, RecurrentStackFile.Format)).IsTrue();
    }

    /// <summary>Against the rule of the format, from the floats.</summary>
    [Test]
    public async Task Weights_are_rounded_as_the_format_says()
    {
        RecurrentStack stack = NewStack();
        byte[] bytes = SequenceModelBytes.Bytes(path => RecurrentStackFile.Save(path, stack.ConvertTo(WeightFormat.Int8)));
        using var file = TsdFile.Open(bytes, "a stack");
        int matrices = 0;
        foreach (TensorSlot slot in stack.Layout.Tensors)
        {
            float[] weights = stack.Parameters[slot].ToArray();
            if (slot.Shape.Length != 2)
            {
                float[] same = new float[weights.Length];
                file.ReadTensor(slot.Name, same);
                await Assert.That(same).IsEquivalentTo(weights, CollectionOrdering.Matching);
                continue;
            }

            matrices++;
            (int rows, int columns) = (slot.Shape[0], slot.Shape[1]);
            (sbyte[] values, float[] scales) = (new sbyte[weights.Length], new float[columns]);
            await Assert.That(file.TryReadTensor(slot.Name, values, out _)).IsTrue();
            file.ReadTensor(slot.Name + ".scale", scales);
            var wrong = new List<string>();
            for (int n = 0; n < columns; n++)
            {
                float largest = Enumerable.Range(0, rows).Max(k => Math.Abs(weights[(k * columns) + n]));
                if (scales[n] != largest / 127f) wrong.Add($"scale {n} of {slot.Name}");
                for (int k = 0; k < rows; k++)
                {
                    double expected = Math.Round((double)(weights[(k * columns) + n] / scales[n]), MidpointRounding.ToEven);
                    if (values[(k * columns) + n] != expected) wrong.Add($"number {k}, {n} of {slot.Name}");
                }
            }

            await Assert.That(wrong).IsEmpty();
        }

        await Assert.That(matrices).IsEqualTo(4);
    }

    [Test]
    public async Task A_column_of_zeros_has_the_scale_1()
    {
        var stack = new RecurrentStack(new() { Cell = CellKind.Lstm, InputSize = 2, HiddenSize = 1 });
        byte[] bytes = SequenceModelBytes.Bytes(path => RecurrentStackFile.Save(path, stack.ConvertTo(WeightFormat.Int8)));
        using var file = TsdFile.Open(bytes, "a stack");
        float[] scales = new float[4];
        file.ReadTensor("lstm.0.input.scale", scales);
        await Assert.That(scales).IsEquivalentTo([1f, 1f, 1f, 1f], CollectionOrdering.Matching);
        await Assert.That(RecurrentStackFile.Load(bytes).Layout.Weights).IsEqualTo(WeightFormat.Int8);
    }

    [Test]
    public async Task A_weight_that_would_be_read_back_infinite_is_not_written()
    {
        RecurrentStack stack = NewStack();
        stack.Parameters[stack.Layout.Tensors[1]][0] = float.MaxValue;
        FileProblem problem = Refused.By(() => SequenceModelBytes.Bytes(
            path => RecurrentStackFile.Save(path, stack.ConvertTo(WeightFormat.Int8))));
        await Assert.That((problem.Kind, problem.Part)).IsEqualTo((FileProblemKind.NumberTooLarge, "lstm.0.recurrent"));
        await Assert.That(problem.Message).EndsWith("was not written: tensor 'lstm.0.recurrent' has a weight too large for i8. Use f32.");
    }

    [Test]
    public async Task A_model_of_16_bits_is_written_as_such_and_one_of_floats_is_not_rounded_to_8_in_passing()
    {
        RecurrentStack stack = NewStack();
        byte[] bytes = SequenceModelBytes.Bytes(path => RecurrentStackFile.Save(path, stack.ConvertTo(WeightFormat.BFloat16)));
        using var file = TsdFile.Open(bytes, "a stack");
        await Assert.That(file.Tensors.All(t => t.Dtype == (t.Shape.Length == 2 ? "bf16" : "f32"))).IsTrue();
        await Assert.That(() => SequenceModelBytes.Bytes(path => RecurrentStackFile.Save(path, stack, storage: TensorStorage.I8)))
            .Throws<ArgumentException>().WithMessage("weights are not rounded to i8 as they are written; convert the model first");
    }

    /// <summary>Training and sessions' states are of floats.</summary>
    [Test]
    public async Task Checkpoints_refuse_whole_numbers()
    {
        byte[] bytes = TsdBytes.File(
            $$"""{"kind":"x","tensors":[{{TsdBytes.Entry("w", "[2]", 0, 2, TsdBytes.Hash([1, 2]), "i8")}}]}""", [1, 2, .. new byte[62]]);
        using var file = TsdFile.Open(bytes, "numbers");
        FileProblem? problem = TensorComparison.FindFault(file, FileProblemKind.CheckpointInvalid, "run", "recipe", [new("w", [2])]);
        await Assert.That(problem!.Message)
            .Contains("its tensor 'w' is of dtype i8, in which matrices of weights are stored and no others");
        problem = TensorComparison.FindFault(file, FileProblemKind.CheckpointInvalid, "run", "recipe", [new("w", [2], true)]);
        await Assert.That(problem).IsNull();
    }

    private static byte[] With(string tensor, byte[] numbers) => Int8Files.ByHand(new Dictionary<string, byte[]> { [tensor] = numbers });

    private static byte[] Changed(string name, (string, string, string) tensor) =>
        Int8Files.ByHand(change: tensors => tensors[tensors.FindIndex(t => t.Name == name)] = tensor);

    private static bool Again<TContent, TModel>(byte[] file, ModelFormat<TContent, TModel> format)
        where TContent : class
        where TModel : class =>
        Int8Files.Of(file, format).AsSpan().SequenceEqual(file);

    private static RecurrentStack NewStack()
    {
        var stack = new RecurrentStack(new() { Cell = CellKind.Lstm, InputSize = 7, HiddenSize = 19, LayerCount = 2 });
        var random = new Random(3);
        foreach (ref float value in stack.Parameters.Values) value = (random.NextSingle() - 0.5f) * MathF.Exp(6f * random.NextSingle());
        return stack;
    }

    private static float[] Floats(LanguageModel model, string name)
    {
        TensorSlot slot = model.Layout.Tensors.First(tensor => tensor.Name == name);
        float[] values = new float[slot.Length];
        model.Parameters.CopyTo(slot, values);
        return values;
    }
}
