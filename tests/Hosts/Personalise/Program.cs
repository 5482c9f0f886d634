using System.Globalization;
using TinySD.Formats.Models;
using TinySD.Formats.Tables;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Training;

// A device makes a model its own: it goes on training a regressor that came with it on the rows of its own sensor, within a budget of
// memory that is known before any is taken, a few steps a night. It may be switched off at any time: the next start goes on where this
// one ended, and comes to the same bits.
//
//   TinySD.Hosts.Personalise MODEL TABLE BUDGET_BYTES STEPS OUT [STATE]

LoadedRegressor loaded = RegressorFile.Load(args[0]);
Regressor regressor = loaded.Regressor;
SeriesPart rows = SeriesPart.All(NumberTable.Read(args[1]).Series([.. regressor.Form.Inputs.Union(regressor.Form.Targets)]));
long budget = long.Parse(args[2], CultureInfo.InvariantCulture);
int steps = int.Parse(args[3], CultureInfo.InvariantCulture);
string? state = args.Length > 5 ? args[5] : null;

RegressorRecipe recipe = loaded.Training.Recipe with { BatchSize = 1, Bptt = 24, LearningRate = 0.001f };
RegressorPersonalizer personal;
try
{
    personal = new RegressorPersonalizer(regressor, recipe, budget);
}
catch (ArgumentException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}

personal.Use(rows);
if (File.Exists(state)) SessionStateFile.Load(state, personal);
double loss = 0;
long bytes = GC.GetAllocatedBytesForCurrentThread();
for (int step = 0; step < steps; step++)
{
    StepResult result = personal.Step();
    loss += result.Loss / steps;

    // The first steps compile.
    if (step == 0) bytes = GC.GetAllocatedBytesForCurrentThread();
}

bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;

// Each whole or not at all, whenever the power fails.
if (state is not null) SessionStateFile.Save(state, personal);
RegressorFile.Save(args[4], personal.Regressor, loaded.Training);
Console.WriteLine($"updates: {personal.Updates}");
Console.WriteLine($"mean loss: {loss:F5}");
Console.WriteLine($"bytes taken: {personal.MemoryNeed.TotalBytes}");
Console.WriteLine($"bytes allocated by steps: {bytes}");
return 0;
