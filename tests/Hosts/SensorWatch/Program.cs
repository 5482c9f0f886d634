using TinySD.Formats.Models;
using TinySD.Formats.Tables;
using TinySD.Runtime.Inference;

// A sensor's watch at the end of a pipe: rows come in on standard input, a regressor that `tinysd train regressor` made says what the next
// one will be, and an error far larger than those before raises an alarm. It can sit there for months; with a second argument its state is
// kept in a file, and the next start goes on where this one ended.
//
//   TinySD.Hosts.SensorWatch MODEL [STATE] < ROWS

// Rows that a new state needs to know where it is; their errors are not judged.
const int WarmUp = 48;

LoadedRegressor loaded = RegressorFile.Load(args[0]);
var form = loaded.Regressor.Form;
string target = form.Targets[0];
string[] columns = [.. form.Inputs, .. form.Inputs.Contains(target) ? [] : new[] { target }];
using NumberRows rows = NumberRows.Open(
    Console.OpenStandardInput(), "standard input", new(), columns, loaded.Training.Data.Table, needed: columns.Length);

var session = new RegressorSession(loaded.Regressor);
var watch = new ErrorWatch(loaded.Training.Data.Spreads[0], least: 1e-6 * form.TargetScales[0].Scale, threshold: 6);
long seen = 0;
string? state = args.Length > 1 ? args[1] : null;
if (File.Exists(state))
{
    SessionStateFile.Load(state, session, watch);
    seen = WarmUp;
}

double[] row = new double[columns.Length];
double predicted = double.NaN, worst = 0;
long alarms = 0, allocated = 0;
while (rows.Read(row))
{
    double found = row[Array.IndexOf(columns, target)];
    long before = GC.GetAllocatedBytesForCurrentThread();
    (double z, bool isAlarm) = watch.Judge(seen++ > WarmUp ? found - predicted : double.NaN);
    if (isAlarm) alarms++;
    if (Math.Abs(z) > worst) worst = Math.Abs(z);
    double expected = predicted;
    predicted = session.Step(row.AsSpan(0, form.Inputs.Length))[0];

    // The first row compiles.
    if (rows.Count > 1) allocated += GC.GetAllocatedBytesForCurrentThread() - before;
    if (isAlarm) Console.WriteLine($"line {rows.Line}: {target} is {found:G6}, {expected:G6} was expected: {z:F1} standard deviations");
}

if (state is not null) SessionStateFile.Save(state, session, watch);
Console.WriteLine($"rows: {rows.Count}");
Console.WriteLine($"alarms: {alarms}");
Console.WriteLine($"largest z-score: {worst:F1}");
Console.WriteLine($"bytes allocated by predicting and judging: {allocated}");
