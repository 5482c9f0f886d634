// Runs the code of the first page, of the library guide and of the packages' pages, as it stands there, in the current folder. That has the
// files that the code names: texts, tables and models, as the command line makes them.
using TinySD.Formats.Exchange.Onnx;
using TinySD.Formats.Models;
using TinySD.Formats.Text;
using TinySD.Hosts.Guide;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Training;

Run(nameof(Samples.Generate), Samples.Generate);
Run(nameof(Samples.Map), Samples.Map);
Run(nameof(Samples.Train), Samples.Train);
Run(nameof(Samples.Evaluate), Samples.Evaluate);
Run(nameof(Samples.Stop), StopAndGoOn);
Run(nameof(Samples.Classify), Samples.Classify);
Run(nameof(Samples.TrainClassifier), Samples.TrainClassifier);
Run(nameof(Samples.Tag), Samples.Tag);
Run(nameof(Samples.TrainTagger), Samples.TrainTagger);
Run(nameof(Samples.TrainTranslator), Samples.TrainTranslator);
Run(nameof(Samples.Translate), Samples.Translate);
Run(nameof(Samples.Predict), Samples.Predict);
Run(nameof(Samples.TrainRegressor), Samples.TrainRegressor);
Run(nameof(Samples.Personalize), Samples.Personalize);
Run(nameof(Samples.Exchange), Samples.Exchange);
Run(nameof(Samples.Compose), Samples.Compose);
Run(nameof(Samples.Chain), Samples.Chain);
Run(nameof(Samples.Stream), () => Samples.Stream(OnnxNetwork.Open("encoder.onnx").ToStack()));
Run(nameof(Samples.SaveStates), SaveStates);
Run(nameof(Samples.Compact), Compact);
Run(nameof(Samples.WriteFewerBytes), Samples.WriteFewerBytes);
Run(nameof(Samples.Skip), Samples.Skip);
Run(nameof(Samples.Lend), Samples.Lend);
Run(nameof(Samples.Fail), Samples.Fail);
Run(nameof(Samples.PackagedRuntime), Samples.PackagedRuntime);
Run(nameof(Samples.PackagedFormats), Samples.PackagedFormats);
Run(nameof(Samples.GameEngine), PlayInAnEngine);

static void Run(string name, Action sample)
{
    Console.WriteLine($"== {name}");
    sample();
    Console.WriteLine();
}

static void StopAndGoOn()
{
    Vocabulary vocabulary = Vocabulary.Build(Corpus.Count("train.txt", TextLevel.Character));
    int[] train = Corpus.Encode("train.txt", vocabulary), valid = Corpus.Encode("valid.txt", vocabulary);
    LanguageModelRecipe recipe = LanguageModelRecipe.FindPreset("char-small")! with { HiddenSize = 16 };
    TrainingRun<TokenWindow> stopped = Begin(), resumed = Begin();
    stopped.TrainEpoch();
    stopped.TryStep(out _);
    Samples.Stop(stopped, recipe, vocabulary, train, valid);
    Samples.GoOn(resumed);

    // What goes on makes the steps that would have been made.
    stopped.TryStep(out _);
    resumed.TryStep(out _);
    ReadOnlySpan<float> expected = stopped.ParametersToKeep.Values, found = resumed.ParametersToKeep.Values;
    Console.WriteLine(found.SequenceEqual(expected) ? "the same bits" : "other bits");

    TrainingRun<TokenWindow> Begin() =>
        new(new LanguageModelTask(recipe, vocabulary.Count, new TokenMemory(train), new TokenMemory(valid)));
}

static void SaveStates()
{
    LoadedLanguageModel loaded = LanguageModelFile.Load("demo.tsd");
    var session = new LanguageModelSession(loaded.Model);
    session.Step(1);
    Samples.SaveStates(session, new TokenSampler(loaded.Vocabulary.Count, temperature: 1f, seed: 1));
}

static void Compact()
{
    using MappedLanguageModel mapped = MappedLanguageModel.Open("demo.tsd");
    Samples.Compact(mapped);
}

static void PlayInAnEngine()
{
    byte[] bytes = File.ReadAllBytes("oil.tsd");
    var form = RegressorFile.Load(bytes, "oil.tsd").Regressor.Form;
    const int characters = 3;
    Samples.GameEngine(bytes, characters, new double[characters * form.Inputs.Length], new double[characters * form.Horizon]);
}
