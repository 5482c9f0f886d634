namespace TinySD.Tools.Tests;

/// <summary>
/// What a power failure could take is told by the order of the system calls: a file is written, flushed, renamed into its place, and then
/// its folder is flushed, before anything else is done.
/// </summary>
public sealed class WriteOrderTests
{
    [Test]
    public async Task A_model_a_checkpoint_and_the_page_of_a_run_are_flushed_before_they_take_their_place_and_their_folder_after()
    {
        using var folder = Prepare();
        string[] more =
            ["--checkpoint", folder["out/a/ck"], "--checkpoint-every", "100", "--checkpoint-keep", "1", "--report", folder["out/r.html"]];
        IReadOnlyList<SystemCall> calls = await TraceAsync(folder, folder.TrainArgs(folder["out/model.tsd"], 1, more));
        await CheckAsync(calls, "model.tsd", "a/ck/checkpoint-00000000.tsd", "a/ck/checkpoint-00000207.tsd", "r.html");

        // Whose names are lost with their folder's.
        await Assert.That(calls.Select(call => call.ToString()).Take(4)).IsEquivalentTo(
            ["mkdir(a)", "fsync(.)", "mkdir(a/ck)", "fsync(a)"], CollectionOrdering.Matching);

        // The oldest goes when the next is safe.
        await Assert.That(calls.Select(call => call.ToString())).Contains("unlink(a/ck/checkpoint-00000100.tsd)");
    }

    [Test]
    public async Task So_are_a_schedule_and_the_page_that_draws_it()
    {
        using var folder = Prepare();
        string[] options = ["--hidden", "12", "--bptt", "6", "--rate", "0.5", "--steps", "20", "--report", folder["out/m.html"]];
        await CheckAsync(await TraceAsync(folder, ["schedule", "--out", folder["out/m.tss"], .. options]), "m.tss", "m.html");
    }

    [Test]
    public async Task So_are_the_files_of_other_formats_and_what_comes_back_from_them()
    {
        using var folder = Prepare();
        await Assert.That(folder.TrainModel("--max-steps", "1").Code).IsEqualTo(0);
        foreach (string name in new[] { "m.onnx", "m.safetensors" })
        {
            await CheckAsync(await TraceAsync(folder, "export", folder.Model, "--out", folder[$"out/{name}"]), name);
            await CheckAsync(await TraceAsync(folder, "import", folder[$"out/{name}"], "--out", folder[$"out/{name}.tsd"]), $"{name}.tsd");
        }
    }

    [Test]
    public async Task So_is_a_profile()
    {
        using var folder = Prepare();
        await CheckAsync(await TraceAsync(folder, "hw", "detect", "--threads", "1", "--out", folder["out/desk.json"]), "desk.json");
    }

    [Test]
    public async Task So_are_the_files_of_a_grid()
    {
        using var folder = Prepare();
        string[] small = ["--hidden", "12", "--batch", "5", "--bptt", "6", "--epochs", "1", "--seeds", "1", "--cells", "nr-st", "--threads",
            "1", "--rate", "0.5"];
        IReadOnlyList<SystemCall> calls = await TraceAsync(
            folder,
            [
                "reproduce", "lm", "--train", folder.Train, "--valid", folder.Valid, "--test", folder.Test, "--dir", folder["out/grid"],
                "--no-timing",
                "--report", folder["out/g.html"], .. small,
            ]);
        await CheckAsync(
            calls, "grid/grid.json", "grid/nr-st-seed1/model.tsd", "grid/nr-st-seed1/times.json", "grid/nr-st-seed1/result.json", "g.html");
    }

    private static TestFolder Prepare()
    {
        SystemCalls.SkipUnlessTraceable();
        var folder = new TestFolder();
        Directory.CreateDirectory(folder["out"]);
        return folder;
    }

    private static Task<IReadOnlyList<SystemCall>> TraceAsync(TestFolder folder, params string[] args) =>
        SystemCalls.TraceAsync(folder["out"], args);

    // The files named are among those that take a place, and each of them does it in order; nothing is written where it can be seen.
    private static async Task CheckAsync(IReadOnlyList<SystemCall> calls, params string[] files)
    {
        string all = string.Join('\n', calls);
        await Assert.That(calls.Where(call => call.IsRename).Select(call => call.Paths[1]).Intersect(files)).IsEquivalentTo(files)
            .Because(all);
        string[] seen = [.. calls.Where(call => call.IsWrite).Select(call => call.Paths[0])
            .Where(path => Path.GetExtension(path) is not (".tmp" or ".partial"))];
        await Assert.That(seen).IsEmpty().Because(all);
        for (int i = 0; i < calls.Count; i++)
        {
            if (!calls[i].IsRename) continue;
            string written = calls[i].Paths[0];
            string folder = Path.GetDirectoryName(calls[i].Paths[1]) is { Length: > 0 } parent ? parent : ".";
            await Assert.That(calls.Take(i).Any(call => call.IsWrite && call.Paths[0] == written)).IsTrue().Because(all);
            bool isFlushed = calls[i - 1].IsFlush && calls[i - 1].Paths[0] == written;
            await Assert.That(isFlushed).IsTrue().Because($"{calls[i]} is to come right after its file's flush\n{all}");
            bool isDurable = i + 1 < calls.Count && calls[i + 1].IsFlush && calls[i + 1].Paths[0] == folder;
            await Assert.That(isDurable).IsTrue().Because($"the flush of its folder is to come right after {calls[i]}\n{all}");
        }
    }
}
