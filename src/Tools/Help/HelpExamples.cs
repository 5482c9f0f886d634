namespace TinySD.Tools.Help;

/// <summary>Command lines that work, by the command that they are of. The first of them is as short as it can be.</summary>
internal static class HelpExamples
{
    private const string Texts = "--train train.txt --valid valid.txt --test test.txt";

    private static readonly Dictionary<string, string[]> s_examples = new(StringComparer.Ordinal)
    {
        ["tinysd"] =
        [
            "tinysd demo",
            "tinysd train lm --train mine.txt --out mine.tsd",
            "tinysd generate mine.tsd --prompt \"the company\"",
        ],
        ["tinysd train"] =
        [
            "tinysd train lm --train mine.txt --out mine.tsd",
            "tinysd train classifier --train reviews.tsv --out reviews.tsd",
            "tinysd train regressor --train sensor.csv --targets load --out load.tsd",
            "tinysd train tagger --train names.conll --out names.tsd",
            "tinysd train translator --source a.de --target a.en --out deen.tsd",
        ],
        ["tinysd train lm"] =
        [
            "tinysd train lm --train mine.txt --out mine.tsd",
            "tinysd train lm --train mine.txt --lower --tokenize simple --out mine.tsd",
            "tinysd train lm --train train.txt --valid valid.txt --out model.tsd",
            "tinysd train lm --resume model.tsd.checkpoints",
            "tinysd train lm --preset zaremba-medium --dropout structured --rate 0.5 --train train.txt --valid valid.txt --out medium.tsd",
            "tinysd train lm --cell gru --hidden 256 --dropout structured --rate 0.3 --train train.txt --valid valid.txt --out gru.tsd",
            "tinysd train lm --preset zaremba-medium --show",
        ],
        ["tinysd train classifier"] =
        [
            "tinysd train classifier --train reviews.tsv --out reviews.tsd",
            "tinysd train classifier --train train.txt --valid valid.txt --test test.txt --out topics.tsd",
            "tinysd train classifier --train reviews.tsv --valid-fraction 0.1 --lower --class-weights balanced --out reviews.tsd",
            "tinysd train classifier --train all.txt --folds 10 --fold 1 --valid-fraction 0.1 --out fold1.tsd",
            "tinysd train classifier --preset integration --train train.txt --valid valid.txt --out integrator.tsd",
        ],
        ["tinysd train regressor"] =
        [
            "tinysd train regressor --train sensor.csv --targets load --out load.tsd",
            "tinysd train regressor --train hours.csv --targets load --horizon 24 --season 24 --split 8640,2880,2880 --out day.tsd",
            "tinysd train regressor --train parts.csv --targets price,weight --inputs width,height --horizon 0 --out parts.tsd",
        ],
        ["tinysd train tagger"] =
        [
            "tinysd train tagger --train names.conll --out names.tsd",
            "tinysd train tagger --train train.conll --valid valid.conll --test test.conll --out names.tsd",
            "tinysd train tagger --preset lample --vectors glove.100d.txt.gz --train train.conll --valid valid.conll --out names.tsd",
            "tinysd train tagger --tag-column 2 --train train.conll --valid-fraction 0.1 --out speech.tsd",
            "tinysd train tagger --preset ma-hovy --show",
        ],
        ["tinysd train translator"] =
        [
            "tinysd train translator --source a.de --target a.en --out deen.tsd",
            "tinysd train translator --source a.de --target a.en --valid-source b.de --valid-target b.en --out deen.tsd",
            "tinysd train translator --preset opennmt-500 --source a.de --target a.en --valid-fraction 0.01 --out deen.tsd",
            "tinysd train translator --bpe 10000 --share-vocabulary --share-embedding --tie --source a.de --target a.en " +
            "--valid-source b.de --valid-target b.en --test-source c.de --test-target c.en --out deen.tsd",
            "tinysd train translator --preset iwslt-deen --show",
        ],
        ["tinysd translate"] =
        [
            "tinysd translate deen.tsd", "tinysd translate deen.tsd --beam 5 --length-penalty 1",
            "tinysd translate deen.tsd --beam 5 --n-best 5 --replace-unknown",
        ],
        ["tinysd tag"] = ["tinysd tag names.tsd", "tinysd tag names.tsd --probabilities", "tinysd tag names.tsd --columns --scheme bioes"],
        ["tinysd bleu"] = ["tinysd bleu out.en test.en", "tinysd bleu out.en test.en --tokenize 13a --smooth exp --chrf"],
        ["tinysd predict"] = ["tinysd predict load.tsd", "tinysd predict load.tsd --anomalies --threshold 5"],
        ["tinysd classify"] = ["tinysd classify topics.tsd", "tinysd classify topics.tsd --top 3"],
        ["tinysd eval"] =
        [
            "tinysd eval model.tsd --data test.txt",
            "tinysd eval topics.tsd --data test.txt --json",
            "tinysd eval names.tsd --data test.conll --rule strict",
            "tinysd eval deen.tsd --data test.de --reference test.en --beam 5",
            "tinysd eval model.tsd --data test.txt --mc-samples 10 --streams 20",
            "tinysd eval model.tsd --data test.txt --cache 500 --cache-tune valid.txt",
            "tinysd eval oil.tsd --data test.csv --delta 0.05",
        ],
        ["tinysd analyze"] =
        [
            "tinysd analyze classifier.tsd --data test.txt --report states.html",
            "tinysd analyze regressor.tsd --data test.csv --report states.html",
        ],
        ["tinysd generate"] =
        [
            "tinysd generate model.tsd --prompt \"the company\" --length 50 --temperature 0.8 --seed 7 --forbid \"<unk>\"",
            "tinysd generate model.tsd --prompt-file begin.txt", "tinysd generate model.tsd --prompt \"the company\" --probabilities",
        ],
        ["tinysd score"] = ["tinysd score model.tsd", "tinysd score model.tsd --json"],
        ["tinysd compare"] = ["tinysd compare small.tsd medium.tsd", "tinysd compare a.tsd b.tsd c.tsd --report runs.html"],
        ["tinysd run"] =
        [
            "tinysd run encoder.tsd --input x.safetensors --output y.safetensors",
            "tinysd run lstm.onnx --input x.safetensors --output y.safetensors",
            "tinysd run state_dict.safetensors --prefix encoder. --input x.safetensors --output y.safetensors",
        ],
        ["tinysd import"] =
        [
            "tinysd import encoder.onnx --out encoder.tsd", "tinysd import state_dict.safetensors --prefix lstm. --out encoder.tsd",
        ],
        ["tinysd export"] = ["tinysd export encoder.tsd --out encoder.onnx", "tinysd export model.tsd --out model.safetensors"],
        ["tinysd quantize"] =
        [
            "tinysd quantize model.tsd --out model8.tsd --data test.txt", "tinysd quantize model.tsd --out half.tsd --format bf16",
            "tinysd quantize deen.tsd --out deen8.tsd --data test.de --reference test.en",
        ],
        ["tinysd inspect"] = ["tinysd inspect model.tsd --json"],
        ["tinysd verify"] = ["tinysd verify model.tsd"],
        ["tinysd reproduce"] =
        [
            $"tinysd reproduce lm {Texts} --dir grid --rate 0.5 --report grid.html",
            $"tinysd reproduce classifier {Texts} --dir classes --cells random,nr-st --seeds 5",
            "tinysd reproduce regressor --train t.csv --targets y --split 8640,2880,2880 --dir series",
        ],
        ["tinysd reproduce lm"] =
        [
            $"tinysd reproduce lm {Texts} --dir grid --rate 0.5",
            $"tinysd reproduce lm --preset zaremba-medium --hidden 256 --scale 0.25 {Texts} --dir grid --report grid.html",
            $"tinysd reproduce lm --preset zaremba-medium --cells random,nr-rh-st --seeds 1 {Texts} --dir medium",
        ],
        ["tinysd reproduce classifier"] =
        [
            $"tinysd reproduce classifier {Texts} --dir classes",
            $"tinysd reproduce classifier --cells random,nr-st --seeds 5 {Texts} --dir classes --report classes.html",
            "tinysd reproduce classifier --folds 10 --seeds 10 --train all.txt --valid-fraction 0.1 --cells random,nr-st --dir folds",
        ],
        ["tinysd reproduce tagger"] =
        [
            "tinysd reproduce tagger --train a.conll --valid b.conll --test c.conll --dir names",
            "tinysd reproduce tagger --train a.conll --valid b.conll --test c.conll --cells random,nr-rh-st --seeds 5 --dir names",
        ],
        ["tinysd reproduce translator"] =
        [
            "tinysd reproduce translator --source a.de --target a.en --valid-source b.de --valid-target b.en --test-source c.de " +
            "--test-target c.en --dir deen",
            "tinysd reproduce translator --source a.de --target a.en --valid-source b.de --valid-target b.en --test-source c.de " +
            "--test-target c.en --cells random,nr-rh-random,nr-st,nr-rh-st --seeds 3 --dir deen",
        ],
        ["tinysd reproduce regressor"] =
        [
            "tinysd reproduce regressor --train t.csv --targets y --split 8640,2880,2880 --dir series",
            "tinysd reproduce regressor --train t.csv --targets y --split 8640,2880,2880 --cells random,nr-rh-st --dir series",
        ],
        ["tinysd reproduce noise"] = ["tinysd reproduce noise model.tsd --data train.txt"],
        ["tinysd bench"] =
        [
            "tinysd bench", "tinysd bench --preset zaremba-large --threads 1", "tinysd bench --rate 0.65 --passes",
            "tinysd bench --cell gru",
        ],
        ["tinysd hw simulate"] =
        [
            "tinysd hw simulate --profile systolic-128x128 --preset zaremba-medium",
            "tinysd hw simulate --profile systolic-16x16 --preset zaremba-large --dropout structured-locked --dataflow ws",
            "tinysd hw simulate --profile systolic-16x16 --preset char-small --report step.html",
            "tinysd hw simulate --profile systolic-128x128 --gemm 700,2600,650 --rate 0.5",
        ],
        ["tinysd schedule"] =
        [
            "tinysd schedule --preset zaremba-medium --steps 1000 --seed 1 --out masks.tss",
            "tinysd schedule --preset char-small --profile cortex-m-class --steps 100 --out masks.tss --report masks.html",
        ],
        ["tinysd synthesize"] =
        [
            "tinysd synthesize unordered --classes 3 --out train.txt",
            "tinysd synthesize ordered --count 1000 --length 20-60 --seed 2 --out valid.txt",
        ],
        ["tinysd synthesize unordered"] = ["tinysd synthesize unordered --classes 4 --out train.txt"],
        ["tinysd synthesize ordered"] = ["tinysd synthesize ordered --classes 5 --out train.txt"],
        ["tinysd synthesize multilabel"] = ["tinysd synthesize multilabel --classes 2 --neutral 0.5 --out train.txt"],
        ["tinysd hw"] =
        [
            "tinysd hw detect --out laptop.json", "tinysd hw list", "tinysd hw show x64-avx2",
            "tinysd hw simulate --profile systolic-128x128 --preset zaremba-medium",
        ],
        ["tinysd hw detect"] = ["tinysd hw detect", "tinysd hw detect --threads 1 --out laptop.json"],
        ["tinysd hw list"] = ["tinysd hw list --json"],
        ["tinysd hw show"] = ["tinysd hw show x64-avx512"],
        ["tinysd completion"] = ["tinysd completion bash > ~/.local/share/bash-completion/completions/tinysd"],
        ["tinysd man"] = ["tinysd man > ~/.local/share/man/man1/tinysd.1"],
        ["tinysd help"] = ["tinysd help", "tinysd help train lm", "tinysd help --all train lm"],
        ["tinysd demo"] = ["tinysd demo", "tinysd generate demo.tsd --prompt \"public static\""],
    };

    /// <summary>An example in lines that fit, which a Unix shell takes for one.</summary>
    public static IEnumerable<string> Lines(string example, int columns)
    {
        List<string> parts = HangingText.Lines(CommandUsage.WordsOf(example), columns - 2, "  ", 4);
        return parts.Select((part, i) => i == parts.Count - 1 ? part : part + " \\");
    }

    /// <summary>Those of a command as it is typed: <c>tinysd train lm</c>; none where it has none.</summary>
    public static IReadOnlyList<string> Of(string command) => s_examples.TryGetValue(command, out string[]? examples) ? examples : [];
}
