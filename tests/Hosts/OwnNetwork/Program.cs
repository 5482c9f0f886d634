using System.Globalization;
using TinySD.Hosts.OwnNetwork;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

// Networks composed of the runtime's layers are trained as every other is: a tagger, see SpellingTagger.cs, or an encoder-decoder with
// attention, see WordReverser.cs. `OwnNetwork tagger|reverser UPDATES`. Prints the share of tags, or of words, that it gets right of
// those that it has not seen.
if (args is not [string kind, string text] || !int.TryParse(text, CultureInfo.InvariantCulture, out int updates) || updates < 0
    || kind is not ("tagger" or "reverser"))
{
    Console.Error.WriteLine("usage: OwnNetwork tagger|reverser UPDATES");
    return 2;
}

double right;
if (kind == "tagger")
{
    SpellingTagger network = SpellingTagger.Create();
    var batch = new Sentences();
    Train(network, batch, batch.Draw);
    batch.Draw(-1);
    right = network.ToUse().Accuracy(batch);
}
else
{
    WordReverser network = WordReverser.Create();
    var batch = new Words();
    Train(network, batch, batch.Draw);
    WordReverser writer = network.ToUse();
    right = Enumerable.Range(1, 5).Average(seed =>
    {
        batch.Draw(-seed);
        return writer.Accuracy(batch);
    });
}

Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{right:F3}"));
return 0;

void Train<TBatch>(Network<TBatch> network, TBatch batch, Action<int> draw)
    where TBatch : class
{
    var trainer = new Trainer<TBatch>(network, new OwnRecipe { Name = "own", Optimizer = OptimizerKind.Adam });
    for (int update = 0; update < updates; update++)
    {
        draw(update);
        trainer.Step(batch, new Draw(update), rate: 0.01f);
    }
}

internal sealed record OwnRecipe : TrainingRecipe;
