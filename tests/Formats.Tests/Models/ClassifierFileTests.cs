using TinySD.Formats.Models;
using TinySD.Formats.Text;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Training;
using DecimalMark = TinySD.Formats.Tables.DecimalMark;

namespace TinySD.Formats.Tests;

/// <summary>The rules of FORMAT.md, "Kind classifier": what is written is read, and each rule broken in a file that is otherwise
/// right.</summary>
public sealed class ClassifierFileTests
{
    private static readonly ClassifierRecipe s_recipe = new()
    {
        Name = "test",
        HiddenSize = 3,
        EmbeddingSize = 2,
        Cell = CellKind.Gru,
        Direction = RecurrentDirection.Bidirectional,
        ReadOut = ReadOut.Mean,
        MaxLength = 9,
        Epochs = 2,
    };

    [Test]
    public async Task A_classifier_of_texts_comes_back_and_says_the_same()
    {
        using var folder = new TestFolder();
        (Classifier classifier, ClassifierDescription described) = OfTexts();
        ClassifierFile.Save(folder["a.tsd"], classifier, described);
        ClassifierFile.Save(folder["b.tsd"], classifier, described);
        await Assert.That(await File.ReadAllBytesAsync(folder["b.tsd"]))
            .IsEquivalentTo(await File.ReadAllBytesAsync(folder["a.tsd"]), TUnit.Assertions.Enums.CollectionOrdering.Matching);
        LoadedClassifier loaded = ClassifierFile.Load(folder["a.tsd"]);
        await Assert.That(string.Join(' ', loaded.Classifier.Form.Labels)).IsEqualTo("neg pos");
        await Assert.That(loaded.Description.Training.Recipe).IsEqualTo(s_recipe);
        await Assert.That(loaded.Description.Training.Data).IsEqualTo(described.Training.Data);
        await Assert.That(loaded.Description.Training.Epochs.Single().Valid).IsEqualTo(new Measurement(0.5, 0.75));
        await Assert.That(loaded.Description.Texts).IsEqualTo(new TextReading { IsLowerCase = true, MaxLength = 9 });
        await Assert.That(string.Join(' ', loaded.Encode("B zz a"))).IsEqualTo("1 2 0");
        double[] expected = new ClassifierSession(classifier).Classify([1, 2, 0]).ToArray();
        await Assert.That(new ClassifierSession(loaded.Classifier).Classify(loaded.Encode("B zz a")).ToArray())
            .IsEquivalentTo(expected, TUnit.Assertions.Enums.CollectionOrdering.Matching);
    }

    [Test]
    public async Task A_classifier_of_numbers_comes_back_with_its_scales()
    {
        using var folder = new TestFolder();
        var form = new ClassifierForm
        {
            Labels = ["a", "b", "c"],
            IsMultiLabel = true,
            Inputs = ["x", "y"],
            InputScales = [new(1.25, 2), new(-1e-3, 1)],
        };
        ClassifierRecipe recipe = s_recipe with { IsMultiLabel = true };
        var classifier = new Classifier(new SequenceModel(recipe.ToConfig(0, 2, 3)), form);
        classifier.Model.Initialize(1, 0.5f, 0f, InitScheme.Uniform);
        ClassifierFile.Save(folder["a.tsd"], classifier, new(form, null, null, new("run", "kind", DecimalMark.Comma), RecordOf(recipe)));
        LoadedClassifier loaded = ClassifierFile.Load(folder["a.tsd"]);
        ClassifierForm read = loaded.Classifier.Form;
        await Assert.That(string.Join(' ', read.Labels.Concat(read.Inputs))).IsEqualTo("a b c x y");
        await Assert.That(read.IsMultiLabel).IsTrue();
        await Assert.That(read.InputScales.SequenceEqual(form.InputScales)).IsTrue();
        await Assert.That(loaded.Description.Table).IsEqualTo(new SequenceColumns("run", "kind", DecimalMark.Comma));
        await Assert.That(loaded.Description.Vocabulary).IsNull();
        await Assert.That(() => loaded.Encode("x")).Throws<InvalidOperationException>();
        double[] rows = [1, 2, double.NaN, 4];
        await Assert.That(new ClassifierSession(loaded.Classifier).Classify(rows).ToArray())
            .IsEquivalentTo(new ClassifierSession(classifier).Classify(rows).ToArray(), TUnit.Assertions.Enums.CollectionOrdering.Matching);
    }

    [Test]
    [Arguments("\"labels\":[\"neg\",\"pos\"]", "\"labels\":[\"neg\",\"neg\"]", FileProblemKind.ModelInvalid, "a label stands twice")]
    [Arguments("\"labels\":[\"neg\",\"pos\"]", "\"labels\":[\"neg\"]", FileProblemKind.ModelInvalid, "at least 2")]
    [Arguments("\"labels\":[\"neg\",\"pos\"]", "\"labels\":[\"neg\",null]", FileProblemKind.ModelInvalid, "null")]
    [Arguments("\"labels\":[\"neg\",\"pos\"]", "\"labels\":[\"neg\",\"pos\",\"x\"]", FileProblemKind.ModelInvalid, "the layout needs 256")]
    [Arguments("\"lowerCase\":true", "\"lowercase\":true", FileProblemKind.HeaderInvalid, "lowercase")]
    [Arguments("\"lowerCase\":true", "\"id\":\"x\",\"label\":\"y\"", FileProblemKind.ModelInvalid, "id and label")]
    [Arguments("\"lowerCase\":true", "\"columns\":[{\"name\":\"x\",\"offset\":0,\"scale\":1}]", FileProblemKind.ModelInvalid, "one of")]
    [Arguments("\"tokens\":[\"a\",\"b\",\"<unk>\"]", "\"tokens\":[\"a\",\"b\",\"c\"]", FileProblemKind.ModelInvalid, "has no <unk>")]
    [Arguments("\"tokens\":[\"a\",\"b\",\"<unk>\"]", "\"tokens\":[\"a\",\"<unk>\"]", FileProblemKind.ModelInvalid, "embedding")]
    [Arguments("\"lineMarks\":\"none\",", "", FileProblemKind.ModelInvalid, "<eos>")]
    [Arguments("\"lineMarks\":\"none\",", "\"lineMarks\":\"none\",\"lowerCase\":true,", FileProblemKind.ModelInvalid, "only those")]
    [Arguments("\"lineMarks\":\"none\",", "\"lineMarks\":\"none\",\"tokenize\":\"simple\",", FileProblemKind.ModelInvalid, "only those of")]
    [Arguments("\"vocabulary\":", "\"words\":", FileProblemKind.ModelInvalid, "lowerCase")]
    [Arguments("\"readOut\":\"mean\"", "\"readOut\":\"median\"", FileProblemKind.ModelInvalid, "median")]
    [Arguments("\"maxLength\":9", "\"maxLength\":0", FileProblemKind.ModelInvalid, "MaxLength")]
    [Arguments("\"hiddenSize\":3", "\"hiddenSize\":4", FileProblemKind.ModelInvalid, "the layout needs 272")]
    [Arguments("\"sequences\":20", "\"sequences\":-20", FileProblemKind.ModelInvalid, "fewer than 0")]
    [Arguments("\"kind\":\"classifier\"", "\"kind\":\"language-model\"", FileProblemKind.WrongKind, "language-model")]
    public async Task A_broken_rule_is_named(string right, string wrong, FileProblemKind kind, string says)
    {
        using var folder = new TestFolder();
        (Classifier classifier, ClassifierDescription described) = OfTexts();
        ClassifierFile.Save(folder["a.tsd"], classifier, described);
        (string header, byte[] data) = TsdBytes.Split(await File.ReadAllBytesAsync(folder["a.tsd"]));
        if (!header.Contains(right, StringComparison.Ordinal)) throw new InvalidOperationException($"{right} is not in {header}");
        string path = folder.Put("b.tsd", TsdBytes.File(header.Replace(right, wrong, StringComparison.Ordinal), data));
        FileProblem problem = Refused.By(() => ClassifierFile.Load(path));
        await Assert.That(problem.Kind).IsEqualTo(kind).Because(problem.Message);
        await Assert.That(problem.Message).Contains(says);
    }

    [Test]
    public async Task What_does_not_belong_together_is_not_written()
    {
        using var folder = new TestFolder();
        (Classifier classifier, ClassifierDescription described) = OfTexts();
        Vocabulary other = new(TextLevel.Word, ["a", "<unk>"], LineMarks.None), marked = new(TextLevel.Word, ["a", "<eos>", "<unk>"]);
        foreach (ClassifierDescription wrong in (ClassifierDescription[])
        [
            described with { Vocabulary = other }, described with { Vocabulary = marked }, described with { Texts = null },
            described with { Table = new("x", "y") }, described with { Training = RecordOf(s_recipe with { HiddenSize = 4 }) },
        ])
        {
            await Assert.That(() => ClassifierFile.Save(folder["a.tsd"], classifier, wrong)).Throws<ArgumentException>();
        }

        await Assert.That(folder.Names()).IsEmpty();
    }

    private static (Classifier, ClassifierDescription) OfTexts()
    {
        var form = new ClassifierForm { Labels = ["neg", "pos"] };
        Vocabulary vocabulary = new(TextLevel.Word, ["a", "b", "<unk>"], LineMarks.None);
        var classifier = new Classifier(new SequenceModel(s_recipe.ToConfig(3, 0, 2)), form);
        classifier.Model.Initialize(1, 0.5f, 0f, InitScheme.Uniform);
        var texts = new TextReading { IsLowerCase = true, MaxLength = s_recipe.MaxLength };
        return (classifier, new(form, vocabulary, texts, null, RecordOf(s_recipe)));
    }

    private static TrainingRecord<ClassifierRecipe, SequencesRecord> RecordOf(ClassifierRecipe recipe) => new()
    {
        Recipe = recipe,
        Data = new() { Train = new("folder/t.txt", 20), Valid = new("v.txt", 5) },
        Epochs = [new EpochOutcome(1, 0, new(0.6, double.NaN), new(0.5, 0.75), 1f, 0, 0)],
    };
}
