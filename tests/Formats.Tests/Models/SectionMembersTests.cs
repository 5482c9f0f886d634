using TinySD.Formats.Checkpoints;
using TinySD.Formats.Models;

namespace TinySD.Formats.Tests;

/// <summary>What is wrong with a member of a section is told by its name, by what was found and by what was expected, at any
/// depth.</summary>
public sealed class SectionMembersTests
{
    // Left of the bar what the good header has, right of it what stands there instead; the message is what follows the place.
    [Test]
    [Arguments("regressor", "\"scale\":2}|\"scale\":\"2\"}", "columns.inputs[1].scale",
        "inputs[1].scale is the string '2'; expected a number")]
    [Arguments("regressor", "\"scale\":2}|\"scale\":null}", "columns.inputs[1].scale", "inputs[1].scale is null; expected a number")]
    [Arguments("regressor", "\"scale\":2}|\"scale\":2,\"scale\":2}", "columns.inputs[1].scale", "inputs[1].scale stands twice")]
    [Arguments("regressor", "\"scale\":2}|\"scale\":2,\"Scale\":2}", "columns.inputs[1].Scale",
        "inputs[1].Scale is no key of a column; name, offset, scale are")]
    [Arguments("regressor", ",\"scale\":2}|}", "columns.inputs[1].scale", "the key inputs[1].scale is missing")]
    [Arguments("regressor", "{\"name\":\"b\",\"offset\":-5,\"scale\":2}|[]", "columns.inputs[1]",
        "inputs[1] is a list; expected an object")]
    [Arguments("regressor", "\"spreads\":[0.25,0]|\"spreads\":{}", "training.spreads", "spreads is an object; expected a list")]
    [Arguments("regressor", "\"spreads\":[0.25,0]|\"spreads\":[0.25,null]", "training.spreads[1]",
        "spreads[1] is null; expected a number")]
    [Arguments("regressor", "\"spreads\":[0.25,0]|\"spreads\":[0.25,true]", "training.spreads[1]",
        "spreads[1] is true; expected a number")]
    [Arguments("regressor", "\"table\":[\"b\"|\"table\":[7", "training.table[0]", "table[0] is 7; expected a string")]
    [Arguments("regressor", "\"rows\":80|\"rows\":80.0", "training.train.rows", "train.rows is 80.0; expected a whole number")]
    [Arguments("regressor", "\"rows\":80|\"rows\":8e1", "training.train.rows", "train.rows is 8e1; expected a whole number")]
    [Arguments("regressor", "\"rows\":80|\"rows\":9223372036854775808", "training.train.rows",
        "train.rows is 9223372036854775808; expected a whole number")]
    [Arguments("regressor", "\"parameters\":|\"params\":", "training.params",
        "params is no key of a training record; writtenBy, importedFrom, recipe, train, valid, test, table, decimalMark, spreads, " +
        "parameters, epochs, testPerplexity, testLoss, testMetric are")]
    [Arguments("regressor", "\"trainLoss\":0.5|\"trainLoss\":\"0.5\"", "training.epochs[0].trainLoss",
        "epochs[0].trainLoss is the string '0.5'; expected a number")]
    [Arguments("regressor", "\"epochs\":[|\"epochs\":[[],", "training.epochs[0]", "epochs[0] is a list; expected an object")]
    [Arguments("regressor", "\"dtype\":\"f32\"|\"dtype\":32", "tensors[0].dtype", "dtype is 32; expected a string")]
    [Arguments("regressor", "\"shape\":[2,9]|\"shape\":[2,9.5]", "tensors[0].shape[1]", "shape[1] is 9.5; expected a whole number")]
    [Arguments("classifier", "\"lowerCase\":true|\"lowerCase\":1", "classifier.lowerCase", "lowerCase is 1; expected true or false")]
    [Arguments("classifier", "\"tokens\":[\"a\"|\"tokens\":[{}", "vocabulary.tokens[0]", "tokens[0] is an object; expected a string")]
    [Arguments("classifier", "\"level\":\"word\",|", "vocabulary.level", "the key level is missing")]
    [Arguments("stack", "\"clip\":0.5|\"clip\":[]", "configuration.clip", "clip is a list; expected a number")]
    [Arguments("stack", "\"alpha\":0.5|\"gamma\":0.5", "configuration.activations[1].gamma",
        "activations[1].gamma is no key of an activation; name, alpha, beta are")]
    [Arguments("stack", "\"writtenBy\":|\"source\":4,\"writtenBy\":", "origin.source", "source is 4; expected a string")]
    [Arguments("checkpoint", "\"step\":3|\"step\":true", "progress.step", "step is true; expected a whole number")]
    [Arguments("checkpoint", "\"maxSteps\":33|\"maxSteps\":33.5", "run.maxSteps", "maxSteps is 33.5; expected a whole number")]
    [Arguments("checkpoint", "\"steps\":7|\"steps\":\"7\"", "run.epochs[0].steps",
        "epochs[0].steps is the string '7'; expected a whole number")]
    [Arguments("checkpoint", "\"updates\":40,|", "run.schedule.updates", "the key schedule.updates is missing")]
    [Arguments("checkpoint", "\"task\":\"language-model\"|\"task\":3", "task", "it is 3; expected a string")]
    public async Task What_is_wrong_with_a_member_is_named(string file, string change, string part, string message)
    {
        using var folder = new TestFolder();
        string path = Changed(folder, file, change);
        FileProblem problem = Problem(file, path)!;
        await Assert.That(problem.Message).StartsWith($"{path}: the header is not as the format asks, at {part}: {message} (byte ");
        await Assert.That((problem.Kind, problem.Part)).IsEqualTo((FileProblemKind.HeaderInvalid, part));
    }

    [Test]
    [Arguments("regressor", "\"recipe\"|\"importedFrom\":null,\"testPerplexity\":null,\"recipe\"")]
    [Arguments("regressor", "\"test\":{\"name\":\"x.csv\",\"rows\":9}|\"test\":null")]
    [Arguments("classifier", "\"lowerCase\":true|\"columns\":null,\"id\":null,\"lowerCase\":null")]
    [Arguments("stack", "\"clip\":0.5|\"resetBeforeProduct\":null,\"clip\":null")]
    [Arguments("checkpoint", "\"lineMarks\":\"none\"|\"lineMarks\":null")]
    [Arguments("checkpoint", "\"checkpointsAreTemporary\":true|\"checkpointsAreTemporary\":null")]
    public async Task A_null_says_the_same_as_an_optional_member_that_is_left_out(string file, string change)
    {
        using var folder = new TestFolder();
        await Assert.That(Problem(file, Changed(folder, file, change))?.Message).IsNull();
    }

    [Test]
    public async Task Numbers_too_large_for_their_type_are_infinite_and_refused_as_such()
    {
        using var folder = new TestFolder();
        string path = Changed(folder, "stack", "\"clip\":0.5|\"clip\":1e39");
        await Assert.That(Problem("stack", path)!.Kind).IsEqualTo(FileProblemKind.ModelInvalid);
    }

    private static FileProblem? Problem(string file, string path)
    {
        FileProblem? problem = null;
        if (file == "regressor") RegressorFile.TryLoad(path, out _, out problem);
        if (file == "classifier") ClassifierFile.TryLoad(path, out _, out problem);
        if (file == "stack") RecurrentStackFile.TryLoad(path, out _, out problem);
        if (file == "checkpoint" && LanguageModelCheckpoint.Format.TryOpen(path, out var opened, out problem)) opened.Dispose();
        return problem;
    }

    private static string Changed(TestFolder folder, string file, string change) => SequenceFilesTests.Broken(folder, file switch
    {
        "regressor" => SequenceModelBytes.Regressor(),
        "classifier" => SequenceModelBytes.Classifier(),
        "stack" => RecurrentStackFileTests.Example(),
        _ => CheckpointFileTests.Save(folder),
    }, change);
}
