using System.CommandLine;
using TinySD.Tools.Display;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tests;

/// <summary>Wrong command lines: exit code 2, the option as it was typed, what was expected, where to look.</summary>
public sealed class UsageTests
{
    /// <summary>Only what the words name is made of all commands. It must be made as it is among the others.</summary>
    [Test]
    public async Task Every_command_is_the_same_by_itself()
    {
        using var stop = new StopRequest();
        var tree = new CommandTree(new CommonOptions(new CliConsole(TextWriter.Null, TextWriter.Null), stop), Cli.Kinds);
        (string Path, Command Command)[] all = [.. Leaves(tree.Whole(), "")];
        await Assert.That(all.Length).IsGreaterThan(30);
        foreach ((string path, Command command) in all)
        {
            string[] words = path.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            RootCommand? branch = tree.BranchOf([.. words, "--seed", "1"]);
            if (words[0] is "help" or "man" or "completion")
            {
                await Assert.That(branch).IsNull().Because(path);
                continue;
            }

            // Of hw and synthesize all is made; they have little.
            (_, Command alone) = await Assert.That(Leaves(branch!, "").Where(leaf => leaf.Path == path)).HasSingleItem();
            await Assert.That(alone.Options.Select(option => option.Name)).IsEquivalentTo(command.Options.Select(option => option.Name));
            if (words[0] is "train" or "reproduce") await Assert.That(Leaves(branch!, "").Count()).IsEqualTo(1).Because(path);
        }

        static IEnumerable<(string Path, Command Command)> Leaves(Command command, string path) => command.Subcommands.Count == 0
            ? [(path.Trim(), command)]
            : command.Subcommands.SelectMany(below => Leaves(below, $"{path} {below.Name}"));
    }

    [Test]
    [Arguments("--rate", "1", "--rate is '1'; expected a drop rate of at least 0 and below 1.")]
    [Arguments("--rate", "-0.1", "--rate is '-0.1'; expected a drop rate of at least 0 and below 1.")]
    [Arguments("--rate", "NaN", "--rate is 'NaN'; expected a drop rate of at least 0 and below 1.")]
    [Arguments("--rate", "0,5", "--rate is '0,5'; expected a drop rate of at least 0 and below 1.")]
    [Arguments("--rate-embedding", "1", "--rate-embedding is '1'; expected a drop rate of at least 0 and below 1.")]
    [Arguments("--rate-layer", "2", "--rate-layer is '2'; expected a drop rate of at least 0 and below 1.")]
    [Arguments("--rate-recurrent", "-0.1", "--rate-recurrent is '-0.1'; expected a drop rate of at least 0 and below 1.")]
    [Arguments("--rate-output", "half", "--rate-output is 'half'; expected a drop rate of at least 0 and below 1.")]
    [Arguments("--hidden", "0", "--hidden is '0'; expected a whole number from 1 to 65536.")]
    [Arguments("--hidden", "-200", "--hidden is '-200'; expected a whole number from 1 to 65536.")]
    [Arguments("--hidden", "12.5", "--hidden is '12.5'; expected a whole number from 1 to 65536.")]
    [Arguments("--hidden", "99999999999", "--hidden is '99999999999'; expected a whole number from 1 to 65536.")]
    [Arguments("--embedding", "-1", "--embedding is '-1'; expected a whole number from 0 to 65536.")]
    [Arguments("--layers", "65", "--layers is '65'; expected a whole number from 1 to 64.")]
    [Arguments("--batch", "0", "--batch is '0'; expected a whole number from 1 to 65536.")]
    [Arguments("--bptt", "0", "--bptt is '0'; expected a whole number from 1 to 65536.")]
    [Arguments("--epochs", "0", "--epochs is '0'; expected a whole number from 1 to 65536.")]
    [Arguments("--max-steps", "0", "--max-steps is '0'; expected a whole number of at least 1.")]
    [Arguments("--lr", "0", "--lr is '0'; expected a number above 0.")]
    [Arguments("--lr", "Infinity", "--lr is 'Infinity'; expected a number above 0.")]
    [Arguments("--lr", "nan", "--lr is 'nan'; expected a number above 0.")]
    [Arguments("--lr", "1e-300", "--lr is '1e-300'; expected a number above 0.")]
    [Arguments("--lr", "1e39", "--lr is '1e39'; expected a number above 0.")]
    [Arguments("--clip", "inf", "--clip is 'inf'; expected a number of at least 0.")]
    [Arguments("--clip", "NaN", "--clip is 'NaN'; expected a number of at least 0.")]
    [Arguments("--clip", "1e-300", "--clip is '1e-300'; expected a number of at least 0.")]
    [Arguments("--clip", "0.00000000000000000000000000000000000000000000000000001",
        "--clip is '0.00000000000000000000000000000000000000000000000000001'; expected a number of at least 0.")]
    [Arguments("--init", "NaN", "--init is 'NaN'; expected a number above 0.")]
    [Arguments("--decay", "Infinity", "--decay is 'Infinity'; expected a number of at least 1.")]
    [Arguments("--forget-bias", "NaN", "--forget-bias is 'NaN'; expected a number.")]
    [Arguments("--weight-decay", "NaN", "--weight-decay is 'NaN'; expected a number of at least 0 and below 1.")]
    [Arguments("--ar", "Infinity", "--ar is 'Infinity'; expected a number of at least 0.")]
    [Arguments("--clip", "-1", "--clip is '-1'; expected a number of at least 0.")]
    [Arguments("--decay", "0.5", "--decay is '0.5'; expected a number of at least 1.")]
    [Arguments("--init", "0", "--init is '0'; expected a number above 0.")]
    [Arguments("--seed", "-1", "--seed is '-1'; expected a whole number from 0 to 2^64 - 1.")]
    [Arguments("--preset", "awd-lstm+st",
        "--preset is 'awd-lstm+st'; expected one of zaremba-small, zaremba-medium, zaremba-large, gal-medium, gal-large, " +
        "awd-lstm, char-small, those with dropout also with +nr-st or +nr-rh-st after it; did you mean 'awd-lstm+nr-st'?")]
    [Arguments("--rate-word", "1", "--rate-word is '1'; expected a drop rate of at least 0 and below 1.")]
    [Arguments("--weight-drop", "-0.5", "--weight-drop is '-0.5'; expected a drop rate of at least 0 and below 1.")]
    [Arguments("--ar", "-1", "--ar is '-1'; expected a number of at least 0.")]
    [Arguments("--tar", "NaN", "--tar is 'NaN'; expected a number of at least 0.")]
    [Arguments("--weight-decay", "1", "--weight-decay is '1'; expected a number of at least 0 and below 1.")]
    [Arguments("--last-hidden", "-1", "--last-hidden is '-1'; expected a whole number from 0 to 65536.")]
    [Arguments(
        "--lr-schedule", "step", "--lr-schedule is 'step'; expected one of zaremba, constant, cosine, linear, plateau, inverse-time.")]
    [Arguments("--loss-reduction", "none", "--loss-reduction is 'none'; expected one of sum, mean.")]
    [Arguments("--init-scheme", "xavier", "--init-scheme is 'xavier'; expected one of uniform, scaled.")]
    [Arguments("--patience", "-1", "--patience is '-1'; expected a whole number of at least 0.")]
    [Arguments("--warm-up", "-1", "--warm-up is '-1'; expected a whole number of at least 0.")]
    [Arguments("--threads", "0", "--threads is '0'; expected a whole number from 1 to 1024.")]
    [Arguments("--threads", "-2", "--threads is '-2'; expected a whole number from 1 to 1024.")]
    [Arguments("--level", "syllable", "--level is 'syllable'; expected one of word, char, byte.")]
    [Arguments("--optimizer", "lion", "--optimizer is 'lion'; expected one of sgd, adam, nt-asgd, adamw, adagrad.")]
    [Arguments("--cell", "sru", "--cell is 'sru'; expected one of lstm, gru, rnn-tanh, rnn-relu; did you mean 'gru'?")]
    [Arguments("--draw", "some", "--draw is 'some'; expected one of exact-count, bernoulli.")]
    [Arguments("--dropout", "Random", "--dropout is 'Random'; expected one of none, random, locked, structured, structured-locked, " +
        "nested, nested-locked; did you mean 'random'?")]
    [Arguments("--least-share", "1", "--least-share is '1'; expected a number between 0 and 1.")]
    [Arguments("--share-count", "1", "--share-count is '1'; expected a whole number from 2 to 4096.")]
    [Arguments("--whole-rate", "1", "--whole-rate is '1'; expected a drop rate of at least 0 and below 1.")]
    [Arguments("--preset", "zaremba", "--preset is 'zaremba'; expected one of zaremba-small, zaremba-medium, zaremba-large, gal-medium, " +
        "gal-large, awd-lstm, char-small.")]
    public async Task A_value_out_of_range_is_refused_by_the_name_of_its_option(string option, string value, string message)
    {
        CliResult result = Tinysd.Run("train", "lm", "--train", "t", "--valid", "v", "--out", "o", option, value);
        await Assert.That(result.Error).IsEqualTo($"tinysd train lm: {message}\nSee 'tinysd train lm --help'.\n");
        await Assert.That(result.Code).IsEqualTo(2);
        await Assert.That(result.Out).IsEqualTo("");
    }

    [Test]
    [Arguments("train lm --frobnicate 3", "tinysd train lm", "there is no command, option or argument for '--frobnicate'.")]
    [Arguments("train lm --train t --valid v", "tinysd train lm", "--out is missing; --train and --out are required.")]
    [Arguments("train lm --valid v --out o", "tinysd train lm", "--train is missing")]
    [Arguments("train lm --train t --valid v --valid-fraction 0.1 --out o", "tinysd train lm",
        "--valid-fraction validates on a part of --train; leave out --valid, or --valid-fraction.")]
    [Arguments("train lm --train t --valid-fraction 1 --out o", "tinysd train lm", "expected a share above 0 and below 1")]
    [Arguments("train lm --tied --embedding 5 --show", "tinysd train lm",
        "--tied needs an embedding as wide as the hidden layer; --embedding is 5")]
    [Arguments(
        "train lm --tied --last-hidden 5 --show", "tinysd train lm", "--embedding is 200 and --last-hidden 5. Give --last-hidden 200.")]
    [Arguments("train lm --optimizer adamw --weight-decay 0.1 --decoupled-decay --show", "tinysd train lm",
        "--decoupled-decay is not for --optimizer adamw, whose decay goes with the learning rate; leave it out, or give adam.")]
    [Arguments(
        "train lm --variable-bptt --bptt 65530 --show", "tinysd train lm", "--variable-bptt needs a --bptt from 5 to 65516; found 65530.")]
    [Arguments("train lm --variable-bptt --bptt 4 --show", "tinysd train lm", "--variable-bptt needs a --bptt from 5 to 65516; found 4.")]
    [Arguments("train lm --hidden 5 --hidden 6 --show", "tinysd train lm", "--hidden")]
    [Arguments("train lm --checkpoint d", "tinysd train lm", "--train is missing; --train and --out are required.")]
    [Arguments("train lm --checkpoints d", "tinysd train lm",
        "there is no command, option or argument for '--checkpoints'; did you mean '--checkpoint'?")]
    [Arguments("train lm --reports r.html", "tinysd train lm",
        "there is no command, option or argument for '--reports'; did you mean '--report'?")]
    [Arguments("train", "tinysd train", "a command is missing; expected one of lm, classifier, regressor, tagger, translator.")]
    [Arguments("frobnicate", "tinysd", "there is no command, option or argument for 'frobnicate'.")]
    [Arguments("eval m.tsd", "tinysd eval", "--data is missing; MODEL and --data are required.")]
    [Arguments("train lm --tied=on --show", "tinysd train lm", "--tied is 'on'; expected true or false.")]
    [Arguments("hw simulate --profile 8x9 --gemm 1,2,3", "tinysd hw simulate", "--profile is '8x9'; expected a systolic array")]
    [Arguments("eval --data d", "tinysd eval", "MODEL is missing; MODEL and --data are required.")]
    [Arguments("generate", "tinysd generate", "MODEL is missing; it is required.")]
    [Arguments("generate m.tsd --temperature -1", "tinysd generate", "--temperature is '-1'; expected a number of at least 0.")]
    [Arguments("generate m.tsd --temperature NaN", "tinysd generate", "--temperature is 'NaN'; expected a number of at least 0.")]
    [Arguments("generate m.tsd --temperature 1e-300", "tinysd generate", "--temperature is '1e-300'; expected a number of at least 0.")]
    [Arguments("eval m.tsd --data d --cache 5 --cache-theta Infinity", "tinysd eval",
        "--cache-theta is 'Infinity'; expected a number of at least 0.")]
    [Arguments(
        "train lm --dropout none --rate 2 --show", "tinysd train lm", "--rate is '2'; expected a drop rate of at least 0 and below 1.")]
    [Arguments("generate m.tsd --length 0", "tinysd generate", "--length is '0'; expected a whole number of at least 1.")]
    [Arguments("generate m.tsd --top-k -1", "tinysd generate", "--top-k is '-1'; expected a whole number of at least 0.")]
    [Arguments("inspect", "tinysd inspect", "FILE is missing; it is required.")]
    [Arguments("verify a.tsd b.tsd", "tinysd verify", "there is no command, option or argument for 'b.tsd'.")]
    [Arguments("demo --steps 0", "tinysd demo", "--steps is '0'; expected a whole number from 1 to 100000.")]
    [Arguments("bench --steps 0", "tinysd bench", "--steps is '0'; expected a whole number from 1 to 100000.")]
    [Arguments("bench --threads 0", "tinysd bench", "--threads is '0'; expected a whole number from 1 to 1024.")]
    [Arguments("bench --rate 0", "tinysd bench", "--rate is '0'; expected a drop rate above 0 and below 1.")]
    [Arguments("bench --rate 1", "tinysd bench", "--rate is '1'; expected a drop rate above 0 and below 1.")]
    [Arguments("bench --preset medium", "tinysd bench",
        "--preset is 'medium'; expected one of zaremba-small, zaremba-medium, zaremba-large, gal-medium, gal-large, awd-lstm, char-small.")]
    [Arguments("bench zaremba-small", "tinysd bench", "there is no command, option or argument for 'zaremba-small'.")]
    [Arguments("hw", "tinysd hw", "a command is missing; expected one of detect, list, show, simulate.")]
    [Arguments("hw simulate --gemm 1,2,3", "tinysd hw simulate", "--profile")]
    [Arguments(
        "hw simulate --profile x --gemm 1,2,3", "tinysd hw simulate", "--profile is 'x'; expected a systolic array, one of systolic-8x8,")]
    [Arguments("hw simulate --profile 8x8", "tinysd hw simulate", "there is nothing to simulate; give --preset NAME or --gemm M,N,K.")]
    [Arguments(
        "hw simulate --profile 8x8 --gemm 1,2,3 --preset char-small", "tinysd hw simulate", "--preset and --gemm exclude each other")]
    [Arguments("hw simulate --profile 8x8 --gemm 1,2", "tinysd hw simulate",
        "--gemm is '1,2'; expected three whole numbers M,N,K from 1 to 65536.")]
    [Arguments("hw simulate --profile 8x8 --gemm 1,0,3", "tinysd hw simulate", "--gemm is '1,0,3'; expected three whole numbers")]
    [Arguments("hw simulate --profile 8x8 --gemm 1,2,3,4", "tinysd hw simulate", "--gemm is '1,2,3,4'; expected three whole numbers")]
    [Arguments("hw simulate --profile 8x8 --gemm 1,2,3 --rate 1", "tinysd hw simulate", "--rate is '1'; expected a drop rate")]
    [Arguments(
        "hw simulate --profile 8x8 --gemm 1,2,3 --dataflow rs", "tinysd hw simulate", "--dataflow is 'rs'; expected one of os, ws, is.")]
    [Arguments("hw detect --name desk --out x64-avx2.json", "tinysd hw detect",
        "--out x64-avx2.json would hide the built-in profile x64-avx2 from the profiles beside it")]
    [Arguments("hw simulate --profile p.json --preset zaremba-medium --report p.json", "tinysd hw simulate",
        "--report and --profile are the same file, p.json; the report would replace the other.")]
    [Arguments(
        "schedule --preset zaremba-medium --rate 0 --steps 3 --out m.tss", "tinysd schedule", "no site of the model has a drop rate")]
    [Arguments(
        "schedule --layers 1 --rate 0 --rate-layer 0.5 --steps 3 --out m.tss", "tinysd schedule", "no site of the model has a drop rate")]
    [Arguments("schedule --hidden 65536 --bptt 65536 --rate 0.5 --steps 3 --out m.tss", "tinysd schedule",
        "there can be no such schedule: a mask schedule cannot have an update's masks take ")]
    [Arguments("schedule --rate 0.5 --steps 3 --out m.tss --report m.tss", "tinysd schedule",
        "--report and --out are the same file, m.tss; the report would replace the other.")]
    [Arguments("train lm --epochs 65537 --show", "tinysd train lm", "--epochs is '65537'; expected")]
    [Arguments("schedule --preset zaremba-medium --out m.tss", "tinysd schedule", "--steps is missing")]
    [Arguments("schedule --preset zaremba-medium --steps 3", "tinysd schedule", "--out is missing")]
    [Arguments("schedule --preset zaremba-medium --steps 0 --out m.tss", "tinysd schedule", "--steps is '0'; expected")]
    [Arguments("schedule --steps 3 --out m.tss", "tinysd schedule",
        "no site of the model has a drop rate, so there are no masks to write; give --rate, for example --rate 0.5.")]
    [Arguments("schedule --preset zaremba-medium --dropout random --steps 3 --out m.tss", "tinysd schedule",
        "only structured masks can be written down")]
    public async Task Words_that_make_no_sense_are_refused(string line, string command, string message)
    {
        CliResult result = Tinysd.Run(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        await Assert.That(result.Code).IsEqualTo(2);
        await Assert.That(result.Error).StartsWith($"{command}: ");
        await Assert.That(result.Error).Contains(message);
        await Assert.That(result.Error.Split('\n')[1]).Matches($"^See '{command} --help'(\\.|; for example: {command} .+)$");
        await Assert.That(result.Error.Count(c => c == '\n')).IsEqualTo(2);
        await Assert.That(result.Out).IsEqualTo("");
    }

    [Test]
    [Arguments("tarin lm", "tinysd train")]
    [Arguments("lm --train t", "tinysd train lm")]
    [Arguments("noise m.tsd", "tinysd reproduce noise")]
    [Arguments("clasify", "tinysd classify")]
    [Arguments("train clasifier", "tinysd train classifier")]
    [Arguments("train generate", "tinysd generate")]
    [Arguments("hw detekt", "tinysd hw detect")]
    [Arguments("help trian", "tinysd train")]
    [Arguments("train lm --hiden 5", "--hidden")]
    [Arguments("train lm --hdiden=5", "--hidden")]
    [Arguments("generate m.tsd --temprature 1", "--temperature")]
    [Arguments("generate m.tsd --jason", "--json")]
    [Arguments("train lm --dropout strucutred", "structured")]
    [Arguments("train lm --optimizer amadw", "adamw")]
    [Arguments("train lm --preset zarembasmall --show", "zaremba-small")]
    [Arguments("train lm --preset gal-large+nrst --show", "gal-large+nr-st")]
    [Arguments("train tagger --preset lampel --show", "lample")]
    [Arguments("train lm --train t --valid v --out o --profile x64-avx3", "x64-avx2")]
    [Arguments("train lm --train t --valid v --out o --profile x64avx2", "x64-avx2")]
    [Arguments("hw simulate --profile systolic-16x61 --gemm 1,2,3", "systolic-16x16")]
    [Arguments("reproduce lm --train t --valid v --test w --dir d --rate 0.5 --cells random,nr-ts", "nr-st")]
    [Arguments("train lm --cell xyz", null)]
    [Arguments("frobnicate", null)]
    [Arguments("generate m.tsd --frobnicate", null)]
    public async Task A_word_that_is_almost_right_is_told(string line, string? meant)
    {
        CliResult result = Tinysd.Run(line.Split(' '));
        await Assert.That(result.Code).IsEqualTo(2);
        string first = result.Error.Split('\n')[0];
        if (meant is null) await Assert.That(first).DoesNotContain("did you mean");
        else await Assert.That(first).EndsWith($"; did you mean '{meant}'?");
        await Assert.That(result.Error.Count(c => c == '\n')).IsEqualTo(2);
    }

    [Test]
    [Arguments("train lm", "tinysd train lm --train mine.txt --out mine.tsd")]
    [Arguments("train lm --out o", "tinysd train lm --train mine.txt --out mine.tsd")]
    [Arguments("eval", "tinysd eval model.tsd --data test.txt")]
    [Arguments("train", "tinysd train lm --train mine.txt --out mine.tsd")]
    public async Task Where_words_are_missing_the_second_line_has_an_example(string line, string example)
    {
        CliResult result = Tinysd.Run(line.Split(' '));
        await Assert.That(result.Error).EndsWith($"; for example: {example}\n");
        CliResult tried = Tinysd.Run([.. example.Split(' ').Skip(1), "--plan"]);
        await Assert.That(tried.Error).DoesNotContain("is missing;");
    }

    [Test]
    [Arguments("train lm --nonmono 3 --show", "--nonmono has no effect without --optimizer nt-asgd; it is sgd.")]
    [Arguments(
        "train lm --optimizer adagrad --beta1 0.5 --show", "--beta1 has no effect without --optimizer adam or adamw; it is adagrad.")]
    [Arguments("train lm --optimizer adam --momentum 0.5 --show", "--momentum has no effect without --optimizer sgd; it is adam.")]
    [Arguments("train lm --nesterov --show", "--nesterov has no effect without --momentum.")]
    [Arguments("train lm --decoupled-decay --show", "--decoupled-decay has no effect without --weight-decay.")]
    [Arguments("train lm --dropout structured --show",
        "--dropout structured has no effect: the preset zaremba-small has no drop rate; add --rate, for example --rate 0.5, or the rate " +
        "of a site.")]
    [Arguments("train lm --rate 0.5 --show",
        "--rate has no effect: the preset zaremba-small has no dropout; add --dropout, for example --dropout structured.")]
    [Arguments("train lm --draw exact --show",
        "--draw has no effect: the preset zaremba-small has no dropout; add --dropout, for example --dropout structured.")]
    [Arguments("train lm --cell gru --peepholes --show", "--peepholes has no effect: --cell is gru, and only LSTM cells have peepholes.")]
    [Arguments("train lm --cell gru --forget-bias 1 --show",
        "--forget-bias has no effect: --cell is gru, and only LSTM cells have a forget gate.")]
    [Arguments("train lm --dropout none --rate-layer 0.5 --show", "--rate-layer has no effect: --dropout is none.")]
    [Arguments("train lm --dropout none --rate 0.5 --rate-layer 0.2 --group-size 2 --show",
        "--rate, --rate-layer and --group-size have no effect: --dropout is none.")]
    [Arguments("train lm --dropout locked --rate 0.5 --draw exact --show",
        "--draw exact-count has no effect: --dropout is locked, which draws every unit by chance; only structured masks have it.")]
    [Arguments("train lm --dropout random --rate 0.5 --group-size 4 --keep-multiple 2 --show",
        "--keep-multiple and --group-size have no effect: --dropout is random, which draws every unit by itself; only structured masks " +
        "have it.")]
    [Arguments("train lm --dropout structured --rate 0.5 --draw bernoulli --keep-multiple 4 --show",
        "--keep-multiple has no effect: it needs exact counts, and --draw is bernoulli.")]
    [Arguments("train lm --lr-schedule constant --decay 2 --full-rate-epochs 3 --show",
        "--full-rate-epochs and --decay have no effect: --lr-schedule is constant.")]
    [Arguments("train lm --lr-schedule plateau --full-rate-epochs 2 --show", "--full-rate-epochs has no effect: --lr-schedule is plateau.")]
    [Arguments("train lm --rate-word-by-sequence --show", "--rate-word-by-sequence has no effect without --rate-word.")]
    [Arguments("train lm --no-checkpoints --checkpoint-every 5 --checkpoint-keep 5 --show",
        "--checkpoint-every and --checkpoint-keep have no effect: --no-checkpoints is given, and there are none.")]
    [Arguments("hw simulate --profile 8x8 --gemm 4,4,4 --cell gru", "--cell has no effect on the one product of --gemm.")]
    [Arguments("hw simulate --profile 8x8 --gemm 1,2,3 --dropout none --rate 0.5", "--rate has no effect: --dropout is none.")]
    [Arguments("hw simulate --profile 8x8 --gemm 4,4,4 --dropout random --keep-multiple 8 --group-size 2",
        "--keep-multiple and --group-size have no effect: --dropout is random, and only structured masks skip units.")]
    [Arguments("hw simulate --profile 8x8 --gemm 4,4,4 --dropout nested --rate 0.5",
        "--rate has no effect: --dropout is nested, which keeps one share of the units everywhere.")]
    [Arguments("train lm --dropout nested-locked --rate 0.5 --rate-output 0.5 --draw bernoulli --group-size 2 --show",
        "--rate, --rate-output, --draw and --group-size have no effect: --dropout is nested-locked, which keeps the first units, the " +
        "same share of them everywhere.")]
    [Arguments("train lm --dropout structured --rate 0.5 --least-share 0.5 --share-count 2 --whole-rate 0.5 --show",
        "--least-share, --share-count and --whole-rate have no effect: --dropout is structured; only nested masks have it.")]
    public async Task An_option_that_merely_has_no_effect_is_a_warning(string line, string warning)
    {
        string command = line.StartsWith("hw", StringComparison.Ordinal) ? "tinysd hw simulate" : "tinysd train lm";
        foreach (string[] more in new[] { Array.Empty<string>(), ["--quiet"], ["--json"] })
        {
            CliResult result = Tinysd.Run([.. line.Split(' '), .. more]);
            await Assert.That(result.Error).IsEqualTo($"{command}: warning: {warning}\n");
            await Assert.That(result.Code).IsEqualTo(0);
            await Assert.That(result.Out).IsNotEmpty();
        }
    }

    [Test]
    public async Task An_option_without_effect_changes_nothing_in_a_loop_over_kinds_of_dropout()
    {
        using var folder = new TestFolder();
        foreach (string kind in new[] { "none", "random", "locked", "structured", "structured-locked" })
        {
            CliResult result = folder.TrainModelTo(
                folder[$"{kind}.tsd"], 1, "--dropout", kind, "--rate-layer", "0.3", "--keep-multiple", "2", "--max-steps", "5");
            await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
            await Assert.That(result.Error.Contains("warning: ", StringComparison.Ordinal))
                .IsEqualTo(!kind.StartsWith("structured", StringComparison.Ordinal));
        }

        await Assert.That(folder.TrainModelTo(folder["plain.tsd"], 1, "--max-steps", "5").Code).IsEqualTo(0);
        await Assert.That(folder.AreEqual("none.tsd", "plain.tsd")).IsTrue();
        await Assert.That(folder.TrainModelTo(folder["gru.tsd"], 1, "--cell", "gru", "--max-steps", "5").Code).IsEqualTo(0);
        await Assert.That(folder.TrainModelTo(
            folder["biased.tsd"], 1, "--cell", "gru", "--forget-bias", "2", "--nonmono", "7", "--max-steps", "5").Code).IsEqualTo(0);
        await Assert.That(folder.AreEqual("gru.tsd", "biased.tsd")).IsTrue();
    }

    [Test]
    public async Task Options_of_another_format_are_warnings()
    {
        using var folder = new TestFolder();
        folder.TrainModel("--max-steps", "5");
        await Warns(["export", folder.Model, "--out", folder["m.onnx"], "--prefix", "a."],
            "tinysd export: warning: --prefix has no effect: it is about .safetensors files.\n");
        await Warns(["export", folder.Model, "--out", folder["m.safetensors"], "--with-state"],
            "tinysd export: warning: --with-state has no effect: it is about .onnx files.\n");
        await Warns(
            ["import", folder["m.onnx"], "--out", folder["a.tsd"], "--prefix", "a.", "--nonlinearity", "relu"],
            $"tinysd import: warning: --prefix and --nonlinearity have no effect: about .safetensors files only, and {folder["m.onnx"]} " +
            "is none.\n");
        await Warns(
            ["import", folder["m.safetensors"], "--out", folder["b.tsd"], "--nonlinearity", "tanh"],
            $"tinysd import: warning: --nonlinearity has no effect: {folder["m.safetensors"]} holds an LSTM, which has none to choose.\n");

        static async Task Warns(string[] args, string warning)
        {
            CliResult result = Tinysd.Run([.. args, "--quiet"]);
            await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
            await Assert.That(result.Error).IsEqualTo(warning);
        }
    }

    [Test]
    public async Task The_output_may_not_be_an_input()
    {
        using var folder = new TestFolder();
        CliResult result = Tinysd.Run("train", "lm", "--train", folder.Train, "--valid", folder.Valid, "--out", folder.Valid);
        await Assert.That(result.Code).IsEqualTo(2);
        await Assert.That(result.Error)
            .Contains($"--out and --valid are the same file, {folder.Valid}; what is written would replace the other.");
    }

    [Test]
    [Arguments("--help")]
    [Arguments("-h")]
    [Arguments("train --help")]
    [Arguments("train lm --help")]
    [Arguments("eval --help")]
    [Arguments("generate --help")]
    [Arguments("inspect --help")]
    [Arguments("verify --help")]
    [Arguments("demo --help")]
    [Arguments("bench --help")]
    [Arguments("hw --help")]
    [Arguments("hw simulate --help")]
    public async Task Help_goes_to_standard_output_and_ends_in_an_example(string line)
    {
        CliResult result = Tinysd.Run(line.Split(' '));
        await Assert.That(result.Code).IsEqualTo(0);
        await Assert.That(result.Error).IsEqualTo("");
        await Assert.That(result.Out).Contains("Usage:");
        await Assert.That(result.Out).Contains("--json");
        string[] lines = result.Out.TrimEnd().Split('\n');
        string[] examples = lines[(Array.IndexOf(lines, "Examples:") + 1)..];
        await Assert.That(examples[0]).StartsWith("  tinysd ");
        await Assert.That(examples.Where(example => !example.StartsWith("  ", StringComparison.Ordinal))).IsEmpty();
    }

    [Test]
    public async Task Version_names_the_program_and_its_version()
    {
        CliResult result = Tinysd.Run("--version");
        await Assert.That(result.Code).IsEqualTo(0);
        await Assert.That(result.Out).Matches(@"^tinysd \d+\.\d+\.\d+ \(\.NET .*\)\n$");
    }
}
