namespace TinySD.Tools.Tests;

/// <summary>One run of <c>train lm</c> whose file an earlier version wrote.</summary>
/// <param name="Name">The name of its files.</param>
/// <param name="Options">What it adds to the options that all have.</param>
/// <param name="Cut">After how many updates its checkpoint was written; 0 for a run of which the model is kept and no checkpoint.</param>
internal sealed record EarlierRun(string Name, string Options, int Cut = 0)
{
    /// <summary>Passes over the training text, of 46 updates each where windows have one length.</summary>
    public int Epochs { get; init; } = 3;

    /// <summary>What <c>schedule</c> is given to write the masks that the run replays; null for a run that draws its own.</summary>
    public string? Schedule { get; init; }

    /// <summary>How many updates a schedule is of; a run of three epochs makes 138.</summary>
    public int Updates { get; init; } = 138;

    /// <summary>Whether it is not among the files of version 0.1.0, which lacks an option of it or has others that tell as much.</summary>
    public bool IsAfterFirst { get; init; }
}

/// <summary>A recurrent stack that an earlier version imported.</summary>
/// <param name="Source">The file it was imported from.</param>
/// <param name="Input">The tensors that it was fed.</param>
/// <param name="Options">More words for <c>import</c>.</param>
internal sealed record EarlierStack(string Source, string Input, params string[] Options)
{
    public string Name => Path.GetFileNameWithoutExtension(Source);
}

/// <summary>What the files of earlier versions are of: one list for who writes them and who checks them.</summary>
internal static class EarlierCases
{
    private const string Adam = "--optimizer adam --lr 0.02", Sgd = "--lr 2 --init 0.3", Small = "--layers 1 --embedding 4";

    private const string Averaging = "--optimizer nt-asgd --nonmono 0 --lr 20 --clip 0.25 --lr-schedule constant",
        Decay = "--weight-decay 0.001 --decoupled-decay",
        Penalties = "--ar 2 --tar 1 --loss-reduction mean --weight-decay 0.001",
        Awd = "--embedding 7 --last-hidden 7 --nonmono 0 --lr 20";

    /// <summary>The parts of a grid's command that name no file.</summary>
    public static IReadOnlyList<string> Grid =>
    [
        .. "--hidden 6 --batch 5 --bptt 6 --epochs 6 --layers 1 --rate 0.5 --optimizer adam --lr 0.02".Split(' '),
        .. "--cells random,nr-st,nr-rh-st,nr-rh-st-locked,nr-rh-random --seeds 2 --no-timing".Split(' '),
    ];

    public static IEnumerable<EarlierRun> Models()
    {
        foreach (string cell in (string[])["lstm", "lstm --peepholes", "gru", "rnn-tanh", "rnn-relu"])
        {
            string name = cell.Replace(" --", "-", StringComparison.Ordinal);
            yield return new(name, $"--cell {cell} --embedding 5 {Adam}");
            yield return new($"{name}-tied", $"--cell {cell} --tied {Adam}");
        }

        yield return new("last-hidden", $"--last-hidden 5 --embedding 5 {Adam}");
        yield return new("last-hidden-tied", $"--last-hidden 4 --embedding 4 --tied --layers 3 {Adam}");
        yield return new("one-layer", $"--layers 1 {Adam}");
        yield return new("char", $"--level char --min-count 2 {Small} {Adam}");
        yield return new("byte", $"--level byte {Small} {Sgd}");
        yield return new("least-count", $"--min-count 200 {Adam}");
        yield return new("largest-size", $"--max-vocabulary 9 {Adam}");
        yield return new("f16", $"--dtype f16 {Adam}");
        yield return new("bf16", $"--dtype bf16 {Adam}");
        yield return new("awd-lstm", $"--preset awd-lstm {Awd}");
        yield return new("gal-medium", "--preset gal-medium");
        yield return new("no-marks", $"--eos none {Adam}") { IsAfterFirst = true };
        yield return new("two-streams", $"--streams 2 {Adam}") { IsAfterFirst = true };
    }

    // An epoch ends after 46 updates, and after 92.
    public static IEnumerable<EarlierRun> Checkpoints() =>
    [
        new("sgd", Sgd, 70),
        new("sgd-first-update", Sgd, 1) { IsAfterFirst = true },
        new("sgd-decay", $"--full-rate-epochs 1 --decay 3 {Sgd}", 92) { IsAfterFirst = true },
        new("adam", Adam, 70) { IsAfterFirst = true },
        new("adam-peepholes", $"--peepholes --dropout locked --rate 0.3 {Adam}", 70),
        new("adam-tied", $"--tied {Adam}", 46),
        new("averaging", Averaging, 210) { Epochs = 6, IsAfterFirst = true },
        new("averaging-awd-lstm", $"--preset awd-lstm {Awd}", 120) { Epochs = 6 },
        new("averaging-structured", $"--preset awd-lstm+nr-rh-st {Awd}", 120) { Epochs = 6 },
        new("not-yet-averaging", Averaging, 40) { Epochs = 6, IsAfterFirst = true },
        new("random", $"--dropout random --rate 0.3 {Sgd}", 70) { IsAfterFirst = true },
        new("structured", $"--dropout structured --rate 0.5 {Adam}", 70),
        new("structured-bernoulli", $"--dropout structured --rate 0.5 --draw bernoulli {Sgd}", 7) { IsAfterFirst = true },
        new("structured-locked-groups", $"--dropout structured-locked --rate 0.5 --group-size 2 --layers 3 --embedding 4 {Adam}", 70),
        new("structured-multiple", $"--dropout structured --rate 0.4 --keep-multiple 3 --cell gru {Adam}", 93),
        new("variable-bptt", $"--variable-bptt {Sgd}", 70) { IsAfterFirst = true },
        new("variable-bptt-structured", $"--variable-bptt --dropout structured --rate 0.5 --warm-up 100 --lr-schedule cosine {Adam}", 100),
        new("plateau", "--lr-schedule plateau --decay 4 --lr 10 --clip 1 --init 0.3", 200) { Epochs = 6 },
        new("patience", "--lr-schedule constant --patience 2 --optimizer adam --lr 0.1", 150) { Epochs = 9 },
        new("regularised", $"{Penalties} --last-hidden 7 --embedding 7 --tied --rate-word 0.2 {Sgd}", 70),
        new("weight-drop", $"--weight-drop 0.5 --rate-word 0.2 --dropout structured --rate 0.5 --cell gru {Adam}", 70),
        new("decoupled-decay", $"{Decay} --init-scheme scaled --lr-schedule linear --lr 2 --forget-bias 1", 70),
        new("gal-medium", "--preset gal-medium+nr-rh-st", 70) { IsAfterFirst = true },
        new("rnn-tanh", $"--cell rnn-tanh --dropout locked --rate 0.3 {Adam}", 70),
        new("rnn-relu", $"--cell rnn-relu {Adam}", 70) { IsAfterFirst = true },
        new("char", $"--level char --min-count 2 {Small} {Adam}", 300),
        new("bf16", $"--max-vocabulary 9 --dtype bf16 {Adam}", 70) { IsAfterFirst = true },
        new("cut-short", $"--max-steps 90 {Sgd}", 70),
        new("replayed", Sgd, 70) { Schedule = "--dropout structured --rate 0.5 --seed 3" },
        new("no-marks", $"--eos none --streams 2 {Sgd}", 70) { IsAfterFirst = true },
    ];

    public static IEnumerable<EarlierRun> Schedules() =>
    [
        new("structured", Adam) { Schedule = "--dropout structured --rate 0.5" },
        new("structured-bernoulli", Adam) { Schedule = "--dropout structured --draw bernoulli --rate 0.4 --seed 5" },
        new("structured-locked-groups", Adam) { Schedule = "--dropout structured-locked --rate 0.5 --group-size 2" },
        new("structured-multiple", Adam) { Schedule = "--dropout structured --rate-recurrent 0.5 --rate-output 0.3 --keep-multiple 3" },
        new("three-layers", $"--layers 3 --embedding 4 --last-hidden 8 {Adam}")
        {
            Schedule = "--layers 3 --embedding 4 --last-hidden 8 --dropout structured " +
                "--rate-embedding 0.2 --rate-layer 0.5 --rate-recurrent 0.25",
        },
        new("variable-bptt", $"--variable-bptt --max-steps 40 {Adam}")
        {
            Schedule = "--variable-bptt --dropout structured --rate 0.5",
            Updates = 40,
        },
    ];

    public static IEnumerable<EarlierStack> Stacks() =>
    [
        new("lstm-two-layers.safetensors", "input-4-cell.safetensors"),
        new("gru-two-layers.safetensors", "input-4.safetensors"),
        new("rnn-two-layers.safetensors", "input-4.safetensors", "--nonlinearity", "relu"),
        new("lstm-forward-clip.onnx", "input-1-cell.safetensors"),
        new("lstm-reverse-peepholes.onnx", "input-1-cell.safetensors"),
        new("lstm-reverse-coupled.onnx", "input-1-cell.safetensors"),
        new("lstm-bidirectional.onnx", "input-2-cell.safetensors"),
        new("lstm-bidirectional-activations.onnx", "input-2-cell.safetensors", "--dtype", "bf16"),
        new("gru-forward-no-bias.onnx", "input-1.safetensors"),
        new("gru-reverse-reset-first.onnx", "input-1.safetensors"),
        new("gru-bidirectional-activations.onnx", "input-2.safetensors"),
        new("rnn-reverse-clip.onnx", "input-1.safetensors"),
        new("rnn-bidirectional-activations.onnx", "input-2.safetensors"),
        new("rnn-forward-elu.onnx", "input-1.safetensors", "--dtype", "f16"),
    ];

    /// <summary>The texts, as options.</summary>
    /// <param name="place">Where a file of a name lies.</param>
    public static string[] Texts(Func<string, string> place) =>
        ["--train", place("train.txt"), "--valid", place("valid.txt"), "--test", place("test.txt")];

    /// <summary>The command line of a run.</summary>
    /// <param name="run">Which.</param>
    /// <param name="place">Where a file of a name lies.</param>
    /// <param name="output">The model to write.</param>
    public static string[] Train(EarlierRun run, Func<string, string> place, string output)
    {
        List<string> args = ["train", "lm", .. Texts(place), "--out", output];
        args.AddRange(["--hidden", "6", "--batch", "5", "--bptt", "6", "--epochs", $"{run.Epochs}", .. run.Options.Split(' ')]);
        if (run.Schedule is not null) args.AddRange(["--schedule", place(run.Name + ".tss")]);
        return [.. args, "--json"];
    }

    /// <summary>The command line that writes a run's masks.</summary>
    public static string[] WriteSchedule(EarlierRun run) =>
        ["schedule", "--hidden", "6", "--bptt", "6", "--steps", $"{run.Updates}", .. run.Schedule!.Split(' '), "--out", run.Name + ".tss"];
}
