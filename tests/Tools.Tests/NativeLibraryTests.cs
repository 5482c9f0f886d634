using System.Globalization;
using System.Runtime.InteropServices;
using TinySD.Formats.Models;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;

namespace TinySD.Tools.Tests;

/// <summary>The library that C programs link with: published, and called by C programs built with AddressSanitizer.</summary>
[NotInParallel("native build")]
public sealed class NativeLibraryTests
{
    [Test]
    public async Task C_programs_get_what_the_header_promises()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.OSArchitecture != Architecture.X64)
            Skip.Test("this publishes for Linux on x64");
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        if (!folders.Any(path => File.Exists(Path.Combine(path, "gcc")))) Skip.Test("C is compiled by gcc, which is not here");
        using var folder = new TestFolder();
        string library = folder["lib"], sources = Path.Combine(Checkout.Root, "tests/Hosts/C");
        await PublishedHost.DotnetAsync(
            "publish", Path.Combine(Checkout.Root, "src/Native"), "-c", "Release", "-r", "linux-x64", "-o", library);
        string[] published = [.. Directory.GetFiles(library).Select(path => Path.GetFileName(path)!).Order()];
        await Assert.That(published).IsEquivalentTo(["libtinysd.so", "tinysd.h"]);

        string regressor = TrainRegressor(folder), table = SeriesFolder.Sums(40, seed: 3);
        string[] models =
        [
            TrainLanguageModel(folder), regressor, TrainClassifier(folder, "integration"), SaveStack(folder, RecurrentDirection.Forward),
            TrainClassifier(folder, "text"), SaveStack(folder, RecurrentDirection.Bidirectional), SaveGrowingStack(folder),
        ];
        await CompileAsync("abi_test", "-fsanitize=address,undefined");

        // The .NET runtime keeps what it has until the process ends, and that is not the program's leak.
        string told = await PublishedHost.RunAsync("env", ["ASAN_OPTIONS=detect_leaks=0", folder["abi_test"], .. models]);
        await Assert.That(told).IsEqualTo("ok\n");

        // The sample: two runs that go on from each other give what predict gives in one.
        await CompileAsync("watch");
        string[] lines = table.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..];
        string[] rows = [.. lines.Select(row => string.Join(' ', row.Split(',')[..2]))];
        string all = "";
        foreach ((int first, int count) in new[] { (0, 15), (15, 25) })
        {
            string input = folder.PutText("rows.txt", string.Concat(rows[first..(first + count)].Select(row => row + "\n")));
            all += await PublishedHost.RunAsync("sh", "-c", $"'{folder["watch"]}' '{regressor}' '{folder["watch.state"]}' < '{input}'");
        }

        string predicted = Tinysd.RunOn(table, "predict", regressor).Out;
        double[] expected = [.. predicted.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..].Select(Number)];
        double[] found = [.. all.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Number)];
        await Assert.That(found.Length).IsEqualTo(expected.Length);

        // C reads and gives single precision.
        for (int i = 0; i < found.Length; i++) await Assert.That(found[i]).IsEqualTo(expected[i]).Within(1e-5);

        Task<string> CompileAsync(string name, params string[] more) => PublishedHost.RunAsync(
            "gcc", ["-std=c11", "-Wall", "-Wextra", "-Werror", "-g", Path.Combine(sources, $"{name}.c"), "-o", folder[name], $"-I{library}",
                $"-L{library}", "-ltinysd", $"-Wl,-rpath,{library}", "-lpthread", .. more]);

        static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
    }

    private static string TrainLanguageModel(TestFolder folder)
    {
        string text = folder.PutText("lm.txt", string.Concat(Enumerable.Repeat("to be or not to be that is the question\n", 40)));
        return Made(folder["lm.tsd"], "lm", "--train", text, "--valid", text, "--level", "char", "--hidden", "24", "--max-steps", "3");
    }

    private static string TrainRegressor(TestFolder folder)
    {
        string table = folder.PutText("r.csv", SeriesFolder.Sums(300));
        return Made(folder["r.tsd"], "regressor", "--train", table, "--targets", "y", "--inputs", "a,b", "--horizon", "1", "--hidden", "8",
            "--epochs", "2");
    }

    private static string TrainClassifier(TestFolder folder, string preset) => Made(folder[$"{preset}.tsd"], "classifier",
        "--preset", preset, "--train", folder.PutTexts("c.txt", 200, 1), "--valid", folder.PutTexts("d.txt", 60, 2), "--hidden", "8",
        "--epochs", "1");

    private static string Made(string model, string task, params string[] more)
    {
        CliResult trained = Tinysd.Run(["train", task, "--out", model, "--threads", "1", .. more]);
        return trained.Code == 0 ? model : throw new InvalidOperationException(trained.Error);
    }

    private static string SaveStack(TestFolder folder, RecurrentDirection direction)
    {
        var stack = new RecurrentStack(new()
        {
            Cell = CellKind.Lstm, InputSize = 5, HiddenSize = 40, LayerCount = 2, Direction = direction,
        });
        Span<float> weights = stack.Parameters.Values;
        for (int i = 0; i < weights.Length; i++) weights[i] = ((i * 7919) % 1009 / 2500f) - 0.2f;
        return Saved(stack, folder[$"{direction}.tsd"]);
    }

    // h' = max(0, 3 x + 3 h).
    private static string SaveGrowingStack(TestFolder folder)
    {
        var stack = new RecurrentStack(new() { Cell = CellKind.RnnRelu, InputSize = 1, HiddenSize = 1, LayerCount = 1 });
        foreach (string name in (string[])["rnn.0.input", "rnn.0.recurrent"])
            stack.Parameters[stack.Layout.Tensors.Single(slot => slot.Name == name)].Fill(3f);
        return Saved(stack, folder["growing.tsd"]);
    }

    private static string Saved(RecurrentStack stack, string path)
    {
        RecurrentStackFile.Save(path, stack);
        return path;
    }
}
