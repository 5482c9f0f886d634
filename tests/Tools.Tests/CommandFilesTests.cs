using System.CommandLine;
using System.Globalization;
using System.Text;
using TinySD.Formats.Hardware;
using TinySD.Runtime.Hardware;
using TinySD.Tools.Display;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tests;

/// <summary>No command writes over what it reads, or over what else it writes, however either is spelled or linked.</summary>
public sealed class CommandFilesTests
{
    private const string SomeFile = "/some/file";

    // Texts that name no file.
    private static readonly string[] s_words =
    [
        "--prompt", "--forbid", "--prefix", "--name", "--cells", "--seeds", "--preset", "--nonlinearity", "--targets", "--inputs",
        "--split", "--rows", "--label", "--text", "--id", "COMMAND", "SHELL",
    ];

    private static readonly EnumerationOptions s_all = new()
    {
        RecurseSubdirectories = true,
        MaxRecursionDepth = 2,
        AttributesToSkip = 0,
    };

    /// <summary>Every output of every command with every input of it and with every output before it, each spelled in every way.</summary>
    public static IEnumerable<(string Command, string Output, string Other, string Way)> Pairs()
    {
        foreach ((string words, Command command) in Commands())
        {
            var symbols = Symbols(command).Where(symbol => symbol is IFileSymbol).ToList();
            var outputs = symbols.Where(symbol => Files(words, symbol).Outputs.Contains(SomeFile)).ToList();
            var inputs = symbols.Where(symbol => Files(words, symbol).Inputs.Contains(SomeFile)).ToList();
            foreach (Symbol output in outputs)
            {
                foreach (string way in Links.Ways.Append("same"))
                {
                    foreach (Symbol other in inputs) yield return (words, output.Name, other.Name, way);
                    if (way == "hard") continue;
                    foreach (Symbol other in outputs.TakeWhile(earlier => earlier != output))
                        yield return (words, output.Name, other.Name, way);
                }
            }
        }
    }

    [Test]
    public async Task Every_word_that_names_a_file_says_whether_it_is_read_or_written()
    {
        int outputs = 0;
        foreach ((string words, Command command) in Commands())
        {
            foreach (Symbol symbol in Symbols(command))
            {
                bool isText = symbol is Option<string> or Argument<string> or Option<string[]> or Argument<string[]> or Option<FileInfo>;
                await Assert.That(!isText || symbol is IFileSymbol || s_words.Contains(symbol.Name)).IsTrue()
                    .Because($"{words} {symbol.Name}");
                if (symbol.Name is "--out" or "--output" or "--report" or "--log")
                {
                    await Assert.That(Files(words, symbol).Outputs).Contains(SomeFile).Because($"{words} {symbol.Name}");
                    outputs++;
                }
            }
        }

        // train lm, classifier, regressor, tagger and translator 3 each, run, import, export, quantize, demo, schedule 2, hw detect,
        // hw simulate, reproduce lm, classifier, regressor, tagger and translator, synthesize 3, analyze, compare.
        await Assert.That(outputs).IsEqualTo(34);
    }

    [Test]
    [MethodDataSource(nameof(Pairs))]
    public async Task An_output_that_is_another_file_of_the_command_is_refused(string command, string output, string other, string way)
    {
        using var folder = new TestFolder();
        bool isInput = Files(command, Symbols(Find(command)).First(symbol => symbol.Name == other)).Inputs.Contains(SomeFile);
        string file = isInput ? folder.PutText("given.txt", "as it was") : folder["given.txt"];
        string spelled = way == "same" ? file : Links.Make(way, file, "other");
        List<string> args = [.. command.Split(' ')];
        foreach (Symbol symbol in Symbols(Find(command)))
        {
            string? value = symbol.Name == output ? spelled
                : symbol.Name == other ? file
                : IsRequired(symbol) ? folder[$"no-{symbol.Name.Trim('-')}"]
                : null;
            if (value is not null) args.AddRange(symbol is Argument ? [value] : [symbol.Name, value]);
        }

        string[] before = Snapshot(folder);
        CliResult result = Tinysd.Run([.. args]);
        await Assert.That(result.Code).IsEqualTo(2).Because(result.Error);
        await Assert.That(result.Error).Contains(way == "same"
            ? $"{output} and {other} are the same file, {file}; "
            : $"{output} {spelled} and {other} {file} are the same file: ");
        string why = way switch
        {
            "same" => "",
            "hard" => OperatingSystem.IsLinux() ? "they are two names of one file, by a hard link" : "",
            "symbolic" => $"{spelled} is a symbolic link to {file}",
            "relative" => $"{spelled} is a symbolic link to given.txt",
            _ => $"{folder["other"]} is a symbolic link to {folder.Path}",
        };
        await Assert.That(result.Error)
            .Contains($"{why}; {(output == "--report" ? "the report" : "what is written")} would replace the other.");
        await Assert.That(Snapshot(folder)).IsEquivalentTo(before);
    }

    [Test]
    [Arguments("train lm --train a --valid b --out RUN/checkpoint-00000001.tsd --checkpoint RUN")]
    [Arguments("train lm --train a --valid b --out LINK/checkpoint-00000001.tsd --checkpoint RUN")]
    [Arguments("train lm --train a --valid b --out RUN/lock --checkpoint LINK")]
    [Arguments("train lm --train a --valid b --out c --report LINK/checkpoint-00000002.tsd.damaged --checkpoint RUN")]
    [Arguments("train lm --resume RUN --out LINK/checkpoint-00000001.tsd")]
    [Arguments("train lm --resume RUN --out HARD")]
    [Arguments("train lm --resume RUN --checkpoint elsewhere --report HARD")]
    [Arguments("train lm --train LINK/checkpoint-00000001.tsd --valid b --out c --checkpoint RUN")]
    public async Task A_file_among_a_runs_checkpoints_is_not_written_nor_read(string line)
    {
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder["run"]);
        string checkpoint = folder.PutText("run/checkpoint-00000001.tsd", "a checkpoint");
        string link = Path.GetDirectoryName(Links.Make("folder", checkpoint, "../link"))!;
        Links.Hard(checkpoint, folder["hard"]);
        string[] before = Snapshot(folder);
        CliResult result =
            Tinysd.Run(line.Replace("RUN", folder["run"], StringComparison.Ordinal).Replace("LINK", link, StringComparison.Ordinal)
            .Replace("HARD", folder["hard"], StringComparison.Ordinal).Split(' '));
        await Assert.That(result.Code).IsEqualTo(2).Because(result.Error);
        await Assert.That(result.Error).Contains("is a file of the run whose checkpoints are kept there");
        await Assert.That(Snapshot(folder)).IsEquivalentTo(before);
    }

    [Test]
    [Arguments("--report LINK/grid.json")]
    [Arguments("--report LINK/nr-st-seed3/model.tsd")]
    [Arguments("--train LINK/random-seed1/model.tsd")]
    [Arguments("--profile LINK/timing.json")]
    [Arguments("--report HARD")]
    public async Task A_file_of_a_grid_is_not_written_nor_read_for_something_else(string words)
    {
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder["grid/random-seed1"]);
        folder.PutText("grid/grid.json", "{}");
        string result = folder.PutText("grid/random-seed1/result.json", "a result");
        string link = Path.GetDirectoryName(Links.Make("folder", folder["grid/grid.json"], "../link"))!;
        Links.Hard(result, folder["hard"]);
        words = words.Replace("LINK", link, StringComparison.Ordinal).Replace("HARD", folder["hard"], StringComparison.Ordinal);
        List<string> args =
            ["reproduce", "lm", "--valid", folder.Valid, "--test", folder.Test, "--dir", folder["grid"], .. words.Split(' ')];
        if (!args.Contains("--train")) args.AddRange("--train", folder.Train);
        string[] before = Snapshot(folder);
        CliResult refused = Tinysd.Run([.. args]);
        await Assert.That(refused.Code).IsEqualTo(2).Because(refused.Error);
        await Assert.That(refused.Error).Contains("is a file of the grid itself, ");
        await Assert.That(Snapshot(folder)).IsEquivalentTo(before);
    }

    [Test]
    [Arguments("schedule --preset zaremba-medium --steps 2 --out m.tss --profile m.tss.partial",
        "the unfinished file of --out and --profile are the same file")]
    [Arguments("schedule --preset zaremba-medium --steps 2 --out m.tss --report m.tss.partial",
        "--report and the unfinished file of --out are the same file")]
    [Arguments(
        "schedule --preset zaremba-medium --steps 2 --out q.json --profile p.json", "--out and a fallback of --profile are the same file")]
    [Arguments("demo --profile ./demo.tsd", "--out demo.tsd and --profile ./demo.tsd are the same file; ")]
    [Arguments("train lm --train a --valid b --out m.tsd --checkpoint m.tsd", "--out and --checkpoint are the same file")]
    [Arguments("train lm --train a --valid b --out m.tsd --checkpoint m.tsd/run", "lies under --out")]
    [Arguments("train lm --train a.tsd.abcdefgh.ijk.tmp --valid b --out a.tsd",
        "has the name of an unfinished file of --out")]
    public async Task What_a_command_makes_beside_its_output_counts_too(string line, string message)
    {
        using var folder = new TestFolder();
        HardwareProfile profile = BuiltInProfiles.All[0];
        HardwareProfileFile.Save(folder["q.json"], profile with { Name = "q", Fallback = null });
        HardwareProfileFile.Save(folder["p.json"], profile with { Name = "p", Fallback = "q" });
        string[] args = [.. line.Split(' ')
            .Select(word => word[0] is '-' or '.' || !word.Contains('.', StringComparison.Ordinal) ? word : folder[word])];
        string[] before = Snapshot(folder);
        CliResult result = Tinysd.Run(args);
        await Assert.That(result.Code).IsEqualTo(2).Because(result.Error);
        await Assert.That(result.Error.Replace($"{folder.Path}/", "", StringComparison.Ordinal)).Contains(message);
        await Assert.That(Snapshot(folder)).IsEquivalentTo(before);
    }

    [Test]
    public async Task A_resumed_run_does_not_write_over_what_it_was_begun_with()
    {
        using var folder = new TestFolder();
        string[] args = folder.TrainArgs(folder.Model, 1, "--test", folder.Test, "--checkpoint", folder["ck"]);
        CliResult stopped = Tinysd.RunUntilShown("epoch 2/3", 20, args);
        await Assert.That(stopped.Code).IsEqualTo(130).Because(stopped.Error);
        (string, string)[] files = [(folder.Train, "--train"), (folder.Valid, "--valid"), (folder.Test, "--test"), (folder.Model, "--out")];
        foreach ((string text, string option) in files)
        {
            string other = Links.Make("symbolic", text, $"link{option}");
            string[] before = Snapshot(folder);
            foreach (string output in new[] { "--out", "--report" })
            {
                if (option == output) continue;
                CliResult result = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--checkpoint", folder["elsewhere"], output, other);
                await Assert.That(result.Code).IsEqualTo(2).Because(result.Error);
                await Assert.That(result.Error)
                    .Contains($"{output} {other} and {option} {text} are the same file: {other} is a symbolic link to {text}; ");
                await Assert.That(Snapshot(folder)).IsEquivalentTo(before);
            }
        }

        // The same folder by another name is the same run's.
        Directory.CreateSymbolicLink(folder["also"], "ck");
        CliResult resumed = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--checkpoint", folder["also"]);
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
    }

    [Test]
    public async Task A_folder_of_checkpoints_that_nobody_asked_for_is_none_that_the_command_line_names_and_no_link()
    {
        using var folder = new TestFolder();
        CliResult named = folder.TrainModel("--report", folder["model.tsd.checkpoints"]);
        await Assert.That(named.Code).IsEqualTo(0).Because(named.Error);
        await Assert.That(File.ReadAllText(folder["model.tsd.checkpoints"])).Contains("<html");
        File.Delete(folder["model.tsd.checkpoints"]);

        Directory.CreateDirectory(folder["other"]);
        folder.PutText("other/lock", "mine");
        Directory.CreateSymbolicLink(folder["model.tsd.checkpoints"], folder["other"]);
        CliResult linked = folder.TrainModel("--checkpoint-every", "10");
        await Assert.That(linked.Code).IsEqualTo(0).Because(linked.Error);
        await Assert.That(Directory.GetFiles(folder["other"])).IsEquivalentTo([folder["other/lock"]]);
        await Assert.That(File.ReadAllText(folder["other/lock"])).IsEqualTo("mine");
        await Assert.That(new DirectoryInfo(folder["model.tsd.checkpoints"]).LinkTarget).IsEqualTo(folder["other"]);
        await Assert.That(Directory.Exists(folder["model.tsd.checkpoints.2"])).IsFalse();
    }

    [Test]
    [Arguments("grid/lock", 1)]
    [Arguments("grid/random-seed1/lock", 1)]
    [Arguments("grid/random-seed1/model.tsd", 1)]
    [Arguments("grid/random-seed1/times.json", 0)]
    [Arguments("grid/random-seed1/result.json", 0)]
    public async Task A_grid_makes_none_of_its_files_through_a_link(string link, int code)
    {
        if (OperatingSystem.IsWindows()) Skip.Test("links need a privilege on Windows");
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder["grid/random-seed1"]);
        string[] args =
        [
            "reproduce", "lm", "--train", folder.Train, "--valid", folder.Valid, "--test", folder.Test, "--dir", folder["grid"],
            "--preset", "zaremba-medium", "--hidden", "4", "--layers", "1", "--batch", "5", "--bptt", "6", "--epochs", "1",
            "--full-rate-epochs", "1", "--cells", "random", "--seeds", "1", "--no-timing", "--threads", "1",
        ];

        // A grid that was begun, so that its folder is known for one.
        Directory.Delete(folder["grid"], recursive: true);
        await Assert.That(Tinysd.RunUntilShown("run 1/1", 1, args).Code).IsEqualTo(130);
        File.Delete(folder[link]);
        File.CreateSymbolicLink(folder[link], folder["victim"]);
        CliResult result = Tinysd.Run(args);
        await Assert.That(result.Code).IsEqualTo(code).Because(result.Error);
        await Assert.That(File.Exists(folder["victim"])).IsFalse();
        if (code == 1) await Assert.That(result.Error).Contains($"{folder[link]}: it is a symbolic link, to {folder["victim"]}, ");
    }

    [Test]
    [Arguments("run MODEL --input x.safetensors --output OUT", "hard")]
    [Arguments("run MODEL --input x.safetensors --output OUT", "symbolic")]
    [Arguments("import MODEL --out OUT", "same")]
    [Arguments("import MODEL --out OUT", "folder")]
    public async Task A_file_in_which_a_models_weights_lie_is_not_written(string line, string way)
    {
        using var folder = new TestFolder();
        string weights = folder.Put("weights.bin", new byte[32]), model = folder.Put("m.onnx", ExternalLstm("weights.bin"));
        string output = way == "same" ? weights : Links.Make(way, weights, "other");
        string[] before = Snapshot(folder);
        CliResult result =
            Tinysd.Run(line.Replace("MODEL", model, StringComparison.Ordinal).Replace("OUT", output, StringComparison.Ordinal).Split(' '));
        await Assert.That(result.Code).IsEqualTo(2).Because(result.Error);
        await Assert.That(result.Error)
            .Contains(line.StartsWith("run", StringComparison.Ordinal) ? "a file of MODEL's weights" : "a file of IN's weights");
        await Assert.That(Snapshot(folder)).IsEquivalentTo(before);
    }

    [Test]
    [Arguments("demo", "demo.tsd")]
    [Arguments("hw detect", "this-machine.json")]
    public async Task A_name_that_nobody_gave_is_not_written_through_a_link(string command, string name)
    {
        if (OperatingSystem.IsWindows()) Skip.Test("links need a privilege on Windows");
        using var folder = new TestFolder();
        HardwareProfileFile.Save(folder["victim"], BuiltInProfiles.All[0]);
        File.CreateSymbolicLink(folder[name], "victim");
        string[] before = Snapshot(folder);
        CliResult result = await TinysdProcess.RunAsync(folder.Path, command.Split(' '));
        await Assert.That(result.Code).IsEqualTo(1).Because(result.Error);
        await Assert.That(result.Error).StartsWith($"tinysd {command}: cannot write {name}: it is a symbolic link, to victim, ");
        await Assert.That(Snapshot(folder)).IsEquivalentTo(before);
    }

    [Test]
    public async Task Help_is_given_all_the_same_and_two_inputs_may_be_one_file()
    {
        using var folder = new TestFolder();
        await Assert.That(Tinysd.Run("import", "a.onnx", "--out", "a.onnx", "--help").Code).IsEqualTo(0);
        CliResult result = Tinysd.Run(folder.TrainArgs(folder.Model, 1, "--test", folder.Valid, "--max-steps", "2"));
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
    }

    private static Command Find(string words) => Commands().First(known => known.Words == words).Command;

    private static IEnumerable<(string Words, Command Command)> Commands()
    {
        return Walk("", Parse().RootCommandResult.Command);

        static IEnumerable<(string, Command)> Walk(string words, Command command) => command.Subcommands.Count == 0
            ? [(words, command)]
            : command.Subcommands.SelectMany(sub => Walk($"{words} {sub.Name}".TrimStart(), sub));
    }

    private static IEnumerable<Symbol> Symbols(Command command) => command.Arguments.Concat<Symbol>(command.Options);

    private static bool IsRequired(Symbol symbol) => symbol is Option { Required: true } or Argument;

    private static CommandFiles Files(string words, Symbol symbol) =>
        new CommandFiles().Add(Parse([.. words.Split(' '), .. symbol is Argument ? [SomeFile] : new[] { symbol.Name, SomeFile }]));

    private static ParseResult Parse(params string[] args)
    {
        using var stop = new StopRequest();
        return Cli.Parse(args, new CommonOptions(new CliConsole(TextWriter.Null, TextWriter.Null), stop));
    }

    // An LSTM of one input and one unit, by onnx.proto: ModelProto.ir_version (1), graph (7), opset_import (8) and what is in them.
    private static byte[] ExternalLstm(string location)
    {
        byte[] attribute = [.. Text(1, "hidden_size"), 0x18, 1, 0xA0, 0x01, 2];
        byte[] node = [.. Text(1, "X"), .. Text(1, "W"), .. Text(1, "R"), .. Text(2, "Y"), .. Text(4, "LSTM"), .. Field(5, attribute)];
        byte[] graph =
        [
            .. Field(1, node), .. Text(2, "g"), .. Field(5, Weights("W", "0")), .. Field(5, Weights("R", "16")),
            .. Field(11, Value("X", 3, 1, 1)), .. Field(12, Value("Y", 3, 1, 1, 1)),
        ];
        return [0x08, 8, .. Field(7, graph), .. Field(8, [0x10, 17])];

        byte[] Weights(string name, string offset) =>
        [
            0x08, 1, 0x08, 4, 0x08, 1, 0x10, 1, .. Text(8, name), .. Entry("location", location), .. Entry("offset", offset),
            .. Entry("length", "16"), 0x70, 1,
        ];

        static byte[] Entry(string key, string value) => Field(13, [.. Text(1, key), .. Text(2, value)]);
        static byte[] Value(string name, params byte[] shape) =>
            [.. Text(1, name), .. Field(2, Field(1, [0x08, 1, .. Field(2, [.. shape.SelectMany(extent => Field(1, [0x08, extent]))])]))];
        static byte[] Text(int number, string text) => Field(number, Encoding.UTF8.GetBytes(text));
        static byte[] Field(int number, byte[] bytes) => [(byte)((number << 3) | 2), .. bytes.Length < 0x80
            ? [(byte)bytes.Length]
            : new[] { (byte)(bytes.Length | 0x80), (byte)(bytes.Length >> 7) }, .. bytes];
    }

    private static string[] Snapshot(TestFolder folder) =>
    [
        .. new DirectoryInfo(folder.Path).EnumerateFileSystemInfos("*", s_all).Select(entry =>
        {
            long length = entry is FileInfo { LinkTarget: null } file ? file.Length : 0;
            return string.Create(CultureInfo.InvariantCulture, $"{entry.FullName} {entry.LinkTarget} {length} {entry.LastWriteTimeUtc:O}");
        }),
    ];
}
