using System.Text.Json;
using TinySD.Formats.Checkpoints;
using TinySD.Formats.Models;
using TinySD.Formats.Text;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Training;

namespace TinySD.Formats.Tests;

/// <summary>The rules of FORMAT.md, "Kind translator": what is written is read, and each rule broken in a file that is otherwise
/// right.</summary>
public sealed class TranslatorFileTests
{
    public static IEnumerable<Func<(TranslatorRecipe, TranslationUnits)>> Kinds() =>
    [
        () => (TranslatorBytes.Recipe, TranslatorBytes.Pieces),
        () => (TranslatorBytes.Plain, TranslatorBytes.OfWords),
        () => (TranslatorBytes.Plain with { SharesEmbedding = true }, TranslatorBytes.Shared),
    ];

    [Test]
    [MethodDataSource(nameof(Kinds))]
    public async Task A_translator_comes_back_and_says_the_same(TranslatorRecipe recipe, TranslationUnits units)
    {
        using var folder = new TestFolder();
        LoadedTranslator loaded = TranslatorFile.Load(folder.Put("a.tsd", TranslatorBytes.Translator(recipe, units)));
        byte[] written = await File.ReadAllBytesAsync(folder["a.tsd"]);
        await Assert.That(TranslatorBytes.Translator(recipe, units).AsSpan().SequenceEqual(written)).IsTrue();
        TranslationUnits read = loaded.Description.Units;
        await Assert.That(Shown(read.Source)).IsEqualTo(Shown(units.Source));
        await Assert.That(Shown(read.Target)).IsEqualTo(Shown(units.Target));
        await Assert.That(read.IsShared).IsEqualTo(units.IsShared);
        await Assert.That(loaded.Translator.Form.JoinsPieces).IsEqualTo(units.Form.JoinsPieces);
        await Assert.That(string.Join(' ', loaded.Translator.Form.TargetUnits)).IsEqualTo(string.Join(' ', units.Form.TargetUnits));
        TrainingRecord<TranslatorRecipe, PairsRecord> training = loaded.Description.Training;
        await Assert.That(training.Recipe).IsEqualTo(recipe);
        await Assert.That(training.Data).IsEqualTo(TranslatorBytes.RecordOf(recipe).Data);
        await Assert.That((training.Data.Train.Source, training.Data.Train.Target)).IsEqualTo(("t.de", "t.en"));
        await Assert.That(training.Epochs.Single().Valid).IsEqualTo(new Measurement(3.25, 12.5));
        await Assert.That(training.Test).IsEqualTo(new Measurement(3.5, 11.75));
        await Assert.That(Translated(loaded.Translator)).IsEqualTo(Translated(TranslatorBytes.NewTranslator(recipe, units)));
    }

    [Test]
    public async Task Lines_are_read_as_in_training()
    {
        using var folder = new TestFolder();
        EncodedSentence sentence = TranslatorFile.Load(TranslatorBytes.Translator()).Encode(" ABC\tde  ☃\u00A0 <s> ");
        await Assert.That(string.Join(' ', sentence.Units)).IsEqualTo("4 0 5 0 0 0");
        await Assert.That(string.Join('|', sentence.Words)).IsEqualTo("abc|abc|de|☃\u00A0|☃\u00A0|<s>");
        await Assert.That(TranslatorFile.Load(TranslatorBytes.Translator()).Encode("").Units).IsEmpty();
    }

    [Test]
    [Arguments("[\"<unk>\",\"<s>\",\"</s>\",\"a@@\"|[\"<unk>\",\"</s>\",\"<s>\",\"a@@\"", FileProblemKind.ModelInvalid, "<unk>, <s>, </s>")]
    [Arguments("\"a@@\",\"ab@@\"|\"a@@\",\"a@@\"", FileProblemKind.ModelInvalid, "there twice")]
    [Arguments("\"a@@\",\"ab@@\"|\"a@@\"", FileProblemKind.ModelInvalid, "source.embedding")]
    [Arguments("\"x\",\"y\"]|\"x\"]", FileProblemKind.ModelInvalid, "classifier.weight")]
    [Arguments("\"ab@@\",\"de\"]|\"ac@@\",\"ed\"]", FileProblemKind.ModelInvalid, "not those of the vocabulary: they make 0 of its 2")]
    [Arguments("\"lineMarks\":\"none\",|", FileProblemKind.ModelInvalid, "<eos>")]
    [Arguments("\"target\":{|\"targets\":{", FileProblemKind.ModelInvalid, "targets")]
    [Arguments("\"lowerCase\":true|\"lowerCase\":1", FileProblemKind.HeaderInvalid, "lowerCase")]
    [Arguments("\"lowerCase\":true|\"lower\":true", FileProblemKind.HeaderInvalid, "lower")]
    [Arguments("\"a b\"|\"a b c\"", FileProblemKind.ModelInvalid, "merge 0 is no two symbols")]
    [Arguments("\"a b\"|\"a\"", FileProblemKind.ModelInvalid, "merge 0 is no two symbols")]
    [Arguments("\"a b\"|\" b\"", FileProblemKind.ModelInvalid, "merge 0 has an empty symbol")]
    [Arguments("\"a b\"|null", FileProblemKind.ModelInvalid, "merge 0 is no two symbols")]
    [Arguments("\"a b\"|7", FileProblemKind.HeaderInvalid, "merges[0]")]
    [Arguments("\"merges\":[|\"marksEndApart\":3,\"merges\":[", FileProblemKind.HeaderInvalid, "marksEndApart")]
    [Arguments("\"sharedEmbedding\":false|\"sharedEmbedding\":true", FileProblemKind.ModelInvalid, "two different ones, of 6 units and 7")]
    [Arguments("\"attention\":\"concat\"|\"attention\":\"luong\"", FileProblemKind.ModelInvalid, "luong")]
    [Arguments("\"attention\":\"concat\"|\"attention\":\"dot\"", FileProblemKind.ModelInvalid, "dot attention needs")]
    [Arguments("\"attention\":\"concat\"|\"attention\":\"general\"", FileProblemKind.ModelInvalid, "tensors")]
    [Arguments("\"bridge\":\"dense\"|\"bridge\":\"copy\"", FileProblemKind.ModelInvalid, "copied")]
    [Arguments("\"attentionSize\":4|\"attentionSize\":5", FileProblemKind.ModelInvalid, "tied")]
    [Arguments("\"scaled\":true|\"scaled\":false", FileProblemKind.ModelInvalid, "tensors")]
    [Arguments("\"labelSmoothing\":0.3|\"labelSmoothing\":1", FileProblemKind.ModelInvalid, "LabelSmoothing")]
    [Arguments("\"maxLength\":40,|", FileProblemKind.HeaderInvalid, "maxLength")]
    [Arguments("\"averageLast\":3|\"averageLast\":0", FileProblemKind.ModelInvalid, "AverageLast")]
    [Arguments("\"pairs\":20|\"pairs\":-20", FileProblemKind.ModelInvalid, "fewer than 0")]
    [Arguments("\"pairs\":20|\"pairs\":\"20\"", FileProblemKind.HeaderInvalid, "train.pairs is the string '20'")]
    [Arguments("\"kind\":\"translator\"|\"kind\":\"tagger\"", FileProblemKind.WrongKind, "tagger")]
    public async Task A_broken_rule_is_named(string change, FileProblemKind kind, string says)
    {
        using var folder = new TestFolder();
        string path = SequenceFilesTests.Broken(folder, TranslatorBytes.Translator(), change);
        FileProblem problem = Refused.By(() => TranslatorFile.Load(path));
        await Assert.That(problem.Kind).IsEqualTo(kind).Because(problem.Message);
        await Assert.That(problem.Message).Contains(says);
    }

    [Test]
    [Arguments("\"merges\":[", "codes")]
    [Arguments("\"tokens\":[", "source")]
    public async Task Lists_that_no_tensor_justifies_are_not_made(string list, string section)
    {
        using var folder = new TestFolder();
        string many = string.Concat(Enumerable.Range(0, 90_000).Select(i => $"\"x{i} y\","));
        string path = SequenceFilesTests.Broken(folder, TranslatorBytes.Translator(), $"{list}|{list}{many}");
        await Assert.That(Refused.By(() => TranslatorFile.Load(path)).Message).Contains($"'{section}' has 90,").And.Contains("at most ");
    }

    [Test]
    public async Task What_does_not_belong_together_is_not_written()
    {
        using var folder = new TestFolder();
        TranslatorRecipe recipe = TranslatorBytes.Plain;
        TranslationUnits units = TranslatorBytes.OfWords;
        Translator translator = TranslatorBytes.NewTranslator(recipe, units);
        var right = new TranslatorDescription(units, TranslatorBytes.RecordOf(recipe));
        SentenceUnits other = new(new Vocabulary(TextLevel.Word, [.. SentenceUnits.Marks, "a", "b", "c"], LineMarks.None));
        SentenceUnits lower = new(units.Target.Vocabulary, null, isLowerCase: true);
        foreach (TranslatorDescription wrong in (TranslatorDescription[])
        [
            right with { Units = new(units.Source, units.Source) },
            right with { Units = new(units.Source, other) },
            right with { Units = new(units.Source, lower) },
            right with { Training = TranslatorBytes.RecordOf(recipe with { HiddenSize = 6 }) },
            right with { Training = TranslatorBytes.RecordOf(recipe with { SharesEmbedding = true }) },
        ])
        {
            await Assert.That(() => TranslatorFile.Save(folder["a.tsd"], translator, wrong)).Throws<ArgumentException>();
        }

        // One embedding for two vocabularies of one size: nothing else would tell.
        SentenceUnits third = new(new Vocabulary(TextLevel.Word, [.. SentenceUnits.Marks, "a", "b"], LineMarks.None));
        var apart = new TranslationUnits(units.Source, third);
        TranslatorRecipe shared = recipe with { SharesEmbedding = true };
        await Assert.That(() => TranslatorFile.Save(
            folder["a.tsd"], TranslatorBytes.NewTranslator(shared, apart), new(apart, TranslatorBytes.RecordOf(shared))))
            .Throws<ArgumentException>().WithMessageContaining("one embedding for both sides needs one vocabulary");
        await Assert.That(folder.Names()).IsEmpty();
        TranslatorFile.Save(folder["a.tsd"], translator, right);
        await Assert.That(TranslatorFile.TryLoad(folder["a.tsd"], out _, out _)).IsTrue();
    }

    [Test]
    [Arguments("\"task\":\"translator\"|\"task\":\"tagger\"", FileProblemKind.WrongKind)]
    [Arguments("\"count\":6|\"count\":2", FileProblemKind.CheckpointInvalid)]
    [Arguments("\"--lower-case\":\"true\"|\"--lower-case\":null", FileProblemKind.CheckpointInvalid)]
    [Arguments("\"pairs\":20|\"pairs\":0", FileProblemKind.CheckpointInvalid)]
    [Arguments("44444444\"|4444444G\"", FileProblemKind.CheckpointInvalid)]
    [Arguments("66666666\"|6666666G\"", FileProblemKind.CheckpointInvalid)]
    [Arguments("\"sourceVocabulary\":{|\"vocabulary\":{", FileProblemKind.HeaderInvalid)]
    public async Task A_checkpoint_that_is_not_as_the_format_asks_is_refused(string change, FileProblemKind kind)
    {
        using var folder = new TestFolder();
        string path = SequenceFilesTests.Broken(folder, TranslatorBytes.Run(), change);
        await Assert.That(TranslatorCheckpoint.Format.TryOpen(path, out _, out FileProblem? problem)).IsFalse();
        await Assert.That(problem!.Kind).IsEqualTo(kind).Because(problem.Message);
    }

    [Test]
    public async Task A_run_comes_back_as_it_was()
    {
        using var folder = new TestFolder();
        folder.Put("c.tsd", TranslatorBytes.Run());
        await Assert.That(TranslatorCheckpoint.Format.TryOpen(folder["c.tsd"], out var run, out _)).IsTrue();
        using (run)
        {
            RunPairs data = run!.Content.Data;
            await Assert.That(run.Content.Recipe).IsEqualTo(TranslatorBytes.Recipe);
            await Assert.That((data.SourceVocabulary.Count, data.TargetVocabulary.Count)).IsEqualTo((6, 7));
            await Assert.That(data.Train).IsEqualTo(new PairsFingerprint("t.de", "t.en", 20, new('1', 32)));
            await Assert.That(data.Test!.Target).IsEqualTo("/x.en");
            await Assert.That(data.Codes).IsEqualTo(new string('6', 32));
            await Assert.That(data.Reading!.Single().Key).IsEqualTo("--lower-case");
        }
    }

    [Test]
    public async Task Pairs_and_codes_are_known_again_by_their_fingerprints()
    {
        TranslationUnits units = TranslatorBytes.OfWords;
        string[] found =
        [
            Of("der Hund|Hund", "the dog|dog"), Of("der|Hund Hund", "the dog|dog"), Of("der Hund|Hund", "the dog dog|"),
            Of("der Hund|der", "the dog|dog"), Of("der Hund|Hund", "the cat|dog"), Of("der Hund|Hund", "the bird|dog"),
        ];
        await Assert.That(Of("der Hund|Hund", "the dog|dog")).IsEqualTo(found[0]);

        // What is not known differs by the words that it is compared with.
        await Assert.That(found.Distinct().Count()).IsEqualTo(found.Length);
        string[] codes =
        [
            Fingerprint.Of(TranslatorBytes.Codes), Fingerprint.Of(new BytePairCodes(TranslatorBytes.Codes.Merges, marksEndApart: true)),
            Fingerprint.Of(new BytePairCodes(TranslatorBytes.Codes.Merges.Take(2))), Fingerprint.Of(new BytePairCodes([new("ab", "c")])),
            Fingerprint.Of(new BytePairCodes([new("a", "bc")])),
        ];
        await Assert.That(codes.Distinct().Count()).IsEqualTo(codes.Length);

        string Of(string sources, string targets) =>
            Fingerprint.Of(units.Encode(new ParallelTexts(Sentences(sources), Sentences(targets))));
    }

    // What the table of figures forgets would be lost. Those of every task are held to the file by the tests of language models' files.
    [Test]
    public async Task Every_property_of_a_translators_own_recipe_is_in_the_file()
    {
        using var json = JsonDocument.Parse(TsdBytes.Split(TranslatorBytes.Translator()).Header);
        JsonElement recipe = json.RootElement.GetProperty("training").GetProperty("recipe");
        string[] own = [.. typeof(TranslatorRecipe).GetProperties()
            .Where(property => property.CanWrite && property.DeclaringType == typeof(TranslatorRecipe))
            .Select(property => char.ToLowerInvariant(property.Name[0]) + property.Name[1..])];
        await Assert.That(string.Join(' ', own.Where(name => !recipe.TryGetProperty(name, out _)).Order()))
            .IsEqualTo("hasInputFeeding isScaled selectsByLoss sharesEmbedding tiesWeights");
        foreach (string name in (string[])["inputFeeding", "scaled", "selectByLoss", "sharedEmbedding", "tieWeights"])
            await Assert.That(recipe.TryGetProperty(name, out _)).IsTrue();
    }

    [Test]
    public async Task Every_preset_has_a_word_for_all_of_its_figures()
    {
        foreach (TranslatorRecipe preset in TranslatorRecipe.Presets)
        {
            LoadedTranslator loaded = TranslatorFile.Load(TranslatorBytes.Translator(preset, TranslatorBytes.OfWords));
            await Assert.That(loaded.Description.Training.Recipe).IsEqualTo(preset);
        }
    }

    private static string Translated(Translator translator) =>
        string.Join(' ', new TranslatorSession(translator).Translate([3, 0, 4])[0].Units);

    private static string[][] Sentences(string text) => [.. text.Split('|').Select(ParallelTexts.WordsOf)];

    private static string Shown(SentenceUnits units) =>
        $"{string.Join(' ', units.Vocabulary.Tokens)} {units.IsLowerCase} {units.JoinsPieces} {units.Codes?.Merges.Length}";
}
