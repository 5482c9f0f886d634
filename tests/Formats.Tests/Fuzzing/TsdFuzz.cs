using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using TinySD.Formats.Checkpoints;
using TinySD.Formats.Container;
using TinySD.Formats.Models;
using TinySD.Formats.Text;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Numerics;

namespace TinySD.Formats.Tests;

/// <summary>Language models of both levels, tied and not, in every number format, recurrent stacks, regressors, classifiers, taggers,
/// translators, checkpoints of all tasks, states of sessions, and files of other kinds.</summary>
internal sealed partial class TsdFuzz : FuzzFormat
{
    public override string Name => "tsd";

    public override bool IsChecksummed => true;

    public override IReadOnlyList<string> Words =>
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud800", "null", "true", "false", "1e999", "-1", "9223372036854775807",
        "18446744073709551616", "\n", "\0",
        "\uFEFF", "/**/", "é", "\"shape\":[],", "\"shape\":[1,1,1,1,1,1,1,1,1],", "\"dtype\":\"f16\"", "\"dtype\":\"bf16\"",
        "\"dtype\":\"i8\"",
        "\"kind\":\"language-model\",",
        "\"tensors\":[],", "\"name\":\"embedding\",", "[[[[[[[[[[[[[[[[[", "\"x\":{\"x\":", "\"<eos>\",", "\"<unk>\",",
        "\"level\":\"word\",", "\"note\":1,",
        "{\"name\":\"w\",\"dtype\":\"f32\",\"shape\":[1],\"offset\":0,\"bytes\":4,\"checksum\":\"00000000000000000000000000000000\"},",
    ];

    public override IReadOnlyList<FileProblemKind> Expected =>
    [
        FileProblemKind.Empty, FileProblemKind.Foreign, FileProblemKind.Truncated, FileProblemKind.TrailingBytes,
        FileProblemKind.PrologueDamaged, FileProblemKind.PrologueInvalid, FileProblemKind.NewerVersion, FileProblemKind.HeaderDamaged,
        FileProblemKind.HeaderInvalid,
        FileProblemKind.TensorInvalid, FileProblemKind.TensorUnsupported, FileProblemKind.TensorMisaligned, FileProblemKind.TensorOverlap,
        FileProblemKind.TensorGap, FileProblemKind.TensorOutsideFile, FileProblemKind.TensorDamaged, FileProblemKind.PaddingDamaged,
        FileProblemKind.WrongKind,
        FileProblemKind.ModelInvalid, FileProblemKind.NotFinite, FileProblemKind.CheckpointInvalid,
        FileProblemKind.StateInvalid, FileProblemKind.DoesNotFit,
    ];

    public override IReadOnlyList<byte[]> MakeSeeds() =>
    [
        TsdBytes.Example(),
        TsdBytes.File("""{"kind":"x","tensors":[]}"""),
        Make(new() { Name = "n", EmbeddingSize = 3, HiddenSize = 5, LayerCount = 2 }, new(TextLevel.Word, ["the", "<eos>", "größe"])),
        Make(new() { Name = "tied", EmbeddingSize = 4, HiddenSize = 4, LayerCount = 1, TieWeights = true,
            Dropout = new() { Kind = DropoutKind.Structured, Layer = 0.5f } },
            new(TextLevel.Character, ["a", "b", "<unk>"])),
        LanguageModelBytes.Make("f16", [0x00, 0x3C]),
        LanguageModelBytes.Make("bf16"),
        Int8Files.ByHand(),
        LanguageModelBytes.Make(),
        MakeStack(new() { Cell = CellKind.Gru, InputSize = 2, HiddenSize = 3, LayerCount = 2,
            Direction = RecurrentDirection.Bidirectional }),
        MakeStack(new() { Cell = CellKind.Lstm, InputSize = 1, HiddenSize = 2, Peepholes = true, Clip = 1.5f,
            Activations = [new(ActivationKind.HardSigmoid, 0.25f, 0.5f), new(ActivationKind.Relu), new(ActivationKind.Tanh)] }),
        MakeCheckpoint(),
        SequenceModelBytes.Regressor(),
        Int8Files.Of(SequenceModelBytes.Regressor(), RegressorFile.Format),
        SequenceModelBytes.Classifier(),
        SequenceModelBytes.SequenceClassifier(),
        SequenceModelBytes.RegressorRun(),
        SequenceModelBytes.ClassifierRun(),
        SequenceModelBytes.Tagger(),
        SequenceModelBytes.Tagger(SequenceModelBytes.OfWords with { Characters = null, HasCrf = false }),
        SequenceModelBytes.TaggerRun(),
        TranslatorBytes.Translator(),
        TranslatorBytes.Translator(TranslatorBytes.Plain with { SharesEmbedding = true }, TranslatorBytes.Shared),
        Int8Files.Of(TranslatorBytes.Translator(), TranslatorFile.Format),
        TranslatorBytes.Run(),
        SessionStateFile.ToBytes(SessionStateFileTests.Example()),
    ];

    public override FileProblem? ReadAll(string path)
    {
        bool isModel = LanguageModelFile.TryLoad(path, out LoadedLanguageModel? model, out FileProblem? problem);
        if (isModel && NumbersOf(model!.Model).AsSpan().ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
            throw new InvalidOperationException("a weight that is not finite was handed out");
        if (MappedLanguageModel.TryOpen(path, out MappedLanguageModel? mapped, out FileProblem? unmapped))
        {
            using (mapped)
            {
                if (mapped.TryGetModel(out LanguageModel? same, out unmapped) && isModel
                    && !NumbersOf(same).AsSpan().SequenceEqual(NumbersOf(model!.Model)))
                    throw new InvalidOperationException("a mapped model is another than the one that was read");
            }
        }

        if (unmapped?.Kind != problem?.Kind)
            throw new InvalidOperationException($"read: {problem?.Message ?? "accepted"}; mapped: {unmapped?.Message ?? "accepted"}");
        if (!TsdFile.TryOpen(path, out TsdFile? file, out FileProblem? closed))
            return isModel ? throw new InvalidOperationException(closed.Message) : closed;
        using (file)
        {
            IReadOnlyList<FileProblem> damaged = file.Verify();
            if (damaged.Count > 0) return isModel ? throw new InvalidOperationException(damaged[0].Message) : damaged[0];
            foreach (TsdTensor tensor in file.Tensors) file.ReadTensor(tensor.Name, new float[tensor.Count]);
            FileProblem? refused;
            switch (file.Kind)
            {
                case "example" or "x":
                    return null;
                case RecurrentStackFile.Kind:
                    RecurrentStackFile.TryLoad(path, out _, out refused);
                    return refused;
                case RegressorFile.Kind:
                    RegressorFile.TryLoad(path, out _, out refused);
                    return refused;
                case ClassifierFile.Kind:
                    ClassifierFile.TryLoad(path, out _, out refused);
                    return refused;
                case TaggerFile.Kind:
                    TaggerFile.TryLoad(path, out _, out refused);
                    return refused;
                case TranslatorFile.Kind:
                    TranslatorFile.TryLoad(path, out _, out refused);
                    return refused;
                case SessionStateFile.Kind:
                    IStreamingState[] states = SessionStateFileTests.Example();
                    byte[] before = SessionStateFile.ToBytes(states);
                    if (!SessionStateFile.TryLoad(file, states, out refused) && !SessionStateFile.ToBytes(states).SequenceEqual(before))
                        throw new InvalidOperationException("a state that was refused has changed something");
                    return refused;
                case CheckpointFile.Kind when CheckpointFile.TaskOf(file) == RegressorFile.Kind:
                    if (RegressorCheckpoint.Format.TryOpen(path, out var series, out refused)) series.Dispose();
                    return refused;
                case CheckpointFile.Kind when CheckpointFile.TaskOf(file) == ClassifierFile.Kind:
                    if (ClassifierCheckpoint.Format.TryOpen(path, out var sequences, out refused)) sequences.Dispose();
                    return refused;
                case CheckpointFile.Kind when CheckpointFile.TaskOf(file) == TaggerFile.Kind:
                    if (TaggerCheckpoint.Format.TryOpen(path, out var sentences, out refused)) sentences.Dispose();
                    return refused;
                case CheckpointFile.Kind when CheckpointFile.TaskOf(file) == TranslatorFile.Kind:
                    if (TranslatorCheckpoint.Format.TryOpen(path, out var pairs, out refused)) pairs.Dispose();
                    return refused;
                case CheckpointFile.Kind:
                    if (LanguageModelCheckpoint.Format.TryOpen(path, out var checkpoint, out refused)) checkpoint.Dispose();
                    return refused;
                default:
                    return problem;
            }
        }
    }

    private static float[] NumbersOf(LanguageModel model) => [.. model.Layout.Tensors.SelectMany(slot =>
    {
        float[] numbers = new float[slot.Length];
        model.Parameters.CopyTo(slot, numbers);
        return numbers;
    })];

    public override byte[] MutateInside(byte[] seed, byte[] other, Mutator mutator)
    {
        (byte[] header, byte[] data) = Split(seed);
        (byte[] otherHeader, byte[] otherData) = Split(other);
        int which = mutator.Random.Next(8);
        if (which < 3) header = mutator.Mutate(header, otherHeader);
        else if (which < 6) header = mutator.ChangeNumber(mutator.Random.Next(2) == 0 ? header : mutator.ChangeNumber(header));
        if (which is 2 or 5 or 6) data = mutator.Mutate(data, otherData);
        if (which == 7 && data.Length > 0) SetFloat(data, mutator.Random);

        // Padding that is not zero, and an end that is cut, are found anyhow; mostly there should be something behind them to find.
        if (mutator.Random.Next(4) != 0) Array.Resize(ref data, TsdBytes.Up(data.Length));
        if (mutator.Random.Next(4) != 0) header = FixTensors(header, data);
        byte[] file = TsdBytes.File(header, data);
        if (mutator.Random.Next(16) == 0) file[8] = (byte)mutator.Random.Next(4);
        if (mutator.Random.Next(16) == 0) file[12 + mutator.Random.Next(20)] = (byte)mutator.Random.Next(256);
        return TsdBytes.Seal(file);
    }

    private static void SetFloat(byte[] data, Random random)
    {
        float[] values = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.Epsilon, -0f];
        BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(4 * random.Next(data.Length / 4)), values[random.Next(values.Length)]);
    }

    private static (byte[] Header, byte[] Data) Split(byte[] file)
    {
        (string header, byte[] data) = TsdBytes.Split(file);
        return (Encoding.UTF8.GetBytes(header), data);
    }

    /// <summary>Makes the checksums right of all tensors whose entries can still be made out and that lie within the data.</summary>
    private static byte[] FixTensors(byte[] header, byte[] data) =>
        Encoding.Latin1.GetBytes(Place().Replace(Encoding.Latin1.GetString(header), match =>
    {
        bool isPlace = int.TryParse(match.Groups["offset"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int offset)
            & int.TryParse(match.Groups["bytes"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int bytes);
        return isPlace && (long)offset + bytes <= data.Length
            ? match.Groups["before"].Value + TsdBytes.Hash(data.AsSpan(offset, bytes)) : match.Value;
    }));

    [GeneratedRegex("(?<before>\"offset\":(?<offset>[0-9]+),\"bytes\":(?<bytes>[0-9]+),\"checksum\":\")[0-9a-f]{32}")]
    private static partial Regex Place();

    private static byte[] Make(TinySD.Runtime.Tasks.LanguageModelRecipe recipe, Vocabulary vocabulary)
    {
        using var folder = new TestFolder();
        var model = new LanguageModel(recipe.ToConfig(vocabulary.Count));
        model.Initialize(1, 0.1f);
        LanguageModelFile.Save(folder["m.tsd"], model, vocabulary, new()
        {
            Recipe = recipe,
            Data = new() { Train = new("t", 1), Valid = new("v", 1) },
            Epochs = [LanguageModelFileTests.Epoch(1, 2.5, 3.5, 1f)],
            Test = LanguageModelFileTests.Of(4),
        });
        return File.ReadAllBytes(folder["m.tsd"]);
    }

    private static byte[] MakeStack(RecurrentStackConfig config)
    {
        using var folder = new TestFolder();
        var stack = new RecurrentStack(config);
        foreach (ref float value in stack.Parameters.Values) value = 0.5f;
        RecurrentStackFile.Save(folder["s.tsd"], stack, "source.onnx");
        return File.ReadAllBytes(folder["s.tsd"]);
    }

    private static byte[] MakeCheckpoint()
    {
        using var folder = new TestFolder();
        return CheckpointFileTests.Save(folder);
    }
}
