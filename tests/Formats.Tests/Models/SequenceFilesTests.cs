using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;
using TinySD.Formats.Checkpoints;
using TinySD.Formats.Models;
using TinySD.Runtime.Tasks;

namespace TinySD.Formats.Tests;

/// <summary>Files of regressors and classifiers that attack their reader, and those of their runs.</summary>
public sealed class SequenceFilesTests
{
    [Test]
    [Arguments("{\"name\":\"b\",\"offset\":-5,\"scale\":2}|{\"name\":\"b\",\"offset\":-5}", FileProblemKind.HeaderInvalid, "scale")]
    [Arguments("\"scale\":2}|\"scale\":2,\"mean\":1}", FileProblemKind.HeaderInvalid, "mean")]
    [Arguments("\"scale\":2}|\"scale\":\"NaN\"}", FileProblemKind.HeaderInvalid, "scale")]
    [Arguments("\"scale\":2}|\"scale\":1e999}", FileProblemKind.ModelInvalid, "scale")]
    [Arguments("\"scale\":2}|\"scale\":-2}", FileProblemKind.ModelInvalid, "scale of -2")]
    [Arguments("\"offset\":-5|\"offset\":-1e999", FileProblemKind.ModelInvalid, "offset")]
    [Arguments("\"outputs\":[|\"outputs\":[null,", FileProblemKind.ModelInvalid, "null")]
    [Arguments("\"outputs\":[|\"outputs\":[{\"offset\":0,\"scale\":1},", FileProblemKind.ModelInvalid, "5 scales for 4 outputs")]
    [Arguments("{\"name\":\"a\",\"offset\":0.1,\"scale\":1E-300},|", FileProblemKind.ModelInvalid, "gru.0.input")]
    [Arguments("\"horizon\":2,|", FileProblemKind.HeaderInvalid, "horizon")]
    [Arguments("\"horizon\":2|\"horizon\":0", FileProblemKind.ModelInvalid, "same row")]
    [Arguments("\"window\":5|\"window\":0", FileProblemKind.ModelInvalid, "read forward")]
    [Arguments("\"linearRows\":4|\"linearRows\":70000", FileProblemKind.ModelInvalid, "LinearRows")]
    [Arguments("\"huberDelta\":0.3|\"huberDelta\":-1", FileProblemKind.ModelInvalid, "HuberDelta")]
    [Arguments("\"direction\":\"bidirectional\"|\"direction\":\"both\"", FileProblemKind.ModelInvalid, "both")]
    [Arguments("\"hiddenSize\":3|\"hiddenSize\":60000", FileProblemKind.ModelInvalid, "too large")]
    [Arguments("\"spreads\":[0.25|\"spreads\":[1e999", FileProblemKind.ModelInvalid, "spread")]
    [Arguments("\"table\":[\"b\"|\"table\":[null", FileProblemKind.ModelInvalid, "null")]
    [Arguments("\"rows\":80|\"rows\":-80", FileProblemKind.ModelInvalid, "fewer than 0")]
    [Arguments("\"validMetric\":0.25|\"validPerplexity\":0.25", FileProblemKind.ModelInvalid, "of another task")]
    [Arguments("\"columns\":{|\"vocabulary\":{},\"columns\":{", FileProblemKind.ModelInvalid, "vocabulary")]
    public async Task A_regressor_s_broken_rule_is_named(string change, FileProblemKind kind, string says)
    {
        using var folder = new TestFolder();
        string path = Broken(folder, SequenceModelBytes.Regressor(), change);
        FileProblem problem = Refused.By(() => RegressorFile.Load(path));
        await Assert.That(problem.Kind).IsEqualTo(kind).Because(problem.Message);
        await Assert.That(problem.Message).Contains(says);
    }

    [Test]
    public async Task Lists_that_no_tensor_justifies_are_not_made()
    {
        using var folder = new TestFolder();
        string scales = string.Concat(Enumerable.Repeat("{\"offset\":0,\"scale\":1},", 60_000));
        string outputs = Broken(folder, SequenceModelBytes.Regressor(), $"\"outputs\":[|\"outputs\":[{scales}");
        await Assert.That(Refused.By(() => RegressorFile.Load(outputs)).Message).Contains("'columns' has 180,").And.Contains("at most ");
        string columns = string.Concat(Enumerable.Repeat("{\"name\":\"x\",\"offset\":0,\"scale\":1},", 60_000));
        string inputs = Broken(folder, SequenceModelBytes.SequenceClassifier(), $"\"columns\":[|\"columns\":[{columns}");
        await Assert.That(Refused.By(() => ClassifierFile.Load(inputs)).Message).Contains("'classifier' has 240,").And.Contains("at most ");
    }

    [Test]
    [Arguments("\"scale\":2}|\"scale\":0}", FileProblemKind.ModelInvalid, "scale of 0")]
    [Arguments("\"scale\":2}|\"scale\":\"2\"}", FileProblemKind.HeaderInvalid, "scale")]
    [Arguments("\"offset\":1.25,|", FileProblemKind.HeaderInvalid, "offset")]
    [Arguments("\"labels\":[\"up\"]|\"labels\":[]", FileProblemKind.ModelInvalid, "no label")]
    [Arguments("\"multiLabel\":true,|", FileProblemKind.ModelInvalid, "one label")]
    [Arguments("\"columns\":[{|\"columns\":[null,{", FileProblemKind.ModelInvalid, "null")]
    public async Task A_broken_rule_of_a_classifier_of_numbers_is_named(string change, FileProblemKind kind, string says)
    {
        using var folder = new TestFolder();
        string path = Broken(folder, SequenceModelBytes.SequenceClassifier(), change);
        FileProblem problem = Refused.By(() => ClassifierFile.Load(path));
        await Assert.That(problem.Kind).IsEqualTo(kind).Because(problem.Message);
        await Assert.That(problem.Message).Contains(says);
    }

    [Test]
    [Arguments("\"task\":\"regressor\"|\"task\":\"classifier\"", FileProblemKind.WrongKind)]
    [Arguments("\"inputs\":[\"a\",|\"inputs\":[null,", FileProblemKind.CheckpointInvalid)]
    [Arguments("\"targets\":[\"b\",\"z\"]|\"targets\":[]", FileProblemKind.CheckpointInvalid)]
    [Arguments("\"targets\":[\"b\",\"z\"],|", FileProblemKind.HeaderInvalid)]
    [Arguments("\"parts\":[700,0,50]|\"parts\":[700,50]", FileProblemKind.CheckpointInvalid)]
    [Arguments("\"parts\":[700,0,50]|\"parts\":[-700,0,50]", FileProblemKind.CheckpointInvalid)]
    [Arguments("\"separator\":\"tab\"|\"separator\":\"pipe\"", FileProblemKind.CheckpointInvalid)]
    [Arguments("\"decimalMark\":\"comma\"|\"decimalMark\":3", FileProblemKind.HeaderInvalid)]
    [Arguments("\"horizon\":2|\"horizon\":-2", FileProblemKind.CheckpointInvalid)]
    [Arguments("11111111\"|1111111G\"", FileProblemKind.CheckpointInvalid)]
    public async Task A_checkpoint_of_a_regressor_that_is_not_as_the_format_asks_is_refused(string change, FileProblemKind kind)
    {
        using var folder = new TestFolder();
        string path = Broken(folder, SequenceModelBytes.RegressorRun(), change);
        await Assert.That(RegressorCheckpoint.Format.TryOpen(path, out _, out FileProblem? problem)).IsFalse();
        await Assert.That(problem!.Kind).IsEqualTo(kind).Because(problem.Message);
    }

    [Test]
    [Arguments("\"task\":\"classifier\"|\"task\":\"regressor\"", FileProblemKind.WrongKind)]
    [Arguments("\"level\":\"char\",|", FileProblemKind.CheckpointInvalid)]
    [Arguments("\"level\":\"char\"|\"level\":\"line\"", FileProblemKind.CheckpointInvalid)]
    [Arguments("\"minimumCount\":2|\"minimumCount\":0", FileProblemKind.CheckpointInvalid)]
    [Arguments("\"labels\":[\"neg\"|\"labels\":[null", FileProblemKind.CheckpointInvalid)]
    [Arguments("\"labels\":[\"neg\",\"pos\"],|", FileProblemKind.HeaderInvalid)]
    [Arguments("\"--valid-fraction\":\"0.1\"|\"--valid-fraction\":0.1", FileProblemKind.HeaderInvalid)]
    [Arguments("\"--valid-fraction\":\"0.1\"|\"--valid-fraction\":null", FileProblemKind.CheckpointInvalid)]
    [Arguments("\"sequences\":20|\"sequences\":0", FileProblemKind.CheckpointInvalid)]
    [Arguments("44444444\"|4444444G\"", FileProblemKind.CheckpointInvalid)]
    public async Task A_checkpoint_of_a_classifier_that_is_not_as_the_format_asks_is_refused(string change, FileProblemKind kind)
    {
        using var folder = new TestFolder();
        string path = Broken(folder, SequenceModelBytes.ClassifierRun(), change);
        await Assert.That(ClassifierCheckpoint.Format.TryOpen(path, out _, out FileProblem? problem)).IsFalse();
        await Assert.That(problem!.Kind).IsEqualTo(kind).Because(problem.Message);
    }

    [Test]
    public async Task Runs_come_back_as_they_were()
    {
        using var folder = new TestFolder();
        folder.Put("r.tsd", SequenceModelBytes.RegressorRun());
        folder.Put("c.tsd", SequenceModelBytes.ClassifierRun());
        await Assert.That(RegressorCheckpoint.Format.TryOpen(folder["r.tsd"], out var series, out _)).IsTrue();
        await Assert.That(ClassifierCheckpoint.Format.TryOpen(folder["c.tsd"], out var texts, out _)).IsTrue();
        using (series)
        using (texts)
        {
            await Assert.That(series!.Content.Recipe).IsEqualTo(SequenceModelBytes.OfSeries);
            await Assert.That(string.Join(' ', series.Content.Data.Parts)).IsEqualTo("700 0 50");
            await Assert.That(texts!.Content.Recipe).IsEqualTo(SequenceModelBytes.OfTexts);
            await Assert.That(texts.Content.Data.Reading!.Single().Value).IsEqualTo("0.1");
        }
    }

    // What the table of figures forgets would be lost.
    [Test]
    public async Task Every_property_of_the_runtimes_recipes_is_in_the_file()
    {
        await Assert.That(Missing<RegressorRecipe>([SequenceModelBytes.Regressor()])).IsEquivalentTo(s_elsewhere);
        string[] renamed = ["isMultiLabel", "balancesLabels"];
        await Assert.That(Missing<ClassifierRecipe>([SequenceModelBytes.Classifier(), SequenceModelBytes.SequenceClassifier()]))
            .IsEquivalentTo([.. s_elsewhere, .. renamed]);
    }

    // Those of every task, which the tests of language models' files hold to the file, and which stand there only where they say something.
    private static readonly string[] s_elsewhere =
    [
        "peepholes", "initScheme", "lossReduction", "nonMonotone", "momentum", "nesterov", "beta1", "beta2", "epsilon", "weightDecay",
        "decoupledDecay", "learningRateSchedule", "warmUpUpdates", "patience", "averageLast",
    ];

    private static IEnumerable<string> Missing<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(
        IEnumerable<byte[]> files)
    {
        var found = new HashSet<string>();
        foreach (byte[] file in files)
        {
            using var json = JsonDocument.Parse(TsdBytes.Split(file).Header);
            JsonElement recipe = json.RootElement.GetProperty("training").GetProperty("recipe");
            found.UnionWith(recipe.EnumerateObject().Select(member => member.Name));
        }

        return typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite)
            .Select(property => char.ToLowerInvariant(property.Name[0]) + property.Name[1..]).Where(name => !found.Contains(name));
    }

    internal static string Broken(TestFolder folder, byte[] file, string change)
    {
        (string header, byte[] data) = TsdBytes.Split(file);
        string[] parts = change.Split('|');
        int at = header.IndexOf(parts[0], StringComparison.Ordinal);
        if (at < 0) throw new InvalidOperationException($"{parts[0]} is not in {header}");
        string changed = string.Concat(header.AsSpan(0, at), parts[1], header.AsSpan(at + parts[0].Length));
        return folder.Put("broken.tsd", TsdBytes.File(changed, data));
    }
}
