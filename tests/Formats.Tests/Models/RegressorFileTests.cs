using TinySD.Formats.Models;
using TinySD.Formats.Tables;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Training;

namespace TinySD.Formats.Tests;

/// <summary>Regressors in files.</summary>
public sealed class RegressorFileTests
{
    private static readonly RegressorRecipe s_recipe = new()
    {
        Name = "r",
        HiddenSize = 3,
        Horizon = 2,
        Season = 4,
        Loss = SequenceLoss.Huber,
        HuberDelta = 0.5f,
        FeedsChange = true,
        LinearRows = 2,
    };

    [Test]
    public async Task What_is_written_is_read_and_equal_input_gives_equal_bytes()
    {
        using var folder = new TestFolder();
        Regressor regressor = Make(s_recipe);
        RegressorFile.Save(folder["m.tsd"], regressor, Record(s_recipe));
        RegressorFile.Save(folder["n.tsd"], regressor, Record(s_recipe));
        LoadedRegressor loaded = RegressorFile.Load(folder["m.tsd"]);
        await Assert.That(File.ReadAllBytes(folder["n.tsd"]).AsSpan().SequenceEqual(File.ReadAllBytes(folder["m.tsd"]))).IsTrue();
        await Assert.That(loaded.Regressor.Model.Parameters.Values.SequenceEqual(regressor.Model.Parameters.Values)).IsTrue();
        await Assert.That(loaded.Training.Recipe).IsEqualTo(s_recipe);
        SeriesForm form = loaded.Regressor.Form;
        await Assert.That(string.Join(',', form.Inputs) + ' ' + string.Join(',', form.Targets)).IsEqualTo("a,größe größe");
        await Assert.That(form.InputScales.AsSpan().SequenceEqual(regressor.Form.InputScales.AsSpan())).IsTrue();
        await Assert.That(form.OutputScales.AsSpan().SequenceEqual(regressor.Form.OutputScales.AsSpan())).IsTrue();
        await Assert.That((form.Horizon, form.Season, form.PredictsChange, form.FeedsChange, form.LinearRows))
            .IsEqualTo((2, 4, true, true, 2));
        await Assert.That(loaded.Training.Data.Spreads).IsEquivalentTo([0.25]);
        await Assert.That(loaded.Training.Data.DecimalMark).IsEqualTo(DecimalMark.Comma);
        await Assert.That(loaded.Training.Test).IsEqualTo(new Measurement(0.5, 0.25));
    }

    [Test]
    [Arguments("\"scale\":3", "\"scale\":0", "an offset of 1 and a scale of 0")]
    [Arguments("\"name\":\"a\"", "\"name\":\"gr\\u00F6\\u00DFe\"", "column 'größe' stands twice")]
    [Arguments("\"horizon\":2", "\"horizon\":3", "there are 2 scales for 3 outputs")]
    [Arguments("\"horizon\":2", "\"horizon\":-1", "0 to 65536")]
    [Arguments("\"spreads\":[0.25]", "\"spreads\":[0.25,1]", "there are 1 target and 2 spreads")]
    [Arguments("\"spreads\":[0.25]", "\"spreads\":[-1]", "a spread is no number of at least 0")]
    [Arguments("\"hiddenSize\":3", "\"hiddenSize\":4", "")]
    [Arguments("\"loss\":\"huber\"", "\"loss\":\"logistic\"", "loss")]
    [Arguments("\"inputs\":[", "\"inputs\":[null,", "")]
    [Arguments("\"decimalMark\":\"comma\"", "\"decimalMark\":\"dot\"", "dot")]
    [Arguments("\"table\":[", "\"tables\":[", "")]
    public async Task A_file_that_contradicts_itself_is_refused(string right, string wrong, string says)
    {
        using var folder = new TestFolder();
        RegressorFile.Save(folder["m.tsd"], Make(s_recipe), Record(s_recipe));
        (string header, byte[] data) = TsdBytes.Split(File.ReadAllBytes(folder["m.tsd"]));
        if (!header.Contains(right, StringComparison.Ordinal)) throw new InvalidOperationException($"{right} is not in {header}");
        string path = folder.Put("w.tsd", TsdBytes.File(header.Replace(right, wrong, StringComparison.Ordinal), data));
        FileProblem problem = Refused.By(() => RegressorFile.Load(path));
        await Assert.That(problem.Kind is FileProblemKind.ModelInvalid or FileProblemKind.HeaderInvalid).IsTrue().Because(problem.Message);
        await Assert.That(problem.Message).Contains(says).And.Contains(path);
    }

    [Test]
    public async Task A_file_of_another_kind_is_named()
    {
        using var folder = new TestFolder();
        string path = folder.Put("l.tsd", LanguageModelBytes.Make());
        await Assert.That(Refused.By(() => RegressorFile.Load(path)).Message)
            .IsEqualTo($"{path} is of kind 'language-model'; 'regressor' was expected");
    }

    private static Regressor Make(RegressorRecipe recipe)
    {
        SeriesForm form = recipe.ToForm(["a", "größe"], ["größe"]) with
        {
            InputScales = [new(1, 3), new(-0.1, 1e-7)],
            TargetScales = [new(2, 0.5)],
            OutputScales = [new(0.1, 1), new(0.2, 2)],
        };
        var model = new SequenceModel(recipe.ToConfig(2, 1));
        model.Initialize(5, 0.5f, 1f, InitScheme.Uniform);
        return new Regressor(model, form);
    }

    private static TrainingRecord<RegressorRecipe, SeriesRecord> Record(RegressorRecipe recipe) => new()
    {
        Recipe = recipe,
        Data = new()
        {
            Train = new("/home/me/t.csv", 80),
            Valid = new("t.csv", 20),
            Table = ["date", "a", "größe"],
            DecimalMark = DecimalMark.Comma,
            Spreads = [0.25],
        },
        Test = new Measurement(0.5, 0.25),
    };
}
