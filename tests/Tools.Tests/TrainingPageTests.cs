using System.Text.RegularExpressions;

namespace TinySD.Tools.Tests;

/// <summary>The pages that <c>--report</c> of the train verbs writes.</summary>
public sealed partial class TrainingPageTests
{
    [Test]
    public async Task Losses_within_epochs_are_drawn_and_survive_a_stop()
    {
        using var folder = new TestFolder();
        folder.TrainModelTo(folder["unbroken.tsd"], 1, "--report", folder["unbroken.html"]);
        CliResult stopped = Tinysd.RunUntilShown(
            "epoch 2/3", 20, folder.TrainArgs(folder.Model, 1, "--report", folder["run.html"], "--checkpoint", folder["ck"]));
        await Assert.That(stopped.Code).IsEqualTo(130);
        await Assert.That(Tinysd.Run("train", "lm", "--resume", folder["ck"]).Code).IsEqualTo(0);
        string whole = await File.ReadAllTextAsync(folder["unbroken.html"]), resumed = await File.ReadAllTextAsync(folder["run.html"]);

        // 3 epochs of 69 updates are a point each.
        string[] points = WithinEpochs().Match(whole).Groups[1].Value.Split(' ');
        await Assert.That(points.Length).IsEqualTo(3 * 69);
        await Assert.That(WithinEpochs().Match(resumed).Groups[1].Value.Split(' ')).IsEquivalentTo(points);
        await Assert.That(whole).Contains("within epochs, a point for each update.");
    }

    [Test]
    public async Task Tasks_that_are_not_measured_by_their_loss_have_a_picture_of_it()
    {
        using var folder = new TestFolder();
        CliResult result = folder.TrainClassifier("--report", folder["run.html"], "--epochs", "20");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        string page = await File.ReadAllTextAsync(folder["run.html"]);
        await Assert.That(page).Contains("aria-label=\"Losses\"");

        // 20 epochs of 20 updates: more than there are points, and so two in each.
        await Assert.That(WithinEpochs().Match(page).Groups[1].Value.Split(' ').Length).IsEqualTo(200);
        await Assert.That(page).Contains("the mean of every 2 updates.");
    }

    [GeneratedRegex("points=\"([^\"]*)\">\n<title>training, within epochs</title>")]
    private static partial Regex WithinEpochs();
}
