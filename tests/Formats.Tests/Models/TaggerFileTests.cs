using System.Text.Json;
using TinySD.Formats.Checkpoints;
using TinySD.Formats.Models;
using TinySD.Formats.Text;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Training;

namespace TinySD.Formats.Tests;

/// <summary>The rules of FORMAT.md, "Kind tagger": what is written is read, and each rule broken in a file that is otherwise
/// right.</summary>
public sealed class TaggerFileTests
{
    public static IEnumerable<Func<TaggerRecipe>> Recipes() =>
    [
        () => SequenceModelBytes.OfWords,
        () => SequenceModelBytes.OfWords with { Characters = CharacterReading.Recurrent, HasCrf = false },
        () => SequenceModelBytes.OfWords with { Characters = null, Cell = Runtime.Layers.CellKind.Gru, LayerCount = 2 },
    ];

    [Test]
    [MethodDataSource(nameof(Recipes))]
    public async Task A_tagger_comes_back_and_says_the_same(TaggerRecipe recipe)
    {
        using var folder = new TestFolder();
        LoadedTagger loaded = TaggerFile.Load(folder.Put("a.tsd", SequenceModelBytes.Tagger(recipe)));
        byte[] written = await File.ReadAllBytesAsync(folder["a.tsd"]);
        await Assert.That(SequenceModelBytes.Tagger(recipe).AsSpan().SequenceEqual(written)).IsTrue();
        TaggerForm form = loaded.Tagger.Form;
        await Assert.That((string.Join(' ', form.Tags), form.Scheme, form.DataScheme))
            .IsEqualTo(("O B-PER I-PER", TagScheme.Iob2, TagScheme.Iob1));
        TaggerDescription described = loaded.Description;
        await Assert.That(described.Words.Reading).IsEqualTo(SequenceModelBytes.Words.Reading);
        await Assert.That(string.Join(' ', described.Words.Words.Tokens)).IsEqualTo("<unk> the 0");
        await Assert.That(string.Join(' ', described.Words.Characters.Tokens))
            .IsEqualTo(recipe.Characters is null ? "<unk>" : "<unk> T h e 0");
        await Assert.That(described.Columns).IsEqualTo(new ConllOptions { WordColumn = 2, TagColumn = 4 });
        await Assert.That(described.Training.Recipe).IsEqualTo(recipe);
        await Assert.That(described.Training.Data).IsEqualTo(SequenceModelBytes.RecordOf(recipe).Data);
        await Assert.That(described.Training.Data.Sets.Train.Name).IsEqualTo("t.conll");
        await Assert.That(described.Training.Data.Vectors).IsEqualTo(new VectorsRecord("glove.txt", 2));
        await Assert.That(described.Training.Epochs.Single().Valid).IsEqualTo(new Measurement(0.5, 0.75));
        await Assert.That(described.Training.Test).IsEqualTo(new Measurement(0.5, 0.7));
        TaggedSentences sentences = loaded.Encode(new ConllSentence(["The", "7", "zoo"]));
        await Assert.That(string.Join(' ', sentences.WordsOf(0).ToArray())).IsEqualTo("1 2 0");
        await Assert.That(Probabilities(loaded.Tagger, sentences).SequenceEqual(
            Probabilities(SequenceModelBytes.NewTagger(recipe), sentences))).IsTrue();
    }

    [Test]
    [Arguments("\"tags\":[\"O\",\"B-PER\",\"I-PER\"]|\"tags\":[\"O\",\"O\",\"I-PER\"]", FileProblemKind.ModelInvalid, "'O' is there twice")]
    [Arguments("\"tags\":[\"O\"|\"tags\":[\"\"", FileProblemKind.ModelInvalid, "a tag is empty")]
    [Arguments("\"tags\":[\"O\"|\"tags\":[null", FileProblemKind.ModelInvalid, "a tag is empty")]
    [Arguments("\"tags\":[\"O\",\"B-PER\",\"I-PER\"]|\"tags\":[]", FileProblemKind.ModelInvalid, "needs tags")]
    [Arguments("\"tags\":[\"O\",|\"tags\":[", FileProblemKind.ModelInvalid, "head.weight")]
    [Arguments("\"tags\":[\"O\",|\"tags\":[\"O\",\"x\",", FileProblemKind.ModelInvalid, "head.weight")]
    [Arguments("\"scheme\":\"iob2\",\"dataScheme\"|\"scheme\":\"bio\",\"dataScheme\"", FileProblemKind.ModelInvalid, "'bio'")]
    [Arguments("\"dataScheme\":\"iob1\"|\"dataScheme\":\"iob3\"", FileProblemKind.ModelInvalid, "iob3")]
    [Arguments("\"zeroDigits\":true|\"zerodigits\":true", FileProblemKind.HeaderInvalid, "zerodigits")]
    [Arguments("\"lowerCase\":true|\"lowerCase\":1", FileProblemKind.HeaderInvalid, "lowerCase")]
    [Arguments("\"wordColumn\":2|\"wordColumn\":0", FileProblemKind.ModelInvalid, "a column is 0")]
    [Arguments("\"tagColumn\":4|\"tagColumn\":\"4\"", FileProblemKind.HeaderInvalid, "tagColumn")]
    [Arguments("[\"<unk>\",\"the\",\"0\"]|[\"the\",\"<unk>\",\"0\"]", FileProblemKind.ModelInvalid, "the first of a tagger's words")]
    [Arguments("[\"<unk>\",\"the\",\"0\"]|[\"<unk>\",\"the\"]", FileProblemKind.ModelInvalid, "embedding")]
    [Arguments("\"lineMarks\":\"none\",|", FileProblemKind.ModelInvalid, "<eos>")]
    [Arguments("[\"<unk>\",\"T\"|[\"T\",\"<unk>\"", FileProblemKind.ModelInvalid, "the first of a tagger's words, and of its characters")]
    [Arguments("[\"<unk>\",\"T\"|[\"<unk>\",\"TT\"", FileProblemKind.ModelInvalid, "not one character")]
    [Arguments("\"characters\":{|\"alphabet\":{", FileProblemKind.ModelInvalid, "recipe reads characters")]
    [Arguments("\"characters\":\"cnn\"|\"characters\":\"none\"", FileProblemKind.ModelInvalid, "recipe reads characters")]
    [Arguments("\"characters\":\"cnn\"|\"characters\":\"rnn\"", FileProblemKind.ModelInvalid, "rnn")]
    [Arguments("\"characterWidth\":5|\"characterWidth\":4", FileProblemKind.ModelInvalid, "odd number")]
    [Arguments("\"decoder\":\"crf\"|\"decoder\":\"softmax\"", FileProblemKind.ModelInvalid, "15 tensors, its tagger makes 12")]
    [Arguments("\"decoder\":\"crf\",|", FileProblemKind.HeaderInvalid, "decoder")]
    [Arguments("\"unknownRate\":0.25|\"unknownRate\":1.5", FileProblemKind.ModelInvalid, "UnknownRate")]
    [Arguments("\"sequences\":20|\"sequences\":-20", FileProblemKind.ModelInvalid, "fewer than 0")]
    [Arguments("\"words\":2|\"words\":-2", FileProblemKind.ModelInvalid, "fewer than 0 words")]
    [Arguments("\"kind\":\"tagger\"|\"kind\":\"classifier\"", FileProblemKind.WrongKind, "classifier")]
    public async Task A_broken_rule_is_named(string change, FileProblemKind kind, string says)
    {
        using var folder = new TestFolder();
        string path = SequenceFilesTests.Broken(folder, SequenceModelBytes.Tagger(), change);
        FileProblem problem = Refused.By(() => TaggerFile.Load(path));
        await Assert.That(problem.Kind).IsEqualTo(kind).Because(problem.Message);
        await Assert.That(problem.Message).Contains(says);
    }

    [Test]
    public async Task Lists_that_no_tensor_justifies_are_not_made()
    {
        using var folder = new TestFolder();
        string many = string.Concat(Enumerable.Range(0, 90_000).Select(i => $"\"x{i}\","));
        foreach ((string list, string section) in new[] { ("\"tags\":[", "tagger"), ("[\"<unk>\",\"the\"", "vocabulary") })
        {
            string path = SequenceFilesTests.Broken(folder, SequenceModelBytes.Tagger(), $"{list}|{list[..(list.IndexOf('[') + 1)]}{many}" +
                list[(list.IndexOf('[') + 1)..]);
            await Assert.That(Refused.By(() => TaggerFile.Load(path)).Message).Contains($"'{section}' has 90,").And.Contains("at most ");
        }
    }

    [Test]
    public async Task What_does_not_belong_together_is_not_written()
    {
        using var folder = new TestFolder();
        TaggerRecipe recipe = SequenceModelBytes.OfWords;
        Tagger tagger = SequenceModelBytes.NewTagger(recipe);
        var right = new TaggerDescription(tagger.Form, SequenceModelBytes.Words, new(), SequenceModelBytes.RecordOf(recipe));
        foreach (TaggerDescription wrong in (TaggerDescription[])
        [
            right with { Words = SequenceModelBytes.Words.With(["more"]) },
            right with { Columns = new() { TagColumn = null } },
            right with { Training = SequenceModelBytes.RecordOf(recipe with { HiddenSize = 4 }) },
            right with { Training = SequenceModelBytes.RecordOf(recipe with { Characters = null }) },
        ])
        {
            await Assert.That(() => TaggerFile.Save(folder["a.tsd"], tagger, wrong)).Throws<ArgumentException>();
        }

        await Assert.That(folder.Names()).IsEmpty();
        TaggerFile.Save(folder["a.tsd"], tagger, right);
        await Assert.That(TaggerFile.Load(folder["a.tsd"]).Description.Columns).IsEqualTo(new ConllOptions());
    }

    [Test]
    [Arguments("\"task\":\"tagger\"|\"task\":\"classifier\"", FileProblemKind.WrongKind)]
    [Arguments("\"level\":\"word\"|\"level\":\"char\"", FileProblemKind.CheckpointInvalid)]
    [Arguments("\"labels\":[\"O\"|\"labels\":[null", FileProblemKind.CheckpointInvalid)]
    [Arguments("\"sequences\":20|\"sequences\":0", FileProblemKind.CheckpointInvalid)]
    [Arguments("44444444\"|4444444G\"", FileProblemKind.CheckpointInvalid)]
    public async Task A_checkpoint_that_is_not_as_the_format_asks_is_refused(string change, FileProblemKind kind)
    {
        using var folder = new TestFolder();
        string path = SequenceFilesTests.Broken(folder, SequenceModelBytes.TaggerRun(), change);
        await Assert.That(TaggerCheckpoint.Format.TryOpen(path, out _, out FileProblem? problem)).IsFalse();
        await Assert.That(problem!.Kind).IsEqualTo(kind).Because(problem.Message);
    }

    [Test]
    public async Task A_run_comes_back_as_it_was()
    {
        using var folder = new TestFolder();
        folder.Put("c.tsd", SequenceModelBytes.TaggerRun());
        await Assert.That(TaggerCheckpoint.Format.TryOpen(folder["c.tsd"], out var run, out _)).IsTrue();
        using (run)
        {
            await Assert.That(run!.Content.Recipe).IsEqualTo(SequenceModelBytes.OfWords);
            await Assert.That(string.Join(' ', run.Content.Data.Labels)).IsEqualTo("O B-PER");
            await Assert.That(run.Content.Data.Reading!.Single().Key).IsEqualTo("--zero-digits");
        }
    }

    [Test]
    public async Task Sentences_are_known_again_by_their_fingerprint()
    {
        TaggerForm form = SequenceModelBytes.NewTagger(SequenceModelBytes.OfWords).Form;
        string[] texts =
            ["The/I-PER 7/O | a/O", "The/I-PER | 7/O a/O", "the/I-PER 7/O | a/O", "The/B-PER 7/O | a/O", "The/I-PER 7/O | b/O"];
        var found = new List<string>();
        foreach (string text in texts) found.Add(Fingerprint.Of(SequenceModelBytes.Words.Encode(Sentences(text), form, TagScheme.Iob1)));
        await Assert.That(Fingerprint.Of(SequenceModelBytes.Words.Encode(Sentences(texts[0]), form, TagScheme.Iob1))).IsEqualTo(found[0]);

        // Neither a nor b is known, so that a tagger reads both alike.
        await Assert.That(found[4]).IsEqualTo(found[0]);
        await Assert.That(found.Distinct().Count()).IsEqualTo(4);
        await Assert.That(Fingerprint.Of(SequenceModelBytes.Words.Encode(Sentences(texts[0])))).IsNotEqualTo(found[0]);
    }

    // What the table of figures forgets would be lost. Those of every task are held to the file by the tests of language models' files.
    [Test]
    public async Task Every_property_of_a_taggers_own_recipe_is_in_the_file()
    {
        using var json = JsonDocument.Parse(TsdBytes.Split(SequenceModelBytes.Tagger()).Header);
        JsonElement recipe = json.RootElement.GetProperty("training").GetProperty("recipe");
        IEnumerable<string> own = typeof(TaggerRecipe).GetProperties()
            .Where(property => property.CanWrite && property.DeclaringType == typeof(TaggerRecipe))
            .Select(property => char.ToLowerInvariant(property.Name[0]) + property.Name[1..]);
        await Assert.That(own.Where(name => !recipe.TryGetProperty(name, out _))).IsEquivalentTo(["hasCrf"]);
        await Assert.That(recipe.GetProperty("decoder").GetString()).IsEqualTo("crf");
    }

    private static double[] Probabilities(Tagger tagger, TaggedSentences sentences)
    {
        var session = new TaggerSession(tagger);
        int[][] characters = [.. sentences.FormsOf(0).ToArray().Select(form => sentences.CharactersOf(form).ToArray())];
        session.Tag(sentences.WordsOf(0), characters);
        return session.Probabilities().ToArray();
    }

    private static ConllSentence[] Sentences(string text) => [.. text.Split('|').Select(sentence =>
    {
        string[][] words = [.. sentence.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Split('/'))];
        return new ConllSentence([.. words.Select(word => word[0])], [.. words.Select(word => word[1])]);
    })];
}
