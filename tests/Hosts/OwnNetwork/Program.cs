using System.Globalization;
using TinySD.Hosts.OwnNetwork;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Training;

// A network composed of the runtime's layers, see SpellingTagger.cs, is trained as every other is: `OwnNetwork UPDATES`. Prints the share
// of tags that it gets right in sentences that it has not seen.
if (args is not [string text] || !int.TryParse(text, CultureInfo.InvariantCulture, out int updates) || updates < 0)
{
    Console.Error.WriteLine("usage: OwnNetwork UPDATES");
    return 2;
}

SpellingTagger network = SpellingTagger.Create();
var trainer = new Trainer<Sentences>(network, new OwnRecipe { Name = "own", Optimizer = OptimizerKind.Adam });
var batch = new Sentences();
for (int update = 0; update < updates; update++)
{
    batch.Draw(update);
    trainer.Step(batch, new Draw(update), rate: 0.01f);
}

batch.Draw(-1);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{network.ToUse().Accuracy(batch):F3}"));
return 0;

internal sealed record OwnRecipe : TrainingRecipe;
